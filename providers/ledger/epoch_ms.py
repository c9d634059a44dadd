"""Times as the ledger keeps them: whole milliseconds since 1970, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def ms_or_none(at: datetime | None) -> int | None:
    return None if at is None else ms(at)


def moment_or_none(ms: int | None) -> datetime | None:
    return None if ms is None else moment(ms)


def span_ms(since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """Without a bound, before or after all times."""
    return -(2**62) if since is None else ms(since), 2**62 if until is None else ms(until)
