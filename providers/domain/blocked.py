"""Whether an account can go on now, and when again: one spent window blocks, however full the others are."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from providers.domain.limits import AccountUsage, RateWindow, Sourced
from providers.domain.merge import is_stale

_SPENT_PERCENT = 100.0


class Block(Struct, frozen=True, kw_only=True):
    """What stops an account: the spent windows, none where its server said so and did not say why.

    `until` is None where nobody knows. `credits_left`: bought units, or money, carry on meanwhile.
    """

    by: tuple[Sourced[RateWindow], ...] = ()
    until: datetime | None = None
    credits_left: bool = False


def blocked(usage: AccountUsage, now: datetime) -> Block | None:
    """None where it is not known to be blocked. Windows of one model or one feature block no other use."""
    by = tuple(lane for lane in usage.windows if _blocks(lane, now))
    if not by and not _is_said(usage, now):
        return None
    ends = [lane.value.resets_at for lane in by]
    known = [end for end in ends if end is not None]
    return Block(
        by=by,
        until=max(known) if known and len(known) == len(ends) else None,
        credits_left=_credits_left(usage),
    )


def _blocks(lane: Sourced[RateWindow], now: datetime) -> bool:
    window = lane.value
    if window.used_percent < _SPENT_PERCENT or window.scope not in ("account", "personal"):
        return False
    if window.resets_at is None:
        return not is_stale(lane.fetched_at, None, now)
    return window.resets_at > now


def _is_said(usage: AccountUsage, now: datetime) -> bool:
    """The server's word holds until it is old, or a window has refilled since."""
    said_at = usage.limit_reached_at
    if said_at is None or is_stale(said_at, None, now):
        return False
    ends = [lane.value.resets_at for lane in usage.windows if lane.value.resets_at is not None]
    return not any(said_at < end <= now for end in ends)


def _credits_left(usage: AccountUsage) -> bool:
    if usage.spend is not None and usage.spend.value.carries_on:
        return True
    if usage.credits is None:
        return False
    bought = usage.credits.value
    return bought.unlimited or (bought.balance is not None and bought.balance > 0)
