"""Invented histories of limits, in a ledger and as published: readings every few minutes of work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from providers.domain.cost import BilledResponse, TokenUsage
from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced, UsageSnapshot
from providers.ledger import window_log
from providers.ledger.database import opened, transaction
from providers.ledger.ledger import Ledger
from tests.tray.faces.page.ledgers import LedgerPage, billed
from tray.engine import document

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=7)
FIVE = 5 * HOUR
TITLES = {"session": "5h", "weekly": "Weekly"}
LENGTHS = {"session": FIVE, "weekly": WEEK}


def lane(window: str, used: float, resets_at: datetime | None, at: datetime) -> Sourced[RateWindow]:
    value = RateWindow(
        id=window,
        title=TITLES.get(window, window),
        used_percent=used,
        duration=LENGTHS.get(window),
        resets_at=resets_at,
    )
    return Sourced(value=value, source="oauth", fetched_at=at)


def account(ident: str = "a1b2c3d4", provider: str = "codex", **more: Any) -> AccountUsage:
    base = AccountUsage(
        provider=provider,
        title=provider.capitalize(),
        homes=(f"~/.{provider}",),
        account=Account(id=ident, email=f"{ident}@example.com", plan="pro"),
        limits_known=True,
        source_titles={"oauth": "the server"},
    )
    return replace(base, **more)


def note(ledger: Ledger, usage: AccountUsage, *lanes: Sourced[RateWindow]) -> None:
    ledger.limits.note(replace(usage, windows=lanes), max(each.fetched_at for each in lanes))


def work(
    weeks: int, percent_a_day: Callable[[int], float], now: datetime = NOW
) -> Iterator[tuple[datetime, float]]:
    """When how much of a week was used: each day from nine until past seven, every twenty minutes; oldest first.

    Each day begins and ends with a look at what has not changed.
    """
    first = (now - weeks * WEEK).replace(hour=9, minute=0)
    for day in range(weeks * 7 + 1):
        used = percent_a_day(day) / 30
        for step in range(32):
            at = first + day * DAY + step * 20 * MINUTE
            if at <= now:
                yield at, used if 0 < step < 31 else 0.0


def used_up(
    page: LedgerPage,
    usage: AccountUsage,
    steps: Iterable[tuple[datetime, float]],
    *,
    weekday: int = 0,
    tokens_a_percent: int = 1_000_000,
    home: Path | None = None,
    **context: Any,
) -> AccountUsage:
    """Note readings after each step, and bill its tokens a minute before, at a dollar for a million of them; a
    week begins on that day at midnight, UTC. Returns the account as it is after the last one.
    """
    assert usage.account is not None
    home = home or (page.codex if usage.provider == "codex" else page.claude)
    responses: list[BilledResponse] = []
    readings: list[AccountUsage] = []
    session = week = 0.0
    session_ends = week_ends = datetime.min.replace(tzinfo=UTC)
    for number, (at, used) in enumerate(steps, 1):
        if at >= session_ends:
            session, session_ends = 0.0, at + FIVE
        if at >= week_ends:
            week, week_ends = 0.0, _next(at, weekday)
        session, week = min(100.0, session + 6 * used), min(100.0, week + used)
        if used:
            tokens = TokenUsage(output_tokens=round(used * tokens_a_percent))
            responses.append(
                billed(at - MINUTE, home=home, usage=tokens, key=number, account=usage.account.id, **context)
            )
        lanes = (
            lane("session", round(session), session_ends, at),
            lane("weekly", round(week), week_ends, at),
        )
        readings.append(replace(usage, windows=lanes))
    with opened(page.costs.files[0], repair=True) as db, transaction(db):
        for reading in readings:
            window_log.note(db, reading, reading.windows[0].fetched_at)
    page.add(usage.provider, responses, lambda response: response.usage.total_tokens * 10**6)
    return readings[-1]


def _next(at: datetime, weekday: int) -> datetime:
    """When the week ends: seven days after the last such day."""
    return at.replace(hour=0, minute=0) - (at.weekday() - weekday) % 7 * DAY + WEEK


def published(*accounts: AccountUsage, now: datetime = NOW) -> dict[str, Any]:
    return document.usage(UsageSnapshot(generated_at=now, accounts=accounts), now)
