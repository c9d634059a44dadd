"""Parses responses of the usage endpoint, whether fetched or from Claude Code's cache.

Facts (2.1.329 and public threads): `limits[]` is the newer form and takes precedence; the older flat fields
remain beside it. A null or missing member is a limit that this account does not have. Each part is parsed
separately: a malformed one is dropped and named, its siblings stay.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from providers.claude import limits
from providers.domain.limits import RateWindow, Spend

_FLAT = {
    "five_hour": limits.session,
    "seven_day": limits.weekly,
    "seven_day_opus": limits.model("Opus"),
    "seven_day_sonnet": limits.model("Sonnet"),
    "seven_day_oauth_apps": limits.oauth_apps,
}


class UsageAnswer(Struct, frozen=True, kw_only=True):
    """A parsed response; the fields are those of `providers.domain.limits.Reading`."""

    windows: tuple[RateWindow, ...]
    spend: Spend | None
    speaks_for: frozenset[str]
    dropped: tuple[str, ...]


class _Flat(Struct, frozen=True):
    utilization: float | None = None
    resets_at: Any = None


class _Named(Struct, frozen=True):
    display_name: str | None = None


class _Scope(Struct, frozen=True):
    model: _Named | None = None
    surface: _Named | None = None


class _Limit(Struct, frozen=True):
    kind: str
    percent: float | None = None
    resets_at: Any = None
    scope: _Scope | None = None


class _Extra(Struct, frozen=True):
    is_enabled: bool | None = None
    monthly_limit: float | None = None
    used_credits: float | None = None
    currency: str | None = None


class _Amount(Struct, frozen=True):
    amount_minor: float
    currency: str | None = None
    exponent: int | None = None


class _Spent(Struct, frozen=True):
    used: _Amount | None = None
    limit: _Amount | None = None


def parse(raw: Any, now: datetime, shows: Callable[[str], bool] = lambda _: True) -> UsageAnswer | None:
    """The parsed response, None when it contains neither limits nor spend.

    `shows` says whether a name from the server may be shown: one that echoes our token must not be.
    """
    if not isinstance(raw, dict):
        return None
    malformed: list[str] = []
    unknown: list[str] = []
    listed = _listed(raw.get("limits"), now, shows, malformed, unknown)
    flat = _flat(raw, now, malformed)
    windows = _together(flat or [], listed or [])
    complete = (listed is not None or flat is not None) and not malformed
    spend = _spend(raw, malformed)
    if not windows and not complete and spend is UNSET:
        return None
    return UsageAnswer(
        windows=limits.in_order(windows.values()),
        spend=spend if isinstance(spend, Spend) else None,
        speaks_for=frozenset(
            lane for lane, covered in (("windows", complete), ("spend", spend is not UNSET)) if covered
        ),
        dropped=(*malformed, *unknown),
    )


def _together(flat: list[RateWindow], listed: list[RateWindow]) -> dict[str, RateWindow]:
    """The list takes precedence; it may name a model more precisely, "Opus 5" for "Opus"."""
    names = [limits.family(window) for window in listed]
    flat = [window for window in flat if limits.family(window) is None or limits.family(window) not in names]
    return {window.id: window for window in (*flat, *listed)}


def _listed(
    raw: Any, now: datetime, shows: Callable[[str], bool], malformed: list[str], unknown: list[str]
) -> list[RateWindow] | None:
    if not isinstance(raw, list):
        if raw is not None:
            malformed.append("limits")
        return None
    found: dict[str, RateWindow] = {}
    for place, entry in enumerate(raw):
        try:
            sent = msgspec.convert(entry, _Limit)
        except msgspec.ValidationError:
            malformed.append(f"limits.{place}")
            continue
        rule = _rule(sent, shows)
        if rule is None:
            unknown.append(f"limits.{place}")
        elif sent.percent is not None:
            window = rule(sent.percent, limits.moment(sent.resets_at), now)
            if window is None:
                malformed.append(f"limits.{place}")
            # Of two with the same name the one with less left: it is the one that blocks.
            elif window.id not in found or found[window.id].used_percent < window.used_percent:
                found[window.id] = window
    return list(found.values())


def _rule(sent: _Limit, shows: Callable[[str], bool]) -> limits.Rule | None:
    """The rule for an entry, None for an unknown kind, or one without a name to show."""
    if sent.kind == "session":
        return limits.session
    if sent.kind == "weekly_all":
        return limits.weekly
    scope = sent.scope or _Scope()
    for named, rule in ((scope.model, limits.model), (scope.surface, limits.surface)):
        name = named.display_name if named else None
        if sent.kind == "weekly_scoped" and name and limits.is_name(name) and shows(name):
            return rule(name)
    return None


def _flat(raw: dict[str, Any], now: datetime, malformed: list[str]) -> list[RateWindow] | None:
    found: list[RateWindow] = []
    present = [name for name in _FLAT if name in raw]
    for name in present:
        try:
            sent = msgspec.convert(raw[name], _Flat | None)
        except msgspec.ValidationError:
            malformed.append(name)
            continue
        if sent is None or sent.utilization is None:
            continue
        window = _FLAT[name](sent.utilization, limits.moment(sent.resets_at), now)
        if window is None:
            malformed.append(name)
        else:
            found.append(window)
    return found if present else None


def _spend(raw: dict[str, Any], malformed: list[str]) -> Spend | UnsetType | None:
    """The spend, None where there is none, UNSET where it is missing or malformed.

    The older form is the fallback for a malformed newer one: it contains the same.
    """
    present = broken = False
    for name, read in (("spend", _newer_spend), ("extra_usage", _extra_usage)):
        if name not in raw:
            continue
        try:
            spend = read(raw[name])
        except ValueError:  # msgspec.ValidationError is one too
            malformed.append(name)
            broken = True
            continue
        if spend is not None:
            within = spend.limit is None or spend.used < spend.limit
            return replace(spend, carries_on=within and _is_extra_enabled(raw))
        present = True
    return None if present and not broken else UNSET


def _is_extra_enabled(raw: dict[str, Any]) -> bool:
    """Only the older form says whether more may be spent than the limits allow."""
    extra = raw.get("extra_usage")
    return isinstance(extra, dict) and extra.get("is_enabled") is True


def _newer_spend(raw: Any) -> Spend | None:
    sent = msgspec.convert(raw, _Spent | None)
    if sent is None or sent.used is None:
        return None
    code = limits.currency(sent.used.currency)
    cap = sent.limit
    if cap is not None and limits.currency(cap.currency or code) != code:
        raise ValueError("two currencies")
    return Spend(
        used=limits.money(sent.used.amount_minor, code, sent.used.exponent),
        limit=None if cap is None else limits.money(cap.amount_minor, code, cap.exponent),
        currency=code,
    )


def _extra_usage(raw: Any) -> Spend | None:
    """In minor units of the currency. Switched off it is nothing to show, unless something was spent before."""
    sent = msgspec.convert(raw, _Extra | None)
    if sent is None or sent.used_credits is None or not (sent.is_enabled or sent.used_credits):
        return None
    code = limits.currency(sent.currency)
    cap = sent.monthly_limit
    return Spend(
        used=limits.money(sent.used_credits, code),
        limit=None if cap is None else limits.money(cap, code),
        currency=code,
    )
