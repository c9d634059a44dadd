"""`tankful hook` as a CLI runs it: a process, JSON on its stdin, and nothing that it could print."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.no_locks import is_possible
from tests.tray.faces.published import ROOT, Folder
from tray.engine.brief_log import FILE
from tray.engine.live import hook_records

SECRET = "sk-ant-very-secret"
ASKED = {
    "hook_event_name": "PermissionRequest",
    "session_id": "c0ffee",
    "prompt": SECRET,
    "tool_name": "Bash",
    "tool_input": {"command": f"curl -H {SECRET}"},
}


class Person(Folder):
    def hook(self, cli: str, sent: Any, *, prefix: tuple[str, ...] = (), **environ: str) -> None:
        text = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        command = [*prefix, sys.executable, "-m", "tray.cli", "hook", "--for", cli]
        done = subprocess.run(
            command,
            env=self.environ | environ,
            cwd=ROOT,
            input=text,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")

    @property
    def recorded(self) -> dict[tuple[str, str], tuple[str, str | None]]:
        now = datetime.now(UTC) + timedelta(seconds=1)
        found = hook_records.read(str(self.state), now)
        return {key: (each.status, each.tool) for key, each in found.items()}


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_an_approval_of_each_cli(person: Person) -> None:
    for cli in ("codex", "claude"):
        person.hook(cli, ASKED)
    assert person.recorded == {
        ("codex", "c0ffee"): ("approval", "Bash"),
        ("claude", "c0ffee"): ("approval", "Bash"),
    }


def test_no_word_of_the_session_is_written_anywhere(person: Person) -> None:
    person.hook("claude", ASKED)
    for path in person.folder.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()


def test_the_process_is_the_one_that_claude_names(person: Person) -> None:
    person.hook("claude", ASKED, CLAUDE_PID="4711")
    (found,) = hook_records.read(str(person.state), datetime.now(UTC) + timedelta(seconds=1)).values()
    assert found.pid == 4711


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_the_process_is_the_codex_above_the_shell(person: Person) -> None:
    program = person.folder / "codex"
    shutil.copy(shutil.which("sh") or "sh", program)
    script = 'sh -c \'"$@"; true\' sh "$@"; true'
    person.hook(
        "codex", ASKED, prefix=(str(program), "-c", f"echo $$ > {person.folder}/pid; {script}", "codex")
    )
    (found,) = hook_records.read(str(person.state), datetime.now(UTC) + timedelta(seconds=1)).values()
    assert found.pid == int((person.folder / "pid").read_text())


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b"1" * 5000,
        {},
        {"hook_event_name": 5, "session_id": {}},
        {**ASKED, "session_id": "x" * 100_000},
        {**ASKED, "session_id": "../../x"},
        {**ASKED, "session_id": "\ud800", "tool_name": "\ud800"},
        {**ASKED, "tool_input": "x}" * 9_000_000},
    ],
    ids=lambda sent: str(sent)[:40],
)
@pytest.mark.parametrize("cli", ["codex", "claude"])
def test_odd_input_is_harmless(person: Person, cli: str, sent: Any) -> None:
    person.hook(cli, sent)
    written = [path for path in person.folder.rglob("*") if path.is_file()]
    assert all(path.parent == person.state / hook_records.FOLDER for path in written)
    assert all(path.stat().st_size < 1000 for path in written)


def test_an_input_that_never_comes_is_not_waited_for(person: Person) -> None:
    reads, writes = os.pipe()
    os.write(writes, b'{"hook_event_name": "Perm')
    command = [sys.executable, "-m", "tray.cli", "hook", "--for", "codex"]
    done = subprocess.run(
        command, env=person.environ, cwd=ROOT, stdin=reads, capture_output=True, check=False, timeout=60
    )
    os.close(reads)
    os.close(writes)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.skipif(not is_possible(), reason="needs a filter of system calls")
@pytest.mark.parametrize("error", ["EROFS", "ENOSPC"])
def test_where_nothing_can_be_written_nothing_is(person: Person, error: str) -> None:
    person.hook("codex", ASKED, prefix=(sys.executable, "-m", "tests.no_writes", error))
    assert person.recorded == {}


def test_a_file_in_the_place_of_the_folder(person: Person) -> None:
    person.state.mkdir(parents=True, exist_ok=True)
    (person.state / hook_records.FOLDER).write_text("")
    person.hook("codex", ASKED)


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes")
def test_a_folder_that_others_can_write_gets_nothing(person: Person) -> None:
    person.state.mkdir(parents=True, exist_ok=True)
    person.state.chmod(0o777)
    person.hook("codex", ASKED)
    assert list(person.state.iterdir()) == []


def test_a_fault_of_ours_is_logged_without_values(person: Person) -> None:
    script = (
        "import sys; from providers.codex import session_hook;"
        "session_hook.read = lambda sent: 1 / 0;"
        "from tray.faces.session_hook import answer; sys.exit(answer(['--for', 'codex']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=person.environ,
        cwd=ROOT,
        input=json.dumps(ASKED).encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    logged = (person.state / FILE).read_text()
    assert "codex session hook: internal error (ZeroDivisionError at " in logged


@pytest.mark.parametrize(
    "arguments", [[], ["--for"], ["--for", "nobody"], ["--for", "codex", "more"], ["codex"]]
)
def test_wrong_arguments_are_named_and_never_end_with_2(person: Person, arguments: list[str]) -> None:
    """2 is how a hook refuses a tool."""
    done = subprocess.run(
        [sys.executable, "-m", "tray.cli", "hook", *arguments],
        env=person.environ,
        cwd=ROOT,
        input=b"",
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 64
    assert b"--for" in done.stderr or b"codex, claude" in done.stderr


def test_it_imports_the_standard_library_alone(person: Person) -> None:
    script = (
        "import sys; from tray.cli.main import main; main(['hook', '--for', 'codex']);"
        "print(*sorted(set(sys.modules) & {'msgspec', 'argparse', 'typing', 'dataclasses', 'logging', 're'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=person.environ,
        cwd=ROOT,
        input=json.dumps(ASKED).encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert not {b"msgspec", b"argparse", b"typing", b"dataclasses", b"logging"} & set(done.stdout.split())
