"""The message for an unexpected exception: its kind and its place, but none of its values."""

from __future__ import annotations

import os
import traceback
from contextlib import suppress
from pathlib import Path

from providers.host.faults import log_fault, logger_of, own_place
from providers.host.state_folder import is_trusted, state_folder
from tray.cli.console import tell

_DISPATCHER = "tray/cli/main.py"


def report(error: Exception) -> None:
    """One sentence on stderr, and the frames in the log; with TANKFUL_DEBUG=1 the traceback."""
    if os.environ.get("TANKFUL_DEBUG") == "1":
        traceback.print_exception(error)
        return
    _open_log()
    log_fault(logger_of(__name__), "a command failed", error)
    kind, place = type(error).__name__, own_place(error, but=_DISPATCHER)
    tell(f"internal error ({kind} at {place}). Run it again with TANKFUL_DEBUG=1 to see the traceback.")


def _open_log() -> None:
    """Whatever the command had done by then; where there can be none, the sentence has to do."""
    from tray.engine.fault_log import log_faults_to

    with suppress(Exception):
        if is_trusted(os.environ):
            log_faults_to(Path(state_folder(os.environ)))
