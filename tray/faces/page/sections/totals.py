"""What the chosen days came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from providers.domain.cost import Tally
from tray.faces.page import amounts, spending
from tray.faces.page.data import PageData
from tray.faces.page.parts import StatCard
from tray.view import format as fmt
from tray.view.charts.scale import name_of
from tray.view.usage.change import change
from tray.view.usage.daily import Daily
from tray.view.usage.days import Days


class Totals(Struct, frozen=True, kw_only=True):
    """`compared` is a sentence on what the changes are against, `notes` on what the figures leave out."""

    cards: tuple[StatCard, ...]
    compared: str
    notes: tuple[str, ...]


class Before(Struct, frozen=True, kw_only=True):
    """The period before: its sums, and whether all of its days are known."""

    days: Days
    total: Tally
    active: int
    sessions: int
    whole: bool


def build(data: PageData) -> Totals:
    used = spending.in_range(data)
    if not used.active_days:
        return Totals(cards=(), compared=_compared(data, None), notes=())
    before = _before(data)
    return Totals(
        cards=tuple(_cards(data, used, before)),
        compared=_compared(data, before),
        notes=spending.unpriced_note(data),
    )


def _cards(data: PageData, used: Daily, before: Before | None) -> Iterator[StatCard]:
    total, active = used.total, used.active_days
    cost = amounts.cost(total)
    if cost.shown:
        yield amounts.card("Cost at API prices", cost, note=_beyond(used), change=_cost_change(total, before))
    count = total.usage.total_tokens
    yield amounts.card(
        "Total tokens",
        amounts.tokens(count),
        change=_change(before, count, lambda was: was.total.usage.total_tokens, amounts.tokens_shown),
    )
    sessions = spending.sessions(data)
    yield amounts.card(
        "Sessions",
        amounts.counted(sessions),
        change=_change(before, sessions, lambda was: was.sessions, amounts.number_shown),
    )
    days = spending.days(data)
    yield amounts.card(
        "Active days",
        amounts.counted(len(active)),
        note=f"of {fmt.plural(days.count, 'day')}" if days else "",
        change=_change(before, len(active), lambda was: was.active, amounts.number_shown),
    )
    yield _peak(used)


def _peak(used: Daily) -> StatCard:
    """The day with the most: by cost where all days have one, else by tokens."""
    by_day = used.by_day
    if all(tally.usd is not None for tally in by_day.values()):
        day = max(by_day, key=lambda each: (by_day[each].usd or 0.0, by_day[each].usage.total_tokens))
        amount = amounts.cost(by_day[day])
    else:
        day = max(by_day, key=lambda each: by_day[each].usage.total_tokens)
        amount = amounts.tokens_in_words(by_day[day].usage.total_tokens)
    return amounts.card("Peak day", amount, note=name_of(day, "day"))


def _beyond(used: Daily) -> str:
    beyond = Daily(used.beyond).total
    if not beyond.usage.total_tokens and not beyond.usd:
        return ""
    shown = amounts.cost(beyond).shown or amounts.tokens_in_words(beyond.usage.total_tokens).shown
    return f"with {shown} not in the logs"


def _before(data: PageData) -> Before | None:
    days = spending.days_before(data)
    first = spending.logged(data).first
    if days is None or first is None or days.last < first:
        return None
    used = spending.daily(data).of(days)
    return Before(
        days=days,
        total=used.total,
        active=len(used.active_days),
        sessions=spending.sessions(data, days),
        whole=first <= days.first,
    )


def _cost_change(total: Tally, before: Before | None) -> str:
    if before is None or before.total.usd is None:
        return ""
    if before.total.unpriced:
        return f"before {fmt.at_least(before.total.usd)}"
    return _change(before, total.usd, lambda was: was.total.usd, fmt.money, exact=not total.unpriced)


def _change(
    before: Before | None,
    now: float | None,
    was: Callable[[Before], float | None],
    shown: Callable[[float], str],
    *,
    exact: bool = True,
) -> str:
    if before is None:
        return ""
    return amounts.changed(change(now, was(before), exact=exact, whole=before.whole), shown)


def _compared(data: PageData, before: Before | None) -> str:
    if not data.query.compare:
        return ""
    days = spending.days_before(data)
    if days is None:
        return "There is nothing before all days to compare with."
    name = days.name(data.today)
    first = spending.logged(data).first
    if before is None:
        return f"There are no logs from {name} to compare with."
    if not before.whole and first is not None:
        began = fmt.day_name(first, data.today)
        return f"Compared with {name}, whose logs begin on {began}, so no changes are shown."
    return f"Compared with {name}."
