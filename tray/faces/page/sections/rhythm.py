"""When in the week the tokens of the chosen days were used."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup
from msgspec import Struct

from providers.domain.cost import tallied
from providers.ledger.rollup.selection import PARTS_OF_DAY
from tray.faces.page import amounts, series, spending
from tray.faces.page.data import PageData
from tray.faces.page.parts import Link
from tray.view.charts.rhythm import Rhythm as RhythmChart
from tray.view.charts.rhythm import rhythm
from tray.view.charts.series import TOKENS, USD, Unit, counted

_UNITS: dict[str, Unit] = {"usd": USD, "tokens": TOKENS, "sessions": counted("sessions")}
_PARTS = tuple(f"{first:02}–{last:02} h" for first, last in PARTS_OF_DAY)


class RhythmSection(Struct, frozen=True, kw_only=True):
    measures: tuple[Link, ...]
    chart: Markup
    notes: tuple[str, ...]


def build(data: PageData) -> RhythmSection:
    sums = spending.shown(data, ("weekday", "part_of_day"))
    total = tallied(sums.values())
    priced = total.usd is not None and bool(sums)
    measure = (
        data.query.measure if data.query.measure in ("tokens", "sessions") else "usd" if priced else "tokens"
    )
    if measure == "sessions":
        values: Mapping[tuple[int, int], float] = _sessions(data)
    else:
        values = {
            (key[0], key[1]): (tally.usd or 0.0) if measure == "usd" else tally.usage.total_tokens
            for key, tally in sums.items()
            if isinstance(key[0], int) and isinstance(key[1], int)
        }
    chart = RhythmChart(title="Activity", unit=_UNITS[measure], parts=_PARTS, values=values)
    return RhythmSection(
        measures=series.measure_choices(data, measure, priced=priced, sessions=True),
        chart=rhythm(chart),
        notes=tuple(_notes(data, measure, partial=total.unpriced > 0)),
    )


def _sessions(data: PageData) -> dict[tuple[int, int], float]:
    found = spending.session_counts(data, ("weekday", "part_of_day"))
    return {
        (key[0], key[1]): count
        for key, count in found.items()
        if isinstance(key[0], int) and isinstance(key[1], int)
    }


def _notes(data: PageData, measure: str, *, partial: bool) -> tuple[str, ...]:
    if measure == "sessions":
        return ("A session counts wherever it was used: in several parts of a day, more than once.",)
    if measure == "usd" and partial:
        return (amounts.unpriced(spending.unpriced_models(data)),)
    return ()
