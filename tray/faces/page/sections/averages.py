"""What a day, a week and a month of the chosen days came to on average."""

from __future__ import annotations

from msgspec import Struct

from tray.faces.page import amounts, spending
from tray.faces.page.amounts import Amount
from tray.faces.page.data import PageData
from tray.view import format as fmt
from tray.view.usage.averages import Average, averages
from tray.view.usage.days import Days

_NAMES = {"day": "Per day", "week": "Per week", "month": "Per month", "active day": "Per active day"}


class AverageRow(Struct, frozen=True, kw_only=True):
    name: str
    tokens: Amount
    cost: Amount


class Averages(Struct, frozen=True, kw_only=True):
    """`method` is a sentence on what was divided by what."""

    rows: tuple[AverageRow, ...]
    has_cost: bool
    method: str


def build(data: PageData) -> Averages:
    used, days = spending.in_range(data), spending.days(data)
    total, active = used.total, len(used.active_days)
    found = averages(total, days.count, active) if days else ()
    return Averages(
        rows=tuple(_row(each) for each in found),
        has_cost=total.usd is not None,
        method=_method(data, days, active) if found and days else "",
    )


def _row(average: Average) -> AverageRow:
    return AverageRow(
        name=_NAMES[average.period],
        tokens=amounts.tokens(average.tokens),
        cost=amounts.dollars(average.usd, at_least=average.at_least, in_column=True),
    )


def _method(data: PageData, days: Days, active: int) -> str:
    name = days.name(data.today)
    since = data.selection.since
    first = " since the first log" if since is None or since < days.first else ""
    return (
        f"Over the {fmt.plural(days.count, 'calendar day')}{first}, {name}, "
        f"with {fmt.plural(active, 'active day')}. A month counts as 365.2425 / 12 days."
    )
