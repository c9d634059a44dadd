"""What this month came to so far, and what it comes to if it goes on like this."""

from __future__ import annotations

from datetime import date, timedelta

from msgspec import Struct

from providers.domain.cost import Tally
from tray.faces.page import amounts, spending
from tray.faces.page.data import PageData
from tray.faces.page.parts import StatCard
from tray.view import format as fmt
from tray.view.usage.days import Days
from tray.view.usage.forecast import LEAST_DAYS, WEEKS, Forecast, forecast
from tray.view.words import MONTHS


class Month(Struct, frozen=True, kw_only=True):
    """`method` is a sentence on how the forecast was made, or why there is none."""

    cards: tuple[StatCard, ...]
    method: str


def build(data: PageData) -> Month:
    month = _month(data.today)
    used = spending.daily(data).of(month)
    if not used.active_days:
        return Month(cards=(), method="")
    total, name = used.total, f"{MONTHS[data.today.month - 1]} {data.today.year}"
    so_far = amounts.cost(total)
    by_tokens = not so_far.shown
    if by_tokens:
        so_far = amounts.tokens_in_words(total.usage.total_tokens)
    recent = _recent(data)
    found = _forecast(data, total, recent, by_tokens=by_tokens)
    cards = [amounts.card(f"{name} so far", so_far, note=_so_far(month, data.today).name(data.today))]
    if found is not None:
        partial = any(tally.unpriced for tally in (total, *recent.values()))
        cards.append(_card(found, at_least=partial, by_tokens=by_tokens))
    return Month(cards=tuple(cards), method=_method(found, data.today))


def _month(today: date) -> Days:
    first = today.replace(day=1)
    try:
        return Days(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
    except OverflowError:  # the last month of the calendar
        return Days(first, first.replace(day=31))


def _so_far(month: Days, today: date) -> Days:
    return Days(month.first, today)


def _recent(data: PageData) -> dict[date, Tally]:
    """By day, what a forecast is made of."""
    try:
        since = data.today - timedelta(weeks=WEEKS)
    except OverflowError:
        return {}
    return spending.daily(data).within(since, data.today).by_day


def _forecast(data: PageData, total: Tally, recent: dict[date, Tally], *, by_tokens: bool) -> Forecast | None:
    values = {day: _value(tally, by_tokens=by_tokens) for day, tally in recent.items()}
    return forecast(_value(total, by_tokens=by_tokens), values, spending.logged(data).first, data.today)


def _value(tally: Tally, *, by_tokens: bool) -> float:
    return tally.usage.total_tokens if by_tokens else tally.usd or 0.0


def _card(found: Forecast, *, at_least: bool, by_tokens: bool) -> StatCard:
    def shown(value: float) -> str:
        return amounts.tokens_in_words(value).shown if by_tokens else fmt.money(value)

    note = ""
    if found.low is not None and found.high is not None and shown(found.low) != shown(found.high):
        more = ", and what has no price" if at_least and not by_tokens else ""
        note = f"{shown(found.low)} to {shown(found.high)}{more}"
    amount = (
        amounts.Amount(shown=f"≈ {shown(found.value)}", full=f"{round(found.value)}")
        if by_tokens
        else amounts.dollars(found.value, at_least=at_least)
    )
    return amounts.card("Forecast for the month", amount, note=note)


def _method(found: Forecast | None, today: date) -> str:
    if found is None and today.day == 1:
        return "The forecast starts on the second day of a month."
    if found is None:
        return f"A forecast needs {LEAST_DAYS} full days of logs."
    if found.method == "weeks":
        return (
            f"Each remaining day counts as the average of its weekday over the last {WEEKS} weeks. The range is "
            "that of the quietest and the busiest of these weeks."
        )
    return f"Each remaining day counts as the average of the last {found.days} days: too few for a range."
