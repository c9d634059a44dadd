"""The usage credits in a response of the usage endpoint: what was spent, and whether more may be. Pure.

Facts (public responses of 2026): `spend`, the newer form, has `used` and `limit` with a currency each,
`enabled` and `disabled_reason`; `extra_usage` remains beside it, with flags that the newer one lacks. Both are
about the same credits, and each may leave out what the other says. All amounts are in minor units. Some seats
have no limits and pay for all they use: their response has nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from providers.domain.currency import decimals
from providers.domain.limits import Spend
from providers.domain.scalars import flag, moment, number, whole

_CURRENCY = re.compile(r"[A-Z]{3}")
_LARGEST_AMOUNT = Decimal(10) ** 12
_MOST_DECIMALS = 6
_ON = ("enabled", "is_enabled")
_OFF = {"enabled": False, "is_enabled": False, "user_disabled": True, "spend_limit_reached": True}
"""What each flag says where no more may be spent."""
_PERIODS = ("daily", "weekly")


class Money(Struct, frozen=True, kw_only=True):
    """The usage credits, None where there are none, and `known` if the response says so; `dropped` names what
    could not be parsed.
    """

    spend: Spend | None = None
    known: bool = False
    dropped: tuple[str, ...] = ()


class _Form(Struct, frozen=True):
    """`used` and `limit` as the newer form has them: `{amount_minor, currency, exponent}`, or null."""

    name: str
    used: Any
    limit: Any
    is_on: bool
    resets_at: Any


def find(raw: Mapping[str, Any]) -> Money:
    """As the newer form has it, or, where that is missing or malformed, the older one."""
    dropped: list[str] = []
    present = [name for name in ("spend", "extra_usage") if name in raw]
    for name in present:
        try:
            form = _form(name, raw[name])
            used = None if form is None else _amount(form.used)
        except ValueError:
            dropped.append(name)
            continue
        # Switched off it is nothing to show, unless something was spent before.
        if form is not None and used is not None and (form.is_on or used[0]):
            spend = _spend(form, *used, _may_spend(raw), dropped)
            return Money(spend=spend, known=True, dropped=tuple(dropped))
    return Money(known=bool(present) and not dropped, dropped=tuple(dropped))


def _form(name: str, sent: Any) -> _Form | None:
    """None for a form that does not say what was spent."""
    if sent is None:
        return None
    if not isinstance(sent, dict):
        raise ValueError("no money")
    if name == "spend":
        used, limit, is_on = sent.get("used"), sent.get("limit"), flag(sent.get("enabled")) is not False
    else:
        used, limit = _minor(sent, "used_credits"), _minor(sent, "monthly_limit")
        is_on = flag(sent.get("is_enabled")) is True
    return None if used is None else _Form(name, used, limit, is_on, sent.get("resets_at"))


def _minor(sent: dict[str, Any], name: str) -> dict[str, Any] | None:
    if sent.get(name) is None:
        return None
    return {
        "amount_minor": sent[name],
        "currency": sent.get("currency"),
        "exponent": sent.get("decimal_places"),
    }


def _spend(form: _Form, used: Decimal, code: str, may_spend: bool | None, dropped: list[str]) -> Spend:
    try:
        limit = None if form.limit is None else _amount(form.limit, code)[0]
    except ValueError:
        limit = None
        dropped.append(f"{form.name}: the limit")
        may_spend = None if may_spend else may_spend  # it may be reached
    return Spend(
        used=used,
        limit=limit,
        currency=code,
        resets_at=moment(form.resets_at),
        carries_on=False if limit is not None and used >= limit else may_spend,
    )


def _may_spend(raw: Mapping[str, Any]) -> bool | None:
    """Whether more may be spent, None if neither form says; one flag against it, in either form, is enough."""
    forms = [form for form in (raw.get("spend"), raw.get("extra_usage")) if isinstance(form, dict)]
    if any(map(_is_off, forms)):
        return False
    return True if any(flag(form.get(name)) for form in forms for name in _ON) else None


def _is_off(form: dict[str, Any]) -> bool:
    flags = any(flag(form.get(name)) is off for name, off in _OFF.items())
    return flags or bool(form.get("disabled_reason")) or any(_is_spent(form.get(name)) for name in _PERIODS)


def _is_spent(cap: Any) -> bool:
    """Whether the cap of a period is reached: `{used_credits, limit}`."""
    if not isinstance(cap, dict):
        return False
    used, limit = number(cap.get("used_credits")), number(cap.get("limit"))
    return used is not None and limit is not None and used >= limit


def _amount(sent: Any, expected: str | None = None) -> tuple[Decimal, str]:
    """An amount in whole units, and its currency: if none is named, the expected one, by default USD.

    Raises ValueError for anything else, and for another currency than the expected one.
    """
    if not isinstance(sent, dict):
        raise ValueError("no amount")
    code = sent.get("currency") or expected or "USD"
    code = code.upper() if isinstance(code, str) else ""
    if not _CURRENCY.fullmatch(code) or code != (expected or code):
        raise ValueError("another currency, or none")
    minor, digits = number(sent.get("amount_minor")), _decimals(sent, code)
    if minor is None or digits is None or not 0 <= digits <= _MOST_DECIMALS:
        raise ValueError("no amount")
    amount = Decimal(str(minor)).scaleb(-digits)
    if not 0 <= amount <= _LARGEST_AMOUNT:
        raise ValueError("no amount")
    return amount.quantize(Decimal(1).scaleb(-digits)), code


def _decimals(sent: dict[str, Any], code: str) -> int | None:
    """How many of the amount's digits are decimals, as sent or else as usual."""
    digits = [sent[name] for name in ("exponent", "decimal_places") if sent.get(name) is not None]
    return whole(digits[0]) if digits else decimals(code)
