"""The table of live sessions for people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from providers.domain.live import LiveSession, SessionsLook
from tray.view.cells import cells_of
from tray.view.columns import GAP, padded, safe, shortened, wrapped
from tray.view.columns import joined as joined_parts
from tray.view.output import Paper, Style
from tray.view.sessions import below, summary, words
from tray.view.sessions.fields import Field, FittedFields, fields, fit

_MARK, _NO_MARK = "! ", "  "
_INDENT = "    "
_TASK_ROOM, _END_ROOM = 24, 40
"""Columns from which on the current tool stands at the end of the row, and from which on with how long it runs."""

Amount = Literal["all", "tasks", "waiting", "rows"]
_AMOUNTS: tuple[Amount, ...] = ("all", "tasks", "waiting", "rows")
"""How much is shown below the rows, less where a terminal is not high enough: all, what each does, what those that
wait for the person ask for, nothing.
"""


class _Table(Struct, frozen=True):
    """What all rows have in common."""

    look: SessionsLook
    paper: Paper
    shown: FittedFields
    name_homes: frozenset[str]
    """The providers whose sessions are of several homes."""


def text(
    look: SessionsLook,
    titles: Mapping[str, str],
    homes: Sequence[str],
    paper: Paper,
    height: int | None = None,
    problems: Sequence[str] = (),
) -> str:
    """`titles` are the names of the providers by id, `homes` the labels of the folders that were looked at. In
    `height` lines at most, if given: then it shows less of each session, and at last not all of them.
    `problems` are sentences for who sees nothing but this text.
    """
    if not look.sessions:
        lines = [*wrapped(summary.nothing(look, list(titles.values()), homes), paper)]
        lines += _notes(look, titles, paper, problems)
        return "\n".join(lines)
    shown = fit(fields(look, titles), look.sessions, paper, len(_MARK))
    table = _Table(look, paper, shown, frozenset(_with_several_homes(look)))
    notes = _notes(look, titles, paper, problems)
    for amount in _AMOUNTS:
        lines = [*_head(table), *(line for each in look.sessions for line in _session(table, each, amount))]
        if height is None or len(lines) + len(notes) <= height:
            return "\n".join((*lines, *notes))
    return "\n".join(_cut(lines, height, len(look.sessions)))


def _with_several_homes(look: SessionsLook) -> Iterator[str]:
    pairs = {(session.provider, session.home) for session in look.sessions}
    for provider, count in Counter(provider for provider, _ in pairs).items():
        if count > 1:
            yield provider


def _cut(lines: Sequence[str], height: int | None, sessions: int) -> list[str]:
    """The rows that have room; those that wait are the first."""
    if height is None or len(lines) <= height:
        return list(lines)
    kept = list(lines[: max(height - 1, 1)])
    hidden = len(lines) - len(kept)
    return [*kept, f"  and {min(hidden, sessions)} more"][:height]


def _head(table: _Table) -> Iterator[str]:
    paper = table.paper
    yield from (paper.strong(line) for line in wrapped(summary.headline(table.look), paper))
    yield ""
    cells = [_cell(field, field.heading, width, paper) for field, width in table.shown.columns]
    if _has_tasks(table):
        cells.append("now")
    yield paper.drawn((_NO_MARK + GAP.join(cells)).rstrip(), "bold")


def _has_tasks(table: _Table) -> bool:
    """Whether the current tool stands at the end of the rows."""
    tasks = any(session.status.task is not None for session in table.look.sessions)
    return tasks and table.shown.room >= _TASK_ROOM


def _session(table: _Table, session: LiveSession, amount: Amount) -> Iterator[str]:
    yield _row(table, session)
    if amount == "rows" or (amount == "waiting" and not session.status.waits):
        return
    if not _has_tasks(table) and (task := below.task_line(session, table.look.at)) is not None:
        yield from _lines(task, table.paper)
    if amount == "all":
        for detail in below.details(
            session, table.look, table.shown, homes=session.provider in table.name_homes
        ):
            yield from _lines(detail, table.paper)


def _row(table: _Table, session: LiveSession) -> str:
    paper = table.paper
    cells = [
        (_cell(field, field.cell(session), width, paper), _styles(field, session))
        for field, width in table.shown.columns
    ]
    if _has_tasks(table) and (task := below.task_line(session, table.look.at)) is not None:
        cells.append((_in_one_line(task, table.shown.room, paper), task.styles))
    while cells and not cells[-1][0].strip():
        cells.pop()
    last, styles = cells.pop()
    mark = paper.drawn(_MARK, "bold", "yellow") if session.status.waits else _NO_MARK
    before = "".join(paper.drawn(cell, *own) + GAP for cell, own in cells)
    return f"{mark}{before}{paper.drawn(last.rstrip(), *styles)}"


def _styles(field: Field, session: LiveSession) -> tuple[Style, ...]:
    if session.status.status == "done":
        return ("dim",)
    if field.key == "status":
        if session.status.waits:
            return ("bold", "yellow", "reverse")
        return ("green",) if session.status.status == "working" else ()
    if field.key == "context" and session.context_percent is not None:
        percent = session.context_percent
        return ("red",) if percent >= words.FULL else ("yellow",) if percent >= words.HIGH else ()
    return ("bold",) if session.status.waits and field.key in ("since", "project") else ()


def _cell(field: Field, text: str, width: int, paper: Paper) -> str:
    return padded(shortened(safe(text, paper), width, paper), width, right=field.is_right)


def _in_one_line(detail: below.RowDetail, width: int, paper: Paper) -> str:
    """Where there is little room, the end has less to say than what is cut for it."""
    end = safe(detail.end, paper) if width >= _END_ROOM else ""
    return shortened(safe(detail.parts[0], paper), width - cells_of(end), paper) + end


def _lines(detail: below.RowDetail, paper: Paper) -> Iterator[str]:
    if detail.end:
        text = _in_one_line(detail, paper.width - len(_INDENT), paper)
        yield _INDENT + paper.drawn(text, *detail.styles)
        return
    for line in joined_parts(detail.parts, paper, _INDENT):
        content = line.removeprefix(_INDENT)
        yield _INDENT + paper.drawn(content, *detail.styles)


def _notes(look: SessionsLook, titles: Mapping[str, str], paper: Paper, problems: Sequence[str]) -> list[str]:
    """What stands below all sessions, after an empty line."""
    lines: list[tuple[str, tuple[Style, ...]]] = [(below.orphan(each), ("yellow",)) for each in look.orphans]
    lines += [(sentence, ()) for sentence in summary.servers(look, titles)]
    lines += [(sentence, ("yellow",)) for sentence in problems]
    lines += [(sentence, ("dim",)) for sentence in summary.legend(look)]
    shown = [paper.drawn(line, *styles) for sentence, styles in lines for line in wrapped(sentence, paper)]
    return ["", *shown] if shown else []
