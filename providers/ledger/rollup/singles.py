"""Single responses, newest first, page by page; and sums of times that begin or end within a quarter of an hour.

The slices say in which quarters of which parts there is something: so no page, and no rare filter, reads much more
of the ledger than what it shows.
"""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import add
from typing import Any

from msgspec import Struct

from providers.domain.cost import TOKEN_CLASSES, Tally, TokenUsage
from providers.ledger import part_checksums
from providers.ledger.checksum import QUARTER_MS
from providers.ledger.damage import DamageFound
from providers.ledger.epoch_ms import moment, ms
from providers.ledger.log_checksums import has_checksums
from providers.ledger.rollup.days import DaySums
from providers.ledger.rollup.selection import Dimension, Filter, Key, Selection
from providers.ledger.rollup.store import SUMS, WHOLE
from providers.ledger.rollup.tallies import sums, tallies, tally, used_spans, where_dim
from providers.ledger.statements import placeholders
from providers.ledger.sums import PICO, UNKNOWN

_CURSOR = re.compile(r"(-?[0-9]{1,19})\.(-?[0-9]{1,19})")
_TOKENS = ", ".join(each.name for each in TOKEN_CLASSES)
_NAMES = ("provider", "home", "account", "project", "model", "effort")


class NoCursor(ValueError):
    """A text that is none."""


Cursor = tuple[int, int]
"""Time (epoch ms) and key of a response."""


def parsed(cursor: str) -> Cursor | None:
    """None for an empty one. Raises NoCursor."""
    if not cursor:
        return None
    match = _CURSOR.fullmatch(cursor)
    found = tuple(map(int, match.groups())) if match else ()
    if len(found) != 2 or not all(abs(number) < 2**63 for number in found):
        raise NoCursor(cursor)
    return found


class ListedResponse(Struct, frozen=True, kw_only=True):
    """A single response; None where no log, or no price, says. `thread` is the session of a person it belongs to,
    and `session` a subagent's where that `is_subagent`. After its `cursor` comes the next older one.
    """

    cursor: str
    at: datetime
    provider: str
    home: str
    account: str | None
    project: str | None
    thread: str | None
    session: str | None
    is_subagent: bool
    model: str | None
    effort: str | None
    tier: str | None
    usage: TokenUsage
    web_searches: int
    usd: float | None


class ResponsePage(Struct, frozen=True, kw_only=True):
    """`older` is the cursor of the next page, None on the last one; `total` is how many are selected."""

    rows: tuple[ListedResponse, ...]
    older: str | None
    total: int


class _Single(Struct, frozen=True):
    at_ms: int
    key: int
    names: tuple[str, ...]
    beyond: bool
    session: str
    root: str
    tier: str
    tokens: tuple[int, ...]
    web_searches: int
    pico_usd: int | None


Stretches = Mapping[int, tuple[int, int]]
"""From when until before when (epoch ms), by part."""


def responses(
    db: sqlite3.Connection,
    days: DaySums,
    ledger: sqlite3.Connection,
    selection: Selection,
    before: Cursor | None,
    limit: int,
) -> ResponsePage:
    """Those older than the cursor, or the newest. Raises DamageFound."""
    total = tallies(db, days, selection, ()).get((), Tally()).responses
    start, end = selection.span
    last = end if before is None else min(end, before[0] + 1)
    rows: list[_Single] = []
    for stretches in _batches(_newest(db, days, selection, (start, last)), limit + 1):
        rows += [
            each
            for each in _read(db, ledger, stretches)
            if _matches(each, selection.filters) and (before is None or (each.at_ms, each.key) < before)
        ]
        if len(rows) > limit:
            break
    rows.sort(key=lambda each: (each.at_ms, each.key), reverse=True)
    shown = tuple(map(_row, rows[:limit]))
    older = shown[-1].cursor if len(rows) > limit and shown else None
    return ResponsePage(rows=shown, older=older, total=total)


def _newest(
    db: sqlite3.Connection, days: DaySums, selection: Selection, span: tuple[int, int]
) -> Iterator[tuple[int, int, int]]:
    """Quarter, part and number of responses, newest first, within this span."""
    where, values = where_dim(selection.filters)
    query = (
        "SELECT quarter, part, sum(responses) FROM slices s CROSS JOIN named d ON d.dim = s.dim"
        f" WHERE quarter >= ? AND quarter < ? AND beyond = 0 AND {where} GROUP BY quarter, part"
        " ORDER BY quarter DESC, part DESC"
    )
    if not selection.filters:
        yield from db.execute(query, (*span, *values))
        return
    for start, end in used_spans(db, days, selection, span):
        yield from db.execute(query, (start, end, *values))


def tallies_between(
    db: sqlite3.Connection,
    ledger: sqlite3.Connection,
    start: datetime,
    end: datetime,
    filters: Mapping[Filter, str],
    by: Sequence[Dimension],
) -> dict[Key, Tally]:
    """Those with start <= time < end, to the millisecond. Raises DamageFound."""
    first, last = ms(start), ms(end)
    whole = -(-first // QUARTER_MS) * QUARTER_MS, last // QUARTER_MS * QUARTER_MS
    if whole[0] > whole[1]:
        edges, whole = [(first, last)], (0, 0)
    else:
        edges = [(first, whole[0]), (whole[1], last)]
    where, values = where_dim(filters)
    source = (
        "FROM slices s CROSS JOIN named d ON d.dim = s.dim"
        f" WHERE quarter >= ? AND quarter < ? AND {where} AND beyond = 0"
    )
    found = sums(db, by, source, (*whole, *values))
    for edge in edges:
        for each in _within(db, ledger, edge):
            if _matches(each, filters):
                key = tuple(each.names[_NAMES.index(name)] for name in by)
                one = (1, int(each.pico_usd is not None), each.pico_usd or 0, *each.tokens)
                found[key] = tuple(map(add, found.get(key, (0,) * len(SUMS)), one))
    return {key: tally(row) for key, row in found.items()}


def _within(db: sqlite3.Connection, ledger: sqlite3.Connection, span: tuple[int, int]) -> Iterator[_Single]:
    first, last = span
    if first >= last:
        return
    parts = db.execute(
        "SELECT DISTINCT part FROM slices WHERE quarter >= ? AND quarter < ?",
        (first // QUARTER_MS * QUARTER_MS, last),
    )
    for each in _read(db, ledger, {part: span for (part,) in parts}):
        if not each.beyond:
            yield each


def _batches(found: Iterable[tuple[int, int, int]], wanted: int) -> Iterator[Stretches]:
    """Whole quarters, newest first, each time with so many responses at least."""
    parts: dict[int, tuple[int, int]] = {}
    count, newest = 0, None
    for quarter, part, responses in found:
        if count >= wanted and quarter != newest:
            yield parts
            parts, count = {}, 0
        newest = quarter
        parts[part] = quarter, parts.get(part, (0, quarter + QUARTER_MS))[1]
        count += responses
    if parts:
        yield parts


def _read(db: sqlite3.Connection, ledger: sqlite3.Connection, stretches: Stretches) -> Iterator[_Single]:
    """Each once, in the first of the homes that contain it."""
    _verify(ledger, stretches)
    homes = {row[0] for row in db.execute("SELECT DISTINCT home FROM made_of")}
    contexts = _Contexts(db, ledger)
    for part, span in stretches.items():
        seen: dict[int, tuple[Any, ...]] = {}
        for row in ledger.execute(
            f"SELECT home, at_ms, key, context, pico_usd, web_searches, {_TOKENS} FROM responses r"
            f" CROSS JOIN contexts c ON c.id = context WHERE part = ? AND at_ms >= ? AND at_ms < ?"
            f" AND home IN ({placeholders(list(homes))})",
            (part, *span, *homes),
        ):
            if row[2] not in seen or row[0] < seen[row[2]][0]:
                seen[row[2]] = row
        for _, at_ms, key, context, pico_usd, web_searches, *tokens in seen.values():
            of_context = contexts[context]
            if of_context is not None:
                yield _Single(at_ms, key, *of_context, tuple(tokens), web_searches, pico_usd)


def _verify(ledger: sqlite3.Connection, parts: Iterable[int]) -> None:
    if has_checksums(ledger):
        wanted = list(parts)
        if set(part_checksums.stored(ledger, wanted)) != set(part_checksums.actual(ledger, wanted)):
            raise DamageFound("responses")


class _Contexts(dict[int, "tuple[tuple[str, ...], bool, str, str, str] | None"]):
    """Names, whether it is `beyond`, session, root and tier; None for one that came after the sums were made."""

    def __init__(self, db: sqlite3.Connection, ledger: sqlite3.Connection) -> None:
        super().__init__()
        self._db, self._ledger = db, ledger

    def __missing__(self, context: int) -> tuple[tuple[str, ...], bool, str, str, str] | None:
        *texts, beyond, session, root, tier = self._ledger.execute(
            "SELECT provider, path, account, project, model, effort, not_on_lines, session, root, tier"
            " FROM contexts c JOIN homes h ON h.id = home WHERE c.id = ?",
            (context,),
        ).fetchone()
        named = self._db.execute(
            f"SELECT {', '.join(f'n.{name}' for name in _NAMES)} FROM dims d JOIN named n ON n.dim = d.id"
            f" WHERE {' AND '.join(f'd.{name} = ?' for name in _NAMES)} AND d.beyond = ?"
            f" AND d.cube = {WHOLE}",
            (*texts, beyond),
        ).fetchone()
        found = self[context] = None if named is None else (named, bool(beyond), session, root, tier)
        return found


def _matches(single: _Single, filters: Mapping[Filter, str]) -> bool:
    return not single.beyond and all(
        single.names[_NAMES.index(name)] == value for name, value in filters.items()
    )


def _row(single: _Single) -> ListedResponse:
    provider, home, *others = single.names
    account, project, model, effort = (None if text == UNKNOWN else text for text in others)
    return ListedResponse(
        cursor=f"{single.at_ms}.{single.key}",
        at=moment(single.at_ms),
        provider=provider,
        home=home,
        account=account,
        project=project,
        thread=single.root or single.session or None,
        session=single.session or None,
        is_subagent=bool(single.root and single.root != single.session),
        model=model,
        effort=effort,
        tier=single.tier or None,
        usage=TokenUsage(*single.tokens),
        web_searches=single.web_searches,
        usd=None if single.pico_usd is None else single.pico_usd / PICO,
    )
