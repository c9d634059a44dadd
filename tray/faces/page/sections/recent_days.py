"""Today, this week and the two weeks before, whatever days are chosen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from providers.ledger.rollup.selection import Dimension
from tray.faces.page import amounts, spending
from tray.faces.page.data import PageData
from tray.faces.page.parts import StatCard
from tray.view import format as fmt
from tray.view.usage.days import Days


class RecentDays(Struct, frozen=True):
    cards: tuple[StatCard, ...]


def build(data: PageData) -> RecentDays:
    return RecentDays(tuple(_card(data, name, days) for name, days in _spans(data)))


def _spans(data: PageData) -> Iterator[tuple[str, Days]]:
    """Weeks begin on Monday."""
    today = data.today
    monday = today - timedelta(days=today.weekday())
    yield "Today", Days(today, today)
    yield "This week", Days(monday, today)
    for name, weeks in (("Last week", 1), ("Two weeks ago", 2)):
        first = monday - timedelta(weeks=weeks)
        yield name, Days(first, first + timedelta(days=6))


def _card(data: PageData, name: str, days: Days) -> StatCard:
    dates = days.name(data.today)
    first = spending.logged(data).first
    if first is None or days.last < first:
        return StatCard(name=name, value="–", note=f"{dates}, no logs")
    total = spending.daily(data).of(days).total
    tokens, cost = amounts.tokens_in_words(total.usage.total_tokens), amounts.cost(total)
    sessions = fmt.plural(_sessions(data, days), "session")
    if not cost.shown:
        return amounts.card(name, tokens, note=f"{dates}, {sessions}")
    return amounts.card(name, cost, note=f"{tokens.shown}, {sessions}, {dates}")


def _sessions(data: PageData, days: Days) -> int:
    """Of a day or a week: one question is for all days, one for all weeks."""
    monday = data.today - timedelta(days=data.today.weekday())
    selection = replace(data.selection, since=monday - timedelta(weeks=2), until=data.today)
    by: Dimension = "day" if days.first == days.last else "week"
    return spending.session_counts(data, (by,), selection).get((days.first,), 0)
