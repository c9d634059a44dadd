"""Parses the responses of Codex's app-server.

    account/read             {account: {type: "chatgpt", email, planType} | {type: "apiKey"} | null}
    account/rateLimits/read  {rateLimits: S, rateLimitsByLimitId: {codex: S, codex_bengalfox: S} | null,
                              rateLimitResetCredits: {availableCount, credits: [{status, expiresAt}] | null},
                              ordinaryUsageAllowed}
    account/usage/read       {dailyUsageBuckets: [{startDate: "2026-11-20", tokens}] | null}      not in 0.60
    S = {limitId, limitName, primary: W | null, secondary: W | null, individualLimit: {remainingPercent, resetsAt},
         credits: {hasCredits, unlimited, balance} | null, planType, rateLimitReachedType, spendControlReached}
    W = {usedPercent, windowDurationMins, resetsAt}

0.60 has only `rateLimits`, with its windows, credits and no id. Each part is parsed separately: a malformed one is
dropped and named, its siblings stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict

from providers.codex import limits
from providers.domain.limits import Credits, DayTokens, RateWindow, Reading, ResetCredits

_OWN = "codex"
_MOST_LIMITS = 50
_MOST_DAYS = 1000
_T = TypeVar("_T")


class AccountAnswer(Struct, frozen=True, kw_only=True):
    """The account that the program is logged in to; `kind` is "chatgpt", or another that has no limits."""

    kind: str
    email: str | None = None
    plan: str | None = None


class _Window(Struct, frozen=True, rename="camel"):
    used_percent: float
    window_duration_mins: float | None = None
    resets_at: float | None = None


class _Limit(Struct, frozen=True, rename="camel"):
    limit_id: Any = None
    limit_name: Any = None
    primary: Any = UNSET
    secondary: Any = UNSET
    credits: Any = UNSET
    individual_limit: Any = None
    plan_type: Any = None
    rate_limit_reached_type: Any = None
    spend_control_reached: Any = None


class _Credits(Struct, frozen=True, rename="camel"):
    has_credits: bool = False
    unlimited: bool = False
    balance: str | float | None = None


class _Individual(Struct, frozen=True, rename="camel"):
    remaining_percent: float
    resets_at: float | None = None


class _Reset(Struct, frozen=True, rename="camel"):
    status: Any = None
    expires_at: Any = None


class _Resets(Struct, frozen=True, rename="camel"):
    available_count: int
    credits: list[_Reset] | None = None


class _Bucket(Struct, frozen=True, rename="camel"):
    start_date: date
    tokens: Annotated[int, Meta(ge=0)]


class _Limits(Struct, frozen=True, rename="camel"):
    rate_limits: Any = UNSET
    rate_limits_by_limit_id: Any = None
    rate_limit_reset_credits: Any = None
    ordinary_usage_allowed: Any = None


def account(raw: Any) -> AccountAnswer | None:
    """The account; None where nobody is signed in. Raises ValueError for a malformed response."""
    if not isinstance(raw, dict) or "account" not in raw:
        raise ValueError("no account")
    sent = raw["account"]
    if sent is None:
        return None
    if not isinstance(sent, dict) or not isinstance(sent.get("type"), str):
        raise ValueError("no account")
    return AccountAnswer(
        kind=sent["type"], email=limits.email(sent.get("email")), plan=_plan(sent.get("planType"))
    )


def tokens(raw: Any) -> tuple[DayTokens, ...]:
    """The vendor's token count of each day, in order; malformed entries are skipped."""
    buckets = raw.get("dailyUsageBuckets") if isinstance(raw, dict) else None
    counted: dict[date, int] = {}
    for each in buckets[:_MOST_DAYS] if isinstance(buckets, list) else ():
        with suppress(msgspec.ValidationError):
            bucket = msgspec.convert(each, _Bucket)
            counted[bucket.start_date] = bucket.tokens
    return tuple(DayTokens(day=day, tokens=count) for day, count in sorted(counted.items()))


def reading(raw: Any, owner: AccountAnswer | None, now: datetime, source: str) -> Reading | None:
    """The limits; None where the response has neither limits nor credits."""
    try:
        sent = msgspec.convert(raw, _Limits)
    except msgspec.ValidationError:
        return None
    return _Parts(sent, now).reading(owner, source)


class _Parts:
    """One response being parsed: each method takes one part and records what it had to drop."""

    def __init__(self, sent: _Limits, now: datetime) -> None:
        self._sent, self._now = sent, now
        self._dropped: list[str] = []
        self._whole = True

    def reading(self, owner: AccountAnswer | None, source: str) -> Reading | None:
        own, others = self._sorted()
        if own is None:
            return None
        windows = self._windows("rateLimits", own)
        found = list(windows or ())
        cap = self._individual(own)
        found += [cap] if cap else []
        found += [window for name, limit in others for window in self._of_model(name, limit)]
        credits_ = self._credits(own)
        if windows is None and credits_ is UNSET and not found:
            return None
        covered = {"credits"} if credits_ is not UNSET else set()
        # An older program reports the account's own windows only: then the others are missing from the response.
        if windows is not None and self._whole and isinstance(self._sent.rate_limits_by_limit_id, dict):
            covered.add("windows")
        resets = self._resets()
        return Reading(
            source=source,
            fetched_at=self._now,
            windows=limits.one_of_each(found),
            credits=None if credits_ is UNSET else credits_,
            resets=resets,
            limit_reached=self._limit_reached(own),
            plan=_plan(own.plan_type) or (owner.plan if owner else None),
            email=owner.email if owner else None,
            speaks_for=frozenset(covered | ({"resets"} if resets is not None else set())),
            dropped=tuple(dict.fromkeys(self._dropped)),
        )

    def _sorted(self) -> tuple[_Limit | None, list[tuple[str, _Limit]]]:
        """The account's own limits, and those of single models with their keys."""
        own: _Limit | None = None
        others: list[tuple[str, _Limit]] = []
        for name, limit in self._filed():
            if name == _OWN:
                own = limit
            else:
                others.append((name, limit))
        alone = self._converted("rateLimits", self._sent.rate_limits, _Limit)
        if own is None and alone is not None and alone.limit_id in (None, _OWN):
            own = alone
        return own, others

    def _filed(self) -> Iterator[tuple[str, _Limit]]:
        name, filed = "rateLimitsByLimitId", self._sent.rate_limits_by_limit_id
        if filed is None:
            return
        if not isinstance(filed, dict) or len(filed) > _MOST_LIMITS:
            self._drop(name)
            return
        for key, raw in filed.items():
            limit = self._converted(name, raw, _Limit)
            if limit is not None:
                yield str(key), limit

    def _windows(self, name: str, limit: _Limit) -> list[RateWindow] | None:
        """None where they are missing from the response; a business plan has `null`, which is not missing."""
        found: list[RateWindow] = []
        missing = 0
        for slot in ("primary", "secondary"):
            raw = getattr(limit, slot)
            if raw is UNSET:
                missing += 1
            elif raw is not None and (made := self._window(f"{name}.{slot}", raw)) is not None:
                found.append(made)
                self._whole = self._whole and made.duration is not None
        if missing:
            self._whole = False
        return found if found or not missing else None

    def _window(self, name: str, raw: Any) -> RateWindow | None:
        sent = self._converted(name, raw, _Window)
        if sent is None:
            return None
        made = limits.window(sent.used_percent, sent.window_duration_mins, sent.resets_at, self._now)
        if made is None:
            self._drop(name)
        return made

    def _of_model(self, key: str, limit: _Limit) -> Iterator[RateWindow]:
        for window in self._windows("rateLimitsByLimitId", limit) or ():
            made = limits.of_model(window, limit.limit_id or key, limit.limit_name)
            if made is None:
                self._drop("rateLimitsByLimitId")
            else:
                yield made

    def _individual(self, limit: _Limit) -> RateWindow | None:
        if limit.individual_limit is None:
            return None
        name = "rateLimits.individualLimit"
        sent = self._converted(name, limit.individual_limit, _Individual)
        made = limits.individual(sent.remaining_percent, sent.resets_at, self._now) if sent else None
        if sent is not None and made is None:
            self._drop(name)
        return made

    def _credits(self, limit: _Limit) -> Credits | UnsetType | None:
        raw = limit.credits
        if raw is None or isinstance(raw, UnsetType):
            return raw
        sent = self._converted("rateLimits.credits", raw, _Credits)
        if sent is None:
            return UNSET
        try:
            return limits.bought(asdict(sent))
        except ValueError:
            self._drop("rateLimits.credits")
            return UNSET

    def _resets(self) -> ResetCredits | None:
        name, raw = "rateLimitResetCredits", self._sent.rate_limit_reset_credits
        sent = None if raw is None else self._converted(name, raw, _Resets)
        if sent is None:
            return None
        usable = [each.expires_at for each in sent.credits or () if each.status in (None, "available")]
        try:
            return limits.reset_credits(sent.available_count, usable, self._now)
        except ValueError:
            self._drop(name)
            return None

    def _limit_reached(self, limit: _Limit) -> bool | None:
        """The server's own flag; a reached type that is `null` means nothing, as older programs have none."""
        reached = isinstance(limit.rate_limit_reached_type, str) or limit.spend_control_reached is True
        allowed = self._sent.ordinary_usage_allowed
        if reached or allowed is False:
            return True
        return False if allowed is True else None

    def _converted(self, name: str, raw: Any, kind: type[_T]) -> _T | None:
        if raw is UNSET:
            return None
        try:
            return msgspec.convert(raw, kind)
        except msgspec.ValidationError:
            self._drop(name)
            return None

    def _drop(self, name: str) -> None:
        self._dropped.append(name)
        self._whole = False


def _plan(raw: Any) -> str | None:
    """Codex reports `unknown` for a plan that it does not know."""
    name = limits.plan(raw)
    return None if name == "unknown" else name
