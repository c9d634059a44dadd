"""What the vendor's own pages tell of each account: credits by day, use by surface and model, past windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from markupsafe import Markup
from msgspec import Struct

from providers.domain.account_pages import AccountPage, CreditsHistory, PlanLimitHistory, UsageBreakdown
from providers.domain.limits import AccountUsage
from providers.source import Links
from tray.engine import published
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import shown_state
from tray.faces.page.table.columns import NO_NUMBER, ShownCell
from tray.faces.page.table.plain import FactTable, text_cell
from tray.view import account_pages as words
from tray.view import format as fmt
from tray.view.charts.bars import Bars, ChartBar, bars
from tray.view.charts.scale import steps
from tray.view.charts.series import PERCENT, REST, TINTS, Series, Unit, Value
from tray.view.menu.account import named
from tray.view.menu.windows import look_of

_MOST_SURFACES = len(TINTS)
_MOST_DAYS = 7
_OLD = timedelta(hours=3)
_LONGEST = timedelta(days=61)
_OTHER = "Other surfaces"
CREDITS = Unit(name="credits", short=words.number, full=lambda value: f"{value:g}")
_PLAIN = Unit(name="units not reported", short=words.number, full=lambda value: f"{value:g}")
_UNITS = {"credits": CREDITS, "percent": PERCENT}
_IN_UNITS = {"credits": "Credits by day and surface", "percent": "Percentage by day and surface"}
_IN_NONE = "Use by day and surface (unit not reported)"


class AccountHistoryPart(Struct, frozen=True, kw_only=True):
    """A chart or a table of one page; `note` is on its age and what is missing."""

    title: str
    note: str
    chart: Markup = Markup("")
    table: FactTable | None = None


class AccountHistory(Struct, frozen=True, kw_only=True):
    """The pages of one account; `purchase` is where its vendor sells credits, "" where that is nowhere."""

    account: str
    parts: tuple[AccountHistoryPart, ...]
    purchase: str = ""


class AccountHistories(Struct, frozen=True):
    accounts: tuple[AccountHistory, ...]


def build(data: PageData) -> AccountHistories | None:
    """None where no account has any, and where a filter asks for what the pages know nothing of."""
    if data.selection.project or data.selection.model:
        return None
    try:
        state = shown_state(data)
    except published.DAMAGED:  # the next round rewrites it
        return None
    if state is None or state.snapshot is None:
        return None
    links = {each.id: each.links for each in data.scope.providers}
    found = (
        AccountHistory(
            account=entry.header.replace(fmt.DOT, " · "),
            parts=parts,
            purchase=_purchase(links.get(entry.usage.provider), entry.usage),
        )
        for entry in named(state.snapshot.accounts, look_of(state))
        if (parts := tuple(_parts(entry.usage, data)))
    )
    accounts = tuple(found)
    return AccountHistories(accounts) if accounts else None


def _purchase(links: Links | None, usage: AccountUsage) -> str:
    plan = usage.account.plan if usage.account else None
    return (links.purchase_for(plan) if links else None) or ""


def _parts(usage: AccountUsage, data: PageData) -> Iterator[AccountHistoryPart]:
    pages = usage.pages
    if pages.credits_history is not None and pages.credits_history.days:
        yield _credits(pages.credits_history, data)
    if pages.usage_breakdown is not None and pages.usage_breakdown.days:
        yield from _breakdown(pages.usage_breakdown, data)
    if pages.plan_limit_history is not None and pages.plan_limit_history.windows:
        yield _windows(pages.plan_limit_history, data)


def _credits(page: CreditsHistory, data: PageData) -> AccountHistoryPart:
    """A day without an event is one without use: the vendor lists what was used."""
    days = {day.day: day.surfaces for day in page.days}
    chart = _chart("Credits used by day", CREDITS, days, data.now.date(), absent=0.0)
    note = _note(page, data, words.credits_line(page, data.now) or "")
    return AccountHistoryPart(title="Credits history", note=note, chart=chart)


def _breakdown(page: UsageBreakdown, data: PageData) -> Iterator[AccountHistoryPart]:
    days = {day.day: day.surfaces for day in page.days if day.surfaces}
    if days:
        unit = _UNITS.get(page.units or "", _PLAIN)
        until = min(max(days), data.now.date())
        chart = _chart(_IN_UNITS.get(page.units or "", _IN_NONE), unit, days, until, absent=None)
        yield AccountHistoryPart(title="Usage by surface", note=_counted(page, data), chart=chart)
    if any(day.models for day in page.days):
        table = _model_sums(page) if page.units == "credits" else _models_by_day(page, data.now.date())
        yield AccountHistoryPart(title="Usage by model", note=_counted(page, data), table=table)


def _model_sums(page: UsageBreakdown) -> FactTable:
    totals = words.model_totals(page)
    whole = sum(value for value in totals.values() if value > 0)
    rows = tuple(
        (
            text_cell(model),
            text_cell(speed or NO_NUMBER),
            _used(value, page),
            text_cell(fmt.share(value, whole)),
        )
        for (model, speed), value in totals.items()
    )
    return FactTable(
        caption="Of all these days", heads=("Model", "Speed", "Used", "Share"), rows=rows, numbers=(2, 3)
    )


def _models_by_day(page: UsageBreakdown, today: date) -> FactTable:
    """What percentages are of differs from day to day: they are not added up."""
    rows = tuple(
        (
            text_cell(words.day_text(day.day, today)),
            text_cell(use.model),
            text_cell(use.speed or NO_NUMBER),
            _used(use.amount, page),
        )
        for day in page.days[:_MOST_DAYS]
        for use in day.models
    )
    return FactTable(
        caption=f"The newest {_MOST_DAYS} days",
        heads=("Day", "Model", "Speed", "Used"),
        rows=rows,
        numbers=(3,),
    )


def _used(value: float, page: UsageBreakdown) -> ShownCell:
    return ShownCell(shown=words.amount(value, page.units), value=f"{value:g}")


def _windows(page: PlanLimitHistory, data: PageData) -> AccountHistoryPart:
    rows = tuple(
        (
            text_cell(
                words.window_span(window, data.now, data.zone)
                + (" (so far)" if words.is_open(window, data.now) else "")
            ),
            ShownCell(
                shown=fmt.percent(100 - window.used_percent, used=True),
                value=f"{window.used_percent:g}",
                hint=f"{window.used_percent:g} %",
            ),
            text_cell(fmt.plan(window.plan or NO_NUMBER)),
            text_cell(words.parts_text(window.models, "percent", fmt.plain) or NO_NUMBER, longest=90),
        )
        for window in page.windows
    )
    table = FactTable(
        caption="Past windows, as the vendor counted them",
        heads=("Window", "Used", "Plan", "By model"),
        rows=rows,
        numbers=(1,),
    )
    return AccountHistoryPart(title="Past windows", note=_counted(page, data), table=table)


def _chart(
    title: str, unit: Unit, days: Mapping[date, Mapping[str, float]], until: date, *, absent: Value
) -> Markup:
    """Stacked by surface, the largest below; `absent` is what a day has that the page does not name."""
    sums: dict[str, float] = {}
    for surfaces in days.values():
        for name, value in surfaces.items():
            sums[name] = sums.get(name, 0.0) + abs(value)
    names = sorted(sums, key=lambda name: (-sums[name], name))
    shown = names[:_MOST_SURFACES]
    series = [Series(words.surface_name(name), TINTS[place]) for place, name in enumerate(shown)]
    if len(names) > len(shown):
        series.append(Series(_OTHER, REST))
    columns = tuple(
        ChartBar(begin=day, values=_values(days.get(day), shown, len(series), absent))
        for day in steps(max(min(days), until - _LONGEST), until, "day")
    )
    return bars(Bars(title=title, unit=unit, series=tuple(series), bars=columns))


def _values(
    surfaces: Mapping[str, float] | None, shown: Sequence[str], count: int, absent: Value
) -> tuple[Value, ...]:
    if surfaces is None:
        return (absent,) * count
    values = [surfaces.get(name, 0.0) for name in shown]
    rest = [value for name, value in surfaces.items() if name not in shown]
    return (*values, *([round(sum(rest), 6)] if count > len(shown) else ()))


def _counted(page: UsageBreakdown | PlanLimitHistory, data: PageData) -> str:
    if page.counted_until is None:
        return _note(page, data)
    return _note(page, data, f"counted until {fmt.moment(page.counted_until, data.now, data.zone)}")


def _note(page: AccountPage, data: PageData, *texts: str) -> str:
    age = data.now - page.fetched_at
    parts: Iterable[str] = (
        *texts,
        f"{'last read' if age > _OLD else 'read'} {fmt.age(age)}",
        f"{fmt.plural(page.dropped, 'row')} could not be read" if page.dropped else "",
    )
    return ", ".join(filter(None, parts))
