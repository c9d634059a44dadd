"""Parses the responses of ChatGPT's usage endpoint.

    plan_type, email
    rate_limit: {allowed, limit_reached, primary_window: W | null, secondary_window: W | null} | null
    credits: {has_credits, unlimited, balance}
    additional_rate_limits: [{limit_name, metered_feature, rate_limit}]     a model with limits of its own
    code_review_rate_limit: as rate_limit
    spend_control: {reached, individual_limit: I}, or individual_limit: I
    rate_limit_reset_credits: {available_count}
    W = {used_percent, limit_window_seconds, R}    I = {limit, used, remaining_percent, R, unit}
    R = reset_at, 0 where unknown, and reset_after_seconds, which is used where the other is missing

Each part is parsed separately: a malformed one is dropped and named, its siblings stay. The amounts of an
individual limit are money only where their `unit` is a currency; usually it is "credit", or missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from providers.codex import limits
from providers.domain.limits import Credits, RateWindow, Reading, ResetCredits, Spend
from providers.host.secret import Secret

_MOST_LIMITS = 50
_LONGEST_SECONDS = 1e9
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_T = TypeVar("_T")


class _Window(Struct, frozen=True):
    used_percent: float
    limit_window_seconds: float | None = None
    reset_at: float | None = None
    reset_after_seconds: Any = None


class _Limit(Struct, frozen=True):
    primary_window: Any = UNSET
    secondary_window: Any = UNSET


class _Additional(Struct, frozen=True):
    rate_limit: Any
    limit_name: Any = None
    metered_feature: Any = None


class _Individual(Struct, frozen=True):
    remaining_percent: float
    reset_at: float | None = None
    reset_after_seconds: Any = None
    limit: Any = None
    used: Any = None
    unit: Any = None


class _SpendControl(Struct, frozen=True):
    reached: bool | None = None
    individual_limit: Any = UNSET


class _Usage(Struct, frozen=True):
    rate_limit: Any = UNSET
    credits: Any = UNSET
    additional_rate_limits: Any = None
    code_review_rate_limit: Any = None
    spend_control: Any = None
    individual_limit: Any = UNSET
    rate_limit_reset_credits: Any = None
    plan_type: Any = UNSET
    email: Any = UNSET


class _Reset(Struct, frozen=True):
    status: Any = None
    expires_at: Any = None


class _Resets(Struct, frozen=True):
    available_count: int
    credits: list[_Reset] | None = None


def parse(body: bytes, now: datetime, token: Secret, source: str) -> Reading | None:
    """The reading, by `source`; None where it has neither limits nor credits.

    Raises ValueError for anything but such a response. The resets in it have no expiry. A name that echoes the
    token of the request is dropped.
    """
    try:
        usage = msgspec.json.decode(body, type=_Usage)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("no usage") from None
    return _Parts(usage, now, token).reading(source)


def reset_credits(body: bytes, now: datetime) -> ResetCredits:
    """Parses a response of the reset credits endpoint; raises ValueError for anything else."""
    try:
        sent = msgspec.json.decode(body, type=_Resets)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("no reset credits") from None
    usable = [reset.expires_at for reset in sent.credits or () if reset.status in (None, "available")]
    return limits.reset_credits(sent.available_count, usable, now)


class _Parts:
    """One response being parsed: each method takes one part and records what it had to drop."""

    def __init__(self, usage: _Usage, now: datetime, token: Secret) -> None:
        self._usage, self._now, self._token = usage, now, token
        self._dropped: list[str] = []
        self._covered: set[str] = set()
        self._whole = True

    def reading(self, source: str) -> Reading | None:
        own = self._limit("rate_limit", self._usage.rate_limit)
        cap, spend = self._individual()
        windows = [*(own or ()), *self._additional(), *self._code_review(), *([cap] if cap else [])]
        if own is not None and self._whole and not self._dropped:
            self._covered.add("windows")
        credits_ = self._credits()
        if own is None and credits_ is UNSET and not windows:
            return None
        return Reading(
            source=source,
            fetched_at=self._now,
            windows=limits.one_of_each(windows),
            credits=None if credits_ is UNSET else credits_,
            spend=spend,
            resets=self._resets(),
            limit_reached=self._limit_reached(),
            plan=self._name("plan_type", self._usage.plan_type, limits.plan),
            email=self._name("email", self._usage.email, limits.email),
            speaks_for=frozenset(self._covered),
            dropped=tuple(self._dropped),
        )

    def _limit(self, name: str, raw: Any) -> list[RateWindow] | None:
        """The windows of a limit; None when it is missing from the response.

        A business plan has `null`: no windows, which is not the same as missing.
        """
        if raw is UNSET:
            return None
        if raw is None:
            return []
        sent = self._converted(name, raw, _Limit)
        if sent is None:
            return None
        found: list[RateWindow] = []
        missing = 0
        for slot in ("primary_window", "secondary_window"):
            value = getattr(sent, slot)
            if value is UNSET:
                missing += 1
            elif value is not None and (made := self._window(f"{name}.{slot}", value)) is not None:
                found.append(made)
        if name == "rate_limit":  # other limits are usually incomplete
            self._whole = not missing and all(each.duration for each in found)
        return found if found or not missing else None

    def _window(self, name: str, raw: Any) -> RateWindow | None:
        sent = self._converted(name, raw, _Window)
        if sent is None:
            return None
        minutes = sent.limit_window_seconds / 60 if sent.limit_window_seconds else None
        made = limits.window(sent.used_percent, minutes, self._reset_at(sent), self._now)
        if made is None:
            self._dropped.append(name)
        return made

    def _reset_at(self, sent: _Window | _Individual) -> float | None:
        after = sent.reset_after_seconds
        if sent.reset_at is not None or isinstance(after, bool) or not isinstance(after, int | float):
            return sent.reset_at
        return self._now.timestamp() + after if 0 < after < _LONGEST_SECONDS else None

    def _additional(self) -> list[RateWindow]:
        raw = self._usage.additional_rate_limits
        if raw is None:
            return []
        if not isinstance(raw, list) or len(raw) > _MOST_LIMITS:
            self._dropped.append("additional_rate_limits")
            return []
        found: list[RateWindow] = []
        for number, each in enumerate(raw):
            name = f"additional_rate_limits[{number}]"
            sent = self._converted(name, each, _Additional)
            if sent is None:
                continue
            named = [self._unless_token(sent.metered_feature), self._unless_token(sent.limit_name)]
            made = [
                limits.of_model(window, *named)
                for window in self._limit(f"{name}.rate_limit", sent.rate_limit) or ()
            ]
            if None in made:
                self._dropped.append(name)
            found += [window for window in made if window is not None]
        return found

    def _code_review(self) -> list[RateWindow]:
        name = "code_review_rate_limit"
        return [
            limits.of_code_review(window)
            for window in self._limit(name, self._usage.code_review_rate_limit) or ()
        ]

    def _individual(self) -> tuple[RateWindow | None, Spend | None]:
        name, raw = "individual_limit", self._usage.individual_limit
        control = self._usage.spend_control
        if control is not None:
            control = self._converted("spend_control", control, _SpendControl)
        if (raw is UNSET or raw is None) and control is not None:
            name, raw = "spend_control.individual_limit", control.individual_limit
        if raw is UNSET or raw is None:
            if raw is None:
                self._covered.add("spend")
            return None, None
        sent = self._converted(name, raw, _Individual)
        made = limits.individual(sent.remaining_percent, self._reset_at(sent), self._now) if sent else None
        if sent is None or made is None:
            if sent is not None:
                self._dropped.append(name)
            return None, None
        self._covered.add("spend")
        return made, self._money(name, sent, made.resets_at)

    def _money(self, name: str, sent: _Individual, resets_at: datetime | None) -> Spend | None:
        if not isinstance(sent.unit, str) or not _CURRENCY.fullmatch(sent.unit):
            return None
        try:
            used, limit = limits.amount(sent.used), limits.amount(sent.limit)
        except ValueError:
            self._dropped.append(name)
            return None
        if used is None:
            return None
        return Spend(used=used, limit=limit, currency=sent.unit.upper(), resets_at=resets_at)

    def _credits(self) -> Credits | UnsetType | None:
        raw = self._usage.credits
        if isinstance(raw, UnsetType):
            return UNSET
        try:
            found = None if raw is None else limits.bought(raw)
        except ValueError:
            self._dropped.append("credits")
            return UNSET
        self._covered.add("credits")
        return found

    def _resets(self) -> ResetCredits | None:
        raw = self._usage.rate_limit_reset_credits
        sent = None if raw is None else self._converted("rate_limit_reset_credits", raw, _Resets)
        if sent is None:
            return None
        try:
            return limits.reset_credits(sent.available_count, (), self._now)
        except ValueError:
            self._dropped.append("rate_limit_reset_credits")
            return None

    def _limit_reached(self) -> bool | None:
        """The server's own flags: a limit is reached, no more is allowed, or the money is spent."""
        flags: list[bool] = []
        if isinstance(self._usage.rate_limit, dict):
            allowed = self._usage.rate_limit.get("allowed")
            reached = self._usage.rate_limit.get("limit_reached")
            flags += [not allowed] if isinstance(allowed, bool) else []
            flags += [reached] if isinstance(reached, bool) else []
        if isinstance(self._usage.spend_control, dict):
            reached = self._usage.spend_control.get("reached")
            flags += [reached] if isinstance(reached, bool) else []
        return any(flags) if flags else None

    def _name(self, field: str, raw: Any, validate: Callable[[Any], str | None]) -> str | None:
        """A name from the server; one that echoes our token, which may look like any name, is dropped."""
        name = validate(self._unless_token(raw))
        if name is None and raw is not UNSET and raw is not None:
            self._dropped.append(field)
        return name

    def _unless_token(self, raw: Any) -> Any:
        return None if isinstance(raw, str) and self._token.reveal() in raw else raw

    def _converted(self, name: str, raw: Any, kind: type[_T]) -> _T | None:
        try:
            return msgspec.convert(raw, kind)
        except msgspec.ValidationError:
            self._dropped.append(name)
            return None
