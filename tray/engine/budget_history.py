"""What became of the budgets of past weeks and months, by what is set today, for `usage --json` and the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.domain import budgets
from providers.domain.cost import Tally
from providers.host.faults import log_fault, logger_of
from providers.ledger.database import LedgerError
from providers.ledger.epoch_ms import ms
from providers.ledger.ledger import Ledger
from providers.ledger.period_sums import period_sums
from providers.ledger.spans import day_span
from providers.ledger.window_log import was_seen_to_its_end
from tray.engine.document_values import as_time, as_usd
from tray.engine.scope import Scope

_log = logger_of(__name__)

PERIODS = 12
"""Weeks, or months."""
WINDOW = "weekly"
_KEPT = "period-sums.json"
_AGES = timedelta(weeks=PERIODS + 1)

Entry = dict[str, Any]


def with_history(document: dict[str, Any], scope: Scope, ledger: Ledger, now: datetime) -> dict[str, Any]:
    """The document of `tankful usage --json`, whose budgets of a week or month have a `history`, newest first:

        {"starts_at": ISO, "ends_at": ISO, "used": 12.4 | null, "at_least": false,
         "result": "kept" | "exceeded" | "unknown"}

    Dollars are those of weeks from Monday on and of calendar months in the person's time zone, percentages those
    of past windows. Never raises.
    """
    try:
        judged = [_with_history(budget, scope, ledger, now) for budget in document["budgets"]]
    except LedgerError:  # shown when logs are counted
        return document
    except Exception as error:  # noqa: BLE001 - it must not cost the limits
        log_fault(_log, "could not read the history of budgets", error)
        return document
    return {**document, "budgets": judged}


def _with_history(budget: Entry, scope: Scope, ledger: Ledger, now: datetime) -> Entry:
    if budget["period"] == "day":
        return budget
    is_usd = budget["unit"] == "usd"
    found = _dollars(budget, scope, ledger, now) if is_usd else _percents(budget, ledger, now)
    return {**budget, "history": list(found)}


def _dollars(budget: Entry, scope: Scope, ledger: Ledger, now: datetime) -> Iterator[Entry]:
    today = now.astimezone(scope.zone).date()
    spans = []
    for first, after in reversed(budgets.past_periods(budget["period"], today, PERIODS)):
        start, end = day_span(first, after - timedelta(days=1), scope.zone)
        if start is not None and end is not None:
            spans.append((start, end))
    in_ms = [(ms(start), ms(end)) for start, end in spans]
    homes, file = scope.log_home_labels(), scope.folders.cache / f"{budget['period']}-{_KEPT}"
    none: list[Tally | None] = []
    found = ledger.read(lambda db: period_sums(db, homes, in_ms, file), none)
    for span, tally in reversed(list(zip(spans, found, strict=False))):
        if tally is not None:
            yield _entry(budget, span, as_usd(tally.usd), at_least=tally.unpriced > 0)


def _percents(budget: Entry, ledger: Ledger, now: datetime) -> Iterator[Entry]:
    if budget["account"] is None:
        return
    records = ledger.limits.windows(now - _AGES, now, budget["account"], WINDOW)
    ends = [(each, each.ended_at or each.resets_at) for each in reversed(records)]
    over = [(each, ended) for each, ended in ends if ended is not None and ended <= now]
    for record, ended in over[:PERIODS]:
        at_least = not was_seen_to_its_end(record)
        yield _entry(budget, (record.starts_at, ended), record.used_percent, at_least=at_least)


def _entry(budget: Entry, span: Sequence[datetime], used: float | None, *, at_least: bool) -> Entry:
    return {
        "starts_at": as_time(span[0].astimezone(UTC)),
        "ends_at": as_time(span[1].astimezone(UTC)),
        "used": used,
        "at_least": at_least,
        "result": budgets.result(used, budget["limit"], at_least=at_least),
    }


def history_of(budget: Mapping[str, Any]) -> Sequence[Entry]:
    found: Sequence[Entry] = budget.get("history", ())
    return found
