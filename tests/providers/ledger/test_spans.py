"""Which time a report is of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from providers.ledger.spans import span

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = date(2026, 11, 20)


def start(since: date, zone: tzinfo, now: datetime) -> datetime:
    return span(since, since, zone, now)[0]


def test_a_report_looks_back_to_the_range_the_month_or_the_burn_whichever_is_first() -> None:
    assert start(date(2026, 10, 1), BERLIN, NOW) == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert start(TODAY, NEW_YORK, NOW) == datetime(2026, 11, 1, 4, tzinfo=UTC)
    midnight = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
    assert start(date(2026, 12, 1), UTC, midnight) == datetime(2026, 11, 30, 21, 30, tzinfo=UTC)


def test_a_report_may_begin_at_the_beginning() -> None:
    assert start(date.min, ZoneInfo("Asia/Tokyo"), NOW) == datetime.min.replace(tzinfo=UTC)


def test_a_day_that_begins_without_midnight() -> None:
    # Santiago's clocks go from 24:00 straight to 01:00 on 6 September 2026.
    zone = ZoneInfo("America/Santiago")
    begins = start(date(2026, 9, 6), zone, NOW)
    assert begins.astimezone(zone).date() == date(2026, 9, 6)
    assert (begins - timedelta(microseconds=1)).astimezone(zone).date() == date(2026, 9, 5)
