"""One line of the report."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from providers.domain.limits import UsageError
from tray.view import format as fmt

_LONGEST = 300

Level = Literal["ok", "warn", "fail", ""]
"""Well; worth a look; broken; neither, such as what is not used here."""


class ReportRow(Struct, frozen=True, kw_only=True):
    """`remedy` is one sentence on what to do, for all that is not well."""

    level: Level
    name: str
    text: str
    remedy: str | None = None


class Section(Struct, frozen=True):
    title: str
    rows: tuple[ReportRow, ...]


def good(name: str, text: str) -> ReportRow:
    return ReportRow(level="ok", name=name, text=text)


def note(name: str, text: str) -> ReportRow:
    return ReportRow(level="", name=name, text=text)


def warning(name: str, text: str, remedy: str) -> ReportRow:
    return ReportRow(level="warn", name=name, text=text, remedy=remedy)


def failure(name: str, text: str, remedy: str) -> ReportRow:
    return ReportRow(level="fail", name=name, text=text, remedy=remedy)


def unfinished(name: str, reason: str) -> ReportRow:
    """Of a check that did not come to its end."""
    return warning(name, reason, "Run `tankful doctor` again; if this persists, please report it.")


def error_row(name: str, error: UsageError) -> ReportRow:
    return warning(name, fmt.plain(error.message, _LONGEST), fmt.plain(error.remedy, _LONGEST))
