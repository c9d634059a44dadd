from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.claude.endpoint.money import Money, find
from providers.domain.limits import Spend
from tests.fake_anthropic import WEEK_RESET, usage
from tests.providers.codex.test_auth import json_values

EXTRA = usage()["extra_usage"]


def amounts(money: Money) -> object:
    return money.spend and (money.spend.used, money.spend.limit, money.spend.currency)


def minor(amount: Any, code: str | None = "USD", exponent: Any = 2) -> dict[str, Any]:
    return {"amount_minor": amount, "currency": code, "exponent": exponent}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"used": minor(1234), "limit": minor(5000), "percent": 25}, (Decimal("12.34"), Decimal(50), "USD")),
        ({"used": minor("1234"), "limit": minor("5000")}, (Decimal("12.34"), Decimal(50), "USD")),
        ({"used": minor(1234), "limit": None, "percent": None}, (Decimal("12.34"), None, "USD")),
        ({"used": minor(0), "limit": minor(0)}, (Decimal(0), Decimal(0), "USD")),
        ({"used": minor(1234, "kwd", 3)}, (Decimal("1.234"), None, "KWD")),
        ({"used": minor(7, None)}, (Decimal("0.07"), None, "USD")),
        ({"used": minor(7, "EUR"), "limit": {"amount_minor": 9}}, (Decimal("0.07"), Decimal("0.09"), "EUR")),
        ({"used": minor(0), "enabled": True}, (Decimal(0), None, "USD")),
        ({"used": minor(0), "enabled": False}, None),
        ({"used": minor(5), "enabled": False}, (Decimal("0.05"), None, "USD")),
        ({"used": None, "enabled": True}, None),
        (None, None),
    ],
)
def test_the_newer_form(sent: object, expected: object) -> None:
    money = find({"spend": sent})
    assert (amounts(money), money.known, money.dropped) == (expected, True, ())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"monthly_limit": None}, (Decimal("12.34"), None, "USD")),
        ({"used_credits": 0}, (Decimal(0), Decimal(50), "USD")),
        ({"used_credits": 1234.6}, (Decimal("12.35"), Decimal(50), "USD")),
        ({"used_credits": "1234", "monthly_limit": "5000.0"}, (Decimal("12.34"), Decimal(50), "USD")),
        ({"currency": None}, (Decimal("12.34"), Decimal(50), "USD")),
        ({"used_credits": None}, None),
        ({"is_enabled": False}, (Decimal("12.34"), Decimal(50), "USD")),
        ({"is_enabled": False, "used_credits": 0}, None),
        ({"is_enabled": False, "used_credits": None, "monthly_limit": None}, None),
    ],
)
def test_the_older_form(changes: dict[str, Any], expected: object) -> None:
    money = find({"extra_usage": EXTRA | changes, "spend": None})
    assert (amounts(money), money.known, money.dropped) == (expected, True, ())


@pytest.mark.parametrize(
    ("currency", "decimals", "used"),
    [
        ("USD", None, "12.34"),
        ("eur", None, "12.34"),
        ("JPY", None, "1234"),
        ("KRW", None, "1234"),
        ("VND", None, "1234"),
        ("XOF", None, "1234"),
        ("KWD", None, "1.234"),
        ("BHD", None, "1.234"),
        ("IQD", None, "1.234"),
        ("JOD", None, "1.234"),
        ("LYD", None, "1.234"),
        ("OMR", None, "1.234"),
        ("TND", None, "1.234"),
        ("CLF", None, "0.1234"),
        ("JPY", 2, "12.34"),
        ("KWD", "2", "12.34"),
        ("USD", 0, "1234"),
        ("USD", 3.0, "1.234"),
    ],
)
def test_minor_units_are_those_sent_or_else_those_of_the_currency(
    currency: str, decimals: Any, used: str
) -> None:
    older = {"used_credits": 1234, "currency": currency, "is_enabled": True, "decimal_places": decimals}
    for sent in ({"extra_usage": older}, {"spend": {"used": minor(1234, currency, decimals)}}):
        spend = find(sent).spend
        assert spend is not None
        assert (str(spend.used), spend.currency) == (used, currency.upper())


@pytest.mark.parametrize(
    "changes",
    [
        {"spend": 7},
        {"spend": {"used": "a lot"}},
        {"spend": {"used": 12}},
        {"spend": {"used": minor(-1)}},
        {"spend": {"used": minor(1e300)}},
        {"spend": {"used": minor(1, exponent=400)}},
        {"spend": {"used": minor(1, exponent="two")}},
        {"spend": {"used": minor(1, "DOLLARS")}},
        {"extra_usage": "lots"},
        {"extra_usage": {"is_enabled": True, "used_credits": "lots"}},
    ],
)
def test_money_that_is_none_is_named(changes: dict[str, Any]) -> None:
    assert find(changes) == Money(dropped=tuple(changes))


def test_a_malformed_newer_form_falls_back_to_the_older_one() -> None:
    money = find({"spend": {"used": "a lot"}, "extra_usage": EXTRA})
    assert amounts(money) == (Decimal("12.34"), Decimal(50), "USD")
    assert (money.known, money.dropped) == (True, ("spend",))


@pytest.mark.parametrize("limit", ["none", 50, minor(-1), minor(1, "EUR"), minor("all")])
def test_a_limit_that_is_none_leaves_what_was_spent(limit: Any) -> None:
    money = find({"spend": {"used": minor(1), "limit": limit, "enabled": True}})
    assert amounts(money) == (Decimal("0.01"), None, "USD")
    assert (money.spend and money.spend.carries_on, money.dropped) == (None, ("spend: the limit",))


def test_no_money_at_all() -> None:
    assert find({}) == Money()
    assert find({"spend": None}) == Money(known=True)


def test_when_it_begins_anew() -> None:
    assert find({"spend": {"used": minor(1), "resets_at": WEEK_RESET}}).spend == Spend(
        used=Decimal("0.01"), resets_at=datetime.fromisoformat(WEEK_RESET)
    )


NEWER = {"used": minor(251), "limit": minor(3750)}
OLDER = {"used_credits": 251, "monthly_limit": 3750}


@pytest.mark.parametrize(
    ("sent", "carries_on"),
    [
        ({"extra_usage": OLDER | {"is_enabled": True}}, True),
        ({"extra_usage": OLDER | {"is_enabled": "true"}}, True),
        ({"extra_usage": OLDER | {"is_enabled": True, "used_credits": 3750}}, False),
        ({"extra_usage": OLDER | {"is_enabled": True, "used_credits": 9000, "monthly_limit": None}}, True),
        ({"extra_usage": OLDER | {"is_enabled": False}}, False),
        ({"extra_usage": OLDER | {"is_enabled": True, "spend_limit_reached": True}}, False),
        ({"extra_usage": OLDER | {"is_enabled": True, "spend_limit_reached": False}}, True),
        ({"extra_usage": OLDER | {"is_enabled": True, "user_disabled": True}}, False),
        ({"extra_usage": OLDER | {"is_enabled": True, "disabled_reason": "org_level_disabled"}}, False),
        ({"extra_usage": OLDER | {"is_enabled": True, "disabled_reason": None}}, True),
        ({"extra_usage": OLDER | {"is_enabled": True, "daily": {"limit": 100, "used_credits": 100}}}, False),
        ({"extra_usage": OLDER | {"is_enabled": True, "weekly": {"limit": 100, "used_credits": 99}}}, True),
        ({"extra_usage": OLDER | {"is_enabled": True, "daily": {"limit": None, "used_credits": 9}}}, True),
        ({"spend": NEWER | {"enabled": True}}, True),
        ({"spend": NEWER | {"enabled": False}}, False),
        ({"spend": NEWER | {"enabled": True, "disabled_reason": "out_of_credits"}}, False),
        ({"spend": NEWER | {"enabled": True, "limit": minor(251)}}, False),
        ({"spend": NEWER}, None),
        ({"spend": NEWER | {"enabled": "perhaps"}}, None),
        ({"spend": NEWER, "extra_usage": OLDER | {"is_enabled": True}}, True),
        ({"spend": NEWER | {"enabled": True}, "extra_usage": {"spend_limit_reached": True}}, False),
        (
            {
                "spend": NEWER | {"enabled": True, "disabled_reason": "out_of_credits"},
                "extra_usage": OLDER | {"is_enabled": True},
            },
            False,
        ),
    ],
)
def test_whether_more_may_be_spent(sent: dict[str, Any], carries_on: bool | None) -> None:
    spend = find(sent).spend
    assert spend is not None
    assert spend.carries_on is carries_on


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["spend", "extra_usage"]), json_values))
def test_any_value_is_money_or_dropped(raw: dict[str, Any]) -> None:
    money = find(raw)
    assert money.spend is None or money.spend.used >= 0
    assert set(money.dropped) <= {"spend", "extra_usage", "spend: the limit", "extra_usage: the limit"}
