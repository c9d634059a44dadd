"""Where nothing can be kept, on real disks: full, without inodes, read-only, another user's, without locks.

Each case is set up in a mount namespace of its own and gone with it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_chatgpt import fake_chatgpt, says, usage_now
from tests.homes import make_home
from tests.no_locks import is_possible
from tests.programs import ROOT, started

CORPUS = ROOT / "tests/fixtures/codex/0.169.0/plain/home/sessions"
FULL = "the disk is full. Free up space."
NO_INODES = "the disk has no room for more files. Delete files you do not need."
READ_ONLY = "it is on a read-only file system. Set TANKFUL_HOME to another folder."
RIGHTS = "your account may not write there. Check the owner and permissions of that folder."
QUOTA = "your disk quota is used up. Delete files of yours, or ask for a larger quota."
BROKEN = "the disk reports an I/O error. Check the disk, and back up what is on it."
NO_LOCKS = "its file system has no file locks. Set TANKFUL_HOME to a folder on a local disk."

FILL = 'dd if=/dev/zero of="$DISK/fill" bs=1k 2>/dev/null || true'
DISKS = {
    "full from the start": ('mount -t tmpfs -o size=128k,mode=700 tankful "$DISK"; ' + FILL, FULL),
    "full later": (
        'mount -t tmpfs -o size=512k,mode=700 tankful "$DISK"; $PROGRAM cost >/dev/null; ' + FILL,
        FULL,
    ),
    "no inodes": (
        'mount -t tmpfs -o nr_inodes=3,mode=700 tankful "$DISK"; mkdir -m 700 -p "$DISK/own/state"',
        NO_INODES,
    ),
    "read-only": ('mount -t tmpfs -o ro,mode=700 tankful "$DISK"', READ_ONLY),
    "read-only later": (
        'mount -t tmpfs -o mode=700 tankful "$DISK"; $PROGRAM cost >/dev/null; mount -o remount,ro "$DISK"',
        READ_ONLY,
    ),
    "read-only bind": (
        'mkdir -p -m 700 "$DISK/own/state"; mount --bind "$DISK" "$DISK"; mount -o remount,bind,ro "$DISK"',
        READ_ONLY,
    ),
}


def _may_mount() -> bool:
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    done = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "tankful", "/mnt"], capture_output=True, check=False
    )
    return done.returncode == 0


needs_mounts = pytest.mark.skipif(not _may_mount(), reason="needs the right to mount, in a namespace")


class Person:
    """Runs `tankful` on a disk that is set up by a few lines of shell: `command` comes before the program."""

    def __init__(self, folder: Path, base: str) -> None:
        self.folder = folder
        self.disk = folder / "disk"
        self.disk.mkdir(mode=0o700)
        self.state = self.disk / "own" / "state"
        home = make_home(folder / "codex", base=base)
        shutil.copytree(CORPUS, home / "sessions")
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CODEX_HOME": str(home),
            "TANKFUL_HOME": str(self.disk / "own"),
            "DISK": str(self.disk),
            "TZ": "UTC",
            "PYTHONWARNINGS": "error",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.set_up: list[str] = []
        self.program = [sys.executable, "-m", "tray.cli"]

    def mounted(self, script: str) -> None:
        self.environ["PROGRAM"] = " ".join(self.program)
        self.set_up = ["unshare", "-m", "sh", "-c", f'set -e; {script}; exec "$@"', "sh"]

    def run(self, *arguments: str, code: int = 0, stdin: str = "") -> tuple[str, str]:
        done = subprocess.run(
            [*self.set_up, *self.program, *arguments],
            env=self.environ,
            cwd=ROOT,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == code, done.stderr
        return done.stdout, done.stderr


@pytest.fixture
def person() -> Iterator[Person]:
    """In a folder that other users can enter, as pytest's own cannot be."""
    with fake_chatgpt() as server, tempfile.TemporaryDirectory() as folder:
        server.answer = says(usage_now())
        yield Person(Path(folder), server.base)


def counted(output: str) -> int:
    report: dict[str, Any] = json.loads(output)
    assert report["complete"] is True
    return int(report["providers"]["codex"]["totals"]["responses"])


def check_every_command(person: Person, sentence: str) -> None:
    """Each says once why nothing is kept, and shows what can be known without it."""
    output, errors = person.run("cost", "--json", "--days", "3660")
    assert counted(output) == 8
    assert errors.count(sentence) == 1, errors
    output, errors = person.run("usage")
    assert sentence.split(". ", maxsplit=1)[0] in " ".join((output + errors).split())
    output, _ = person.run("usage", "--refresh")
    assert "63 %" in output
    assert person.run("statusline", "--format", "text")[0].count("\n") == 1
    assert person.run("statusline", "--from-claude", stdin="{}")[0]
    prompt = '{"hook_event_name": "UserPromptSubmit"}'
    assert person.run("guard", "--hook", "codex", stdin=prompt) == ("", "")
    _, errors = person.run(code=0)
    assert errors.count(sentence) == 1, errors


def check_headless(person: Person, sentence: str) -> None:
    """It runs, and says once that nothing is kept."""
    command = [*person.set_up, *person.program, "--headless"]
    with started(command, env=person.environ, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "running without a tray" in line:
                break
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=20)[1]
    assert process.returncode == 0
    output = "".join(lines) + rest
    assert "Traceback" not in output
    assert "cannot write the output" not in output
    assert output.count(f"{sentence} Until then, nothing is saved.") == 1, output


@needs_mounts
@pytest.mark.parametrize("case", DISKS)
def test_a_disk_that_cannot_be_written(person: Person, case: str) -> None:
    script, sentence = DISKS[case]
    person.mounted(script)
    check_every_command(person, sentence)
    check_headless(person, sentence)


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs another user, so root")
def test_a_folder_without_rights(person: Person) -> None:
    """As another user, whom the folder lets in and who may write nothing there."""
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    user = 12345
    for path in (person.folder, *person.folder.rglob("*")):
        os.chown(path, user, user)
    (person.disk / "own").mkdir(mode=0o500)
    os.chown(person.disk / "own", user, user)
    # One who may read wherever this Python and tankful lie, as below a private folder.
    reads = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    person.set_up = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *reads]
    if subprocess.run([*person.set_up, sys.executable, "-c", ""], check=False).returncode:
        pytest.skip("this machine grants no capabilities")
    check_every_command(person, RIGHTS)
    check_headless(person, RIGHTS)


@pytest.mark.skipif(not is_possible(), reason="needs a filter of the Linux kernel")
@pytest.mark.parametrize("error", ["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
def test_a_disk_without_locks(person: Person, error: str) -> None:
    person.set_up = [sys.executable, "-m", "tests.no_locks", error]
    check_every_command(person, NO_LOCKS)
    check_headless(person, NO_LOCKS)


@pytest.mark.skipif(not is_possible(), reason="needs a filter of the Linux kernel")
@pytest.mark.parametrize("was_counted", [False, True], ids=["from the start", "later"])
@pytest.mark.parametrize(("error", "sentence"), [("EDQUOT", QUOTA), ("EIO", BROKEN), ("ENOSPC", FULL)])
def test_a_disk_that_refuses_each_write(
    person: Person,
    error: str,
    sentence: str,
    was_counted: bool,
) -> None:
    if was_counted:
        person.run("cost")
    person.set_up = [sys.executable, "-m", "tests.no_writes", error]
    check_every_command(person, sentence)


def test_a_file_where_the_state_should_be(person: Person) -> None:
    (person.disk / "own").mkdir(mode=0o700)
    person.state.write_text("")
    output, errors = person.run("cost", "--json", "--days", "3660")
    assert counted(output) == 8
    assert f"{person.state} is a file. Move it away." in errors
    check_headless(person, "Move it away.")


def test_a_name_that_is_too_long(person: Person) -> None:
    person.environ["TANKFUL_HOME"] = f"{person.disk}/{'a' * 5000}"
    output, errors = person.run("cost", "--json", "--days", "3660")
    assert counted(output) == 8
    assert "its name is too long. Set TANKFUL_HOME to another folder." in errors
    assert "nternal error" not in person.run("doctor")[0]


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
@pytest.mark.parametrize(
    "command", [["usage"], ["usage", "--json"], ["cost"], ["cost", "--json"], ["config", "list"]]
)
def test_output_that_cannot_be_written_is_one_sentence(person: Person, command: list[str]) -> None:
    for closed, code in (
        ("> /dev/full", 1),
        (">&-", 0),
        (">&- 2>&-", 0),
        ("> /dev/full 2> /dev/full", 1),
        ("| true", 0),
    ):
        done = subprocess.run(
            ["sh", "-c", f'"$@" {closed}', "sh", *person.program, *command],
            env=person.environ,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode == code, (closed, done.stderr)
        if closed == "> /dev/full":
            assert "tankful: cannot write the output: No space left on device.\n" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
@pytest.mark.parametrize("closed", ["2> /dev/full", "2>&-", "> /dev/full 2> /dev/full"])
def test_messages_that_cannot_be_written_change_no_exit_code(person: Person, closed: str) -> None:
    for arguments, code in (
        (["cost", "--days", "x"], 64),
        (["config", "set", "nonsense", "1"], 64),
        (["?"], 64),
    ):
        done = subprocess.run(
            ["sh", "-c", f'"$@" {closed}', "sh", *person.program, *arguments],
            env=person.environ,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == code, arguments
