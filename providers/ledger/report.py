"""Sums slices of the ledger by model, day, home, session, project, effort, account, block. Pure: clock and zone
are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace

from providers.domain import project
from providers.domain.cost import (
    DAYS_SHOWN,
    DEFAULT_DETAIL,
    GROUPS,
    MACHINE,
    CostReport,
    Detail,
    HomeFigures,
    NotOnLines,
    SessionCost,
    Tally,
    burn_rate,
)
from providers.ledger.blocks import blocks
from providers.ledger.epoch_ms import moment
from providers.ledger.index import storable
from providers.ledger.query import Held, Slice
from providers.ledger.spans import first_of
from providers.ledger.sums import UNKNOWN, Sum, Sums, as_tallies, merged, model_of, sums, tallies, total

NOTHING = Tally(usd=0.0)


def cost_report(
    slices: Iterable[Slice],
    recent: Iterable[Slice],
    held: Held,
    labels: Mapping[Path, str],
    *,
    since: date,
    until: date,
    zone: tzinfo,
    now: datetime,
    detail: Detail = DEFAULT_DETAIL,
    messages: Mapping[int, int] | None = None,
    machines: Callable[[str], str] | None = None,
) -> CostReport:
    """Tokens and cost of the local days `since` to `until`. Days without use are absent; `labels` name homes.

    `slices` and `messages` are those of `span`, by local day, or by quarter of an hour; for blocks, by quarter.
    `recent` are those of the last BURN_MINUTES. `machines` says which machine a home is on; None where there is
    just one.
    """
    all_slices = list(slices)
    on_lines = _on_lines(all_slices)
    day_of = _local_days(zone)
    days = _by_day(on_lines, day_of)
    by_day = {day: sums(days[day], model_of) for day in sorted(days)}
    shown = {day: models for day, models in by_day.items() if since <= day <= until}
    by_model = merged(shown.values())
    whole = total(by_model.values())
    flat = [each for day in shown for each in days[day]]
    this_month = now.astimezone(zone).date().replace(day=1)
    beyond = _by_day((each for each in all_slices if each.not_on_lines), day_of)
    return CostReport(
        since=since,
        until=until,
        totals=whole.tally(),
        not_on_lines=_not_on_lines(beyond, since, until, this_month),
        by_model=as_tallies(by_model),
        by_day={day: as_tallies(models) for day, models in shown.items()},
        burn=burn_rate(Sum(_on_lines(recent)).tally()),
        month_to_date_usd=_of_month(by_day, this_month).tally().usd,
        priced=_coverage(whole),
        unpriced_models=_unpriced(by_model),
        files_by_home=_files_by_label(held, labels),
        skipped_lines=held.skipped_lines,
        by_block=blocks(on_lines, {each.quarter for each in flat}, now) if detail.blocks else (),
        messages=_messages_by_day(messages or {}, day_of, since, until),
        **_grouped(flat, labels, detail, machines),
    )


def _grouped(
    slices: Sequence[Slice],
    labels: Mapping[Path, str],
    detail: Detail,
    machines: Callable[[str], str] | None,
) -> dict[str, Any]:
    """The fields of CostReport with the groups that were asked for."""
    rows: dict[str, Any] = {
        f"by_{group}": tallies(slices, _row_of(group, slices, labels))
        for group in detail.groups - {"session"}
    }
    if "session" in detail.groups:
        rows["by_session"] = _sessions(slices, _row_of("home", slices, labels))
    if detail.models_of in GROUPS:
        rows["models_of"] = _models_of(slices, _row_of(detail.models_of, slices, labels))
    if machines is not None:

        def machine_of(each: Slice) -> str:
            return machines(each.home)

        rows["by_machine"] = tallies(slices, machine_of)
        if detail.models_of == MACHINE:
            rows["models_of"] = _models_of(slices, machine_of)
    return rows


def _row_of(group: str, slices: Sequence[Slice], labels: Mapping[Path, str]) -> Callable[[Slice], str]:
    """The row of a slice, by what the rows are made of."""
    match group:
        case "home":
            homes = {storable(str(home)): label for home, label in labels.items()}
            return lambda each: homes.get(each.home, each.home)
        case "project":
            projects = project.names(each.project for each in slices)
            return lambda each: projects[each.project] or UNKNOWN
        case "effort":
            return lambda each: each.effort or UNKNOWN
        case "account":
            return lambda each: each.account or UNKNOWN
        case _:
            return lambda each: each.thread or UNKNOWN


def _models_of(slices: Iterable[Slice], row: Callable[[Slice], str]) -> dict[str, dict[str, Tally]]:
    rows: dict[str, list[Slice]] = {}
    for each in slices:
        rows.setdefault(row(each), []).append(each)
    return {name: tallies(own, model_of) for name, own in rows.items()}


def _not_on_lines(days: Mapping[date, list[Slice]], since: date, until: date, month: date) -> NotOnLines:
    by_day = {day: sums(of_day, model_of) for day, of_day in days.items()}
    by_model = merged(models for day, models in by_day.items() if since <= day <= until)
    return NotOnLines(
        tally=total(by_model.values()).tally(),
        month_to_date_usd=_of_month(by_day, month).tally().usd,
        unpriced_models=_unpriced(by_model),
    )


def _of_month(days: Mapping[date, Sums], month: date) -> Sum:
    """The sum of those of the month that begins on this day."""
    return total(
        each for day, models in days.items() if day.replace(day=1) == month for each in models.values()
    )


def _messages_by_day(
    quarters: Mapping[int, int], day_of: Callable[[int], date], since: date, until: date
) -> dict[date, int]:
    days: dict[date, int] = {}
    for quarter, count in quarters.items():
        day = day_of(quarter)
        days[day] = days.get(day, 0) + count
    return {day: days[day] for day in sorted(days) if since <= day <= until}


def _files_by_label(held: Held, labels: Mapping[Path, str]) -> dict[str, int]:
    """Several homes may share a label."""
    files: dict[str, int] = {}
    for home, count in held.files.items():
        label = labels.get(home, str(home))
        files[label] = files.get(label, 0) + count
    return files


def _on_lines(slices: Iterable[Slice]) -> list[Slice]:
    return [each for each in slices if not each.not_on_lines]


def home_figures(
    slices: Iterable[Slice],
    recent: Iterable[Slice],
    held: Held,
    homes: Iterable[Path],
    *,
    zone: tzinfo,
    now: datetime,
) -> dict[Path, HomeFigures]:
    """The figures that faces show for each home. `slices` are those of `figures_span`, `recent` those of
    `recent_span`.
    """
    today = now.astimezone(zone).date()
    by_home: dict[str, dict[date, list[Slice]]] = {}
    for day, of_day in _by_day(slices, _local_days(zone)).items():
        for each in of_day:
            by_home.setdefault(each.home, {}).setdefault(day, []).append(each)
    files = {storable(str(path)): count for path, count in held.files.items()}
    now_used = tallies(_on_lines(recent), lambda each: each.home)
    return {
        home: _both(by_home.get(name, {}), now_used.get(name, NOTHING), today, files.get(name, 0))
        for home in homes
        for name in [storable(str(home))]
    }


def _both(days: Mapping[date, list[Slice]], recent: Tally, today: date, files: int) -> HomeFigures:
    """With what is not on lines, and without."""
    whole = _figures(days, recent, today, files)
    beyond = {day: [each for each in of_day if each.not_on_lines] for day, of_day in days.items()}
    if not any(beyond.values()):
        return whole
    on_lines = {day: _on_lines(of_day) for day, of_day in days.items()}
    return replace(
        whole,
        not_on_lines=_figures(beyond, NOTHING, today, files).days_30,
        on_lines=_figures(on_lines, recent, today, files),
    )


def _figures(days: Mapping[date, list[Slice]], recent: Tally, today: date, files: int) -> HomeFigures:
    by_day = {day: sums(of_day, model_of) for day, of_day in days.items()}
    whole = {day: total(models.values()) for day, models in by_day.items()}

    def since(first: date) -> Tally:
        return total(each for day, each in whole.items() if day >= first).tally()

    month_ago = first_of(30, today)
    models_30 = merged(models for day, models in by_day.items() if day >= month_ago)
    shown = (today - timedelta(days=ago) for ago in reversed(range(DAYS_SHOWN)))
    return HomeFigures(
        today=since(today),
        days_7=since(first_of(7, today)),
        days_30=since(month_ago),
        month=since(today.replace(day=1)),
        priced=_coverage(total(models_30.values())),
        unpriced_models=_unpriced(models_30),
        files=files,
        last_days=tuple(whole[day].tally() if day in whole else NOTHING for day in shown),
        recent=recent,
    )


def _local_days(zone: tzinfo) -> Callable[[int], date]:
    """The local day of a quarter of an hour (epoch ms), each found once."""
    return cache(lambda quarter: moment(quarter).astimezone(zone).date())


def _by_day(slices: Iterable[Slice], day_of: Callable[[int], date]) -> dict[date, list[Slice]]:
    days: dict[date, list[Slice]] = {}
    for each in slices:
        days.setdefault(day_of(each.quarter), []).append(each)
    return days


def _sessions(slices: Iterable[Slice], home: Callable[[Slice], str]) -> tuple[SessionCost, ...]:
    """Threads with their subagents, the last used first."""
    threads: dict[str, list[Slice]] = {}
    for each in slices:
        threads.setdefault(each.thread or UNKNOWN, []).append(each)
    found = [_session(thread, own, home) for thread, own in threads.items()]
    return tuple(sorted(found, key=lambda session: (session.last_at, session.id), reverse=True))


def _session(thread: str, own: list[Slice], home: Callable[[Slice], str]) -> SessionCost:
    # A subagent may work elsewhere; the project is where the user started, if that is known.
    started = min(
        own, key=lambda each: (each.session != thread, each.first_ms, not each.project, each.project)
    )
    return SessionCost(
        id=thread,
        home=home(started),
        project=started.project or None,
        started_at=moment(min(each.first_ms for each in own)),
        last_at=moment(max(each.last_ms for each in own)),
        models=tuple(sorted({model_of(each) for each in own})),
        subagents=len({each.session for each in own} - {thread, ""}),
        tally=Sum(own).tally(),
    )


def _coverage(whole: Sum) -> Literal["full", "partial", "none"]:
    if whole.priced == whole.responses:
        return "full"
    return "partial" if whole.priced else "none"


def _unpriced(by_model: Sums) -> tuple[str, ...]:
    return tuple(sorted(model for model, each in by_model.items() if each.priced < each.responses))
