"""One line of the report."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Level = Literal["ok", "warn", "fail", ""]
"""Well; worth a look; broken; neither, such as what is not used here."""


class Row(Struct, frozen=True, kw_only=True):
    """`remedy` is one sentence on what to do, for all that is not well."""

    level: Level
    name: str
    text: str
    remedy: str | None = None


class Section(Struct, frozen=True):
    title: str
    rows: tuple[Row, ...]


def good(name: str, text: str) -> Row:
    return Row(level="ok", name=name, text=text)


def note(name: str, text: str) -> Row:
    return Row(level="", name=name, text=text)


def warning(name: str, text: str, remedy: str) -> Row:
    return Row(level="warn", name=name, text=text, remedy=remedy)


def failure(name: str, text: str, remedy: str) -> Row:
    return Row(level="fail", name=name, text=text, remedy=remedy)


def unfinished(name: str, reason: str) -> Row:
    """Of a check that did not come to its end."""
    return warning(name, reason, "Run `tankful doctor` again; if this stays, please report it.")
