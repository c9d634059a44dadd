"""The objects in which ChatGPT, app-server and the rollouts state a limit, in each of their spellings.

    window   {used_percent, limit_window_seconds | window_duration_mins | window_minutes, R}
    cap      {limit, used, remaining, used_percent, remaining_percent, R}, each of them optional
    R        reset_at | resets_at, 0 where unknown; or reset_after_seconds | resets_in_seconds
    flags    {allowed, limit_reached, rate_limit_reached_type, spend_control_reached, …}

App-server writes the same names in camel case. Observed: numbers in quotes from the endpoint; `resets_in_seconds`
from Codex 0.3x-0.4x; a cap with `used_percent` 455 beside amounts in quotes (2026-09); `rate_limit_reached_type`
as a text from app-server and in rollouts, as `{"type": …}` from the endpoint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from providers.codex import limits
from providers.domain.limits import RateWindow
from providers.domain.scalars import flag, moment, number, percent

_RESET_AT = ("reset_at", "resets_at")
_RESET_IN = ("reset_after_seconds", "resets_in_seconds")
_SECONDS = "limit_window_seconds"
_MINUTES = ("window_duration_mins", "window_minutes")
_LONGEST_SECONDS = 1e9
_SHARES = ("used_percent", "remaining_percent", "utilization")
_DEEPEST = 4
_MOST_LISTED = 50
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# What each flag says when no request is accepted any more; the others are None, False or missing then.
_ACCEPTS = {"allowed": True, "ordinary_usage_allowed": True, "limit_reached": False}
_REFUSES = ("reached", "spend_control_reached")
# Credits cannot be used either: they, or what may be spent, are used up.
_CREDITS_SPENT = ("overage_limit_reached", "spend_limit_reached", "reached", "spend_control_reached")
_REACHED_TYPE = "rate_limit_reached_type"
_OF_CREDITS = ("credits_depleted", "usage_limit_reached")


def members(raw: Any) -> dict[str, Any] | None:
    """The members of a JSON object, with names in snake case; None for anything else."""
    if not isinstance(raw, dict):
        return None
    return {_HUMP.sub("_", key).lower(): value for key, value in raw.items() if isinstance(key, str)}


def window(raw: Any, now: datetime) -> RateWindow | None:
    """The window that an object states, by its length; None where it states no share.

    `now` is when it was sent: its delays count from then.
    """
    sent = members(raw)
    used = None if sent is None else _used_percent(sent)
    if sent is None or used is None:
        return None
    return limits.window(used, _minutes(sent), reset(sent, now), now)


def reset(sent: Mapping[str, Any], now: datetime) -> datetime | None:
    """The time of the reset; a delay counts only where no time is stated."""
    stated = next((sent[name] for name in _RESET_AT if sent.get(name) is not None), None)
    if stated is not None and (number(stated) is not None or moment(stated) is not None):
        return moment(stated)
    delay = next((number(sent[name]) for name in _RESET_IN if sent.get(name) is not None), None)
    return now + timedelta(seconds=delay) if delay is not None and 0 < delay < _LONGEST_SECONDS else None


def states_reset(sent: Mapping[str, Any]) -> bool:
    """Whether a time, or a delay, is stated at all: 0 is none."""
    stated = (sent[name] for name in (*_RESET_AT, *_RESET_IN) if sent.get(name) is not None)
    return any(number(each) != 0 for each in stated)


def is_unlimited(raw: Any) -> bool:
    """Whether it is a cap without a limit: it states what was used, and of nothing."""
    sent = members(raw)
    if sent is None or number(sent.get("used")) is None:
        return False
    return all(sent.get(name) is None for name in ("limit", "remaining", *_SHARES))


def states_limit(raw: Any, depth: int = _DEEPEST) -> bool:
    """Whether there is a limit in it somewhere: a share, or an amount of a whole."""
    if depth == 0:
        return False
    if isinstance(raw, list):
        return any(states_limit(each, depth - 1) for each in raw[:_MOST_LISTED])
    sent = members(raw)
    if sent is None:
        return False
    if any(number(sent.get(name)) is not None for name in _SHARES) or _by_amounts(sent) is not None:
        return True
    return any(states_limit(inner, depth - 1) for inner in sent.values())


class Refusal(Struct, frozen=True):
    """What the server itself says about further requests.

    `reached` is whether it accepts none for now, None if it does not say; `credits_spent` whether credits cannot
    be used instead.
    """

    reached: bool | None
    credits_spent: bool


def refusal(*objects: Any) -> Refusal:
    """The flags of all these objects together.

    A reached type of `null` means nothing, as older servers do not send it; nor does a spend control that is not
    reached, as other limits may be.
    """
    sent = [found for found in map(members, objects) if found is not None]
    kinds = [kind for each in sent if (kind := _kind(each.get(_REACHED_TYPE))) is not None]
    accepts = [
        value is good
        for each in sent
        for name, good in _ACCEPTS.items()
        if (value := flag(each.get(name))) is not None
    ]
    refused = bool(kinds) or not all(accepts) or _any(sent, _REFUSES)
    return Refusal(
        reached=True if refused else (False if accepts else None),
        credits_spent=_any(sent, _CREDITS_SPENT) or any(kind.endswith(_OF_CREDITS) for kind in kinds),
    )


def _any(sent: list[dict[str, Any]], names: tuple[str, ...]) -> bool:
    return any(flag(each.get(name)) for each in sent for name in names)


def _kind(raw: Any) -> str | None:
    kind = raw.get("type") if isinstance(raw, dict) else raw
    return kind if isinstance(kind, str) and kind else None


def _minutes(sent: Mapping[str, Any]) -> float | None:
    seconds = number(sent.get(_SECONDS))
    if seconds:
        return seconds / 60
    return next((minutes for name in _MINUTES if (minutes := number(sent.get(name)))), None)


def _used_percent(sent: Mapping[str, Any]) -> float | None:
    """The first valid one of what was sent: what is used, what remains, the amounts.

    What remains is below 0 once a cap is exceeded, or stays at 0, so what is used goes first.
    """
    remaining = number(sent.get("remaining_percent"))
    shares = (sent.get("used_percent"), None if remaining is None else 100 - remaining, _by_amounts(sent))
    return next((share for share in map(percent, shares) if share is not None), None)


def _by_amounts(sent: Mapping[str, Any]) -> float | None:
    whole, used, remaining = (number(sent.get(name)) for name in ("limit", "used", "remaining"))
    if not whole or whole < 0:
        return None
    if used is None:
        used = None if remaining is None else whole - remaining
    return None if used is None else used / whole * 100
