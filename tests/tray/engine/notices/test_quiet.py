from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.setting import Hours
from tray.engine.notices.quiet import is_quiet

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("hours", "local", "quiet"),
    [
        (None, "23:00", False),
        ("22:00-07:00", "21:59", False),
        ("22:00-07:00", "22:00", True),
        ("22:00-07:00", "03:00", True),
        ("22:00-07:00", "06:59", True),
        ("22:00-07:00", "07:00", False),
        ("09:00-17:30", "12:00", True),
        ("09:00-17:30", "17:30", False),
        ("09:00-17:30", "08:59", False),
        ("00:00-00:00", "12:00", True),
    ],
)
def test_hours_are_those_of_the_person(hours: str | None, local: str, quiet: bool) -> None:
    hour, minute = map(int, local.split(":"))
    now = datetime(2026, 11, 20, hour, minute, tzinfo=BERLIN).astimezone(UTC)
    assert is_quiet(hours, now, BERLIN) is quiet


@given(st.times(), st.times(), st.integers(0, 10_000_000))
def test_every_day_has_an_end_of_its_quiet_hours(start: object, end: object, minutes_on: int) -> None:
    hours = Hours().parse(f"{start:%H:%M}-{end:%H:%M}")
    now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes_on)
    minutes = [is_quiet(hours, now + timedelta(minutes=minute), UTC) for minute in range(24 * 60)]
    first, last = (int(part[:2]) * 60 + int(part[3:]) for part in str(hours).split("-"))
    assert sum(minutes) == ((last - first) % (24 * 60) or 24 * 60)
