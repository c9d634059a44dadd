"""What bars and guards say with the standard library alone is what the menu says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tray.faces.bars import words as bars
from tray.view import format as fmt
from tray.view import words

ZONE = "America/St_Johns"  # half an hour off
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.fixture(scope="module", autouse=True)
def _far_away() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", ZONE)
        if hasattr(time, "tzset"):
            time.tzset()
        yield
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone cannot be set here")
@given(MOMENTS, st.timedeltas(timedelta(days=-9), timedelta(days=400)))
def test_times_of_the_systems_zone_are_those_of_the_menu(now: datetime, ahead: timedelta) -> None:
    at, zone = now + ahead, ZoneInfo(ZONE)
    assert bars.clock(at.timestamp(), now.timestamp()) == fmt.soon(at, now, zone)
    assert bars.at(at.timestamp(), now.timestamp()) == fmt.on_or_at(at, now, zone)


def test_a_week_from_now_has_its_date() -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
    assert words.soon(now + timedelta(days=6), now, UTC) == "Thu 12:00"
    assert words.soon(now + timedelta(days=7), now, UTC) == "27 Nov 12:00"
    assert words.soon(now + timedelta(days=400), now, UTC) == "25 Dec 2027 12:00"
    assert words.soon(now - timedelta(days=1), now, UTC) == "19 Nov 12:00"


@given(st.floats(0, 100))
def test_a_share_is_never_overstated(left: float) -> None:
    assert words.percent(left, used=True) == f"{100 - words.whole(left)} %"
    assert words.whole(left) <= left + 1e-9 or words.percent(left) == "< 1 %"


@given(st.text(max_size=200))
def test_a_name_is_one_short_line(text: str) -> None:
    shown = words.plain(text, 40)
    assert shown.isprintable()
    assert len(shown) <= 40
