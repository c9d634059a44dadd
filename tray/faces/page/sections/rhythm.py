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
from tray.view import format as fmt
from tray.view.charts.rhythm import Rhythm as RhythmChart
from tray.view.charts.rhythm import rhythm
from tray.view.charts.series import UNITS, Measure, Value
from tray.view.usage.daily import summed

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
    measure = series.measure(data, priced=priced, sessions=True)
    by_cell = {
        (key[0], key[1]): tally
        for key, tally in sums.items()
        if isinstance(key[0], int) and isinstance(key[1], int)
    }
    if measure == "sessions":
        values: Mapping[tuple[int, int], Value] = _sessions(data)
    else:
        values = {each: _value(tally, measure) for each, tally in by_cell.items()}
    chart = RhythmChart(
        title="Activity",
        unit=UNITS[measure],
        parts=_PARTS,
        values=values,
        partial=[each for each, tally in by_cell.items() if measure == "usd" and tally.unpriced],
    )
    return RhythmSection(
        measures=series.measure_choices(data, measure, priced=priced, sessions=True),
        chart=rhythm(chart),
        parts_of_day=_parts(data, sums, measure) if sums else (),
        has_cost=priced,
        notes=_notes(data, measure),
    )


def _parts(data: PageData, sums: Mapping[Key, Tally], measure: Measure) -> tuple[PartRow, ...]:
    of_part = summed((key[1], tally) for key, tally in sums.items())
    counts = {key[0]: count for key, count in spending.session_counts(data, ("part_of_day",)).items()}

    def value(part: int) -> Value:
        if measure == "sessions":
            return counts.get(part, 0)
        return _value(of_part.get(part, Tally(usd=0.0)), measure)

    whole = sum(value(part) or 0.0 for part in range(len(_PARTS)))
    return tuple(
        PartRow(
            name=name,
            sessions=amounts.counted(counts.get(part, 0)),
            tokens=amounts.tokens(of_part[part].usage.total_tokens if part in of_part else 0),
            cost=amounts.cost(of_part[part], in_column=True) if part in of_part else amounts.NOTHING,
            share="" if (own := value(part)) is None else fmt.share(own, whole),
        )
        for part, name in enumerate(_PARTS)
    )


def _value(tally: Tally, measure: Measure) -> Value:
    """None where nothing that was used has a price."""
    return tally.usd if measure == "usd" else tally.usage.total_tokens


def _sessions(data: PageData) -> dict[tuple[int, int], Value]:
    found = spending.session_counts(data, ("weekday", "part_of_day"))
    return {
        (key[0], key[1]): count
        for key, count in found.items()
        if isinstance(key[0], int) and isinstance(key[1], int)
    }


def _notes(data: PageData, measure: Measure) -> tuple[str, ...]:
    if measure == "sessions":
        return ("A session counts in each part of the day that it was used in.",)
    if measure == "usd":
        return spending.unpriced_note(data)
    return ()
