"""Sums by day and one more thing, as stacked bars: a day, week or month each. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

from providers.domain.cost import Tally, tallied
from tray.view.charts.bars import ChartBar
from tray.view.charts.scale import Step, begin_of, steps
from tray.view.charts.series import Measure, Value
from tray.view.usage.days import Days

REST = ""
"""The name of what has no series of its own."""

Sums = Mapping[tuple[date, str], Tally]


class Stack(Struct, frozen=True, kw_only=True):
    """`names` are those of the series, the most used first, REST last if there is one."""

    names: tuple[str, ...]
    bars: tuple[ChartBar, ...]
    step: Step


def stack(
    sums: Sums,
    shown: Days,
    known: Days,
    step: Step,
    measure: Measure,
    most: int,
    before: Mapping[date, Tally] = {},
) -> Stack:
    """The days `shown`, of which those not `known` have no value. At most so many series.

    `before` is what each bar of days is compared with.
    """
    names = _names(sums, most)
    by_bar: dict[date, dict[str, list[Tally]]] = {}
    for (day, name), tally in sums.items():
        own = by_bar.setdefault(begin_of(day, step), {})
        own.setdefault(name if name in names else REST, []).append(tally)
    bars = tuple(
        _bar(begin, by_bar.get(begin, {}), names, known, step, measure, before.get(begin))
        for begin in steps(shown.first, shown.last, step)
    )
    return Stack(names=names, bars=bars, step=step)


def value(tally: Tally, measure: Measure) -> Value:
    """None where all that was used has no price."""
    return tally.usage.total_tokens if measure == "tokens" else tally.usd


def _names(sums: Sums, most: int) -> tuple[str, ...]:
    """By tokens, which all have."""
    totals: dict[str, int] = {}
    for (_, name), tally in sums.items():
        totals[name] = totals.get(name, 0) + tally.usage.total_tokens
    names = sorted(totals, key=lambda name: (-totals[name], name))
    return tuple(names) if len(names) <= most else (*names[: most - 1], REST)


def _bar(
    begin: date,
    own: Mapping[str, Sequence[Tally]],
    names: Sequence[str],
    known: Days,
    step: Step,
    measure: Measure,
    before: Tally | None,
) -> ChartBar:
    last = _last(begin, step)
    if last < known.first or begin > known.last:
        return ChartBar(begin=begin, values=(None,) * len(names))
    sums = {name: tallied(tallies) for name, tallies in own.items()}
    return ChartBar(
        begin=begin,
        values=tuple(value(sums[name], measure) if name in sums else 0.0 for name in names),
        partial=(measure == "usd" and any(each.unpriced for each in sums.values()))
        or begin < known.first <= last,
        before=None if before is None else value(before, measure),
    )


def _last(begin: date, step: Step) -> date:
    try:
        if step == "month":
            return (begin + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return begin + timedelta(days=6) if step == "week" else begin
    except OverflowError:
        return date.max
