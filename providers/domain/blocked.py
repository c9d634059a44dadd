"""Whether an account is blocked now, and until when: one exhausted window blocks, whatever is left of others."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from providers.domain import rules
from providers.domain.limits import AccountUsage, RateWindow, Sourced
from providers.domain.merge import seconds_until


class Block(Struct, frozen=True, kw_only=True):
    """What blocks an account: the exhausted windows, none if the server reported a block without a reason.

    `until` is None if unknown. `credits_left` is whether purchased credits, or money, can be used meanwhile:
    None if the account has some and the server does not say.
    """

    by: tuple[Sourced[RateWindow], ...] = ()
    until: datetime | None = None
    credits_left: bool | None = False


def blocked(usage: AccountUsage, now: datetime) -> Block | None:
    """None if it is not known to be blocked. Windows of one model or one feature block no other use."""
    by = tuple(lane for lane in usage.windows if _blocks(lane, now, usage.refresh_every.total_seconds()))
    if not by and not is_refused(usage, now):
        return None
    ends = [lane.value.resets_at for lane in by]
    known = [end for end in ends if end is not None]
    return Block(
        by=by,
        until=max(known) if known and len(known) == len(ends) else None,
        credits_left=_credits_left(usage),
    )


def is_refused(usage: AccountUsage, now: datetime) -> bool:
    """Whether its server reports that it accepts no requests, and that is current still."""
    reported_at = usage.limit_reached_at
    if reported_at is None:
        return False
    windows = [
        (lane.value.used_percent, (now - lane.fetched_at).total_seconds(), resets_in)
        for lane in usage.windows
        if (resets_in := seconds_until(lane.value.resets_at, now)) is not None
    ]
    age = (now - reported_at).total_seconds()
    return rules.is_refusal_current(age, windows, usage.refresh_every.total_seconds())


def _blocks(lane: Sourced[RateWindow], now: datetime, every: float) -> bool:
    window = lane.value
    age = (now - lane.fetched_at).total_seconds()
    until = seconds_until(window.resets_at, now)
    return rules.blocks(window.used_percent, window.scope, age, until, every)


def _credits_left(usage: AccountUsage) -> bool | None:
    carries_on = usage.spend.value.carries_on if usage.spend is not None else False
    if carries_on or usage.credits is None:
        return carries_on
    bought = usage.credits.value
    return bought.carries_on and (bought.unlimited or (bought.balance is not None and bought.balance > 0))
