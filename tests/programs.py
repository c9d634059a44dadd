"""Programs that tests start. They end with the test, whatever happens to it.

    with started([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\\n"

By hand, a test that fails or runs out of time leaves its program running or waits for it without end: that is what
`with subprocess.Popen(…)` does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, overload

ROOT = Path(__file__).parents[1]
GRACE = 5.0  # seconds after SIGTERM: tankful ends its probes, Xvfb and dbus-daemon remove their files


def printed_by(code: str) -> str:
    """What a Python program prints in a process of its own, where nothing of ours is imported yet."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@overload
def started(
    command: Sequence[str], *, text: Literal[True], grace: float = ..., **options: Any
) -> AbstractContextManager[subprocess.Popen[str]]: ...


@overload
def started(
    command: Sequence[str], *, text: Literal[False] = ..., grace: float = ..., **options: Any
) -> AbstractContextManager[subprocess.Popen[bytes]]: ...


@contextmanager
def started(
    command: Sequence[str], *, text: bool = False, grace: float = GRACE, **options: Any
) -> Iterator[subprocess.Popen[Any]]:
    """A program in a process group of its own, with the options of `subprocess.Popen`."""
    process = subprocess.Popen(command, text=text, start_new_session=True, **options)
    try:
        yield process
    finally:
        try:
            end(process, grace)
        finally:
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    with suppress(OSError):  # what is still to be written has no reader
                        pipe.close()


def end(process: subprocess.Popen[Any], grace: float = GRACE) -> None:
    """Ask it to end, and make it end; with what is left of its process group."""
    try:
        if process.poll() is None:
            _signal(process, kill=False)
            with suppress(subprocess.TimeoutExpired):
                process.wait(grace)
    finally:
        _signal(process, kill=True)
        process.wait(GRACE)


def _signal(process: subprocess.Popen[Any], *, kill: bool) -> None:
    if sys.platform == "win32":  # has neither groups nor a gentle way
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):  # nothing is left; macOS: nothing but zombies
        os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)
