"""The rates that models were priced by, as rows for a page. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from providers.ledger.prices.applied import Applied
from providers.ledger.prices.own_prices import PriceEntry
from providers.ledger.prices.rates import Used
from tray.view import format as fmt
from tray.view.price_list import rate

TITLES = {
    "input": "Input",
    "cache_read": "Cache read",
    "cache_write": "Write, 5 min",
    "cache_write_1h": "Write, 1 h",
    "output": "Output",
}
CLASSES = tuple(TITLES)


class RateRow(Struct, frozen=True, kw_only=True):
    """`rates` are in the order of CLASSES, in USD per million tokens, "–" where none is known. `title` says for
    which requests they hold.
    """

    title: str
    rates: tuple[str, ...]


class RateSpan(Struct, frozen=True, kw_only=True):
    """`days` says when the rates held, "" on all days; `origin` is "" where no price is known. `others` are those
    of long prompts and other services.
    """

    days: str
    rates: tuple[str, ...]
    web_search: str
    origin: str
    is_own: bool
    others: tuple[RateRow, ...]


def spans(applied: tuple[Applied, ...]) -> tuple[RateSpan, ...]:
    """One for all days with the same rates, in the order of the days."""
    return tuple(_span(each, applied) for each in applied)


def _span(applied: Applied, whole: tuple[Applied, ...]) -> RateSpan:
    used = applied.used
    return RateSpan(
        days=_days(applied, whole),
        rates=_rates({} if used is None else used.rates),
        web_search=rate(used.rates.get("web_search")) if used is not None else "–",
        origin="" if used is None else _origin(used, applied.own),
        is_own=applied.own is not None,
        others=() if used is None else tuple(_others(used, applied.tiers)),
    )


def _origin(used: Used, own: PriceEntry | None) -> str:
    if own is None or own.like is None:
        return used.origin
    return f"your price of line {own.line}: as {fmt.plain(own.like, longest=60)}, {used.origin}"


def _others(used: Used, tiers: dict[str, Used]) -> Iterator[RateRow]:
    yield from (_above(prompt, rates) for prompt, rates in used.above.items())
    for tier, service in tiers.items():
        yield RateRow(title=fmt.plan(tier), rates=_rates(service.rates))
        yield from (_above(prompt, rates, tier) for prompt, rates in service.above.items())


def _above(prompt: int, rates: dict[str, Decimal], tier: str = "") -> RateRow:
    title = f"prompts above {prompt:,} tokens"
    return RateRow(title=f"{fmt.plan(tier)}, {title}" if tier else _capital(title), rates=_rates(rates))


def _rates(rates: dict[str, Decimal]) -> tuple[str, ...]:
    return tuple(rate(rates.get(name)) for name in CLASSES)


def _days(applied: Applied, whole: tuple[Applied, ...]) -> str:
    if len(whole) == 1:
        return ""
    if applied is whole[0]:
        return f"until {applied.until}"
    if applied is whole[-1]:
        return f"since {applied.since}"
    one_day = applied.until - applied.since < timedelta(days=1)
    return f"on {applied.since}" if one_day else f"{applied.since} to {applied.until}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def in_days(since: date | None, until: date | None, first: date | None, today: date) -> tuple[date, date]:
    """The days whose rates are asked for, without a bound those that logs have anything of."""
    start = since or first or today
    return start, max(start, until or today)
