"""The sessions that people started, with their subagents, and how to go on with one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.cost import Tally
from providers.ledger.rollup.sessions import SessionOrder, SessionRow
from providers.ledger.sums import UNKNOWN
from tray.engine.document_values import as_time
from tray.faces.page.data import PageData
from tray.faces.page.parts import Column, Head, Pager, heads, pager, sorting
from tray.faces.page.table.columns import COLUMNS, NO_NUMBER, ShownCell
from tray.faces.page.table.groups import beyond
from tray.faces.page.table.names import ShownName, named, project_named, readable
from tray.faces.page.table.table import ALL, ROWS, row_id, toggled, total_of
from tray.view import format as fmt
from tray.view.cost_groups import resume_command

_ORDERS: dict[str, SessionOrder] = {
    "last": "last",
    "started": "started",
    "subagents": "subagents",
    "cost": "usd",
    "total": "tokens",
    "responses": "responses",
}
_SUMS = tuple(column for column in COLUMNS if column.key not in ("share", "rate"))
_SORTED = (
    Column(key="last", title="Last used"),
    Column(key="started", title="Started"),
    Column(key="subagents", title="Subagents"),
    *(Column(key=column.key, title=column.title) for column in _SUMS if column.key in _ORDERS),
)
_ANY = 10**12
"""More than there are."""
_MOST_SUBAGENTS = 200
_MOST_OPEN = 10
_LONGEST_MODELS = 40


class SessionEntry(Struct, frozen=True, kw_only=True):
    """`project` is where it was started, `resume` the command that goes on with it, "" where there is none; `more`
    is how many of its parts are not shown.
    """

    id: str
    resume: str
    project: ShownName
    place: str
    home: str
    started: ShownCell
    last: ShownCell
    models: ShownName
    efforts: ShownName
    is_subagent: bool
    subagents: int
    cells: tuple[ShownCell, ...]
    toggle: str = ""
    is_open: bool = False
    parts: tuple[SessionEntry, ...] = ()
    more: int = 0


class Sessions(Struct, frozen=True, kw_only=True):
    """`heads` are of the columns after the project; `more` are the rows below all others."""

    heads: tuple[Head, ...]
    entries: tuple[SessionEntry, ...]
    more: tuple[tuple[str, tuple[ShownCell, ...]], ...]
    count: int
    pager: Pager


def build(data: PageData) -> Sessions:
    by = sorting(data.query, _SORTED, "last")
    found, count = _page(data, _ORDERS[by.key], descending=by.reverse)
    pages = pager(data.query, count, ROWS)
    shown = {column.key: head for column, head in zip(_SORTED, heads(data.query, _SORTED, by), strict=True)}
    return Sessions(
        heads=(
            replace(shown["last"], number=False),
            *(shown[key] for key in ("cost", "total", "subagents")),
            Head(title="Models"),
            replace(shown["started"], number=False),
            *(shown.get(each.key) or Head(title=each.title, number=True) for each in _SUMS[2:]),
        ),
        entries=tuple(_session(row, data) for row in found),
        more=tuple(_more(data)) if count else (),
        count=count,
        pager=pages,
    )


def _page(data: PageData, order: SessionOrder, *, descending: bool) -> tuple[list[SessionRow], int]:
    """The sessions of the page that the address names, and how many there are."""
    asked = pager(data.query, _ANY, ROWS).first
    found, count = data.rollup.sessions(data.selection, order, asked, ROWS, descending=descending)
    first = pager(data.query, count, ROWS).first
    if first != asked:  # there are not so many pages
        found, count = data.rollup.sessions(data.selection, order, first, ROWS, descending=descending)
    return found, count


def _session(row: SessionRow, data: PageData) -> SessionEntry:
    is_open, toggle = toggled(data.query.with_(open=_opened(data)), row_id(row.thread))
    entry = replace(_entry(row, data), toggle=toggle, is_open=is_open)
    if not is_open:
        return entry
    parts = data.rollup.subagents(data.selection, row.thread)
    shown = tuple(_entry(part, data) for part in parts[:_MOST_SUBAGENTS])
    return replace(entry, parts=shown, more=len(parts) - len(shown))


def _opened(data: PageData) -> str:
    """The rows that the address opens: each costs a query, so that never all of them are open."""
    return ",".join([each for each in data.query.open.split(",") if each != ALL][:_MOST_OPEN])


def _entry(row: SessionRow, data: PageData) -> SessionEntry:
    project = row.project or UNKNOWN
    return SessionEntry(
        id=readable(row.id),
        resume="" if row.is_subagent else resume_command(row.id, _resume(row, data)) or "",
        project=project_named(project, data.query.with_(project=project, page="").address),
        place=data.title(row.provider),
        home=readable(row.home),
        started=_time(row.started_at, data),
        last=_time(row.last_at, data),
        models=named(", ".join(row.models), longest=_LONGEST_MODELS),
        efforts=named(", ".join(row.efforts), longest=_LONGEST_MODELS),
        is_subagent=row.is_subagent,
        subagents=row.subagents,
        cells=tuple(column.cell(row.tally, row.tally) for column in _SUMS),
    )


def _time(at: datetime, data: PageData) -> ShownCell:
    return ShownCell(shown=fmt.moment(at, data.now, data.zone), value=as_time(at) or "")


def _resume(row: SessionRow, data: PageData) -> tuple[str, ...]:
    """The command that goes on with its sessions, () where it finds none of this home."""
    for provider in data.scope.chosen():
        if provider.id == row.provider:
            log_only = {home.label for home in provider.find_log_homes(data.scope.environ)}
            return () if row.home in log_only else provider.resume
    return ()


def _more(data: PageData) -> Iterator[tuple[str, tuple[ShownCell, ...]]]:
    on_lines = data.tallies().get((), Tally(usd=0.0))
    not_on_lines = beyond(data)
    if not_on_lines is not None:
        cells = {column.key: column.cell(not_on_lines, not_on_lines) for column in _SUMS}
        yield "Not in the logs", tuple((cells | {"responses": ShownCell(shown=NO_NUMBER)}).values())
    total = total_of(on_lines, not_on_lines)
    yield "Total", tuple(column.cell(total, total) for column in _SUMS)
