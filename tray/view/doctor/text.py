"""The report as text and as JSON. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from providers.domain.visible import visible
from providers.host.redact import redact
from tray.engine.doctor.facts import Report
from tray.engine.document_values import as_time
from tray.view.doctor.row import ReportRow, Section

SCHEMA = "tankful.doctor/1"
WIDTH = 80
_LEVEL = 4
_WIDEST_NAME = 40
_COLOURS = {"ok": "\x1b[32m", "warn": "\x1b[33m", "fail": "\x1b[31m"}
_PLAIN = "\x1b[0m"


def as_text(sections: Sequence[Section], *, colour: bool = False) -> str:
    """Sections with aligned rows, then the problems; within 80 columns but for paths that are longer."""
    width = max((len(row.name) for section in sections for row in section.rows), default=0)
    width = min(width, _WIDEST_NAME)
    blocks = ["\n".join(_block(section, width, colour=colour)) for section in sections]
    return "\n\n".join((*blocks, "\n".join(_summary(sections))))


def as_document(report: Report, sections: Sequence[Section]) -> dict[str, Any]:
    """The facts, and what of them is not well; times in UTC."""
    facts = msgspec.to_builtins(report, builtin_types=(datetime,))
    problems = [
        {"section": title, "name": row.name, "level": row.level, "text": row.text, "remedy": row.remedy}
        for title, row in _problems(sections)
    ]
    document: dict[str, Any] = _plain({"schema": SCHEMA, **facts, "problems": problems})
    return document


def _block(section: Section, width: int, *, colour: bool) -> Iterator[str]:
    yield section.title
    indent = 2 + _LEVEL + 2 + width + 2
    for row in section.rows:
        level = f"{row.level:{_LEVEL}}"
        if colour and row.level:
            level = f"{_COLOURS[row.level]}{level}{_PLAIN}"
        first, *more = _wrapped(row.text, WIDTH - indent)
        yield f"  {level}  {visible(row.name):{width}}  {first}".rstrip()
        yield from (f"{'':{indent}}{line}" for line in more)


def _summary(sections: Sequence[Section]) -> Iterator[str]:
    problems = _problems(sections)
    if not problems:
        yield "No problems found."
        return
    yield "1 problem found:" if len(problems) == 1 else f"{len(problems)} problems found:"
    for number, (title, row) in enumerate(problems, 1):
        mark = f"{number}. ".rjust(6)
        first, *more = _wrapped(f"{title}, {row.name}: {row.text} {row.remedy}", WIDTH - len(mark))
        yield f"{mark}{first}"
        yield from (f"{'':{len(mark)}}{line}" for line in more)


def _problems(sections: Sequence[Section]) -> list[tuple[str, ReportRow]]:
    """What is broken comes first."""
    found = [(section.title, row) for section in sections for row in section.rows if row.remedy is not None]
    return sorted(found, key=lambda each: each[1].level != "fail")


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(visible(text), width, break_long_words=False, break_on_hyphens=False) or [""]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return as_time(value)
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
