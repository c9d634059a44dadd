"""Half a year or a year of days up to today, whatever days are chosen; all other filters apply."""

from __future__ import annotations

from datetime import date

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from providers.domain.cost import Tally
from tray.faces.page import series, spending
from tray.faces.page.data import PageData
from tray.faces.page.parts import Link, choices
from tray.view.charts.heatmap import HeatDay, Heatmap, heatmap
from tray.view.charts.series import MEASURES, UNITS, Measure, Value
from tray.view.usage.days import Days

_WEEKS = {f"{weeks}": f"{weeks} weeks" for weeks in spending.HEAT_WEEKS}


class Heat(Struct, frozen=True, kw_only=True):
    measures: tuple[Link, ...]
    weeks: tuple[Link, ...]
    chart: Markup


def build(data: PageData) -> Heat:
    shown = spending.heat_days(data)
    weeks = -(-shown.count // 7)
    used = spending.daily(data).of(shown)
    priced = used.total.usd is not None and bool(used.total.responses)
    measure = series.measure(data, priced=priced, sessions=True)
    names = used.providers
    days = _days(data, shown, names, measure)
    return Heat(
        measures=series.measure_choices(data, measure, priced=priced, sessions=True),
        weeks=choices(data.query, "weeks", _WEEKS, f"{weeks}", f"{spending.HEAT_WEEKS[0]}"),
        chart=heatmap(
            Heatmap(
                title=f"{MEASURES[measure]} in the last {weeks} weeks",
                unit=UNITS[measure],
                series=series.series_of(data, "provider", names),
                days=days,
                today=data.today,
                weeks=weeks,
            )
        ),
    )


def _days(data: PageData, shown: Days, names: tuple[str, ...], measure: Measure) -> tuple[HeatDay, ...]:
    """All of them: those before the first log are not known."""
    first = spending.logged(data).first
    sums = spending.daily(data).of(shown).shown
    counts = _session_counts(data, shown) if measure == "sessions" else {}

    def value(day: date, name: str) -> Value:
        if first is None or day < first:
            return None
        if measure == "sessions":
            return counts.get((day, name), 0)
        tally = sums.get((day, name), Tally(usd=0.0))
        return tally.usd if measure == "usd" else tally.usage.total_tokens

    return tuple(
        HeatDay(
            day=day,
            values=tuple(value(day, name) for name in names)
            or ((0.0,) if first and day >= first else (None,)),
            partial=measure == "usd"
            and any(sums[day, name].unpriced for name in names if (day, name) in sums),
        )
        for day in shown
    )


def _session_counts(data: PageData, shown: Days) -> dict[tuple[date, str], int]:
    selection = replace(data.selection, since=shown.first, until=shown.last)
    found = spending.session_counts(data, ("day", "provider"), selection)
    return {(key[0], f"{key[1]}"): count for key, count in found.items() if isinstance(key[0], date)}
