"""What a probe left: processes with its mark, folders of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

import psutil

from providers.host.process.scratch import MARK


def marked(below: Path) -> list[str]:
    """The processes that a probe below this folder started and that still run."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARK, "").startswith(str(below)) and _runs(process):
                found.append(" ".join(process.cmdline()))
    return found


def at_work(folder: Path) -> list[str]:
    """Processes that have to do with this folder, whatever became of their environment or of their parent."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            about = [*process.cmdline(), process.cwd(), *process.environ().values()]
            if process.pid != os.getpid() and any(str(folder) in each for each in about):
                found.append(f"{process.pid} {process.name()}")
    return found


def folders(below: Path) -> list[str]:
    return [path.name for path in below.glob("tankful-probe-*")]


def alive(pid: int) -> bool:
    try:
        return _runs(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


def child_pids() -> set[int]:
    return {process.pid for process in psutil.Process().children()}


def children(before: Collection[int] = ()) -> list[str]:
    """Children of this very process that were not reaped, zombies among them, but for those of other tests, which
    were there before.
    """
    found = []
    for process in psutil.Process().children():
        if process.pid in before:
            continue
        with suppress(psutil.Error):
            found.append(f"{process.pid} {process.name()} {process.status()}")
    return found


def until(true: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, what
        time.sleep(0.02)


def _runs(process: psutil.Process) -> bool:
    return process.status() != psutil.STATUS_ZOMBIE
