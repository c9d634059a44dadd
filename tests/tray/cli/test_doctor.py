"""`tankful doctor` as a person runs it, on machines where something is wrong, and with secrets in every place."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.version import VERSION
from tests.fake_chatgpt import fake_chatgpt, says, usage_now
from tests.homes import SECRETS, auth, make_home
from tests.programs import started
from tests.tray.cli.test_headless import COMMAND
from tests.tray.faces.published import ROOT, Folder, until

EMAIL = "dev@example.com"
MARKS = (
    *SECRETS,
    "env-secret-1c2d3e",
    "claude-secret-90ab12",
    "proxy-secret-77aa55",
    "settings-secret-3f3f",
    "body-secret-44dd21",
    "prompt-secret-8e8e",
    "program-secret-6b6b",
)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="scripts stand in for the programs")


class Machine(Folder):
    """Of a person with their own programs on PATH, and no shell to ask."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.environ |= {"PATH": f"{self.bin}:/usr/bin:/bin", "SHELL": "/bin/false"}
        self.environ |= {"TANKFUL_CLAUDE_BASE_URL": "http://127.0.0.1:9", "PYTHONWARNINGS": "error"}

    def program(self, name: str, script: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / name).chmod(0o755)

    def programs(self) -> None:
        self.program("codex", "echo codex-cli 0.169.0")
        self.program("claude", "echo '2.1.329 (Claude Code)'")

    def doctor(self) -> dict[str, Any]:
        return dict(json.loads(self.run("doctor", "--json")))

    def claude_login(self, *, expires: datetime) -> None:
        login = {
            "accessToken": MARKS[4],
            "refreshToken": MARKS[4],
            "expiresAt": expires.timestamp() * 1000,
            "scopes": ["user:profile"],
            "subscriptionType": "max",
        }
        (self.folder / "claude").mkdir()
        (self.folder / "claude/.credentials.json").write_text(json.dumps({"claudeAiOauth": login}))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def provider(report: dict[str, Any], ident: str) -> dict[str, Any]:
    (found,) = (each for each in report["providers"] if each["id"] == ident)
    return dict(found)


def login(report: dict[str, Any], ident: str) -> dict[str, Any]:
    return dict(provider(report, ident)["homes"][0]["login"])


def test_an_empty_home_stays_empty(machine: Machine) -> None:
    del machine.environ["CODEX_HOME"], machine.environ["CLAUDE_CONFIG_DIR"]
    before = sorted(machine.folder.rglob("*"))
    done = machine.start("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "\nCodex\n        program      not installed\n        home         ~/.codex does not exist\n"
        in done.stdout
    )
    assert "problem found:\n   1. Desktop, icon: none: no desktop was found." in done.stdout
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert sorted(machine.folder.rglob("*")) == before


def test_programs_and_their_versions(machine: Machine) -> None:
    machine.programs()
    make_home(machine.folder / "codex")
    before = sorted(machine.folder.rglob("*"))
    report = machine.doctor()
    codex, claude = (provider(report, ident)["program"] for ident in ("codex", "claude"))
    assert (codex["path"], codex["version"], codex["error"]) == ("~/bin/codex", "0.169.0", None)
    assert (claude["path"], claude["version"], claude["error"]) == ("~/bin/claude", "2.1.329", None)
    assert sorted(machine.folder.rglob("*")) == before


def test_programs_are_asked_in_a_home_to_throw_away(machine: Machine) -> None:
    for name, variable in (("codex", "CODEX_HOME"), ("claude", "CLAUDE_CONFIG_DIR")):
        machine.program(name, f'echo "$*" >>{machine.folder}/{name}.asked\ntouch "${variable}/trace"')
    (machine.folder / "codex").mkdir()
    (machine.folder / "claude").mkdir()
    machine.doctor()
    assert (machine.folder / "codex.asked").read_text() == "--version\n"
    assert (machine.folder / "claude.asked").read_text() == "--version\n"
    assert [*(machine.folder / "codex").iterdir(), *(machine.folder / "claude").iterdir()] == []


def test_programs_that_hang_are_ended(machine: Machine) -> None:
    for name in ("codex", "claude"):
        machine.program(name, f"echo $$ >{machine.folder}/{name}.pid\nexec sleep 300")
    make_home(machine.folder / "codex")
    began = time.monotonic()
    report = machine.doctor()
    assert time.monotonic() - began < 20
    for name in ("codex", "claude"):
        found = provider(report, name)["program"]
        assert found["error"]["message"] == f"~/bin/{name} did not respond in time."
        with pytest.raises(ProcessLookupError):
            os.kill(int((machine.folder / f"{name}.pid").read_text()), 0)
    assert login(report, "codex")["kind"] == "ChatGPT"


KEYRING = 'cli_auth_credentials_store = "keyring"\n'


@pytest.mark.parametrize(
    ("content", "config", "kind", "error"),
    [
        (auth(), "", "ChatGPT", None),
        (auth(expires=datetime(2020, 1, 1, tzinfo=UTC)), "", "ChatGPT", "login_expired"),
        ({"OPENAI_API_KEY": MARKS[0]}, "", "API key", "not_signed_in"),
        ({"personal_access_token": MARKS[0]}, "", "personal access token", None),
        ({}, KEYRING, "system keyring", None),
        ({}, "", None, "not_signed_in"),
        (b"\xff", "", None, "not_understood"),
    ],
)
def test_logins_of_codex(
    machine: Machine, content: object, config: str, kind: str | None, error: str | None
) -> None:
    home = make_home(machine.folder / "codex", content)
    (home / "config.toml").write_text(config)
    report = machine.doctor()
    found = login(report, "codex")
    assert found["kind"] == kind
    assert found["expired"] is (error == "login_expired")
    assert (found["error"] or {}).get("kind") == error
    assert found["email"] == ("d…@example.com" if kind == "ChatGPT" else None)
    problems = [each for each in report["problems"] if (each["section"], each["name"]) == ("Codex", "login")]
    assert len(problems) == (error is not None)


@pytest.mark.parametrize("expired", [False, True])
def test_a_login_of_claude(machine: Machine, *, expired: bool) -> None:
    machine.claude_login(expires=datetime.now(UTC) + timedelta(days=-1 if expired else 1))
    found = login(machine.doctor(), "claude")
    assert (found["kind"], found["expired"]) == ("Claude", expired)


def test_a_token_of_the_environment(machine: Machine) -> None:
    machine.environ["CLAUDE_CODE_OAUTH_TOKEN"] = MARKS[3]
    (machine.folder / "claude").mkdir()
    assert login(machine.doctor(), "claude")["kind"] == "CLAUDE_CODE_OAUTH_TOKEN"


def test_a_state_folder_that_cannot_be_written(machine: Machine) -> None:
    machine.programs()
    make_home(machine.folder / "codex")
    (machine.folder / "own").mkdir()
    machine.state.write_text("in the way")
    report = machine.doctor()
    assert [each["writable"] for each in report["folders"]] == [True, False, True]
    (problem,) = (each for each in report["problems"] if each["section"] == "Folders")
    assert (problem["name"], problem["level"]) == ("state", "fail")
    assert "~/own/state cannot be" in machine.run("doctor")


def test_a_display_and_a_bus_that_never_answer(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        machine.environ["DISPLAY"] = f"127.0.0.1:{port - 6000}"
        machine.environ["DBUS_SESSION_BUS_ADDRESS"] = f"tcp:host=127.0.0.1,port={port}"
        began = time.monotonic()
        done = machine.start("doctor")
        assert time.monotonic() - began < 20
    assert (done.returncode, done.stderr) == (0, "")
    assert "Desktop, check: No answer within 8 s." in done.stdout
    assert "\nCodex\n" in done.stdout


def test_bad_arguments(machine: Machine) -> None:
    assert machine.start("doctor", "--what").returncode == 64


def secrets_everywhere(machine: Machine, base: str) -> None:
    make_home(machine.folder / "codex", base=base)
    sessions = machine.folder / "codex/sessions/2026/11/20"
    sessions.mkdir(parents=True)
    (sessions / "rollout-2026-11-20T12-00-00-01a1f8dc-00b2-79b0-9f2d-a43d382ff2bd.jsonl").write_text(
        json.dumps({"type": "event_msg", "payload": {"type": "user_message", "message": MARKS[8]}}) + "\n"
    )
    machine.claude_login(expires=datetime.now(UTC) - timedelta(days=1))
    (machine.folder / "own").mkdir(exist_ok=True)
    (machine.folder / "own/settings.toml").write_text(f'{MARKS[6]} = "{MARKS[6]}"\n')
    machine.environ |= dict.fromkeys(
        ("CODEX_ACCESS_TOKEN", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"), MARKS[3]
    )
    machine.environ["HTTPS_PROXY"] = f"http://me:{MARKS[5]}@127.0.0.1:9"
    for name in ("codex", "claude"):
        machine.program(name, f"echo {MARKS[9]}; echo {MARKS[9]} >&2; exit 3")


def test_no_secret_is_in_the_report_the_log_or_the_snapshot(machine: Machine) -> None:
    """Of an engine whose server answers, then fails with words of its own, then answers again."""
    log = machine.state / "tankful.log"

    def logged(text: str) -> None:
        until(lambda: log.exists() and text in log.read_text(), f"{text!r} is not logged")

    with fake_chatgpt() as server:
        server.answer = says(usage_now())
        secrets_everywhere(machine, server.base)
        with started(COMMAND, env=machine.environ, cwd=ROOT) as process:
            logged("settings failed: line 1 not valid")
            until((machine.state / "snapshot.json").exists, "nothing was published")
            server.answer = says({"error": MARKS[7], "email": EMAIL}, status=500)
            machine.run("usage", "--refresh", code=0)
            logged(": oauth failed (server_error); next try ")
            reports = [machine.run("doctor"), machine.run("doctor", "--json")]
            server.answer = says(usage_now())
            machine.run("usage", "--refresh", code=0)
            logged(": oauth works again")
            process.terminate()
            assert process.wait(10) == 0
    reports += [machine.run("doctor"), machine.run("doctor", "--json")]
    text = log.read_text()
    assert f"engine started: tankful {VERSION}, headless, pid {process.pid}" in text
    assert f"engine stopped: pid {process.pid}" in text
    assert log.stat().st_mode & 0o777 == 0o600
    running = json.loads(reports[1])
    assert (running["engine"]["running"], running["engine"]["pid"]) == (True, process.pid)
    source = provider(running, "codex")["accounts"][0]["sources"][0]
    assert (source["id"], source["error"]["kind"]) == ("oauth", "server_error")
    assert json.loads(reports[3])["engine"]["running"] is False
    assert any("oauth works again" in line for line in json.loads(reports[3])["log"]["transitions"])
    snapshot = (machine.state / "snapshot.json").read_text()
    for shown in (*reports, text, snapshot):
        found = [mark for mark in MARKS if mark in shown]
        # Faces show the person which key in their settings is not valid.
        assert found == [] or (shown is snapshot and found == [MARKS[6]])
    for shown in (*reports, text):
        assert EMAIL not in shown
        assert str(machine.folder) not in shown
    assert all("d…@example.com" in report for report in reports)
