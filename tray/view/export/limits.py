"""The limit history and the log of windows as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite

from msgspec.structs import astuple

from providers.domain.cost import TOKEN_CLASSES
from providers.ledger.rows import LimitRow
from providers.ledger.window_use import WindowUse
from providers.ledger.windows import WindowRecord
from tray.engine.document_values import as_time, as_usd
from tray.view.export.redact import Redaction
from tray.view.export.table import Cell, Row, Table

_LOGGED = (
    "responses",
    *(f"{each.name}_tokens" for each in TOKEN_CLASSES),
    *("total_tokens", "usd", "unpriced", "seen_percent", "elsewhere_percent", "usd_per_percent"),
)


def limits(rows: Iterable[LimitRow], owners: Mapping[str, str], hidden: Redaction) -> Table:
    """A row whenever a window changed: it holds until the next one. `owners` has the provider of each account."""
    return Table(
        lead=("time",),
        shared=("provider", "account", "window_id", "source"),
        tail=("used_percent", "resets_at"),
        texts=frozenset({"time", "resets_at"}),
        rows=_limits(rows, owners, hidden),
    )


def _limits(rows: Iterable[LimitRow], owners: Mapping[str, str], hidden: Redaction) -> Iterator[Row]:
    for row in rows:
        change = row.change
        whose = (owners.get(row.account), hidden.account(row.account), change.window, change.source)
        yield whose, (as_time(change.at), _percent(change.used_percent), as_time(change.resets_at))


def windows(
    records: Iterable[WindowRecord],
    owners: Mapping[str, str],
    hidden: Redaction,
    uses: Iterable[WindowUse] = (),
) -> Table:
    """A row for each window, by its start, with the members of WindowRecord (`window` itself is a word of SQL) and
    what was logged here of it, which is unknown without its use. `usd` leaves out the `unpriced` responses.

    `seen_percent` is how far it rose between the first and the last look, `elsewhere_percent` how much of that
    while nothing was logged here; `usd_per_percent` is what one percent came to, where that is known.
    """
    by_record = {each.record: each for each in uses}
    times = ("resets_at", "ended_at", "seen_at", "moved_at", "moved_from", "spent_at", "refused_at")
    return Table(
        lead=("starts_at",),
        shared=("provider", "account", "window_id", "reset_early", "redeemed"),
        tail=("used_percent", *times, "moved", "credits_used", *_LOGGED),
        texts=frozenset({"starts_at", *times}),
        rows=(_window(record, times, owners, hidden, by_record.get(record)) for record in records),
    )


def _window(
    record: WindowRecord,
    times: tuple[str, ...],
    owners: Mapping[str, str],
    hidden: Redaction,
    use: WindowUse | None,
) -> Row:
    whose = (owners.get(record.account), hidden.account(record.account), record.window)
    used = record.credits_used
    return (
        (*whose, record.reset_early, record.redeemed),
        (
            as_time(record.starts_at),
            _percent(record.used_percent),
            *(as_time(getattr(record, name)) for name in times),
            record.moved,
            None if used is None else float(used),
            *(_logged(use) if use is not None else (None,) * len(_LOGGED)),
        ),
    )


def _logged(use: WindowUse) -> Iterator[Cell]:
    tally, quotient = use.total, use.quotient
    yield tally.responses
    yield from astuple(tally.usage)
    yield tally.usage.total_tokens
    yield from (as_usd(tally.usd), tally.unpriced)
    yield from (use.rise.percent, use.rise.elsewhere)
    yield as_usd(quotient.usd) if quotient is not None else None


def _percent(used: float) -> float | None:
    return used if isfinite(used) else None
