"""tankful.log in the state folder: what failed and what works again, and internal errors. Written by the owner.

A line is `2026-11-20T12:00:00Z WARNING <text>`; INFO and WARNING are transitions, an ERROR is a fault of ours with
its frames. The file is readable by its owner alone and rotated; where it cannot be written there is no log.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from providers.version import VERSION
from tray.engine.fault_log import PACKAGES, drop_fault_log, log_threads
from tray.engine.log_entries import Outcomes, entries, outcomes
from tray.engine.log_file import FILE, RotatingLog
from tray.engine.state import State

_log = logging.getLogger(__name__)


@contextmanager
def logging_to(folder: Path, kind: str) -> Iterator[None]:
    """Log what `tray` and `providers` log, and the start and end of this engine, whose owner is of this `kind`."""
    handler = RotatingLog(folder / FILE)
    log_threads()
    drop_fault_log()
    loggers = [logging.getLogger(name) for name in PACKAGES]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
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
