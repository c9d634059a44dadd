from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import IO

import pytest

from tests.left_behind import alive, until
from tests.programs import started

ROOT = Path(__file__).parents[1]
STUBBORN = ["sh", "-c", "trap '' TERM; sleep 300 & echo $$ $!; wait"]  # the child ignores SIGTERM as well
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no process groups")


def test_one_that_ignores_sigterm_ends_with_its_child_where_a_test_fails() -> None:
    pids: list[int] = []
    pipes: list[IO[str]] = []

    def fails() -> None:
        with started(
            STUBBORN, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, grace=0.2
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            pids.extend(int(pid) for pid in process.stdout.readline().split())
            pipes.extend((process.stdin, process.stdout))
            assert [alive(pid) for pid in pids] == [True, True]
            process.stdin.write("never read")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    until(lambda: not any(alive(pid) for pid in pids), "it still runs")
    assert [pipe.closed for pipe in pipes] == [True, True]


def test_one_that_ended_leaves_no_child() -> None:
    with started(["sh", "-c", "sleep 300 & echo $!"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        assert process.wait(10) == 0
        assert alive(child)
    until(lambda: not alive(child), "it still runs")


def test_sigterm_comes_first(tmp_path: Path) -> None:
    script = "trap 'echo bye > bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done"
    with started(["sh", "-c", script], cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    assert process.returncode == 3
    assert (tmp_path / "bye").read_text() == "bye\n"


def test_one_ends_where_a_test_runs_out_of_time(tmp_path: Path) -> None:
    late = f"""
    import subprocess
    from pathlib import Path
    from tests.programs import started

    def test_late():
        with started({STUBBORN!r}, stdout=subprocess.PIPE, text=True, grace=0.2) as process:
            Path("pids").write_text(process.stdout.readline())
            process.communicate()
    """
    (tmp_path / "test_late.py").write_text(textwrap.dedent(late))
    (tmp_path / "pytest.ini").write_text("[pytest]\ntimeout = 4\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "Timeout (>4.0s)" in done.stdout
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2
    until(lambda: not any(alive(pid) for pid in pids), "it still runs")
