"""Single responses, newest first: each with its own figures, never a sum."""

from __future__ import annotations

from msgspec import Struct

from providers.domain.cost import Tally
from providers.ledger.database import LedgerError
from providers.ledger.rollup.singles import ListedResponse, ResponsePage
from providers.ledger.sums import UNKNOWN
from tray.engine.document_values import as_time
from tray.faces.page.data import PageData
from tray.faces.page.table.columns import COLUMNS, ShownCell
from tray.faces.page.table.names import ShownName, named, project_named
from tray.faces.page.table.table import ROWS
from tray.view import format as fmt

_FIGURES = tuple(column for column in COLUMNS if column.key not in ("share", "rate", "responses"))
_NOT_THERE = "This part of the list no longer exists. Showing the newest responses."


class ResponseEntry(Struct, frozen=True, kw_only=True):
    """`session` is the one it was made in, a subagent's where there was one; `terms` are another service and web
    searches, "" without.
    """

    at: ShownCell
    place: str
    model: ShownName
    effort: ShownName
    project: ShownName
    session: ShownName
    is_subagent: bool
    terms: str
    cells: tuple[ShownCell, ...]


class Responses(Struct, frozen=True, kw_only=True):
    """`heads` are of the figures. `newest` and `older` are addresses, "" where there is no such page; `problem` is
    a sentence.
    """

    heads: tuple[str, ...]
    entries: tuple[ResponseEntry, ...]
    count: int
    newest: str
    older: str
    problem: str = ""


def build(data: PageData) -> Responses:
    found, problem = _page(data)
    return Responses(
        heads=tuple(column.title for column in _FIGURES),
        entries=tuple(_entry(row, data) for row in found.rows),
        count=found.total,
        newest=data.query.with_(page="").address if data.query.page else "",
        older=data.query.with_(page=found.older).address if found.older else "",
        problem=problem,
    )


def _page(data: PageData) -> tuple[ResponsePage, str]:
    """The page that the address names, and what is wrong with it."""
    nothing = ResponsePage(rows=(), older=None, total=0)
    try:
        try:
            return data.rollup.responses(data.selection, data.query.page, ROWS), ""
        except ValueError:  # no cursor
            return data.rollup.responses(data.selection, "", ROWS), _NOT_THERE
    except LedgerError as error:
        return nothing, str(error)


def _entry(row: ListedResponse, data: PageData) -> ResponseEntry:
    own = Tally(responses=1, usage=row.usage, usd=row.usd, unpriced=int(row.usd is None))
    query = data.query.with_(page="")
    model, project = row.model or UNKNOWN, row.project or UNKNOWN
    at = row.at.astimezone(data.zone)
    return ResponseEntry(
        at=ShownCell(shown=f"{at:%Y-%m-%d %H:%M:%S}", value=as_time(row.at) or "", hint=row.at.isoformat()),
        place=data.title(row.provider),
        model=named(model, query.with_(model=model).address, longest=32),
        effort=named(row.effort or UNKNOWN),
        project=project_named(project, query.with_(project=project).address),
        session=named(row.session or UNKNOWN, longest=13),
        is_subagent=row.is_subagent,
        terms=_terms(row),
        cells=tuple(column.cell(own, own) for column in _FIGURES),
    )


def _terms(row: ListedResponse) -> str:
    searches = fmt.plural(row.web_searches, "web search", "web searches") if row.web_searches else ""
    return ", ".join(filter(None, (named(row.tier or "").shown, searches)))
