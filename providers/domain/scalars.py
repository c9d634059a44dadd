"""Plain values however programs and servers write them: `31`, `31.0` and `"31"` are one number.

Each function takes a decoded JSON value and returns None for one that is missing or is no such value: a field is
dropped on its own, never its siblings. Observed: `limit_window_seconds` and `reset_at` in quotes from
ChatGPT's endpoint, `used_percentage` in quotes and ISO resets from Claude Code's status line.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from math import isfinite

TYPE_CHECKING = False  # typing itself would cost milliseconds, and Claude Code waits for its status line
if TYPE_CHECKING:
    from typing import Any

_NUMBER = re.compile(r"[+-]?\d{1,40}(?:\.\d{0,40})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,40}(?:\.0*)?", re.ASCII)
_LONGEST_TEXT = 100
_SPACE = " \t\r\n"
_MILLISECONDS_FROM = 1e11
"""As seconds it would be the year 5138: a larger time is in milliseconds."""
_LARGEST_PERCENT = 10_000
_YEARS = range(1970, 9000)
"""Times outside leave the calendar when a window's length is added or taken away, and are no times of ours."""
_FLAGS = {"true": True, "false": False}


def number(raw: Any) -> float | None:
    """A finite number, also as text; None for anything else, and for true and false."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, str):
        text = raw.strip(_SPACE) if len(raw) <= _LONGEST_TEXT else ""
        if not _NUMBER.fullmatch(text):
            return None
        raw = float(text)
    if not isinstance(raw, int | float):
        return None
    try:
        value = float(raw)
    except OverflowError:  # an integer of hundreds of digits
        return None
    return value if isfinite(value) else None


def whole(raw: Any) -> int | None:
    """A whole number, also as text, or as a float without a fraction; None for anything else."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, str):
        text = raw.strip(_SPACE) if len(raw) <= _LONGEST_TEXT else ""
        return int(text.partition(".")[0]) if _WHOLE.fullmatch(text) else None  # exactly: a float has 53 bits
    value = number(raw)
    return int(value) if value is not None and value.is_integer() else None


def percent(raw: Any) -> float | None:
    """A used share in percent, which may exceed 100; None for anything below 0 or above 10,000.

    Observed: the epoch of a reset in `used_percentage`, at a session's start and after /clear.
    """
    value = number(raw)
    return value if value is not None and 0 <= value <= _LARGEST_PERCENT else None


def moment(raw: Any) -> datetime | None:
    """A time in UTC: ISO 8601, or a positive epoch in seconds or milliseconds, also as text.

    ISO without a zone is UTC, as servers write it. None for one that is not `usable`.
    """
    try:
        found = _moment(raw)
    except (OverflowError, OSError, ValueError):
        return None
    return found if found is not None and usable(found) else None


def usable(at: datetime) -> bool:
    """Whether a time with a zone has its place in UTC, and room around it to calculate in."""
    try:
        return at.astimezone(UTC).year in _YEARS
    except OverflowError:
        return False


def flag(raw: Any) -> bool | None:
    """True or false, also as text; None for anything else."""
    if isinstance(raw, str):
        return _FLAGS.get(raw.strip(_SPACE).lower()) if len(raw) <= _LONGEST_TEXT else None
    return raw if isinstance(raw, bool) else None


def _moment(raw: Any) -> datetime | None:
    epoch = number(raw)
    if epoch is not None:
        seconds = epoch / 1000 if epoch >= _MILLISECONDS_FROM else epoch
        return datetime.fromtimestamp(seconds, UTC) if epoch > 0 else None
    if isinstance(raw, str) and len(raw) <= _LONGEST_TEXT:
        parsed = datetime.fromisoformat(raw.strip(_SPACE))
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return None
