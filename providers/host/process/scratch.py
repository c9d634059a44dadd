"""The working folder of a child, deleted with all its content after the probe, however that ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from providers.domain.errors import NotUnderstood
from providers.host.files import short

if TYPE_CHECKING:
    import psutil
    from filelock import BaseFileLock

MARK = "TANKFUL_PROBE"
"""The variable that marks the owner of a process: `<folder of its probe>:<child>`."""

_PREFIX = "tankful-probe-"
_ROUNDS = 20
_YOUNG_SECONDS = 60.0
_WATCHDOG = Path(__file__).with_name("watchdog.py")
_WATCHDOG_SECONDS = 5.0


@contextmanager
def probe_folder(below: Path | None = None) -> Iterator[Path]:
    """A folder of one's own, readable by its owner alone, for the time of the context; `below` the temp folder.

    What a tankful that was killed together with its watchdog left here is removed first. Raises NotUnderstood
    where no folder can be made.
    """
    parent = Path(os.path.realpath(below or tempfile.gettempdir()))
    _remove_leftovers(parent)
    root, lock = _made(parent)
    watchdog = None
    try:
        watchdog = _start_watchdog(root)
        yield root / "work"
    finally:
        lock.release()
        remove(root)
        if watchdog is not None:
            _end_watchdog(watchdog)


def end_marked(mine: Callable[[str], bool]) -> None:
    """Kill every process with such a mark; what they start meanwhile is killed in the next round."""
    end_all(_running, lambda process: mine(process.environ().get(MARK, "")))


def _running() -> list[psutil.Process]:
    import psutil

    try:
        return list(psutil.process_iter())
    except (OSError, IndexError):  # there is no /proc
        return []


def end_all(
    processes: Callable[[], Iterable[psutil.Process]], mine: Callable[[psutil.Process], bool] = lambda _: True
) -> None:
    """Kill those of them until none runs: a busy system ends a killed process only some milliseconds later."""
    import psutil

    for _ in range(_ROUNDS):
        found = False
        for process in processes():
            with suppress(psutil.Error, OSError, ValueError):
                if process.status() != psutil.STATUS_ZOMBIE and mine(process):
                    process.kill()
                    found = True
        if not found:
            return
        time.sleep(0.01)


def clear(root: Path) -> None:
    """Kill the processes of a probe's folder and delete it."""
    end_marked(lambda mark: mark.startswith(f"{root}{os.sep}"))
    remove(root)


def remove(root: Path) -> None:
    """The folder and all in it, also what was made read-only; on Windows files stay open for a moment."""
    for _ in range(_ROUNDS):
        shutil.rmtree(root, ignore_errors=True)
        if not os.path.lexists(root):
            return
        for at, folders, _files in os.walk(root):
            for path in (os.path.join(at, name) for name in folders):
                if not os.path.islink(path):  # what it leads to is not ours
                    with suppress(OSError):
                        os.chmod(path, 0o700)
        time.sleep(0.05)


def _made(parent: Path) -> tuple[Path, BaseFileLock]:
    try:
        root = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        lock = _lock(root)
        lock.acquire(blocking=False)
        (root / "work").mkdir(mode=0o700)
    except OSError as error:
        raise NotUnderstood(
            f"Cannot create a temporary folder in {short(parent)} ({error.strerror or 'unknown error'}).",
            remedy="Free up disk space, or check the permissions of that folder.",
        ) from None
    return root, lock


def _lock(root: Path) -> BaseFileLock:
    from filelock import FileLock

    return FileLock(root / "lock", thread_local=False)


def _remove_leftovers(parent: Path) -> None:
    """Delete the folders of dead probes: nobody holds their lock. A new one is not locked yet."""
    for root in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError, TimeoutError):
            about = root.lstat()
            if root.is_symlink() or time.time() - about.st_mtime < _YOUNG_SECONDS:
                continue
            if hasattr(os, "geteuid") and about.st_uid != os.geteuid():
                continue
            lock = _lock(root)
            lock.acquire(blocking=False)
            lock.release()
            clear(root)


def _start_watchdog(root: Path) -> subprocess.Popen[bytes] | None:
    """None if it cannot be started: then the next probe deletes what is left."""
    if getattr(sys, "frozen", False) or not sys.executable:
        return None
    paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    with suppress(OSError):
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_WATCHDOG), str(root), paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=root.parent,
            **apart,
        )
    return None


def _end_watchdog(watchdog: subprocess.Popen[bytes]) -> None:
    assert watchdog.stdin is not None  # noqa: S101 - a pipe was asked for
    with suppress(OSError), watchdog.stdin:
        watchdog.stdin.write(b"d")
    try:
        watchdog.wait(_WATCHDOG_SECONDS)
    except subprocess.TimeoutExpired:
        watchdog.kill()
        watchdog.wait()
