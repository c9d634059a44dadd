"""The log of a command's internal errors. Most have none: what writes the file is imported with the first."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from providers.host.faults import log_fault

_log = logging.getLogger(__name__)


class FaultLog(logging.Handler):
    """Hands errors on to the handler of the file, made with the first of them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(logging.ERROR)
        self._folder = folder
        self._file: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if self._file is None:
            from tray.engine.log_file import FILE, FaultFile

            self._file = FaultFile(self._folder / FILE)
        self._file.handle(record)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()


def log_faults_to(folder: Path) -> None:
    """From now on internal errors of this process, which owns no engine, are logged, too."""
    log_threads()
    handler = FaultLog(folder)
    for name in ("tray", "providers"):
        logger = logging.getLogger(name)
        drop_fault_log(logger)
        logger.addHandler(handler)


def log_threads() -> None:
    """Instead of a traceback on stderr; unless somebody else wants to know, as those who test us do."""
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _log_thread


def _log_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and ended.exc_type is not SystemExit:
        log_fault(_log, f"a thread ended ({ended.thread.name if ended.thread else '?'})", ended.exc_value)


def drop_fault_log(logger: logging.Logger) -> None:
    for handler in [each for each in logger.handlers if isinstance(each, FaultLog)]:
        logger.removeHandler(handler)
        handler.close()
