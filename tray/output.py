"""Snapshots and reports as JSON (schemas `tankful.usage/1`, `tankful.cost/1`) and as text. Pure but for print."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec

from providers.merge import is_stale
from providers.models import (
    AccountUsage,
    Attempt,
    Burn,
    CostReport,
    CostSummary,
    CreditsLane,
    Tally,
    UsageError,
    UsageSnapshot,
    WindowLane,
    tallied,
)
from providers.pace import pace
from tray import format as fmt
from tray.menu import is_past
from tray.rows import Row
from tray.zones import zone_name


def emit(text: str) -> None:
    """Data to stdout; a character its encoding lacks becomes a question mark rather than an error."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    print(text, flush=True)


def as_json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def as_text(rows: tuple[Row, ...]) -> str:
    return "\n".join("" if row.separator else row.text for row in rows)


# --- usage --------------------------------------------------------------------------------------------------


def usage(snapshot: UsageSnapshot, now: datetime) -> dict[str, Any]:
    """The shape of `tankful usage --json`."""
    return {
        "schema": "tankful.usage/1",
        "generated_at": _time(snapshot.generated_at),
        "providers": [_account(account, now) for account in snapshot.accounts],
    }


def _account(usage: AccountUsage, now: datetime) -> dict[str, Any]:
    known = usage.account
    return {
        "provider": usage.provider,
        "homes": list(usage.homes),
        "account": {"id": known.id, "email": known.email, "plan": known.plan} if known else None,
        "windows": [_window(lane, now) for lane in usage.windows],
        "credits": _credits(usage.credits, now) if usage.credits else None,
        "spend": None,
        "cost": _summary(usage.cost) if usage.cost else None,
        "attempts": [_attempt(attempt) for attempt in usage.attempts],
        "error": _error(usage.error) if usage.error else None,
    }


def _window(lane: WindowLane, now: datetime) -> dict[str, Any]:
    window = lane.window
    tempo = None if is_past(lane, now) else pace(window, now)
    return {
        "id": window.id,
        "title": window.title,
        "used_percent": window.used_percent,
        "remaining_percent": fmt.left_percent(window.used_percent),
        "window_minutes": round(window.duration.total_seconds() / 60) if window.duration else None,
        "resets_at": _time(window.resets_at),
        "source": lane.source,
        "fetched_at": _time(lane.fetched_at),
        "stale": is_stale(lane.fetched_at, window.resets_at, now),
        "pace": None
        if tempo is None
        else {
            "expected_percent": round(tempo.expected_percent, 1),
            "runs_out_at": _time(tempo.runs_out_at),
            "verdict": tempo.verdict,
        },
    }


def _credits(lane: CreditsLane, now: datetime) -> dict[str, Any]:
    balance = lane.credits.balance
    return {
        "balance": None if balance is None else f"{balance:f}",
        "unlimited": lane.credits.unlimited,
        "source": lane.source,
        "fetched_at": _time(lane.fetched_at),
        "stale": is_stale(lane.fetched_at, None, now),
    }


def _summary(cost: CostSummary) -> dict[str, Any]:
    return {
        "today_usd": _usd(cost.today_usd),
        "days_30_usd": _usd(cost.days_30_usd),
        "today_tokens": cost.today_tokens,
        "days_30_tokens": cost.days_30_tokens,
        "priced": cost.priced,
        "complete": cost.complete,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "source": attempt.source,
        "ok": attempt.ok,
        "error": _error(attempt.error) if attempt.error else None,
        "ms": attempt.ms,
        "notes": list(attempt.notes),
    }


def _error(error: UsageError) -> dict[str, Any]:
    return {
        "kind": error.kind,
        "message": error.message,
        "remedy": error.remedy,
        "retry_at": _time(error.retry_at),
    }


# --- cost ---------------------------------------------------------------------------------------------------


def cost(reports: Mapping[str, CostReport], zone: tzinfo, now: datetime) -> dict[str, Any]:
    """The shape of `tankful cost --json`; all reports are of the same days."""
    first = next(iter(reports.values()))
    return {
        "schema": "tankful.cost/1",
        "generated_at": _time(now),
        "timezone": zone_name(zone),
        "since": first.since.isoformat(),
        "until": first.until.isoformat(),
        "complete": True,
        "providers": {provider: _report(report) for provider, report in reports.items()},
    }


def _report(report: CostReport) -> dict[str, Any]:
    return {
        "totals": _tally(report.totals),
        "by_model": _tallies(report.by_model),
        "by_day": {day.isoformat(): _tallies(models) for day, models in report.by_day.items()},
        "by_home": _tallies(report.by_home),
        "burn": _burn(report.burn) if report.burn else None,
        "month_to_date_usd": _usd(report.month_to_date_usd),
        "priced": report.priced,
        "unpriced_models": list(report.unpriced_models),
        "files": report.files,
        "skipped_lines": report.skipped_lines,
    }


def _tallies(tallies: Mapping[str, Tally]) -> dict[str, Any]:
    return {name: _tally(tally) for name, tally in tallies.items()}


def _tally(tally: Tally) -> dict[str, Any]:
    counts: dict[str, Any] = msgspec.structs.asdict(tally.usage)
    return {
        "responses": tally.responses,
        **counts,
        "total_tokens": tally.usage.total_tokens,
        "usd": _usd(tally.usd),
    }


def _burn(burn: Burn) -> dict[str, Any]:
    return {
        "usd_per_hour": _usd(burn.usd_per_hour),
        "tokens_per_hour": round(burn.tokens_per_hour),
        "over_minutes": burn.over_minutes,
    }


_HEAD = ("responses", "input", "cache read", "cache write", "output", "total", "USD")


def cost_table(reports: Mapping[str, CostReport], by: str) -> str:
    """A table a provider: a line for each day, model or home, and the sum."""
    return "\n\n".join(_table(provider, report, by) for provider, report in reports.items())


def _table(provider: str, report: CostReport, by: str) -> str:
    groups = {"model": report.by_model, "home": report.by_home}.get(by)
    if groups is None:
        groups = {day.isoformat(): tallied(models.values()) for day, models in report.by_day.items()}
    lines: list[tuple[str, ...]] = [(f"{provider}, by {by}", *_HEAD)]
    lines += [(name, *_cells(tally)) for name, tally in groups.items()]
    lines.append((f"{report.since} – {report.until}", *_cells(report.totals)))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = ["  ".join(_aligned(line, widths)).rstrip() for line in lines]
    rule = "─" * max(len(line) for line in text)
    return "\n".join((text[0], rule, *text[1:-1], rule, text[-1], *_footnotes(report)))


def _footnotes(report: CostReport) -> tuple[str, ...]:
    notes = ["USD is what the API would have charged, not your bill."]
    if report.unpriced_models:
        notes.append(f"Left out, as no price is known: {', '.join(report.unpriced_models)}.")
    if report.skipped_lines:
        notes.append(f"Lines that could not be read: {report.skipped_lines}.")
    return tuple(notes)


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


def _usd(usd: float | None) -> float | None:
    """A millionth of a dollar is the last digit that means anything."""
    return None if usd is None else round(usd, 6)


def _time(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
