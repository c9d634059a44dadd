"""Readings of the example person's limits that follow what is logged: of each window, while it is used."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.limits import AccountUsage, RateWindow
from tools.example_states import DAY, HOUR, MINUTE, NOW

DAYS = 50
_TICK = 10 * MINUTE
_FIVE, _WEEK = 5 * HOUR, 7 * DAY
_EARLY, _EARLIER = 3 * _WEEK, 3 * DAY
"""So long before the next reset everybody's week began anew, which would have ended so much later."""
_USUAL = {"session": 34.0, "weekly": 68.0}
"""Percent of the window that half of all are used more than."""

Used = Sequence[tuple[datetime, float]]
"""When something was logged, and its dollars; oldest first."""


class _Window(Struct):
    """One that began then; `due` is its reset as it was known, `ends` when the next one began."""

    begins: datetime
    due: datetime
    ends: datetime
    usd: float = 0.0
    percent_a_dollar: float = 0.0


def readings(usage: AccountUsage, used: Used, rng: random.Random) -> Iterator[AccountUsage]:
    """The account as it was read every ten minutes of work, and at last as published."""
    lanes = {lane.value.id: lane for lane in usage.windows if lane.value.id in _USUAL}
    own = {ident: _windows(lane.value, used, rng) for ident, lane in lanes.items()}
    spent = dict.fromkeys(lanes, (-1, 0.0))
    for at, dollars in _ticks(used):
        shown = []
        for ident, lane in lanes.items():
            current = [
                (number, each) for number, each in enumerate(own[ident]) if each.begins <= at < each.ends
            ]
            if not current:
                continue  # before the first one
            number, window = current[0]
            before = spent[ident]
            spent[ident] = (number, dollars + (before[1] if before[0] == number else 0.0))
            percent = min(100, round(spent[ident][1] * window.percent_a_dollar))
            value = replace(lane.value, used_percent=float(percent), resets_at=window.due)
            shown.append(replace(lane, value=value, fetched_at=at))
        if shown:
            yield replace(usage, windows=tuple(shown), early_resets=())
    yield usage


def _ticks(used: Used) -> Iterator[tuple[datetime, float]]:
    """Every ten minutes in which anything was logged, and once before them."""
    dollars: dict[datetime, float] = {}
    for at, usd in used:
        tick = at - (at - NOW) % _TICK + _TICK
        dollars[tick] = dollars.get(tick, 0.0) + usd
        dollars.setdefault(tick - _TICK, 0.0)
    return iter(sorted((at, usd) for at, usd in dollars.items() if at < NOW))


def _windows(value: RateWindow, used: Used, rng: random.Random) -> list[_Window]:
    """All of them without a gap, the last one with the percentage and the reset that were published."""
    assert value.resets_at is not None  # noqa: S101 - the examples have one
    found = list(_weeks(value.resets_at) if value.id == "weekly" else _sessions(value.resets_at, used))
    for window in found:
        window.usd = sum(usd for at, usd in used if window.begins <= at < window.ends)
    usual = _USUAL[value.id] / median(each.usd for each in found if each.usd)
    for window in found:
        window.percent_a_dollar = usual * rng.uniform(0.88, 1.14)
    if found[-1].usd:
        found[-1].percent_a_dollar = value.used_percent / found[-1].usd
    return found


def _weeks(resets_at: datetime) -> Iterator[_Window]:
    early = resets_at - _EARLY
    begins = early + _EARLIER - 8 * _WEEK
    while begins < resets_at:
        due = begins + _WEEK
        ends = early if begins < early < due else due
        yield _Window(begins, due, ends)
        begins = ends


def _sessions(resets_at: datetime, used: Used) -> Iterator[_Window]:
    """Each begins with its first use, and lasts as seen by a person until the next one."""
    last = resets_at - _FIVE
    begins: list[datetime] = []
    for at, _ in used:
        if at < last and (not begins or at >= begins[-1] + _FIVE):
            begins.append(at - timedelta(seconds=at.second, microseconds=at.microsecond))
    begins.append(last)
    for begin, after in zip(begins, [*begins[1:], resets_at], strict=True):
        yield _Window(begin, min(begin + _FIVE, after), after)
