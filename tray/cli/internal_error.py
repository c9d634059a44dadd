"""The sentence for an exception that nobody expected: its kind and its place, and no value that it names."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from tray.cli.console import tell

_ROOT = Path(__file__).parents[2]
_OWN = (_ROOT / "tray", _ROOT / "providers")
_DISPATCHER = Path(__file__).with_name("main.py")


def report(error: Exception) -> None:
    """One sentence on stderr; with TANKFUL_DEBUG=1 the traceback."""
    if os.environ.get("TANKFUL_DEBUG") == "1":
        traceback.print_exception(error)
        return
    kind, place = type(error).__name__, _place(error)
    tell(f"internal error ({kind} at {place}). Run it again with TANKFUL_DEBUG=1 to see the traceback.")


def _place(error: Exception) -> str:
    """`file:line` of the innermost frame in our own code; where none is ours, of the innermost of all."""
    frames = [
        (Path(frame.f_code.co_filename), line) for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    own = [
        (file.relative_to(_ROOT), line)
        for file, line in frames
        if file != _DISPATCHER and not set(_OWN).isdisjoint(file.parents)
    ]
    file, line = own[-1] if own else (Path(frames[-1][0].name), frames[-1][1])
    return f"{file.as_posix()}:{line}"
