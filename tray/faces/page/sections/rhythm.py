"""When in the week the tokens of the chosen days were used."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup
from msgspec import Struct

from providers.domain.cost import Tally, tallied
from providers.ledger.rollup.selection import PARTS_OF_DAY, Key
from tray.faces.page import amounts, series, spending
from tray.faces.page.amounts import Amount
from tray.faces.page.data import PageData
from tray.faces.page.parts import Link
from tray.view.charts.rhythm import Rhythm as RhythmChart
from tray.view.charts.rhythm import rhythm
from tray.view.charts.series import TOKENS, USD, Unit, counted
from tray.view.usage.daily import summed

_UNITS: dict[str, Unit] = {"usd": USD, "tokens": TOKENS, "sessions": counted("sessions")}
_PARTS = tuple(f"{first:02}–{last:02} h" for first, last in PARTS_OF_DAY)


class PartRow(Struct, frozen=True, kw_only=True):
    """A part of the day on all weekdays; `share` is that of the measure."""

    name: str
    sessions: Amount
    tokens: Amount
    cost: Amount
    share: str


class RhythmSection(Struct, frozen=True, kw_only=True):
    measures: tuple[Link, ...]
    chart: Markup
    parts_of_day: tuple[PartRow, ...]
    has_cost: bool
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
        parts_of_day=_parts(data, sums, measure) if sums else (),
        has_cost=priced,
        notes=tuple(_notes(data, measure, partial=total.unpriced > 0)),
    )


def _parts(data: PageData, sums: Mapping[Key, Tally], measure: str) -> tuple[PartRow, ...]:
    of_part = summed((key[1], tally) for key, tally in sums.items())
    counts = {key[0]: count for key, count in spending.session_counts(data, ("part_of_day",)).items()}

    def value(part: int) -> float:
        if measure == "sessions":
            return counts.get(part, 0)
        tally = of_part.get(part, Tally(usd=0.0))
        return (tally.usd or 0.0) if measure == "usd" else tally.usage.total_tokens

    whole = sum(map(value, range(len(_PARTS))))
    return tuple(
        PartRow(
            name=name,
            sessions=amounts.counted(counts.get(part, 0)),
            tokens=amounts.tokens(of_part[part].usage.total_tokens if part in of_part else 0),
            cost=amounts.cost(of_part[part]) if part in of_part else amounts.NOTHING,
            share=amounts.share(value(part), whole),
        )
        for part, name in enumerate(_PARTS)
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
