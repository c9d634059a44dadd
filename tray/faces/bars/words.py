"""How values read in a bar: as everywhere in tankful (see `tray.view.words`), of epoch seconds. Pure."""

from __future__ import annotations

from providers.domain.visible import visible
from tray.view import words
from tray.view.words import at_least, balance, countdown, instant, markup, money, percent, span, whole

__all__ = [
    "at_least",
    "balance",
    "countdown",
    "markup",
    "money",
    "percent",
    "span",
    "whole",
]  # and those below

UNKNOWN = "–"
_LONGEST = 40


def clock(at: float, now: float) -> str:
    """`14:00` today, `Mon 14:00` within a week, else `7 Dec 14:00`."""
    return words.soon(instant(at), instant(now), None)


def at(when: float, now: float) -> str:
    """`at 14:00`, `on Mon 14:00`."""
    return words.on_or_at(instant(when), instant(now), None)


def plain(text: str) -> str:
    """On one line, without terminal control characters."""
    return visible(text).replace("\n", " ")


def name(text: str) -> str:
    """A name that somebody else chose: on one line, and not too long."""
    return words.plain(text, _LONGEST)
