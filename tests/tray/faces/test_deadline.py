"""The end of a hook that hangs: of a process, so each is one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tray.faces.guard.test_hook import PROMPT, Person
from tests.tray.faces.published import ROOT
from tray.faces import deadline

HANGS = {
    "waits": "time.sleep(60)",
    "reads": "os.read(os.pipe()[0], 1)",
    "computes": "while True: pass",
    "locks": "lock = _thread.allocate_lock(); lock.acquire(); lock.acquire()",
    "stubborn": "\nwhile True:\n    try: time.sleep(60)\n    except BaseException: pass",
}
SCRIPT = """
import _thread, os, time
from tray.faces import deadline
deadline._LOG_SECONDS = 3  # which a busy machine needs
def on_expiry():
    print("hangs", flush=True)
    {words}
deadline.exit_after(0.3, on_expiry)
{work}
"""


@pytest.mark.parametrize("work", HANGS.values(), ids=list(HANGS))
@pytest.mark.parametrize("words", ["pass", "time.sleep(60)"], ids=["told", "hanging too"])
def test_it_ends(work: str, words: str) -> None:
    began = time.monotonic()
    script = SCRIPT.format(work=work, words=words)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "hangs\n", "")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("fault", ["ValueError()", "MemoryError()", "RecursionError()", "OSError(5, 'no')"])
def test_a_fault_of_ours_lets_pass(tmp_path: Path, fault: str) -> None:
    """And the log names the place, but no value."""
    person = Person(tmp_path)
    person.has_left(5)
    script = f"""
import sys
from providers.codex import hook as protocol
from tray.cli.main import main
def fails(*_, **__): raise {fault}
protocol.stop = fails
sys.exit(main(["guard", "--hook", "codex"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=person.environ,
        cwd=ROOT,
        input=str(PROMPT).replace("'", '"').encode(),
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    name = fault.partition("(")[0]
    assert f"let pass: internal error ({name} at tray/faces/guard/hook.py:" in person.log[-1]


@pytest.mark.parametrize("module", ["json", "tray.faces.guard.hook", "tray.faces.guard.judge"])
def test_an_import_that_hangs(tmp_path: Path, module: str) -> None:
    """As on a disk that is gone."""
    person = Person(tmp_path)
    person.has_left(5)
    script = f"""
import sys, time
class Hangs:
    def find_spec(self, name, path, target=None):
        if name == {module!r}: time.sleep(60)
sys.modules.pop({module!r}, None)
sys.meta_path.insert(0, Hangs())
from tray.cli.main import main
sys.exit(main(["guard", "--hook", "codex"]))
"""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=person.environ,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert time.monotonic() - began < 10


def test_its_cli_waits_less_than_two_seconds() -> None:
    assert deadline.SECONDS + deadline._LOG_SECONDS <= 1.7


def test_where_no_more_threads_can_be_started(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.has_left(5)
    script = """
import _thread, sys
def refuse(*_): raise RuntimeError("can't start new thread")
_thread.start_new_thread = refuse
from tray.cli.main import main
sys.exit(main(["guard", "--hook", "codex"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=person.environ,
        cwd=ROOT,
        input=json.dumps(PROMPT).encode(),
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["decision"] == "block"
