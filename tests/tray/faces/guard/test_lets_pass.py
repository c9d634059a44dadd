"""Nothing of ours costs a turn: odd input, files, folders and surroundings of `tankful guard --hook`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.programs import started
from tests.tray.faces.guard.test_hook import PROMPT, TOOL, Person
from tests.tray.faces.published import ROOT

SECONDS = 2.0  # the CLIs' promise; starting Python comes on top, here on a busy machine
TELLS_SLEEPS = """
import os, time
def sleep(seconds, sleep=time.sleep):
    os.write(2, b"%f\\n" % seconds)
    sleep(seconds)
time.sleep = sleep
from tray.cli import __main__
"""
"""Writes how long each sleep is to take."""
PATIENT = """
from tray.faces import deadline
deadline.SECONDS = 20
from tray.cli import __main__
"""
"""With a deadline that a busy machine does not reach."""


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"hook_event_name": 5}',
        b"{}",
        b"1" * 5000,
    ],
)
@pytest.mark.parametrize("cli", ["codex", "claude"])
def test_odd_input(person: Person, cli: str, sent: bytes) -> None:
    person.has_left(5)
    assert person.hook(cli, sent) is None
    assert person.log == [f"INFO {cli} hook of ~/.{cli}: let pass: the input is not understood"]


def test_a_large_input_is_read(person: Person) -> None:
    person.has_left(5)
    sent = json.dumps({**TOOL, "tool_response": "x}" * 4_000_000}).encode()
    done = _run(person, -1, program=("-c", PATIENT), input=sent)
    assert json.loads(done.stdout)["continue"] is False


def test_one_that_is_too_large_is_read_and_lets_pass(person: Person) -> None:
    person.has_left(5)
    assert person.hook("claude", {**TOOL, "tool_response": "x" * (1 << 24)}) is None


def test_an_input_that_stays_open(person: Person) -> None:
    person.has_left(5)
    reads, writes = os.pipe()
    os.write(writes, json.dumps(TOOL).encode())
    done = _run(person, reads)
    os.close(writes)
    assert json.loads(done.stdout)["continue"] is False


def test_an_input_that_never_comes(person: Person) -> None:
    person.has_left(5)
    reads, writes = os.pipe()
    os.write(writes, b'{"hook_event_name": "Pre')
    began = time.monotonic()
    done = _run(person, reads, program=("-c", TELLS_SLEEPS))
    took = time.monotonic() - began
    os.close(writes)
    assert (done.returncode, done.stdout) == (0, b"")
    assert float(done.stderr) < SECONDS, "it slept longer, or more often"
    assert took < SECONDS + 4
    assert person.log == ["INFO claude hook of ~/.claude: let pass: no answer in time"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes")
def test_an_input_that_was_made_not_to_wait(person: Person) -> None:
    person.has_left(5)
    reads, writes = os.pipe()
    os.set_blocking(reads, False)
    command = [sys.executable, "-m", "tray.cli", "guard", "--hook", "claude"]
    with started(command, env=person.environ, cwd=ROOT, stdin=reads, stdout=subprocess.PIPE) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        os.write(writes, json.dumps(TOOL).encode())
        output, _ = process.communicate(timeout=30)
    os.close(reads)
    os.close(writes)
    assert json.loads(output)["continue"] is False


@pytest.mark.skipif(sys.platform == "win32", reason="no such folders")
@pytest.mark.parametrize("variable", ["CODEX_HOME", "TANKFUL_HOME"])
def test_a_folder_that_is_gone(person: Person, variable: str) -> None:
    """And what the environment names lies in it."""
    person.has_left(5)
    folder = person.folder / "gone"
    folder.mkdir()
    script = f'rmdir "$PWD" && exec "{sys.executable}" -P -m tray.cli guard --hook codex'
    done = subprocess.run(
        ["sh", "-c", script],
        env=person.environ | {variable: "relative", "PYTHONPATH": str(ROOT)},
        cwd=folder,
        input=json.dumps(PROMPT).encode(),
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_project_with_packages_of_the_same_names(person: Person) -> None:
    person.has_left(5)
    for name in ("providers", "assets"):
        package = person.folder / "src" / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
    done = subprocess.run(
        [Path(sys.executable).with_name("tankful"), "guard", "--hook", "codex"],
        env=person.environ | {"PYTHONPATH": "src"},
        cwd=person.folder,
        input=json.dumps(PROMPT).encode(),
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["decision"] == "block"


def test_a_project_with_a_package_called_tray(person: Person) -> None:
    """Python imports it before anything of ours runs: no exit code 2, and an empty PYTHONPATH is the way out."""
    person.has_left(5)
    (person.folder / "src/tray").mkdir(parents=True)
    (person.folder / "src/tray/__init__.py").touch()
    command = f"'{Path(sys.executable).with_name('tankful')}' guard --hook codex"

    def run(line: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["sh", "-c", line],
            env=person.environ | {"PYTHONPATH": "src"},
            cwd=person.folder,
            input=json.dumps(PROMPT).encode(),
            capture_output=True,
            check=False,
            timeout=30,
        )

    assert run(command).returncode == 1
    assert json.loads(run(f"PYTHONPATH= {command}").stdout)["decision"] == "block"


def test_who_has_no_home_gets_no_folder(person: Person) -> None:
    """One beside the person's project, for the log that says why nothing was answered."""
    del person.environ["TANKFUL_HOME"]
    reads, writes = os.pipe()
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tray.cli", "guard", "--hook", "claude"],
        env=person.environ | {"HOME": "relative", "PYTHONPATH": str(ROOT)},
        cwd=person.folder,
        stdin=reads,
        capture_output=True,
        check=False,
        timeout=30,
    )
    os.close(reads)
    os.close(writes)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert not (person.folder / "relative").exists()


def test_no_input(person: Person) -> None:
    person.has_left(5)
    script = f'exec "{sys.executable}" -m tray.cli guard --hook claude <&-'
    done = subprocess.run(["sh", "-c", script], env=person.environ, cwd=ROOT, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_nobody_reads_the_answer(person: Person) -> None:
    person.has_left(5)
    reads, writes = os.pipe()
    os.close(reads)
    done = _run(person, subprocess.PIPE, input=json.dumps(TOOL).encode(), stdout=writes)
    os.close(writes)
    assert done.returncode == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema": "tankful.snapshot/1", "providers": [1]}'])
def test_a_damaged_snapshot(person: Person, content: bytes) -> None:
    person.has_left(5)
    (person.state / "snapshot.json").write_bytes(content)
    (person.state / "round.started").touch()
    assert person.hook("codex", PROMPT) is None
    assert person.log[-1].startswith("INFO codex hook of ~/.codex: let pass: ")


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes")
def test_a_snapshot_that_is_a_pipe(person: Person) -> None:
    person.has_left(5)
    (person.state / "snapshot.json").unlink()
    os.mkfifo(person.state / "snapshot.json")
    (person.state / "round.started").touch()
    assert person.hook("codex", PROMPT) is None


def test_a_folder_that_others_can_write(person: Person) -> None:
    person.has_left(5)
    person.state.chmod(0o777)
    assert person.hook("codex", PROMPT) is None


def test_marks_that_cannot_be_written(person: Person) -> None:
    """The prompt's own warning is the one of the turn then."""
    person.has_left(20)
    (person.state / "hooks").write_text("in the way")
    assert person.hook("codex", PROMPT) is not None
    assert person.hook("codex", TOOL) is None


def test_a_bad_argument_is_no_refusal(person: Person) -> None:
    """Exit code 2 would block every prompt and every tool; and the CLIs show what is printed beside it."""
    for arguments in (("--nonsense",), ("--min-left", "many"), ("--wait", "5"), ("--min-left",)):
        done = person.start("guard", "--hook", "codex", *arguments)
        assert (done.returncode, done.stdout) == (64, "")
    assert person.start("guard", "--hook", "nobody").returncode == 64
    assert person.start("guard", "--hook", "claude", "--refuse-calls").returncode == 64


def _run(
    person: Person, stdin: int, program: Sequence[str] = ("-m", "tray.cli"), **more: Any
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, *program, "guard", "--hook", "claude"]
    given = {"input": more.pop("input")} if "input" in more else {"stdin": stdin}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
    return subprocess.run(command, env=person.environ, cwd=ROOT, timeout=30, check=False, **given, **pipes)
