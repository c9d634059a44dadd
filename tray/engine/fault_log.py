"""The log of a command's internal errors. Most have none: the file, and `logging`, are opened with the first."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from providers.host.faults import log_fault, logger_of, open_log_on_fault

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("tray", "providers")


def log_faults_to(folder: Path) -> None:
    """From now on internal errors of this process, which owns no engine, are logged, too."""
    log_threads()
    open_log_on_fault(partial(_open, folder))


def _open(folder: Path) -> None:
    import logging

    from tray.engine.log_file import FILE, FaultFile

    drop_fault_log()
    handler = FaultFile(folder / FILE)
    for name in PACKAGES:
        logging.getLogger(name).addHandler(handler)


def log_threads() -> None:
    """Instead of a traceback on stderr; unless somebody else wants to know, as those who test us do."""
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _log_thread


def _log_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and ended.exc_type is not SystemExit:
        what = f"a thread ended ({ended.thread.name if ended.thread else '?'})"
        log_fault(logger_of(__name__), what, ended.exc_value)


def drop_fault_log() -> None:
    """What `log_faults_to` asked for is over: this process has a log of its own."""
    import logging

    from tray.engine.log_file import FaultFile

    open_log_on_fault(None)
    for logger in map(logging.getLogger, PACKAGES):
        for handler in [each for each in logger.handlers if isinstance(each, FaultFile)]:
            logger.removeHandler(handler)
            handler.close()
