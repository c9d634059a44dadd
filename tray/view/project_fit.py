"""Whether a session of a project fits into what is left of each window, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tray.view import format as fmt

UNKNOWN = (
    "Not known yet. It takes three finished sessions of this project, in windows of which it is known what one"
    " percent is worth."
)


def fit_lines(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Account and window, and what a session takes: of the document of `usage --json --project`."""
    for entry in document["providers"]:
        for window in entry["windows"]:
            taken = window.get("session_percent")
            if taken is not None:
                whose = account_name(entry, document)
                yield f"{fmt.plain(whose)} {fmt.plain(window['title'])}", _sentence(taken, window)


def account_name(entry: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """The provider's title; of several accounts of one with the e-mail address or the id, to tell them apart."""
    title: str = entry["title"]
    account = entry["account"]
    is_one = [each["title"] for each in document["providers"]].count(title) == 1
    return title if is_one or account is None else f"{title} ({account['email'] or account['id']})"


def _sentence(taken: Mapping[str, Any], window: Mapping[str, Any]) -> str:
    spread = f"median of {taken['sessions']}, {spread_text(taken)}"
    took = f"a session of this project took {percent_text(taken['median'])} % ({spread})"
    count = taken["fits"]
    if window["stale"]:
        return took
    left = fmt.percent(window["remaining_percent"])
    if count is None:
        how_often = "fits many times"
    elif count == 0:
        how_often = "does not fit"
    else:
        how_often = "fits once" if count == 1 else f"fits {count} times"
    return f"{took}; {left} left: {how_often}"


def spread_text(taken: Mapping[str, Any]) -> str:
    """`3–11 %`; of one number `24 %`."""
    low, high = percent_text(taken["low"]), percent_text(taken["high"])
    return f"{low} %" if low == high else f"{low}–{high} %"


def percent_text(percent: float) -> str:
    """One decimal below ten; what is not 0 is not shown as 0."""
    if 0 < percent < 0.05:
        return "< 0.1"
    return f"{percent:.1f}".removesuffix(".0") if percent < 9.95 else f"{percent:.0f}"
