"""Cost reports as JSON (schema `tankful.cost/1`) and as tables. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from pathlib import PurePath
from typing import Any

import msgspec
from msgspec.structs import replace

from providers.domain.cost import CostReport, SessionCost, Tally, tallied
from providers.ledger.prices.pricing import Rates, Used
from tray.engine.document import as_time, as_usd, burn
from tray.engine.zones import zone_name
from tray.view import format as fmt
from tray.view import price_list


def as_data(
    reports: Mapping[str, CostReport], by: str, rates: Rates | None, zone: tzinfo, now: datetime
) -> dict[str, Any]:
    """The shape of `tankful cost --json`; all reports are of the same days. `rates` are named where given."""
    first = next(iter(reports.values()))
    return {
        "schema": "tankful.cost/1",
        "generated_at": as_time(now),
        "timezone": zone_name(zone),
        "since": first.since.isoformat(),
        "until": first.until.isoformat(),
        "complete": not any(report.unreadable_files for report in reports.values()),
        "providers": {
            provider: _report(report) | _grouped(report, by) | _rates(report, rates, now)
            for provider, report in reports.items()
        },
    }


def _report(report: CostReport) -> dict[str, Any]:
    return {
        "totals": _tally(report.totals),
        "not_on_lines": _tally(report.not_on_lines.tally),
        "by_model": _tallies(report.by_model),
        "by_day": {day.isoformat(): _tallies(models) for day, models in report.by_day.items()},
        "by_home": _tallies(report.by_home),
        "burn": burn(report.burn),
        "month_to_date_usd": as_usd(report.month_to_date_usd),
        "priced": report.priced,
        "unpriced_models": list(report.unpriced_models),
        "files": report.files,
        "skipped_lines": report.skipped_lines,
        "unreadable_files": list(report.unreadable_files),
    }


def _grouped(report: CostReport, by: str) -> dict[str, Any]:
    """What is included only on request: there may be thousands of sessions."""
    if by == "session":
        return {"by_session": [_session(session) for session in report.by_session]}
    if by == "project":
        return {"by_project": _tallies(report.by_project)}
    if by == "account":
        return {"by_account": _tallies(report.by_account)}
    return {"by_effort": _tallies(report.by_effort)} if by == "effort" else {}


def _session(session: SessionCost) -> dict[str, Any]:
    return {
        "id": session.id,
        "project": session.project,
        "started_at": as_time(session.started_at),
        "last_at": as_time(session.last_at),
        "models": list(session.models),
        "subagents": session.subagents,
        **_tally(session.tally),
    }


def _tallies(tallies: Mapping[str, Tally]) -> dict[str, Any]:
    return {name: _tally(tally) for name, tally in tallies.items()}


def _tally(tally: Tally) -> dict[str, Any]:
    counts: dict[str, Any] = msgspec.structs.asdict(tally.usage)
    return {
        "responses": tally.responses,
        **counts,
        "total_tokens": tally.usage.total_tokens,
        "usd": as_usd(tally.usd),
    }


def _rates(report: CostReport, rates: Rates | None, now: datetime) -> dict[str, Any]:
    if rates is None:
        return {}
    return {"rates": {model: price_list.used_data(used) for model, used in _used_rates(report, rates, now)}}


def _used_rates(report: CostReport, rates: Rates, now: datetime) -> Iterable[tuple[str, Used]]:
    """The standard rates of each model on the last day of the report."""
    last = min(now, datetime.combine(report.until, datetime.min.time(), UTC))
    for model in report.by_model:
        used = rates.used(model, last)
        if used is not None:
            yield model, used


# --- as text ------------------------------------------------------------------------------------------------

_HEAD = ("responses", "input", "cache read", "cache write", "output", "total", "USD")


def with_emails(reports: Mapping[str, CostReport], emails: Mapping[str, str]) -> dict[str, CostReport]:
    """The reports with accounts named for people: the email address where it is known, and the id."""
    return {
        provider: replace(
            report,
            by_account={
                f"{emails[account]}  {account}" if account in emails else account: tally
                for account, tally in report.by_account.items()
            },
        )
        for provider, report in reports.items()
    }


def table(
    reports: Mapping[str, CostReport], by: str, rates: Rates | None, zone: tzinfo, now: datetime
) -> str:
    """A table a provider: a line for each day, model, session, project, effort or home, and the sum."""
    return "\n\n".join(_table(provider, report, by, rates, zone, now) for provider, report in reports.items())


def _table(
    provider: str, report: CostReport, by: str, rates: Rates | None, zone: tzinfo, now: datetime
) -> str:
    lines: list[tuple[str, ...]] = [(f"{provider}, by {by}", *_HEAD)]
    lines += [(fmt.plain(name), *_cells(tally)) for name, tally in _groups(report, by, zone)]
    unlogged = report.not_on_lines.tally
    if unlogged.responses:  # how many responses they were is unknown
        lines.append(("not in the logs", "–", *_cells(unlogged)[1:]))
    whole = replace(tallied((report.totals, unlogged)), responses=report.totals.responses)
    lines.append((f"{report.since} – {report.until}", *_cells(whole)))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = ["  ".join(_aligned(line, widths)).rstrip() for line in lines]
    rule = "─" * max(len(line) for line in text)
    notes = (*_speed(report), *_footnotes(report))
    if rates is not None:
        notes = (*notes, *_rate_lines(report, rates, now))
    return "\n".join((text[0], rule, *text[1:-1], rule, text[-1], *notes))


def _groups(report: CostReport, by: str, zone: tzinfo) -> list[tuple[str, Tally]]:
    if by == "day":
        return [(day.isoformat(), tallied(models.values())) for day, models in report.by_day.items()]
    if by == "session":
        return [(_session_name(session, zone), session.tally) for session in report.by_session]
    groups = {
        "model": report.by_model,
        "home": report.by_home,
        "project": report.by_project,
        "effort": report.by_effort,
        "account": report.by_account,
    }
    return list(groups[by].items())


def _session_name(session: SessionCost, zone: tzinfo) -> str:
    when = session.last_at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    project = PurePath(session.project).name if session.project else "?"
    helpers = f" +{session.subagents}" if session.subagents else ""
    return f"{when}  {project}  {session.id[-12:]}{helpers}"


def _speed(report: CostReport) -> tuple[str, ...]:
    parts = []
    if report.burn is not None:
        rate = f"{fmt.tokens(round(report.burn.tokens_per_hour))} tokens per hour"
        usd = report.burn.usd_per_hour
        spent = "" if usd is None else f"{fmt.money(usd)} and "
        parts.append(f"Last {report.burn.over_minutes // 60} hours: {spent}{rate}.")
    month = (report.month_to_date_usd or 0) + (report.not_on_lines.month_to_date_usd or 0)
    if month:
        parts.append(f"This month: {fmt.money(month)}.")
    return (" ".join(parts),) if parts else ()


def _footnotes(report: CostReport) -> tuple[str, ...]:
    notes = ["USD is what the API would have charged, not your bill."]
    unpriced = sorted({*report.unpriced_models, *report.not_on_lines.unpriced_models})
    if unpriced:
        notes.append(
            f"Not included (no known price): {', '.join(unpriced)}. Run `tankful prices update`, or"
            " add a price to prices.toml."
        )
    if report.skipped_lines:
        notes.append(f"Unreadable lines: {report.skipped_lines}.")
    if report.unreadable_files:
        notes.append(f"Logs that could not be read completely: {', '.join(report.unreadable_files)}.")
    return tuple(fmt.plain(note, longest=2000) for note in notes)


def _rate_lines(report: CostReport, rates: Rates, now: datetime) -> tuple[str, ...]:
    return tuple(
        f"{fmt.plain(model)}: {_priced(used.rates)} ({fmt.plain(used.model)}, {fmt.plain(used.origin)})"
        for model, used in _used_rates(report, rates, now)
    )


def _priced(rates: Mapping[str, Decimal]) -> str:
    tokens = ", ".join(
        f"{name.replace('_', ' ')} ${rate.normalize():f}"
        for name, rate in rates.items()
        if name != "web_search"
    )
    searches = rates.get("web_search")
    searched = "" if searches is None else f"; ${searches.normalize():f} per thousand web searches"
    return f"{tokens} per million tokens{searched}"


def _aligned(line: tuple[str, ...], widths: list[int]) -> tuple[str, ...]:
    name, *numbers = line
    return (
        name.ljust(widths[0]),
        *(number.rjust(width) for number, width in zip(numbers, widths[1:], strict=True)),
    )


def _cells(tally: Tally) -> tuple[str, ...]:
    used = tally.usage
    counts = (
        tally.responses,
        used.input_tokens,
        used.cache_read_tokens,
        used.cache_write_tokens,
        used.output_tokens,
        used.total_tokens,
    )
    return (*(f"{count:,}" for count in counts), "no price" if tally.usd is None else fmt.money(tally.usd))
