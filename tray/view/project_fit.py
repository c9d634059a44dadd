"""Whether a session of a project fits into what is left of each window, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tray.view import format as fmt

UNKNOWN = (
    "Not known yet what a session of this project takes: three must be over, in windows of which it is known what"
    " one percent is worth."
)


def fit_lines(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Account and window, and what a session takes: of the document of `usage --json --project`."""
    for entry in document["providers"]:
        for window in entry["windows"]:
            taken = window.get("session_percent")
            if taken is not None:
                yield f"{entry['title']} {window['title']}", _sentence(taken, window)


def _sentence(taken: Mapping[str, Any], window: Mapping[str, Any]) -> str:
    spread = f"median of {taken['sessions']}, {percent_text(taken['low'])}–{percent_text(taken['high'])} %"
    took = f"a session of this project took {percent_text(taken['median'])} % ({spread})"
    count = taken["fits"]
    if count is None:
        return took
    left = fmt.percent(window["remaining_percent"])
    how_often = f"fits {fmt.plural(count, 'time')}" if count else "does not fit"
    return f"{took}; {left} left: {how_often}"


def percent_text(percent: float) -> str:
    """One decimal below ten."""
    return f"{percent:.1f}".removesuffix(".0") if percent < 9.95 else f"{percent:.0f}"
