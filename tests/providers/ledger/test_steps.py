"""Days of a zone as steps of equal length, as far as they are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.ledger.steps import QUARTERS, Steps, days

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


@pytest.mark.parametrize(
    "zone", [UTC, BERLIN, ZoneInfo("Asia/Kathmandu"), timezone(timedelta(hours=-9, minutes=-30))]
)
def test_each_is_a_local_day(zone: tzinfo) -> None:
    steps = days(NOON - timedelta(days=20), NOON, zone)
    assert steps.width_ms == 86_400_000
    for minutes in range(0, 20 * 24 * 60, 7):
        at = NOON - timedelta(minutes=minutes)
        midnight = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        assert steps.start(ms(at)) == ms(midnight)


def test_where_the_clocks_change_they_are_quarters() -> None:
    changed = datetime(2026, 10, 25, 1, tzinfo=UTC)
    assert days(changed - timedelta(days=9), changed + timedelta(hours=1), BERLIN) == QUARTERS
    assert days(changed - timedelta(days=9), changed - timedelta(days=4), BERLIN) != QUARTERS
    assert days(changed + timedelta(days=1), changed + timedelta(days=9), BERLIN) != QUARTERS


def test_of_the_whole_calendar_they_are_quarters() -> None:
    assert days(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), BERLIN) == QUARTERS


@given(
    st.integers(0, 10**13),
    st.sampled_from([QUARTERS, Steps(86_400_000, -3_600_000), Steps(86_400_000, 1_800_000)]),
)
def test_sql_finds_the_same(at_ms: int, steps: Steps) -> None:
    at_ms += max(steps.first_ms, 0)
    with closing(sqlite3.connect(":memory:")) as db:
        (start,) = db.execute(f"SELECT {steps.start_of('?1')}", (at_ms,)).fetchone()
    assert start == steps.start(at_ms)
    assert start <= at_ms < start + steps.width_ms
