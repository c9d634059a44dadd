"""Formats an unexpected exception for the log: its type and its frames, without any values.

Neither the message nor locals are ever included: they could contain a token, a prompt or a path.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType

_ROOT = Path(__file__).parents[2]
_OWN = ("tray", "providers", "assets")
_MOST_FRAMES = 24  # of an endless recursion the first and the last ones suffice
_MOST_CAUSES = 3

_openers: list[Callable[[], None]] = []


def open_log_on_fault(opener: Callable[[], None] | None) -> None:
    """Call this before the first fault is logged; None to open none.

    Most processes have no fault, and `logging` takes 3 ms to import.
    """
    _openers[:] = [] if opener is None else [opener]


def logger_of(module: str) -> logging.Logger:
    """Where no log is open, as in most commands, what it gets goes nowhere."""
    import logging

    _add_null_handler(module.partition(".")[0])
    return logging.getLogger(module)


@cache
def _add_null_handler(package: str) -> None:
    """Without one, logging's last resort would print warnings to stderr."""
    import logging

    logging.getLogger(package).addHandler(logging.NullHandler())


def log_fault(logger: logging.Logger, what: str, error: BaseException) -> None:
    """Log `what` as an internal error."""
    while _openers:
        _openers.pop()()
    logger.error("%s: %s", what, describe(error))


def describe(error: BaseException) -> str:
    """`KeyError at tray/a.py:3 run > json/decoder.py:9 decode`, outermost frame first, then its causes."""
    return "; from ".join(_one(each) for each in _chain(error))


def own_place(error: BaseException, *, but: str = "") -> str:
    """`file:line` of the innermost frame in our own code, other than in the file `but`; without one, of all."""
    frames = [(_file(frame.f_code.co_filename), line) for frame, line in _walk(error.__traceback__)]
    own = [(file, line) for file, line in frames if file != but and file.partition("/")[0] in _OWN]
    file, line = (own or frames or [("?", 0)])[-1]
    return f"{file}:{line}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen and len(seen) <= _MOST_CAUSES:
        seen.append(current)
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _one(error: BaseException) -> str:
    frames = [
        f"{_file(frame.f_code.co_filename)}:{line} {_function(frame.f_code.co_qualname)}"
        for frame, line in _walk(error.__traceback__)
    ]
    if len(frames) > _MOST_FRAMES:
        half = _MOST_FRAMES // 2
        frames = [*frames[:half], f"[{len(frames) - 2 * half} more]", *frames[-half:]]
    return f"{type(error).__name__} at {' > '.join(frames) or '?'}"


def _walk(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    import traceback

    return traceback.walk_tb(trace)


def _function(name: str) -> str:
    return name.replace(".<locals>", "")


def _file(name: str) -> str:
    """Relative to where it is installed; for a file elsewhere only its name."""
    own = next((folder for folder in _OWN if name.startswith(f"{_ROOT / folder}{os.sep}")), None)
    for root in (str(_ROOT),) if own else _libraries():
        if name.startswith(root + os.sep):
            return Path(name[len(root) + 1 :]).as_posix()
    return os.path.basename(name)


@cache
def _libraries() -> tuple[str, ...]:
    """Nested folders before those that contain them."""
    import sysconfig

    paths = sysconfig.get_paths()
    names = ("purelib", "platlib", "stdlib", "platstdlib")
    return tuple(sorted({paths[name] for name in names}, key=len, reverse=True))
