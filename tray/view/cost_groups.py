"""The rows of a cost report: what it is grouped by, in the order in which people want to see it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from pathlib import PurePath, PureWindowsPath
from typing import TypeVar

from msgspec import Struct

from providers.domain import project
from providers.domain.cost import BlockCost, CostReport, SessionCost, Tally, tallied
from providers.ledger.sums import UNKNOWN
from tray.view import format as fmt

_Period = TypeVar("_Period", bound=Hashable)

TIMES = ("day", "week", "month", "block")
"""Groupings whose rows are times: the newest first. All others are sorted by cost."""
GROUPS = (*TIMES, "model", "session", "project", "effort", "account", "home", "machine")
_SHELL_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""What may be printed as part of a command: nothing that a shell would take for more than a word."""


class Group(Struct, frozen=True):
    """A row: its name and sum, its models, and what else is known of it. `cut` and `whole` are as in TableLine."""

    name: str
    tally: Tally
    models: Mapping[str, Tally] = {}
    below: tuple[str, ...] = ()
    cut: str = "end"
    whole: bool = False


def groups(
    report: CostReport,
    by: str,
    zone: tzinfo,
    now: datetime,
    resume: tuple[str, ...] = (),
    log_only: Collection[str] = (),
) -> list[Group]:
    """`resume` is the command that goes on with a session; it finds none of the homes that are `log_only`."""
    if by in TIMES:
        return list(reversed(list(_times(report, by, zone, now))))
    return sorted(
        _others(report, by, zone, resume, log_only), key=lambda group: by_cost((group.name, group.tally))
    )


def by_week(report: CostReport) -> dict[date, dict[str, Tally]]:
    """By Monday and model, the earliest first."""
    return _merged(report, lambda day: day - timedelta(days=day.weekday()))


def by_month(report: CostReport) -> dict[str, dict[str, Tally]]:
    """By month, as `2026-11`, and model, the earliest first."""
    return _merged(report, lambda day: day.isoformat()[:7])


def _merged(report: CostReport, period: Callable[[date], _Period]) -> dict[_Period, dict[str, Tally]]:
    found: dict[_Period, dict[str, list[Tally]]] = {}
    for day, models in sorted(report.by_day.items()):
        of_period = found.setdefault(period(day), {})
        for model, tally in models.items():
            of_period.setdefault(model, []).append(tally)
    return {
        each: {model: tallied(tallies) for model, tallies in sorted(models.items())}
        for each, models in found.items()
    }


def _times(report: CostReport, by: str, zone: tzinfo, now: datetime) -> Iterator[Group]:
    """The earliest first."""
    match by:
        case "day":
            for day, models in sorted(report.by_day.items()):
                yield Group(f"{day} {fmt.weekday(day)}", tallied(models.values()), models)
        case "week":
            for monday, models in by_week(report).items():
                yield Group(_week(monday, report), tallied(models.values()), models)
        case "month":
            for month, models in by_month(report).items():
                yield Group(_month(month, report), tallied(models.values()), models)
        case "block":
            for block in report.by_block:
                name = (
                    f"{block.started_at.astimezone(zone):%Y-%m-%d %H:%M} – {fmt.clock(block.ends_at, zone)}"
                )
                yield Group(name, block.tally, block.by_model, tuple(_running(block, zone, now)))


def _week(monday: date, report: CostReport) -> str:
    """Its days within the report."""
    return _span(max(monday, report.since), min(monday + timedelta(days=6), report.until))


def _month(month: str, report: CostReport) -> str:
    """`2026-11`; where the report has only a part of it, the days of that."""
    first = date.fromisoformat(f"{month}-01")
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    if report.since <= first and last <= report.until:
        return month
    return _span(max(first, report.since), min(last, report.until))


def _span(first: date, last: date) -> str:
    if first == last:
        return f"{first}"
    same = 8 if first.month == last.month else 5 if first.year == last.year else 0
    return f"{first} – {last.isoformat()[same:]}"


def _running(block: BlockCost, zone: tzinfo, now: datetime) -> Iterator[str]:
    """What is known of the block that goes on, as a line below it."""
    if not block.running:
        return
    end = fmt.clock(block.ends_at, zone)
    yield f"now, {fmt.countdown(block.ends_at - now)} to go"
    if block.burn is not None:
        yield f"{used(block.burn.usd_per_hour, block.burn.tokens_per_hour)} an hour"
    if block.projection is not None:
        yield f"at this rate {used(block.projection.usd, block.projection.tokens)} by {end}"


def used(usd: float | None, tokens: float) -> str:
    """`≈ $1.20 and 340 K tokens`."""
    counted = f"{fmt.tokens(round(tokens))} tokens"
    return counted if usd is None else f"{fmt.priced(usd)} and {counted}"


def _others(
    report: CostReport, by: str, zone: tzinfo, resume: tuple[str, ...], log_only: Collection[str]
) -> Iterator[Group]:
    if by == "session":
        for session in report.by_session:
            yield _session(session, report, zone, () if session.home in log_only else resume)
        return
    rows = {
        "model": report.by_model,
        "home": report.by_home,
        "project": report.by_project,
        "effort": report.by_effort,
        "account": report.by_account,
        "machine": report.by_machine,
    }[by]
    cut = "start" if by in ("project", "home") else "end"
    for name, tally in rows.items():
        yield Group(name, tally, report.models_of.get(name, {}), cut=cut)


def _session(session: SessionCost, report: CostReport, zone: tzinfo, resume: tuple[str, ...]) -> Group:
    name = f"{session.last_at.astimezone(zone):%Y-%m-%d %H:%M}  {folder_name(session.project)}"
    command = resume_command(session.id, resume) or session.id
    below = [command] if command != UNKNOWN else []
    if session.subagents:
        below.append(f"with {fmt.plural(session.subagents, 'subagent')}")
    if session.project:  # older versions of Claude Code find a session only from there
        below.append(session.project)
    return Group(name, session.tally, report.models_of.get(session.id, {}), tuple(below), whole=True)


def resume_command(session: str, resume: tuple[str, ...]) -> str | None:
    """What goes on with a session, by the command of its provider; None where nothing safe does."""
    if not resume or session == UNKNOWN or not _SHELL_SAFE.fullmatch(session):
        return None
    return " ".join((*resume, session))


def folder_name(path: str | None) -> str:
    """The last folder of a path, of Windows too."""
    if not path:
        return "unknown"
    return (PureWindowsPath(path) if project.is_windows(path) else PurePath(path)).name or path


def by_cost(row: tuple[str, Tally]) -> tuple[bool, float, int, str]:
    """A sort key: the most expensive first, what has no price last."""
    name, tally = row
    return tally.usd is None, -(tally.usd or 0), -tally.usage.total_tokens, name
