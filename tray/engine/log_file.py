"""The file of the log: private, redacted, without repeats, and rotated by the owner of the engine alone."""

from __future__ import annotations

import errno
import logging
import os
import stat
import time
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from providers.host.private import make_folder, open_to_write
from providers.host.redact import redact
from tray.engine import brief_log

FILE = brief_log.FILE
LARGEST = 256 * 1024
REPEAT_SECONDS = 3600.0
"""An internal error that recurs each round is logged once in this time."""
_MOST_REMEMBERED = 64
_LONGEST = 4000


class RotatingLog(RotatingFileHandler):
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
        handle = open_to_write(path, os.O_APPEND)
        try:
            _make_private(handle)
        except OSError:
            os.close(handle)
            raise
        return os.fdopen(handle, "a", encoding=self.encoding, errors=self.errors)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """With a full disk or a read-only folder there is no log."""


class FaultFile(RotatingLog):
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
