"""What the sections about tokens and cost ask: each question once for a request, all days at once."""

from __future__ import annotations

from datetime import date, timedelta

from msgspec.structs import replace

from providers.domain.cost import Tally
from providers.ledger.rollup.selection import Dimension, Key, Selection
from tray.faces.page.data import PageData
from tray.faces.page.tab_titles import FIRST
from tray.view import format as fmt
from tray.view.usage.daily import Daily, summed
from tray.view.usage.days import Days, Logged, known_days

HEAT_WEEKS = (26, 52)
_MOST_NAMED = 8


def daily(data: PageData) -> Daily:
    """Of the days that any section shows, with the filters of the address."""
    selection = replace(data.selection, since=_first_shown(data), until=None)
    return data.once(("daily", selection), lambda: _daily(data, selection))


def _first_shown(data: PageData) -> date | None:
    """None is the first of all: the days of the address, those before, and on the overview its own ones."""
    if data.selection.since is None:
        return None
    earlier = days_before(data)
    is_overview = data.query.tab in ("", FIRST)
    firsts = [data.selection.since]
    firsts += [earlier.first] if earlier else []
    firsts += [heat_days(data).first] if is_overview else []
    return min(firsts)


def heat_days(data: PageData) -> Days:
    """The weeks of the heatmap, from a Sunday to today: at least half a year."""
    weeks = next((each for each in HEAT_WEEKS if data.query.weeks == f"{each}"), HEAT_WEEKS[0])
    return Days(first_sunday(data.today, weeks), data.today)


def first_sunday(today: date, weeks: int) -> date:
    """Of so many weeks, of which the last one has today."""
    try:
        return today - timedelta(days=(today.weekday() + 1) % 7, weeks=weeks - 1)
    except OverflowError:
        return date.min


def in_range(data: PageData) -> Daily:
    """Of the days of the address."""
    chosen = data.selection
    return data.once(("in range", chosen), lambda: daily(data).within(chosen.since, chosen.until))


def logged(data: PageData) -> Logged:
    """The days that logs have anything of. Who works on a project or with a model on some days only has used
    none of it on all others: these two filters do not count.
    """
    source = replace(data.selection, since=None, until=None, project=None, model=None)
    found = data.once(("used_days", source), lambda: data.rollup.used_days(source)) or ()
    beyond = daily(data).logged  # days with nothing on the lines of logs, too
    known = [day for day in (*found, beyond.first, beyond.last) if day is not None]
    return Logged(min(known), max(known)) if known else Logged()


def late_logs(data: PageData) -> dict[str, date]:
    """The first day in the logs of each provider that was used in these days, where they begin later than those
    of another one: the days before count as 0 for it, which is not known for certain.
    """
    known = days(data)
    first: dict[str, date] = {}
    for provider in in_range(data).providers if known else ():
        chosen = replace(data.selection, since=None, until=None, project=None, model=None, provider=provider)
        if (used := data.rollup.used_days(chosen)) is not None:
            first[provider] = used[0]
    return {provider: day for provider, day in first.items() if known is not None and day > known.first}


def days(data: PageData) -> Days | None:
    """The days of the address that are known; None if there is none."""
    return known_days(data.selection.since, data.selection.until, logged(data), data.today)


def days_before(data: PageData) -> Days | None:
    """Those that the days of the address are compared with; None where they are not to be."""
    before = data.before
    if before is None or before.since is None or before.until is None:
        return None
    return Days(before.since, before.until)


def shown(data: PageData, by: tuple[Dimension, ...]) -> dict[Key, Tally]:
    """The sums with what is not on the lines of logs."""
    return summed((*data.tallies(by).items(), *data.shown_beyond(by).items()))


def unpriced_note(data: PageData) -> tuple[str, ...]:
    """A sentence on what the costs leave out; none where they leave out nothing."""
    models = [f"{model}" for (model,), tally in shown(data, ("model",)).items() if tally.unpriced]
    return (f"Not included (no known price): {fmt.some(models, _MOST_NAMED)}.",) if models else ()


def sessions(data: PageData, days: Days | None = None) -> int:
    """How many sessions were used in the days of the address, or in others."""
    selection = data.selection if days is None else replace(data.selection, since=days.first, until=days.last)
    return session_counts(data, (), selection).get((), 0)


def session_counts(
    data: PageData, by: tuple[Dimension, ...], selection: Selection | None = None
) -> dict[Key, int]:
    """How many sessions were used, by these dimensions: one in several groups counts in each."""
    return data.once(
        ("sessions", selection, by), lambda: data.rollup.session_counts(selection or data.selection, by)
    )


def _daily(data: PageData, selection: Selection) -> Daily:
    lines, beyond = (
        {
            (day, provider): tally
            for (day, provider), tally in found.items()
            if isinstance(day, date) and isinstance(provider, str)
        }
        for found in (
            data.tallies(("day", "provider"), selection=selection),
            data.shown_beyond(("day", "provider"), selection),
        )
    )
    return Daily(lines, beyond)
