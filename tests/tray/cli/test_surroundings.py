"""Whatever a command finds in its folders and its environment: an answer or a sentence, and never a traceback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.homes import make_home
from tests.programs import ROOT

CORPUS = ROOT / "tests/fixtures/codex/0.169.0/plain/home/sessions"
COMMANDS: tuple[list[str], ...] = (
    ["usage"],
    ["usage", "--cached", "--json"],
    ["cost"],
    ["cost", "--by", "session", "--models", "--json"],
    ["statusline", "--format", "text"],
    ["statusline", "--from-claude"],
    ["config", "list"],
    ["prices", "list"],
    ["doctor"],
    [],
)


class Surroundings:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own = folder / "own"
        (self.own / "state").mkdir(parents=True, mode=0o700)
        self.home = make_home(folder / "codex", base="http://127.0.0.1:9")
        shutil.copytree(CORPUS, self.home / "sessions")
        self.environ: dict[str, str] = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CODEX_HOME": str(self.home),
            "TANKFUL_HOME": str(self.own),
            "TZ": "UTC",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(self, arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "tray.cli", *arguments],
            env=self.environ,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
        )


def own_file(name: str, content: bytes) -> Callable[[Surroundings], object]:
    return lambda here: (here.own / name).write_bytes(content)


def environment(**values: str | None) -> Callable[[Surroundings], object]:
    def change(here: Surroundings) -> None:
        changed = here.environ | {name: value for name, value in values.items() if value is not None}
        here.environ = {name: value for name, value in changed.items() if values.get(name, "") is not None}

    return change


def odd_names(here: Surroundings) -> None:
    logs = sorted(here.home.rglob("*.jsonl"))
    for number, name in enumerate((b"\xff\xfe", b"a\nb", b"\x1b[31m", b"-rf")):
        folder = os.path.join(os.fsencode(here.home), b"sessions", b"2026", name)
        os.mkdir(folder)
        target = f"rollout-2026-11-20T12-00-00-01a1f8e6-0000-7ec2-9a60-{number:012x}.jsonl"
        shutil.copyfile(logs[0], os.path.join(folder, os.fsencode(target)))


def deep(here: Surroundings) -> None:
    for name in ("settings.toml", "prices.toml"):
        (here.own / name).write_text(f"a = {'[' * 5000}{']' * 5000}")
    (here.own / "state/snapshot.json").write_text("[" * 100_000)
    (here.home / "auth.json").write_text("[" * 100_000)


def folders_in_place_of_files(here: Surroundings) -> None:
    for name in (
        "settings.toml",
        "prices.toml",
        "state/snapshot.json",
        "state/ledger.sqlite3",
        "state/engine.lock",
    ):
        (here.own / name).mkdir()


FOUND = {
    "settings that are no text": own_file("settings.toml", b"\xff\xfe\0"),
    "settings of other types": own_file(
        "settings.toml", b'[providers]\ncodex = 3\n[display]\nhide_email = "x"\n'
    ),
    "prices that are no numbers": own_file(
        "prices.toml", b'[[price]]\nmodel = "gpt-5.5"\ninput = nan\noutput = inf\n'
    ),
    "a snapshot of another shape": own_file("state/snapshot.json", b'{"schema": 5, "providers": {"a": NaN}}'),
    "a ledger that is none": own_file("state/ledger.sqlite3", b"garbage" * 1000),
    "what is nested too deeply": deep,
    "folders in place of files": folders_in_place_of_files,
    "names that are no text": odd_names,
    "a POSIX locale": environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", TERM=None),
    "no home": environment(HOME=None),
    "a home that is a device": environment(HOME="/dev/null", TANKFUL_HOME=None),
    "a folder that is a device": environment(TANKFUL_HOME="/dev/null"),
    "a name that is too long": environment(TANKFUL_HOME=f"/tmp/{'a' * 5000}", CODEX_HOME="/x" * 4000),
    "a time zone that is none": environment(TZ="../../../etc", COLUMNS="²"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="other names and devices there")
@pytest.mark.parametrize("found", FOUND)
def test_each_command_answers_or_says_why_not(tmp_path: Path, found: str) -> None:
    here = Surroundings(tmp_path)
    FOUND[found](here)
    for arguments in COMMANDS:
        done = here.run(arguments)
        output, errors = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        assert done.returncode in (0, 1), (arguments, errors)
        assert output or errors, arguments
        assert "Traceback" not in output + errors, (arguments, errors)
        assert "nternal error" not in output + errors, (arguments, output, errors)
