"""`tankful login-cookie` with gnome-keyring, on a session bus of the test's own, and a server on loopback."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from providers.host.keyring import own_items
from providers.host.keyring.system_keyring import SystemKeyring
from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says, usage_now
from tests.programs import started
from tests.real.keyrings import PROGRAMS, gnome_keyring, private_bus
from tests.web_logins import COOKIE, NAME, NEXT_COOKIE, PASTED, SECRETS, session, sets

TANKFUL = [sys.executable, "-m", "tray.cli"]
LONG = "k" * 7_900
"""Longer than a line of a terminal may be."""


@pytest.fixture(autouse=True)
def programs(request: pytest.FixtureRequest) -> None:
    if absent := [program for program in PROGRAMS if shutil.which(program) is None]:
        reason = f"{', '.join(absent)} not installed"
        pytest.fail(reason) if request.config.getoption("--require-real") else pytest.skip(reason)


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        fake.session = says(session())
        fake.answer = says(usage_now())
        yield fake


@pytest.fixture
def environ(tmp_path: Path, server: FakeChatGPT) -> Iterator[dict[str, str]]:
    """Of a person who never signed in to Codex; their keyring is not running yet."""
    with private_bus(tmp_path) as environ:
        home = tmp_path / "home/.codex"
        home.mkdir()
        (home / "config.toml").write_text(f'chatgpt_base_url = "{server.base}"\n')
        yield environ


def tankful(environ: dict[str, str], *arguments: str, pasted: str = "") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*TANKFUL, *arguments],
        env=environ,
        input=pasted,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    leaked = [secret for secret in SECRETS if secret in done.stdout + done.stderr]
    assert not leaked
    return done


def leaks(folder: Path) -> list[str]:
    """Files of tankful's with a secret in them."""
    files = [path for path in (folder / "tankful").rglob("*") if path.is_file()]
    assert files
    marks = [secret.encode() for secret in SECRETS]
    return [str(path) for path in files if any(mark in path.read_bytes() for mark in marks)]


def in_keyring(environ: dict[str, str], name: str) -> str | None:
    found = SystemKeyring(environ).do("read-own", own_items.SERVICE, name, ask=True)
    return None if found is None else found.reveal()


def test_from_pasting_to_removing(environ: dict[str, str], server: FakeChatGPT, tmp_path: Path) -> None:
    with gnome_keyring(environ):
        server.session = says(session(), Set_Cookie=sets())
        done = tankful(
            environ, "login-cookie", "--account", "DEV@example.com", pasted=f"Cookie: a=b; {PASTED}\n"
        )
        assert done.stdout == "The cookie of dev@example.com (c6431f76) was saved in the keyring.\n"
        assert done.returncode == 0
        kept = in_keyring(environ, "codex-c6431f76")
        assert kept is not None
        assert json.loads(kept) == {"base": f"{server.base}/wham", "cookies": {NAME: NEXT_COOKIE}}

        shown = tankful(environ, "usage", "--refresh", "--provider", "codex").stdout
        assert "63 % left" in shown
        assert "38 % left" in shown
        assert "150.50 credits left (web)" in shown
        assert "Updated just now  ·  web" in shown
        assert server.asked_session[-1][1]["cookie"] == f"{NAME}={NEXT_COOKIE}"
        (found,) = json.loads(tankful(environ, "usage", "--json", "--provider", "codex").stdout)["providers"]
        assert {window["id"]: window["source"] for window in found["windows"]} == {
            "session": "web",
            "weekly": "web",
        }
        assert found["credits"]["source"] == "web"
        assert found["homes"] == ["~/.codex"]
        assert found["account"]["email"] == "dev@example.com"
        asked = len(server.asked_session)
        tankful(environ, "usage", "--provider", "codex")
        assert len(server.asked_session) == asked, "at most once a minute"

        report = json.loads(tankful(environ, "doctor", "--json").stdout)
        (codex,) = [each for each in report["providers"] if each["id"] == "codex"]
        assert [(each["account"], each["error"]) for each in codex["cookies"]] == [("c6431f76", None)]
        assert leaks(tmp_path) == []

        done = tankful(environ, "login-cookie", "--remove")
        assert done.stdout == "The cookie of dev@example.com (c6431f76) was deleted from the keyring.\n"
        assert in_keyring(environ, "codex-c6431f76") is None
        assert "Not signed in" in tankful(environ, "usage", "--provider", "codex").stdout


def test_a_running_engine_takes_what_is_saved_at_once(
    environ: dict[str, str], server: FakeChatGPT, tmp_path: Path
) -> None:
    snapshot = tmp_path / "tankful/state/snapshot.json"

    def sources() -> set[str]:
        with suppress(OSError, ValueError):
            found = json.loads(snapshot.read_text())["providers"]
            return {window["source"] for each in found for window in each["windows"]}
        return set()

    with (
        gnome_keyring(environ),
        started(
            [*TANKFUL, "--headless"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as engine,
    ):
        wait_until(snapshot.exists)
        assert sources() == set()
        assert tankful(environ, "login-cookie", pasted=PASTED).returncode == 0
        wait_until(lambda: sources() == {"web"})
        server.session = server.answer = says({}, 401)
        tankful(environ, "usage", "--refresh", "--provider", "codex")
        assert leaks(tmp_path) == []
        assert tankful(environ, "login-cookie", "--remove").returncode == 0
        wait_until(lambda: sources() == set())
        assert leaks(tmp_path) == []
        engine.terminate()
        assert engine.stdout is not None
        said = engine.stdout.read().decode()
    assert not [secret for secret in SECRETS if secret in said]


def wait_until(is_so: Callable[[], bool], seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, "it never came to be so"
        time.sleep(0.1)


@pytest.mark.parametrize("cut", [False, True])
def test_what_a_server_says_of_a_bad_cookie(
    environ: dict[str, str], server: FakeChatGPT, tmp_path: Path, *, cut: bool
) -> None:
    with gnome_keyring(environ):
        server.session = says({})
        assert tankful(environ, "login-cookie", pasted=PASTED).returncode == 1
        server.session = says(session())
        assert tankful(environ, "login-cookie", pasted=PASTED).returncode == 0
        challenge = says(b"<title>Just a moment...</title>", 403, kind="text/html")
        server.session = challenge if cut else says({})
        shown = tankful(environ, "usage", "--refresh", "--provider", "codex").stdout
        assert ("Cloudflare" if cut else "no longer signs in") in shown
        assert leaks(tmp_path) == []


def test_a_cookie_saved_again_after_the_old_one_ended(environ: dict[str, str], server: FakeChatGPT) -> None:
    with gnome_keyring(environ):
        tankful(environ, "login-cookie", pasted=PASTED)
        server.session = says({})
        assert "no longer signs in" in tankful(environ, "usage", "--refresh", "--provider", "codex").stdout
        server.session = says(session())
        assert tankful(environ, "login-cookie", pasted=PASTED.replace(COOKIE, NEXT_COOKIE)).returncode == 0
        (found,) = json.loads(tankful(environ, "usage", "--json", "--refresh", "--provider", "codex").stdout)[
            "providers"
        ]
        assert found["error"] is None
        assert found["windows"]


def test_a_person_at_a_terminal(environ: dict[str, str], server: FakeChatGPT) -> None:
    """Nothing is shown, and a cookie longer than a line of a terminal arrives whole."""
    with gnome_keyring(environ):
        ours, theirs = pty.openpty()
        with closing(os.fdopen(ours, "r+b", buffering=0)) as terminal:
            command = ["setsid", "--ctty", "--wait", *TANKFUL, "login-cookie"]
            with started(command, env=environ, stdin=theirs, stdout=theirs, stderr=theirs) as process:
                os.close(theirs)
                shown = b""
                while b"(it is not shown): " not in shown:
                    shown += terminal.read(4096) or b""
                pasted = f"{NAME}.0={LONG}; {NAME}.1={COOKIE}\r".encode()
                for start in range(0, len(pasted), 1000):  # as a terminal takes it
                    terminal.write(pasted[start : start + 1000])
                while b"saved in the keyring" not in shown:
                    shown += terminal.read(4096) or b""
                assert process.wait(60) == 0
        assert LONG[:100].encode() not in shown
        assert COOKIE.encode() not in shown
        assert server.asked_session[0][1]["cookie"] == f"{NAME}.0={LONG}; {NAME}.1={COOKIE}"


def test_without_a_keyring(environ: dict[str, str], server: FakeChatGPT, tmp_path: Path) -> None:
    done = tankful(environ, "login-cookie", pasted=PASTED)
    assert done.returncode == 1
    assert done.stderr == (
        "tankful: No usable keyring on this machine. "
        "Start a keyring, such as gnome-keyring or KWallet, in your session.\n"
    )
    assert not server.asked_session
    assert not (tmp_path / "tankful/state/cookies.json").exists()


@pytest.mark.parametrize("backend", ["keyring.backends.null.Keyring", "plain_file.Keyring"])
def test_a_keyring_that_is_no_safe_place(
    environ: dict[str, str], server: FakeChatGPT, tmp_path: Path, backend: str
) -> None:
    settings = tmp_path / "home/.config/python_keyring/keyringrc.cfg"
    settings.parent.mkdir(parents=True)
    (tmp_path / "plain_file.py").write_text(
        "import keyring.backend\nclass Keyring(keyring.backend.KeyringBackend):\n    priority = 9\n"
        "    def get_password(self, *_): ...\n"
        "    def set_password(self, *_): ...\n"
        "    def delete_password(self, *_): ...\n"
    )
    settings.write_text(f"[backend]\ndefault-keyring={backend}\nkeyring-path={tmp_path}\n")
    done = tankful(environ, "login-cookie", pasted=PASTED)
    assert done.returncode == 1
    assert "is not the system's own" in done.stderr
    assert not server.asked_session


def test_a_round_asks_nobody_to_unlock_a_keyring(environ: dict[str, str], server: FakeChatGPT) -> None:
    with gnome_keyring(environ):
        assert tankful(environ, "login-cookie", pasted=PASTED).returncode == 0
    asked = len(server.asked_session)
    with gnome_keyring(environ, unlocked=False):
        (found,) = json.loads(tankful(environ, "usage", "--json", "--provider", "codex").stdout)["providers"]
        assert found["error"]["message"] == "The keyring is locked."
        assert found["error"]["kind"] == "denied"
        report = json.loads(tankful(environ, "doctor", "--json").stdout)
        (codex,) = [each for each in report["providers"] if each["id"] == "codex"]
        assert codex["cookies"][0]["error"]["message"] == "The keyring is locked."
    assert len(server.asked_session) == asked
