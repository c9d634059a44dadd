"""Parses the responses of Codex's app-server.

    account/read             {account: {type: "chatgpt", email, planType} | {type: "apiKey"} | null}
    account/rateLimits/read  {rateLimits: S, rateLimitsByLimitId: {codex: S, codex_bengalfox: S} | null,
                              rateLimitResetCredits: {availableCount, credits: [{status, expiresAt}] | null},
                              ordinaryUsageAllowed, accountId}
    account/usage/read       {dailyUsageBuckets: [{startDate: "2026-11-20", tokens}] | null}      not in 0.60
    S = {limitId, limitName, primary: W | null, secondary: W | null, individualLimit: I, planType,
         credits: {hasCredits, unlimited, balance} | null, rateLimitReachedType, spendControlReached}

W and I are described in `providers.codex.shapes`. 0.60 has only `rateLimits`, with its windows, credits and no id.
Each part is parsed separately: a malformed one is dropped and named, its siblings stay. `ordinaryUsageAllowed` is
the server's word on the included usage, which no percentage overrules.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from providers.codex import limits, shapes
from providers.codex.parts import Parts
from providers.domain import typed
from providers.domain.limits import Credits, DayTokens, RateWindow, Reading
from providers.domain.scalars import whole

_MOST_LIMITS = 50
_MOST_TOKENS = 10**15
_MOST_DAYS = 1000
_OWN = "rateLimits"
_FILED = "rateLimitsByLimitId"
_CAP = "individual_limit"
_OF_LIMIT = frozenset({"primary", "secondary", "credits", _CAP})
_READ_HERE = frozenset(
    {
        "rate_limits",
        "rate_limits_by_limit_id",
        "rate_limit_reset_credits",
        "rate_limit_upsell",
        "individual_limit",
        "spend_control",
    }
)


class AccountAnswer(Struct, frozen=True, kw_only=True):
    """The account that the program is logged in to; `kind` is "chatgpt", or another that has no limits."""

    kind: str
    email: str | None = None
    plan: str | None = None


class _Bucket(Struct, frozen=True, rename="camel"):
    start_date: date
    tokens: Any


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


def account_id(raw: Any) -> Any:
    """The account that limits are about, as sent; older programs do not name it."""
    return raw.get("accountId") if isinstance(raw, dict) else None


def tokens(raw: Any) -> tuple[DayTokens, ...]:
    """The vendor's token count of each day, in order; malformed entries are skipped."""
    buckets = raw.get("dailyUsageBuckets") if isinstance(raw, dict) else None
    counted: dict[date, int] = {}
    for each in buckets[:_MOST_DAYS] if isinstance(buckets, list) else ():
        with suppress(msgspec.ValidationError):
            bucket = typed.convert(each, _Bucket)
            count = whole(bucket.tokens)
            if count is not None and 0 <= count <= _MOST_TOKENS:
                counted[bucket.start_date] = count
    return tuple(DayTokens(day=day, tokens=count) for day, count in sorted(counted.items()))


def reading(raw: Any, owner: AccountAnswer | None, now: datetime, source: str) -> Reading | None:
    """The limits; None where the response has neither limits nor credits.

    Raises NotUnderstood where windows were sent and none could be read.
    """
    sent = shapes.members(raw)
    return None if sent is None else _LimitsParts(sent, now).reading(owner, source)


class _LimitsParts(Parts):
    """One response being parsed."""

    def __init__(self, sent: dict[str, Any], now: datetime) -> None:
        super().__init__(now)
        self._sent = sent

    def reading(self, owner: AccountAnswer | None, source: str) -> Reading | None:
        own, of_models = self._sorted()
        if not own:
            return None
        slots = [found for each in own if (found := self.slots(_OWN, each)) is not None]
        windows = [window for found in slots for window in found.windows]
        windows += self._beside(own)
        windows += [window for key, limit in of_models for window in self._of_model(key, limit)]
        self.require_windows(windows)
        flags = shapes.refusal(self._sent, *own)
        bought = self._bought(own, usable=not flags.credits_spent)
        if not slots and bought is UNSET and not windows:
            return None
        # An older program reports the account's own windows only: then the others are missing from the response.
        filed = isinstance(self._sent.get("rate_limits_by_limit_id"), dict)
        whole_windows = filed and bool(slots) and all(found.whole for found in slots) and self.complete
        resets = self.resets("rateLimitResetCredits", self._sent.get("rate_limit_reset_credits"))
        covered = {"windows": whole_windows, "credits": bought is not UNSET, "resets": resets is not None}
        plans = [_plan(each.get("plan_type")) for each in own] + [owner.plan if owner else None]
        return Reading(
            source=source,
            fetched_at=self.now,
            windows=limits.one_of_each(windows),
            credits=None if isinstance(bought, UnsetType) else bought,
            resets=resets,
            limit_reached=flags.reached,
            plan=next(filter(None, plans), None),
            email=owner.email if owner else None,
            speaks_for=frozenset(lane for lane, is_covered in covered.items() if is_covered),
            dropped=self.dropped,
        )

    def _sorted(self) -> tuple[list[dict[str, Any]], list[tuple[str, dict[str, Any]]]]:
        """The account's own limits, two of them on some plans with credits, and those of models by their keys."""
        own: list[dict[str, Any]] = []
        of_models: list[tuple[str, dict[str, Any]]] = []
        for key, limit in self._filed():
            if limits.is_of_account(limit.get("limit_id") or key, limit.get("limit_name")):
                own += [limit] if _OF_LIMIT & limit.keys() else []
            else:
                of_models.append((key, limit))
        if own:
            return own, of_models
        alone = shapes.members(self._sent.get("rate_limits"))
        if alone is None:
            if self._sent.get("rate_limits") is not None:
                self.lose(_OWN)
        elif limits.is_of_account(alone.get("limit_id"), alone.get("limit_name")):
            own.append(alone)
        return own, of_models

    def _filed(self) -> Iterator[tuple[str, dict[str, Any]]]:
        filed = self._sent.get("rate_limits_by_limit_id")
        if filed is None:
            return
        if not isinstance(filed, dict) or len(filed) > _MOST_LIMITS:
            self.lose(_FILED)
            return
        for key, raw in filed.items():
            limit = shapes.members(raw)
            if limit is None:
                self.lose(_FILED)
            else:
                yield str(key), limit

    def _beside(self, own: list[dict[str, Any]]) -> Iterator[RateWindow]:
        """What limits the account besides its two windows: spend caps, and limits under names of their own."""
        control = shapes.members(self._sent.get("spend_control")) or {}
        capped = [(_OWN, each) for each in own] + [("", self._sent), ("spendControl", control)]
        for place, sent in capped:
            if (raw := sent.get(_CAP)) is not None:
                cap = self.cap(".".join(filter(None, (place, "individualLimit"))), raw)
                yield from [cap] if cap else []
        for each in own:
            yield from self.others(_OWN, each, _OF_LIMIT, own=True)
        yield from self.others("", self._sent, _READ_HERE)
        yield from self.others("spendControl", control, frozenset({_CAP}))

    def _of_model(self, key: str, limit: dict[str, Any]) -> Iterator[RateWindow]:
        yield from self.model(_FILED, limit, limit.get("limit_id") or key, limit.get("limit_name"))

    def _bought(self, own: list[dict[str, Any]], *, usable: bool) -> Credits | UnsetType | None:
        """Those of the first that has some."""
        found = [self.credits(f"{_OWN}.credits", each.get("credits", UNSET), usable=usable) for each in own]
        sent = [each for each in found if not isinstance(each, UnsetType)]
        return next(filter(None, sent), None) if sent else UNSET


def _plan(raw: Any) -> str | None:
    """Codex reports `unknown` for a plan that it does not know."""
    name = limits.plan(raw)
    return None if name == "unknown" else name
