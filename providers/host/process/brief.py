"""Runs a small program that the system or the person has, for its output: lsof, git. It has a deadline, and costs
a process and no more.

`child` leaves nothing behind of programs that start daemons; its keeper and its watchdog take longer than what is
run here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from providers.host.process.streams import streams_of

_CAP = 1 << 20
_LOOK_SECONDS = 0.05
_END_SECONDS = 0.5


class Brief(Struct, frozen=True, kw_only=True):
    """What it printed on stdout, at most the cap. `code` is None if it was ended: at its deadline (`timed_out`)
    or at the cap.
    """

    out: bytes
    code: int | None
    timed_out: bool = False


_unended: list[subprocess.Popen[bytes]] = []
"""Killed, and still waiting for a disk or a server: reaped by a later call."""


def run_briefly(argv: Sequence[str], *, seconds: float, environ: Mapping[str, str], cap: int = _CAP) -> Brief:
    """It has no input, and its errors are not read. It leads a process group, which is killed in the end.

    Raises OSError where it cannot be started.
    """
    _unended[:] = [each for each in _unended if each.poll() is None]
    ends = time.monotonic() + seconds
    process = subprocess.Popen(
        argv,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        **_own_group(),
    )
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    out = bytearray()
    streams = streams_of({"out": process.stdout})
    try:
        while streams.open and len(out) <= cap and (left := ends - time.monotonic()) > 0:
            chunk = streams.next(min(left, _LOOK_SECONDS))
            out += chunk[1] if chunk is not None else b""
            if process.poll() is not None and chunk is None:
                break  # one that it started keeps its output open
        code = _ended(process, ends - time.monotonic()) if len(out) <= cap else None
        timed_out = code is None and len(out) <= cap
    finally:
        _kill(process)
        streams.close()
        process.stdout.close()
    return Brief(out=bytes(out[:cap]), code=code, timed_out=timed_out)


def _ended(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return process.wait(max(seconds, 0))
    except subprocess.TimeoutExpired:
        return None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """With all that it started. One that waits for a dead server ends when that answers: nobody waits for it."""
    if sys.platform == "win32":
        if process.poll() is None:
            _kill_tree(process.pid)
    else:
        with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group that has ended
            os.killpg(process.pid, signal.SIGKILL)
    if _ended(process, _END_SECONDS) is None:
        _unended.append(process)


def _kill_tree(pid: int) -> None:
    import psutil

    with suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        for each in (*process.children(recursive=True), process):
            with suppress(psutil.Error, OSError):
                each.kill()


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
