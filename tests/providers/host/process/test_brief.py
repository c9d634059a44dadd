"""A small program is run for its output, with a deadline."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from providers.host.process.brief import run_briefly
from tests.left_behind import at_work

LONG = 60.0


def run(
    script: str, *arguments: str, seconds: float = LONG, cap: int = 1000
) -> tuple[bytes, int | None, bool]:
    found = run_briefly(
        [sys.executable, "-c", script, *arguments], seconds=seconds, environ=os.environ, cap=cap
    )
    return found.out, found.code, found.timed_out


def test_its_output_and_its_code() -> None:
    script = "import sys; print(input and 'out', flush=True); print('err', file=sys.stderr); sys.exit(3)"
    assert run(script) == (b"out\n", 3, False)
    assert run("import sys; sys.exit(len(sys.stdin.read()))") == (b"", 0, False)


def test_it_gets_no_variables_but_those_given() -> None:
    found = run_briefly(
        [sys.executable, "-c", "import os; print(os.environ['A'], 'HOME' in os.environ)"],
        seconds=LONG,
        environ={"A": "b"},
    )
    assert found.out == b"b False\n"


def test_at_its_deadline_it_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', sys.argv[1]])\n"
        "print('begun', flush=True)\n"
        "time.sleep(60)\n"
    )
    out, code, timed_out = run(script, str(tmp_path), seconds=2.0)
    assert (out, code, timed_out) == (b"begun\n", None, True)
    ends = time.monotonic() + 30
    while at_work(tmp_path):
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_one_that_prints_too_much_is_ended() -> None:
    out, code, timed_out = run("while True: print('x' * 1000)")
    assert (len(out), code, timed_out) == (1000, None, False)


def test_a_child_that_keeps_the_output_open_is_not_waited_for(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', sys.argv[1]])\n"
        "print('done', flush=True)\n"
    )
    assert run(script, str(tmp_path)) == (b"done\n", 0, False)
    ends = time.monotonic() + 30
    while at_work(tmp_path):
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nothing"):
        run_briefly([str(tmp_path / "nothing")], seconds=1, environ={})
    assert not [each for each in psutil.Process().children() if str(tmp_path) in " ".join(each.cmdline())]
