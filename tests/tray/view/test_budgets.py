"""How a budget reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tray.engine.budgets import Budget
from tray.view import budgets

ZONE = ZoneInfo("Europe/Berlin")
SATURDAY = datetime(2026, 11, 28, 13, 0, tzinfo=ZONE)
MONDAY = datetime(2026, 11, 30, tzinfo=ZONE).astimezone(UTC)


def budget(**values: Any) -> Budget:
    known: dict[str, Any] = {
        "period": "week",
        "unit": "percent",
        "limit": 50.0,
        "used": 49.7,
        "forecast": 50.2,
        "verdict": "nearly_spent",
        "ends_at": MONDAY,
    }
    return Budget(**{**known, **values})


def test_what_was_used_is_not_overstated_and_a_forecast_exceeds_what_it_exceeds() -> None:
    assert budgets.used(budget()) == "49 of 50 %"
    assert budgets.forecast(budget()) == "51 %"
    assert budgets.used(budget(limit=0.5, used=0.2)) == "0 of 0.5 %"


def test_dollars() -> None:
    found = budget(unit="usd", limit=1234.5, used=0.001, forecast=2000.0, at_least=True)
    assert budgets.used(found) == "≥ $0.00 of $1,234.50"
    assert budgets.forecast(found) == "≈ $2,000.00"


@pytest.mark.parametrize(
    ("values", "now", "reads"),
    [
        ({"unit": "usd"}, SATURDAY, "on Monday"),
        ({"unit": "usd"}, SATURDAY + timedelta(days=1), "at midnight"),
        ({"unit": "usd", "period": "month", "ends_at": MONDAY + timedelta(days=1)}, SATURDAY, "on 1 Dec"),
        ({"period": "day", "ends_at": MONDAY - timedelta(days=1)}, SATURDAY, "at midnight"),
        ({"ends_at": MONDAY + timedelta(hours=9)}, SATURDAY, "on Mon 09:00"),
        ({"ends_at": None}, SATURDAY, "later"),
    ],
)
def test_when_it_resets(values: dict[str, Any], now: datetime, reads: str) -> None:
    assert budgets.resets(budget(**values), now, ZONE) == reads
