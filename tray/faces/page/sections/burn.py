"""How fast tokens are used: an hour over the last hours, a day over the chosen ones; together and by provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from providers.domain.cost import BURN_MINUTES, Tally, burn_rate, tallied
from providers.ledger.database import LedgerError
from tray.faces.page import amounts, spending
from tray.faces.page.amounts import Amount
from tray.faces.page.data import PageData
from tray.view import format as fmt
from tray.view.usage.days import Days

_HOURS = BURN_MINUTES // 60


class BurnRow(Struct, frozen=True, kw_only=True):
    """`name` is a provider's, or "All providers"."""

    name: str
    hour_cost: Amount
    hour_tokens: Amount
    day_cost: Amount
    day_tokens: Amount


class BurnTable(Struct, frozen=True, kw_only=True):
    """`idle` is a sentence where nothing was used in the last hours, `method` on how the rates were made."""

    rows: tuple[BurnRow, ...]
    has_cost: bool
    idle: str
    method: str


def build(data: PageData) -> BurnTable | None:
    """None where nothing was used, in the chosen days or just now."""
    recent, problem = _recent(data)
    used, days = spending.in_range(data), spending.days(data)
    by_provider = {name: used.by(name).total for name in used.providers}
    if not (recent or problem or (by_provider and days)):
        return None
    rows = tuple(_rows(recent, by_provider, days, data.title))
    return BurnTable(
        rows=rows,
        has_cost=any(row.hour_cost.shown or row.day_cost.shown for row in rows),
        idle=problem or ("" if recent else f"No usage in the last {_HOURS} hours."),
        method=_method(data, days),
    )


def _recent(data: PageData) -> tuple[dict[str, Tally], str]:
    """By provider, and a sentence on why they are not known."""
    try:
        found = data.rollup.recent(data.selection, data.now)
    except LedgerError as error:
        return {}, str(error)
    return {f"{key[0]}": tally for key, tally in found.items()}, ""


def _rows(
    recent: dict[str, Tally], used: dict[str, Tally], days: Days | None, title: Callable[[str], str]
) -> Iterator[BurnRow]:
    providers = sorted({*recent, *used}, key=title)
    if len(providers) > 1:
        yield _row("All providers", tallied(recent.values()), tallied(used.values()), days)
    for name in providers:
        yield _row(title(name), recent.get(name, Tally()), used.get(name, Tally()), days)


def _row(name: str, recent: Tally, used: Tally, days: Days | None) -> BurnRow:
    rate = burn_rate(recent)
    count = days.count if days and used.usage.total_tokens else 0
    return BurnRow(
        name=name,
        hour_cost=amounts.dollars(
            rate.usd_per_hour if rate else None, at_least=recent.unpriced > 0, in_column=True
        ),
        hour_tokens=amounts.tokens(rate.tokens_per_hour) if rate else amounts.NOTHING,
        day_cost=amounts.dollars(
            used.usd / count if count and used.usd is not None else None,
            at_least=used.unpriced > 0,
            in_column=True,
        ),
        day_tokens=amounts.tokens(used.usage.total_tokens / count) if count else amounts.NOTHING,
    )


def _method(data: PageData, days: Days | None) -> str:
    hours = f"Per hour: over the last {_HOURS} hours, whatever days are chosen."
    if days is None:
        return hours
    return f"{hours} Per day: over {fmt.plural(days.count, 'day')}, {days.name(data.today)}."
