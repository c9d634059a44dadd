"""What a budget may be set to, and what the person reads where it is wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.setting import InvalidValue
from tray.engine.budget_settings import BUDGETS, BudgetLimit, parts
from tray.engine.settings import read_settings
from tray.engine.settings_table import SETTINGS


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (20, "20 USD"),
        (20.5, "20.5 USD"),
        (Decimal("0.01"), "0.01 USD"),
        ("20", "20 USD"),
        (" 20 usd ", "20 USD"),
        ("1000000", "1000000 USD"),
        ("50%", "50%"),
        ("33.3 %", "33.3%"),
        ("100%", "100%"),
        ("", None),
    ],
)
def test_what_it_may_be(raw: object, value: str | None) -> None:
    assert BudgetLimit().parse(raw) == value


@pytest.mark.parametrize(
    "raw",
    [
        *(0, -1, 0.001, 1_000_001, 10**400, True, None, [20], float("nan"), float("inf"), Decimal("sNaN")),
        *("0", "0%", "101%", "-5", "$20", "20 EUR", "1e3", "20,5", "20 20", "٢٠", "20 USD\0", "9" * 5000),
    ],
)
def test_what_it_may_not_be(raw: object) -> None:
    with pytest.raises(InvalidValue, match="an amount in USD, such as 20, or a share of the weekly limit"):
        BudgetLimit().parse(raw)


@given(st.floats(0.01, 1e6) | st.integers(1, 10**6), st.sampled_from(["", "%", " USD"]))
def test_a_value_is_read_as_it_was_written(number: float, unit: str) -> None:
    kind = BudgetLimit()
    try:
        value = kind.parse(f"{number:.4f}{unit}")
    except InvalidValue:
        assert unit == "%"
        assert number > 99.9
        return
    assert value is not None
    assert kind.parse(kind.raw(kind.text(value))) == value
    amount, read = parts(value)
    assert amount == pytest.approx(number, rel=0.01)
    assert read == ("percent" if unit == "%" else "usd")


def test_a_wrong_one_is_named_with_its_line() -> None:
    text = '[budget]\nday = "120%"\nweek = "50%"\nmonth = "50%"\n'
    settings = read_settings(text, "settings.toml", SETTINGS)
    assert settings.problem == (
        "settings.toml, line 2: `day` should be an amount in USD, such as 20, or a share of the weekly limit in "
        'quotes, such as "50%"; line 4: `month` should be an amount in USD, such as 20. All other settings apply.'
    )
    assert settings.get(BUDGETS["week"]) == "50%"
    assert settings.get(BUDGETS["day"]) is None
