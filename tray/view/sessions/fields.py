"""The columns of the table of sessions. What has no column where it is narrow stands below the row. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from providers.domain.live import LiveSession, SessionsLook
from tray.view.cells import cells_of
from tray.view.columns import GAP, safe
from tray.view.output import Paper
from tray.view.sessions import words


class Field(Struct, frozen=True, kw_only=True):
    """`cell` is what a session has in the column, "" for nothing; `below` is how it reads without a heading.
    `least` and `most` are in columns; one without `least` is never cut.
    """

    key: str
    heading: str
    cell: Callable[[LiveSession], str]
    below: str = "{}"
    is_right: bool = False
    least: int | None = None
    most: int = 24


def fields(look: SessionsLook, titles: Mapping[str, str]) -> tuple[Field, ...]:
    """All of them, in order. `titles` are the names of the providers, by id."""
    at, digits = look.at, words.id_length(look)
    return (
        Field(key="status", heading="status", cell=words.status, least=16, most=30),
        Field(
            key="since",
            heading="for",
            cell=lambda each: words.lasting(each.status.since, at),
            is_right=True,
        ),
        Field(key="project", heading="project", cell=words.project, least=12, most=32),
        Field(key="branch", heading="branch", cell=lambda each: words.git(each.git), least=12),
        Field(key="provider", heading="agent", cell=lambda each: titles.get(each.provider, each.provider)),
        Field(key="model", heading="model", cell=words.model, least=16),
        Field(key="context", heading="context", cell=words.context, below="context {}", is_right=True),
        Field(
            key="tokens",
            heading="tokens",
            cell=lambda each: words.tokens(each.tally),
            below="{} tokens",
            is_right=True,
        ),
        Field(key="usd", heading="≈ cost", cell=lambda each: words.usd(each.tally), is_right=True),
        Field(key="week", heading="week", cell=words.week, below="{} of the week", is_right=True),
        Field(key="memory", heading="memory", cell=lambda each: words.memory(each.rss), is_right=True),
        Field(
            key="age",
            heading="age",
            cell=lambda each: words.lasting(each.started_at, at),
            below="started {} ago",
            is_right=True,
        ),
        Field(key="id", heading="id", cell=lambda each: each.id[:digits], below="id {}"),
    )


_WORTH = (
    "status",
    "project",
    "since",
    "context",
    "usd",
    "model",
    "provider",
    "week",
    "tokens",
    "id",
    "branch",
    "age",
    "memory",
)
"""The columns that fit are the first of these."""
_NEVER_DROPPED = 3


class FittedFields(Struct, frozen=True):
    """Which columns fit, in order with their widths, and which fields stand below. `room` is what is left at the
    end of a row.
    """

    columns: tuple[tuple[Field, int], ...]
    below: tuple[Field, ...]
    room: int


def fit(every: Sequence[Field], sessions: Sequence[LiveSession], paper: Paper, indent: int) -> FittedFields:
    """As many columns as have room. One provider alone needs no column, nor does what no session has."""
    wanted = {field.key: _width(field, sessions, paper) for field in every}
    least = {
        field.key: wanted[field.key] if field.least is None else min(wanted[field.key], field.least)
        for field in every
    }
    used = [key for key in _WORTH if wanted[key]]
    if len({session.provider for session in sessions}) < 2:
        used.remove("provider")
    shown = list(used)

    def room() -> int:
        return paper.width - indent + len(GAP) - sum(len(GAP) + least[key] for key in shown)

    while room() < 0 and len(shown) > _NEVER_DROPPED:
        shown.pop()
    spare = max(room(), 0)
    for key in shown:
        more = min(wanted[key] - least[key], spare)
        least[key] += more
        spare -= more
    columns = tuple((field, least[field.key]) for field in every if field.key in shown)
    below = tuple(field for field in every if field.key in used and field.key not in shown)
    return FittedFields(columns, below, max(spare - len(GAP), 0))


def _width(field: Field, sessions: Sequence[LiveSession], paper: Paper) -> int:
    """0 where no session has a value."""
    texts = [safe(field.cell(session), paper) for session in sessions]
    if not any(text.strip() for text in texts):
        return 0
    return min(max(map(cells_of, (safe(field.heading, paper), *texts))), field.most)


def values_below(shown: FittedFields, session: LiveSession) -> Iterator[str]:
    for field in shown.below:
        if text := field.cell(session).strip():
            yield field.below.format(text)
