"""Credits, resets and money."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.codex import balance
from providers.domain.limits import Credits, ResetCredits, Spend
from tests.homes import NOW
from tests.providers.codex.test_auth import json_values


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"has_credits": True, "balance": 7}, Credits(balance=Decimal(7))),
        ({"has_credits": "true", "balance": "7.50"}, Credits(balance=Decimal("7.50"))),
        ({"has_credits": True, "balance": None}, Credits()),
        ({"has_credits": False, "balance": "3"}, Credits(balance=Decimal(3))),
        ({"unlimited": True, "balance": ["odd"]}, Credits(unlimited=True)),
        ({"unlimited": "true"}, Credits(unlimited=True)),
        ({"has_credits": None, "unlimited": None, "balance": None}, None),
        ({"has_credits": False, "unlimited": False, "balance": "0"}, None),
        ({}, None),
    ],
)
def test_credits_in_every_form(sent: dict[str, Any], expected: Credits | None) -> None:
    assert balance.bought(sent) == expected


def test_credits_that_cannot_be_used() -> None:
    found = balance.bought({"has_credits": True, "balance": 7}, usable=False)
    assert found == Credits(balance=Decimal(7), carries_on=False)


def resets(count: Any, *expiries: Any) -> ResetCredits:
    each = [{"status": "available", "expires_at": expiry} for expiry in expiries]
    return balance.resets({"available_count": count, "credits": each}, NOW)


def test_the_next_of_the_resets_to_expire() -> None:
    soon, later = NOW + timedelta(days=1), NOW + timedelta(days=2)
    expiries = [
        later.timestamp(),
        soon.isoformat(),
        "2026-11-19T00:00:00",
        NOW.timestamp(),
        "soon",
        1e300,
        None,
        True,
    ]
    assert resets(3, *expiries) == ResetCredits(available=3, expires_at=soon)
    assert resets("3", *expiries) == resets(3.0, *expiries) == resets(3, *expiries)
    assert resets(0, *expiries) == ResetCredits(available=0)
    naive = (NOW + timedelta(hours=1)).replace(tzinfo=None).isoformat()
    assert resets(1, naive).expires_at == NOW + timedelta(hours=1)
    assert resets(1, str(int(soon.timestamp()))).expires_at == soon


@pytest.mark.parametrize(
    "odd", [7, None, "x", [], {}, {"status": "redeemed", "expires_at": "2026-11-20T13:00:00Z"}]
)
def test_an_odd_reset_says_nothing_of_the_others(odd: Any) -> None:
    good = {"status": "available", "expiresAt": (NOW + timedelta(days=1)).timestamp()}
    for listed in ([odd, good], [good, odd]):
        found = balance.resets({"available_count": 2, "credits": listed}, NOW)
        assert found == ResetCredits(available=2, expires_at=NOW + timedelta(days=1))
    assert balance.resets({"available_count": 2, "credits": odd}, NOW) == ResetCredits(available=2)


@given(json_values, st.lists(json_values | st.datetimes().map(datetime.isoformat), max_size=4))
def test_any_resets_are_some_or_none(available: Any, expiries: list[Any]) -> None:
    try:
        found = resets(available, *expiries)
    except ValueError:
        return
    assert found.available == int(float(available))
    assert found.expires_at is None or found.expires_at > NOW


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"unit": "usd", "used": 8.5, "limit": "25"}, Spend(used=Decimal("8.5"), limit=Decimal(25))),
        ({"currency": "EUR", "used": "8.50"}, Spend(used=Decimal("8.50"), currency="EUR")),
        (
            {"unit": "USD", "used": "850", "limit": 2500, "decimal_places": 2},
            Spend(used=Decimal("8.50"), limit=Decimal("25.00")),
        ),
        ({"unit": "JPY", "used": 850, "decimal_places": 0}, Spend(used=Decimal(850), currency="JPY")),
        ({"unit": "KWD", "used": 8500, "decimal_places": "3"}, Spend(used=Decimal("8.500"), currency="KWD")),
        ({"unit": "credit", "used": "8"}, None),
        ({"used": "8", "limit": "25"}, None),
        ({"unit": "usd", "used": None, "limit": 25}, None),
        ({"unit": ["usd"], "used": 1}, None),
    ],
)
def test_money(sent: dict[str, Any], expected: Spend | None) -> None:
    assert balance.spend(sent, None) == expected


@pytest.mark.parametrize(
    "odd",
    [
        {"used": "lots"},
        {"used": 1, "decimal_places": 99},
        {"used": 1, "limit": []},
        {"used": 1, "decimal_places": "few"},
    ],
)
def test_money_that_is_none(odd: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"amount|currency"):
        balance.spend({"unit": "usd"} | odd, None)


@given(json_values | st.text() | st.decimals())
def test_any_amount_is_a_number_or_none(raw: Any) -> None:
    try:
        value = balance.amount(raw)
    except ValueError:
        return
    assert value is None or (value.is_finite() and abs(value) <= Decimal(10) ** 15)
    assert value is None or len(f"{value:f}") < 200


def test_an_amount_that_would_fill_the_screen_is_none() -> None:
    assert balance.amount(0.1 + 0.2 - 0.3) == Decimal("5.551115123125783e-17")
    for raw in ("1e-999999", f"0.{'3' * 999}"):
        with pytest.raises(ValueError, match="few places"):
            balance.amount(raw)
