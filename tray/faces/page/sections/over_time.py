"""What each day and each month of the chosen ones came to, stacked by provider, account or model."""

from __future__ import annotations

from datetime import date, timedelta

from markupsafe import Markup
from msgspec import Struct

from providers.domain.cost import Tally
from providers.ledger.rollup.selection import Dimension
from tray.faces.page import amounts, series, spending
from tray.faces.page.data import PageData
from tray.faces.page.parts import Link
from tray.view import format as fmt
from tray.view.charts.bars import Bars, bars
from tray.view.charts.scale import Step, step_for
from tray.view.charts.series import MEASURES, UNITS, Measure
from tray.view.usage.averages import averages
from tray.view.usage.days import Days, known_days
from tray.view.usage.stacks import Stack, Sums, stack


class OverTime(Struct, frozen=True, kw_only=True):
    """`footer` is a sentence on the sum and the averages, `notes` on what the bars lack."""

    stacked_by: tuple[Link, ...]
    measures: tuple[Link, ...]
    charts: tuple[Markup, ...]
    footer: str
    notes: tuple[str, ...]


def build(data: PageData) -> OverTime:
    used, known = spending.in_range(data), spending.days(data)
    total, by = used.total, series.stacked_by(data)
    measure = series.measure(data, priced=total.usd is not None)
    priced = total.usd is not None
    found: tuple[Markup, ...] = ()
    if known is not None and used.active_days:
        found = charts(data, by, measure, known)
    return OverTime(
        stacked_by=series.by_choices(data),
        measures=series.measure_choices(data, measure, priced=priced),
        charts=found,
        footer=_footer(total, known, len(used.active_days)) if known else "",
        notes=_notes(data, known) if found and known else (),
    )


def charts(data: PageData, by: Dimension, measure: Measure, known: Days) -> tuple[Markup, ...]:
    """By day or week where the range is not too long for it, then by month where there are several."""
    sums = _sums(data, by)
    shown = _shown(data, known)
    step = step_for(shown.first, shown.last)
    before = _before(data, shown) if step == "day" else {}
    found = [stack(sums, shown, known, step, measure, series.MOST, before)] if step != "month" else []
    if (shown.first.year, shown.first.month) != (shown.last.year, shown.last.month):
        found.append(stack(sums, shown, known, "month", measure, series.MOST))
    return tuple(_chart(data, by, each, measure) for each in found)


def _sums(data: PageData, by: Dimension) -> Sums:
    if by == "provider":
        return spending.in_range(data).shown
    return {
        (key[0], f"{key[1]}"): tally
        for key, tally in spending.shown(data, ("day", by)).items()
        if isinstance(key[0], date)
    }


def _shown(data: PageData, known: Days) -> Days:
    """The days of the address, but for those to come."""
    since = data.selection.since
    return known if since is None else Days(since, known.last)


def _before(data: PageData, shown: Days) -> dict[date, Tally]:
    """By day, what the same day of the period before came to, where it is known."""
    earlier = spending.days_before(data)
    known = earlier and known_days(earlier.first, earlier.last, spending.logged(data), data.today)
    if not earlier or not known:
        return {}
    ahead = shown.first - earlier.first
    by_day = spending.daily(data).of(known).by_day
    return {day + ahead: by_day.get(day, Tally(usd=0.0)) for day in known if day + ahead <= shown.last}


def _chart(data: PageData, by: Dimension, found: Stack, measure: Measure) -> Markup:
    return bars(
        Bars(
            title=f"{MEASURES[measure]} by {found.step}",
            unit=UNITS[measure],
            series=series.series_of(data, by, found.names),
            bars=found.bars,
            step=found.step,
        )
    )


def _footer(total: Tally, known: Days, active: int) -> str:
    """`Sum: ≈ $12.00 and 3.4 M tokens. Average: …`."""
    if not active:
        return ""
    parts = [
        f"Total: {amounts.cost_and_tokens(total.usd, total.usage.total_tokens, at_least=total.unpriced > 0)}."
    ]
    for each in averages(total, known.count, active):
        used = amounts.cost_and_tokens(each.usd, each.tokens, at_least=each.at_least)
        if each.period == "day":
            parts.append(f"Per day: {used}, over {fmt.plural(known.count, 'day')}.")
        elif each.period == "active day":
            parts.append(f"Per active day: {used}, of {fmt.plural(active, 'day')}.")
    return " ".join(parts)


def _notes(data: PageData, known: Days) -> tuple[str, ...]:
    shown = _shown(data, known)
    found = []
    if shown.first < known.first:
        before = Days(shown.first, known.first - timedelta(days=1))
        found.append(f"Unknown: {before.name(data.today)}, before the first log.")
    step: Step = step_for(shown.first, shown.last)
    if step != "day" or (shown.first.day != 1 and shown.first.month != shown.last.month):
        found.append(f"Weeks and months include only their days within {shown.name(data.today)}.")
    found += [
        f"The logs of {data.title(provider)} begin on {fmt.day_name(day, data.today)}: before that it counts as 0."
        for provider, day in spending.late_logs(data).items()
    ]
    return (*found, *spending.unpriced_note(data))
