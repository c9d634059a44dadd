"""Cost reports as JSON, schema `tankful.cost/1`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import msgspec

from providers.domain.cost import BlockCost, CostReport, SessionCost, Tally, tallied
from tray.engine.document_values import as_time, as_usd, burn
from tray.engine.zones import zone_name

if TYPE_CHECKING:
    from providers.ledger.prices.pricing import Rates


def as_data(
    reports: Mapping[str, CostReport],
    by: str,
    rates: Rates | None,
    zone: tzinfo,
    now: datetime,
    machine: str | None = None,
    *,
    with_not_on_lines: bool = True,
) -> dict[str, Any]:
    """The shape of `tankful cost --json`; all reports are of the same days. `rates` are named where given.
    `machine` is the name of this one where others may be added. `with_not_on_lines` is whether people see it in
    totals.
    """
    first = next(iter(reports.values()))
    return {
        "schema": "tankful.cost/1",
        "generated_at": as_time(now),
        "timezone": zone_name(zone),
        "since": first.since.isoformat(),
        "until": first.until.isoformat(),
        "complete": all(report.up_to_date and not report.unreadable_files for report in reports.values()),
        "totals": tally_data(tallied(report.totals for report in reports.values())),
        "not_on_lines": tally_data(tallied(report.not_on_lines.tally for report in reports.values())),
        "not_on_lines_shown": with_not_on_lines,
        **({} if machine is None else {"machines": _machines(reports, machine)}),
        "providers": {
            provider: _report(report) | _grouped(report, by) | _rates(report, rates, now)
            for provider, report in reports.items()
        },
    }


def _machines(reports: Mapping[str, CostReport], own: str) -> list[dict[str, Any]]:
    """This one first, and then the others as reports name them."""
    tallies: dict[str, list[Tally]] = {own: []}
    for report in reports.values():
        for name, tally in report.by_machine.items():
            tallies.setdefault(name, []).append(tally)
    return [{"name": name, "own": name == own, **tally_data(tallied(each))} for name, each in tallies.items()]


def _report(report: CostReport) -> dict[str, Any]:
    return {
        "totals": tally_data(report.totals),
        "not_on_lines": tally_data(report.not_on_lines.tally),
        "messages": {
            "total": sum(report.messages.values()),
            "by_day": {day.isoformat(): count for day, count in report.messages.items()},
        },
        "by_model": _tallies(report.by_model),
        "by_day": {day.isoformat(): _tallies(models) for day, models in report.by_day.items()},
        "by_home": _tallies(report.by_home),
        "burn": burn(report.burn),
        "month_to_date_usd": as_usd(report.month_to_date_usd),
        "not_on_lines_month_to_date_usd": as_usd(report.not_on_lines.month_to_date_usd),
        "priced": report.priced,
        "unpriced_models": list(report.unpriced_models),
        "files": report.files,
        "skipped_lines": report.skipped_lines,
        "unreadable_files": list(report.unreadable_files),
    }


def _grouped(report: CostReport, by: str) -> dict[str, Any]:
    """What is included only on request: there may be thousands of sessions."""
    match by:
        case "week":
            from tray.view.cost_groups import by_week

            return {"by_week": {day.isoformat(): _tallies(models) for day, models in by_week(report).items()}}
        case "month":
            from tray.view.cost_groups import by_month

            return {"by_month": {month: _tallies(models) for month, models in by_month(report).items()}}
        case "block":
            return {"by_block": [_block(block) for block in report.by_block]}
        case "session":
            return {
                "by_session": [
                    _session(session) | _models(report, session.id) for session in report.by_session
                ]
            }
        case "project":
            return {"by_project": _rows(report, report.by_project)}
        case "account":
            return {"by_account": _rows(report, report.by_account)}
        case "effort":
            return {"by_effort": _rows(report, report.by_effort)}
        case "machine":
            return {"by_machine": _rows(report, report.by_machine)}
        case "home":
            return {"by_home": _rows(report, report.by_home)}
    return {}


def _rows(report: CostReport, rows: Mapping[str, Tally]) -> dict[str, Any]:
    return {name: tally_data(tally) | _models(report, name) for name, tally in rows.items()}


def _models(report: CostReport, row: str) -> dict[str, Any]:
    """The models of a row, where they were asked for."""
    return {"by_model": _tallies(report.models_of[row])} if row in report.models_of else {}


def _block(block: BlockCost) -> dict[str, Any]:
    planned = block.projection
    return {
        "started_at": as_time(block.started_at),
        "ends_at": as_time(block.ends_at),
        "first_at": as_time(block.first_at),
        "last_at": as_time(block.last_at),
        "running": block.running,
        "burn": burn(block.burn),
        "projected": planned and {"usd": as_usd(planned.usd), "total_tokens": round(planned.tokens)},
        "by_model": _tallies(block.by_model),
        **tally_data(block.tally),
    }


def _session(session: SessionCost) -> dict[str, Any]:
    return {
        "id": session.id,
        "project": session.project,
        "started_at": as_time(session.started_at),
        "last_at": as_time(session.last_at),
        "models": list(session.models),
        "subagents": session.subagents,
        **tally_data(session.tally),
    }


def _tallies(tallies: Mapping[str, Tally]) -> dict[str, Any]:
    return {name: tally_data(tally) for name, tally in tallies.items()}


def tally_data(tally: Tally) -> dict[str, Any]:
    """A sum as everywhere in this document."""
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
    from tray.view import price_list

    return {
        "rates": {
            model: price_list.used_data(used) for model, used in price_list.used_rates(report, rates, now)
        }
    }
