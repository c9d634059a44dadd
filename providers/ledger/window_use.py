"""What was logged of each window of an account, and how far it rose meanwhile. Read-only.

A window is read again only where something of it may be another than before: its record, or one of the parts that
lie in its time (`WindowKept.state`). So what is asked often costs little, however many windows there are.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from operator import add
from typing import Any

from msgspec import Struct

from providers.domain.cost import TOKEN_CLASSES, Tally, TokenUsage, tallied
from providers.domain.session_percent import ValuedWindow
from providers.domain.stable_hash import stable_hash
from providers.domain.window_value import (
    Look,
    PercentQuotient,
    PercentRise,
    PercentWorth,
    main_model,
    rise,
    seen_looks,
    worth,
)
from providers.ledger.checksum import QUARTER_MS
from providers.ledger.epoch_ms import ms
from providers.ledger.history import series, without_glitches
from providers.ledger.span_states import span_states
from providers.ledger.sums import PICO, UNKNOWN
from providers.ledger.windows import WindowRecord

_EVER_MS = 2**62
_MODEL = f"coalesce(nullif(model, ''), '{UNKNOWN}')"
_TOKENS = tuple(each.name for each in TOKEN_CLASSES)
_USED = f"""
    SELECT at_ms / {QUARTER_MS}, {_MODEL}, at_ms >= ?4 AND at_ms < ?5, count(*), count(pico_usd),
        coalesce(sum(pico_usd), 0), {", ".join(f"sum({name})" for name in _TOKENS)}
    FROM (
        SELECT at_ms, model, pico_usd, {", ".join(_TOKENS)} FROM parts p
            CROSS JOIN responses r ON r.part = p.id AND at_ms >= ?1 AND at_ms < ?2
            CROSS JOIN contexts c ON c.id = context AND c.not_on_lines = 0 AND c.account = ?3
        WHERE p.last_ms >= ?1 AND p.first_ms < ?2
        GROUP BY part, at_ms, key
    ) GROUP BY 1, 2, 3
"""  # noqa: S608 - nothing but names of columns
"""A response that is in several homes counts once."""

Sums = tuple[int, ...]
"""Responses, priced ones, 1e-12 USD, and tokens by TOKEN_CLASSES."""


class WindowKept(Struct, frozen=True, kw_only=True):
    """What was read of a window, as it is kept: `used` by model, in all of the window, and `seen` of it between
    the first and the last look. `state` is another wherever any of it may be.
    """

    state: int
    used: Mapping[str, Sums]
    seen: Mapping[str, Sums]
    rise: PercentRise


WindowName = tuple[str, str, int]
"""Account, window and when it began (epoch ms)."""
Kept = Mapping[WindowName, WindowKept]


class WindowUse(Struct, frozen=True, kw_only=True):
    """What was logged here of a window: `used` by model in all of it, `seen` while it rose by `rise`."""

    record: WindowRecord
    used: Mapping[str, Tally]
    seen: Mapping[str, Tally]
    rise: PercentRise

    @property
    def total(self) -> Tally:
        return tallied(self.used.values()) if self.used else Tally(usd=0.0)

    @property
    def quotient(self) -> PercentQuotient | None:
        """What one percent of it came to; None where it does not say."""
        seen = tallied(self.seen.values())
        if not self.rise.counts or not seen.usage.total_tokens:
            return None
        priced = not seen.unpriced and bool(seen.usd)
        return PercentQuotient(
            seen.usage.total_tokens / self.rise.here,
            seen.usd / self.rise.here if priced and seen.usd is not None else None,
            main_model({model: each.usd or 0.0 for model, each in self.seen.items()}) if priced else None,
        )


def valued(uses: Sequence[WindowUse], usd_per_percent: float) -> list[ValuedWindow]:
    """Of one id and account, by time; those that do not say what one percent came to get that value."""
    spans = spans_of([each.record for each in uses])
    return [
        ValuedWindow(*span, (each.quotient and each.quotient.usd) or usd_per_percent)
        for each, span in zip(uses, spans, strict=True)
    ]


def worth_of(uses: Iterable[WindowUse]) -> PercentWorth:
    """By windows of one id and account, which are over."""
    return worth(found for each in uses if (found := each.quotient) is not None)


def read(
    db: sqlite3.Connection, records: Sequence[WindowRecord], kept: Kept | None = None
) -> tuple[list[WindowUse], dict[WindowName, WindowKept]]:
    """Of those windows whose accounts have logs here, in their order, and what may be kept of them. `records` are
    by time: a window ends at the latest when the next one of its account and id begins.
    """
    logged = {each for each in {record.account for record in records} if _has_logs(db, each)}
    records = [record for record in records if record.account in logged]
    spans = spans_of(records)
    states = _states(db, records, spans)
    found: dict[WindowName, WindowKept] = {}
    for record, span, state in zip(records, spans, states, strict=True):
        name = _name(record)
        before = (kept or {}).get(name)
        if before is None or state is None or before.state != state:
            before = _read(db, record, span, state or 0)
        found[name] = before
    uses = [_use(record, found[_name(record)]) for record in records]
    return uses, found if None not in states else {}


def spans_of(records: Sequence[WindowRecord]) -> list[tuple[int, int]]:
    """From when until before when (epoch ms) each of them lasts: no response counts in two windows of one id."""
    after: dict[tuple[str, str], int] = {}
    found: list[tuple[int, int]] = []
    for record in reversed(records):
        whose, begins = (record.account, record.window), ms(record.starts_at)
        ends = record.ended_at or record.resets_at
        until = min(_EVER_MS if ends is None else ms(ends), after.get(whose, _EVER_MS))
        found.append((begins, max(begins, until)))
        after[whose] = begins
    return found[::-1]


def _has_logs(db: sqlite3.Connection, account: str) -> bool:
    query = "SELECT 1 FROM contexts WHERE account = ? AND not_on_lines = 0 LIMIT 1"
    return db.execute(query, (account,)).fetchone() is not None


def _name(record: WindowRecord) -> WindowName:
    return record.account, record.window, ms(record.starts_at)


def _states(
    db: sqlite3.Connection, records: Sequence[WindowRecord], spans: Sequence[tuple[int, int]]
) -> list[int | None]:
    """A number for each window, of its record and of all that lies in its time; None where nobody can tell."""
    groups: dict[tuple[str, str], list[int]] = {}
    for number, record in enumerate(records):
        groups.setdefault((record.account, record.window), []).append(number)
    found = span_states(db, [[spans[number] for number in numbers] for numbers in groups.values()])
    states: list[int | None] = [None] * len(records)
    for numbers, of_group in zip(groups.values(), found or (), strict=False):
        for number, state in zip(numbers, of_group, strict=True):
            states[number] = state ^ stable_hash(repr((records[number], spans[number])).encode())
    return states


def _read(db: sqlite3.Connection, record: WindowRecord, span: tuple[int, int], state: int) -> WindowKept:
    looks = _looks(db, record, span)
    first, last = (looks[0][0], looks[-1][0]) if looks else (0, 0)
    used: dict[str, Sums] = {}
    seen: dict[str, Sums] = {}
    quarters: list[int] = []
    for quarter, model, is_seen, *sums in db.execute(_USED, (*span, record.account, first, last)):
        quarters.append(quarter * QUARTER_MS)
        _add(used, model, sums)
        if is_seen:
            _add(seen, model, sums)
    return WindowKept(state=state, used=used, seen=seen, rise=rise(looks, _is_used(sorted(quarters))))


def _add(sums: dict[str, Sums], model: str, more: Sequence[int]) -> None:
    before = sums.get(model)
    sums[model] = tuple(more if before is None else map(add, before, more))


def _is_used(quarters: Sequence[int]) -> Callable[[int, int], bool]:
    """Servers count a response a little later: a quarter of an hour before counts, too."""

    def is_used(since: int, until: int) -> bool:
        first = (since // QUARTER_MS - 1) * QUARTER_MS
        return bisect_right(quarters, until) > bisect_left(quarters, first)

    return is_used


def _looks(db: sqlite3.Connection, record: WindowRecord, span: tuple[int, int]) -> list[Look]:
    """Those at which the percentage was another than before, and the last one."""
    begin, seen = record.starts_at, max(record.starts_at, record.seen_at)
    changes = without_glitches(series(db, record.account, record.window, begin, seen + timedelta(days=1)))
    looks = [(at, each.used_percent) for each in changes if span[0] <= (at := ms(each.at)) <= span[1]]
    if looks and looks[-1][0] < ms(seen) <= span[1]:
        looks.append((ms(seen), looks[-1][1]))
    return seen_looks(looks)


def _use(record: WindowRecord, kept: WindowKept) -> WindowUse:
    used, seen = ({model: tally_of(sums) for model, sums in each.items()} for each in (kept.used, kept.seen))
    return WindowUse(record=record, used=used, seen=seen, rise=kept.rise)


def tally_of(sums: Sequence[Any]) -> Tally:
    responses, priced, pico, *tokens = sums
    return Tally(
        responses=responses,
        usage=TokenUsage(*tokens),
        usd=pico / PICO if priced or not responses else None,
        unpriced=responses - priced,
    )
