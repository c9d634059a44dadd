"""The series of charts: what they may be stacked by, their names and colours, and what else charts let choose."""

from __future__ import annotations

from collections.abc import Sequence

from providers.ledger.rollup.selection import Dimension
from tray.faces.page import choices, parts
from tray.faces.page.data import PageData
from tray.faces.page.parts import Link
from tray.faces.page.table.names import middle, readable
from tray.view.charts.series import MEASURES, TINTS, Measure, Series
from tray.view.charts.series import REST as REST_TINT
from tray.view.usage.stacks import REST

STACKED_BY: dict[Dimension, str] = {"provider": "Provider", "account": "Account", "model": "Model"}
MOST = len(TINTS)
_LONGEST = 32


def stacked_by(data: PageData) -> Dimension:
    return next((each for each in STACKED_BY if each == data.query.by), "provider")


def measure(data: PageData, *, priced: bool, sessions: bool = False) -> Measure:
    """That of the address, else cost, as long as anything has a price."""
    if sessions and data.query.measure == "sessions":
        return "sessions"
    return "tokens" if data.query.measure == "tokens" or not priced else "usd"


def by_choices(data: PageData) -> tuple[Link, ...]:
    names = {f"{each}": title for each, title in STACKED_BY.items()}
    return parts.choices(data.query, "by", names, stacked_by(data), "provider")


def measure_choices(
    data: PageData, current: str, *, priced: bool, sessions: bool = False
) -> tuple[Link, ...]:
    left_out = {*(() if priced else ("usd",)), *(() if sessions else ("sessions",))}
    offered = {f"{name}": title for name, title in MEASURES.items() if name not in left_out}
    if len(offered) < 2:
        return ()
    return parts.choices(data.query, "measure", offered, current, "usd")


def series_of(data: PageData, by: Dimension, names: Sequence[str]) -> tuple[Series, ...]:
    """Providers have their own colour, all others one by their place."""
    known = choices.names(data)
    found = []
    for place, name in enumerate(names):
        if name == REST:
            found.append(Series("Other", REST_TINT))
        elif by == "provider":
            found.append(Series(readable(data.title(name)), data.tint(name)))
        else:
            title = known.get((by, name), name)
            found.append(Series(middle(readable(title), _LONGEST), TINTS[place % len(TINTS)]))
    return tuple(found)
