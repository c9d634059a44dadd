"""The message for an unexpected exception: its kind and its place, but none of its values."""

from __future__ import annotations

import logging
import os
import traceback

from providers.host.faults import log_fault, own_place
from tray.cli.console import tell

_DISPATCHER = "tray/cli/main.py"


def report(error: Exception) -> None:
    """One sentence on stderr, and the frames in the log where it is open; with TANKFUL_DEBUG=1 the traceback."""
    if os.environ.get("TANKFUL_DEBUG") == "1":
        traceback.print_exception(error)
        return
    log_fault(logging.getLogger(__name__), "a command failed", error)
    kind, place = type(error).__name__, own_place(error, but=_DISPATCHER)
    tell(f"internal error ({kind} at {place}). Run it again with TANKFUL_DEBUG=1 to see the traceback.")
