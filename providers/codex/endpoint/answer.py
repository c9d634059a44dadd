"""Parses the responses of ChatGPT's usage endpoint.

    plan_type, email, account_id, user_id
    rate_limit: {allowed, limit_reached, primary_window: W | null, secondary_window: W | null} | null
    credits: {has_credits, unlimited, balance, overage_limit_reached}
    additional_rate_limits: [{limit_name, metered_feature, rate_limit}]     a model with limits of its own
    code_review_rate_limit: as rate_limit
    spend_control: {reached, individual_limit: I}; individual_limit also at the root or in rate_limit
    rate_limit_reached_type: {type} | null
    rate_limit_reset_credits: {available_count}

W and I are described in `providers.codex.shapes`. Other members with limits are shown under their key, as
`code_review_rate_limit` is and `spend_control.workspace_shared_limit` may be, or named as dropped. The amounts of
an individual limit are money only where their `unit` is a currency; usually it is "credit", or missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from providers.codex import balance, limits, shapes
from providers.codex.parts import Parts, Slots
from providers.domain.limits import RateWindow, Reading, ResetCredits, Spend
from providers.host.secret import Secret

_MOST_LIMITS = 50
_REVIEW = "code_review_rate_limit"
_CAP = "individual_limit"
_READ_HERE = frozenset(
    {
        "rate_limit",
        "credits",
        "additional_rate_limits",
        "spend_control",
        "rate_limit_reset_credits",
        "rate_limit_upsell",
        "promo",
        _REVIEW,
        _CAP,
    }
)
_OF_LIMIT = frozenset({"primary_window", "secondary_window", _CAP})
_OF_CONTROL = frozenset({_CAP})


class UsageAnswer:
    """A response: the account that it is about, as sent, and what it says."""

    def __init__(self, sent: dict[str, Any]) -> None:
        self._sent = sent

    @property
    def account_id(self) -> Any:
        return self._sent.get("account_id")

    @property
    def user_id(self) -> Any:
        return self._sent.get("user_id")

    def reading(self, now: datetime, token: Secret | None, source: str) -> Reading | None:
        """The reading, by `source`; None where it has neither limits nor credits.

        The resets in it have no expiry. A name that echoes the token of the request is dropped. Raises
        NotUnderstood where windows were sent and none could be read.
        """
        return _UsageParts(self._sent, now, token).reading(source)


def parse(body: bytes) -> UsageAnswer:
    """Raises ValueError for anything but a JSON object."""
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("no usage") from None
    return usage(raw)


def usage(raw: Any) -> UsageAnswer:
    """Raises ValueError for anything but an object."""
    sent = shapes.members(raw)
    if sent is None:
        raise ValueError("no usage")
    return UsageAnswer(sent)


def reset_credits(body: bytes, now: datetime) -> ResetCredits:
    """Parses a response of the reset credits endpoint; raises ValueError for anything else."""
    try:
        sent = shapes.members(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        sent = None
    if sent is None:
        raise ValueError("no reset credits")
    return balance.resets(sent, now)


class _UsageParts(Parts):
    """One response being parsed."""

    def __init__(self, sent: dict[str, Any], now: datetime, token: Secret | None) -> None:
        super().__init__(now, lambda text: token is None or token.reveal() not in text)
        self._sent = sent
        self._limit = shapes.members(sent.get("rate_limit")) or {}
        self._control = shapes.members(sent.get("spend_control")) or {}
        self._covered: set[str] = set()

    def reading(self, source: str) -> Reading | None:
        own = self._own()
        caps, spend = self._caps()
        windows = [*(own.windows if own else ()), *self._additional(), *caps, *self._elsewhere()]
        self.require_windows(windows)
        if own is not None and own.whole and self.complete:
            self._covered.add("windows")
        flags = shapes.refusal(self._sent, self._limit, self._control, self._sent.get("credits"))
        bought = self.credits("credits", self._sent.get("credits", UNSET), usable=not flags.credits_spent)
        if own is None and bought is UNSET and not windows:
            return None
        if not isinstance(bought, UnsetType):
            self._covered.add("credits")
        return Reading(
            source=source,
            fetched_at=self.now,
            windows=limits.one_of_each(windows),
            credits=None if isinstance(bought, UnsetType) else bought,
            spend=spend,
            resets=self.resets("rate_limit_reset_credits", self._sent.get("rate_limit_reset_credits")),
            limit_reached=flags.reached,
            plan=self.name("plan_type", self._sent.get("plan_type"), limits.plan),
            email=self.name("email", self._sent.get("email"), limits.email),
            speaks_for=frozenset(self._covered),
            dropped=self.dropped,
        )

    def _own(self) -> Slots | None:
        """The account's own windows; None where they are missing from the response."""
        name = "rate_limit"
        slots = self.slots(name, self._sent.get(name, UNSET))
        found = tuple(self.others(name, self._limit, _OF_LIMIT, own=True))
        if slots is None:
            return Slots(found, whole=False) if found else None
        return Slots((*slots.windows, *found), slots.whole)

    def _additional(self) -> Iterator[RateWindow]:
        name, raw = "additional_rate_limits", self._sent.get("additional_rate_limits")
        if raw is None:
            return
        if not isinstance(raw, list) or len(raw) > _MOST_LIMITS:
            self.lose(name)
            return
        for number, each in enumerate(raw):
            yield from self._of_model(f"{name}[{number}]", shapes.members(each) or {})

    def _of_model(self, name: str, sent: dict[str, Any]) -> Iterator[RateWindow]:
        if "rate_limit" not in sent:
            self.lose(name)
            return
        named = self.shown(sent.get("metered_feature")), self.shown(sent.get("limit_name"))
        limit = shapes.members(sent["rate_limit"])
        if limit is not None:
            yield from self.model(f"{name}.rate_limit", limit, *named)
        elif sent["rate_limit"] is not None:
            self.lose(f"{name}.rate_limit")
        for key in sent.keys() - {"rate_limit"}:
            if shapes.states_limit(sent[key]):
                self.drop(f"{name}.*")

    def _elsewhere(self) -> Iterator[RateWindow]:
        """What limits a feature, or a whole workspace."""
        review = self.slots(_REVIEW, self._sent.get(_REVIEW, UNSET))
        for window in review.windows if review else ():
            yield limits.of_feature(window, _REVIEW)
        yield from self.others("", self._sent, _READ_HERE)
        yield from self.others("spend_control", self._control, _OF_CONTROL)

    def _caps(self) -> tuple[list[RateWindow], Spend | None]:
        """The personal spend cap in each of its places, and the money that it is made of."""
        control = self._sent.get("spend_control")
        if control is not None and shapes.members(control) is None:
            self.drop("spend_control")
        bought = shapes.members(self._sent.get("credits")) or {}
        places = {
            "": self._sent,
            "rate_limit.": self._limit,
            "spend_control.": self._control,
            "credits.": bought,
        }
        sent = {f"{place}{_CAP}": each[_CAP] for place, each in places.items() if _CAP in each}
        caps = {name: self.cap(name, raw) for name, raw in sent.items() if raw is not None}
        good = {name: cap for name, cap in caps.items() if cap is not None}
        if sent and not any(name in self.dropped for name in caps):
            self._covered.add("spend")
        spends = [self._money(name, sent[name], cap.resets_at) for name, cap in good.items()]
        return list(good.values()), next((spend for spend in spends if spend), None)

    def _money(self, name: str, raw: Any, resets_at: datetime | None) -> Spend | None:
        try:
            return balance.spend(shapes.members(raw) or {}, resets_at)
        except ValueError:
            self.drop(name)
            return None
