"""tankful.log in the state folder: what failed and what works again, and internal errors. Written by the owner.

A line is `2026-11-20T12:00:00Z WARNING <text>`; INFO and WARNING are transitions, an ERROR is a fault of ours with
its frames. The file is readable by its owner alone and rotated; where it cannot be written there is no log.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from providers.host.faults import log_fault
from providers.host.private import make_folder
from providers.host.redact import redact
from providers.version import VERSION
from tray.engine.log_entries import Outcomes, entries, outcomes
from tray.engine.state import State

FILE = "tankful.log"
LARGEST = 256 * 1024
REPEAT_SECONDS = 3600.0
"""An internal error that recurs each round is logged once in this time."""
_MOST_REMEMBERED = 64
_LONGEST = 4000
_log = logging.getLogger(__name__)


def log_faults_to(folder: Path) -> None:
    """From now on internal errors of this process, which owns no engine, are logged, too."""
    _log_threads()
    handler = _FaultLog(folder / FILE)
    for name in ("tray", "providers"):
        logger = logging.getLogger(name)
        _drop_fault_log(logger)
        logger.addHandler(handler)


def _log_threads() -> None:
    """Instead of a traceback on stderr; unless somebody else wants to know, as those who test us do."""
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _log_thread


def _log_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and ended.exc_type is not SystemExit:
        log_fault(_log, f"a thread ended ({ended.thread.name if ended.thread else '?'})", ended.exc_value)


def _drop_fault_log(logger: logging.Logger) -> None:
    for handler in [each for each in logger.handlers if isinstance(each, _FaultLog)]:
        logger.removeHandler(handler)
        handler.close()


@contextmanager
def logging_to(folder: Path, kind: str) -> Iterator[None]:
    """Log what `tray` and `providers` log, and the start and end of this engine, whose owner is of this `kind`."""
    handler = _LogFile(folder / FILE)
    _log_threads()
    loggers = [logging.getLogger(name) for name in ("tray", "providers")]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        _drop_fault_log(logger)
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
        logger.propagate = False
    _log.info("engine started: tankful %s, %s, pid %d", VERSION, kind, os.getpid())
    try:
        yield
    finally:
        _log.info("engine stopped: pid %d", os.getpid())
        for logger, (level, propagate) in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate
        with suppress(OSError):  # what could not be written before cannot be now
            handler.close()


class TransitionLog:
    """A listener of the engine. It remembers the last outcome of what is absent for a while."""

    def __init__(self) -> None:
        self._known: Outcomes = {}

    def __call__(self, _before: State, after: State) -> None:
        found = outcomes(after)
        for entry in entries(self._known, found):
            _log.log(logging.WARNING if entry.level == "warning" else logging.INFO, "%s", entry.text)
        self._known |= found


class _LogFile(RotatingFileHandler):
    def __init__(self, path: Path) -> None:
        super().__init__(
            path, maxBytes=LARGEST, backupCount=1, encoding="utf-8", errors="replace", delay=True
        )
        self.setFormatter(_Line())
        self.addFilter(_Repeats())

    def _open(self) -> TextIOWrapper:
        """Raises OSError, also for what is no regular file: a pipe of that name would block."""
        path = Path(self.baseFilename)
        make_folder(path.parent)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(path, flags, 0o600)
        try:
            _make_private(handle)
        except OSError:
            os.close(handle)
            raise
        return os.fdopen(handle, "a", encoding=self.encoding, errors=self.errors)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """With a full disk or a read-only folder there is no log."""


class _FaultLog(_LogFile):
    """For a command beside the owner, who alone rotates the file. It is opened with the first error."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.setLevel(logging.ERROR)

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: ARG002, N802 - logging's own
        return False


def _make_private(handle: int) -> None:
    """Raises OSError for what is no regular file. One that an older tankful made has the mode of its umask."""
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise OSError(errno.EINVAL, "Not a regular file")
    if hasattr(os, "fchmod"):
        os.fchmod(handle, 0o600)


class _Line(logging.Formatter):
    """One line for each record, redacted; an attached exception is not shown."""

    def format(self, record: logging.LogRecord) -> str:
        text = redact(record.getMessage())[:_LONGEST]
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        shown = "".join(sign if sign.isprintable() else " " for sign in text)
        return f"{at} {record.levelname} {shown}"


class _Repeats(logging.Filter):
    """Drops an internal error that was logged recently."""

    def __init__(self) -> None:
        super().__init__()
        self._logged: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            return True
        text, now = record.getMessage(), record.created
        last = self._logged.pop(text, None)
        if last is not None and 0 <= now - last < REPEAT_SECONDS:
            self._logged[text] = last
            return False
        self._logged[text] = now
        while len(self._logged) > _MOST_REMEMBERED:
            del self._logged[next(iter(self._logged))]
        return True
