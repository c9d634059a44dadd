"""How fast a window was used lately, from what was noted of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced
from providers.domain.pace import pace_of
from providers.domain.usage_rate import UsageRate
from providers.domain.work_days import ALL, DAYS
from providers.ledger.history import LimitChange
from providers.ledger.ledger import Ledger
from providers.ledger.rates import usage_rate

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
SESSION, WEEK = 5 * HOUR, 7 * DAY


def lane(at: datetime, used: float, resets_at: datetime | None, duration: timedelta) -> Sourced[RateWindow]:
    window = RateWindow(
        id="weekly" if duration == WEEK else "session",
        title="",
        used_percent=used,
        duration=duration,
        resets_at=resets_at,
    )
    return Sourced(value=window, source="oauth", fetched_at=at)


def rate_of(
    course: list[tuple[datetime, float, datetime | None]],
    duration: timedelta = SESSION,
    days: str = ALL,
    zone: tzinfo | None = UTC,
) -> UsageRate | None:
    """Of readings that each differ from the one before, and one more that does not."""
    changes = [LimitChange(at, "session", used, resets_at, "oauth") for at, used, resets_at in course]
    last = changes[-1]
    read = lane(last.at, last.used_percent, last.resets_at, duration)
    return usage_rate(changes, read, last.at, zone, days)


def known(rate: UsageRate | None) -> UsageRate:
    assert rate is not None
    return rate


def polled(
    used: Callable[[datetime], float],
    since: datetime,
    until: datetime,
    resets_at: datetime,
    every: timedelta = 5 * MINUTE,
) -> list[tuple[datetime, float, datetime | None]]:
    """What a server says that counts whole percent."""
    found: list[tuple[datetime, float, datetime | None]] = []
    at = since
    while at <= until:
        found.append((at, float(math.floor(used(at))), resets_at))
        at += every
    return found


def test_the_projection_follows_the_last_hour_of_a_session(tmp_path: Path) -> None:
    """Four hours at 2 %, then half an hour at 36 %, the mean of the last hour is over three times the window's."""
    start = MONDAY + 9 * HOUR
    resets_at, turn, now = start + SESSION, start + 3.5 * HOUR, start + 4.5 * HOUR

    def used(at: datetime) -> float:
        return 2 * (min(at, turn) - start) / HOUR + max(0.0, 28 * ((at - turn) / HOUR))

    ledger = Ledger(tmp_path / "ledger.sqlite3")
    for at, percent, _ in polled(used, start, now, resets_at):
        usage = AccountUsage(
            provider="codex",
            title="Codex",
            homes=(),
            account=Account(id="a1"),
            windows=(lane(at, percent, resets_at, SESSION),),
        )
        ledger.limits.note(usage, at)
    news = ledger.limits.news(usage, now, now - DAY)
    (rate,) = news.rates
    assert rate.percent_per_hour == pytest.approx(28, abs=1)
    assert rate.slowest < rate.percent_per_hour <= rate.fastest
    assert (rate.over, rate.at) == (HOUR, now)
    window = usage.windows[0].value
    by_hours = pace_of(replace(usage, rates=news.rates), replace(window, used_percent=90), now)
    by_mean = pace_of(usage, replace(window, used_percent=90), now)
    assert by_hours is not None
    assert by_mean is not None
    assert (by_hours.basis, by_mean.basis) == ("history", "window")
    assert rate.percent_per_hour > 3 * 35 / 4.5
    assert by_hours.runs_out_at is not None
    assert by_hours.runs_out_at - now == pytest.approx(10 / 28 * HOUR, abs=2 * MINUTE)


class TestAWeekOfBusyDays:
    """It is used from 9 to 17 o'clock, 2 % an hour, and not at night."""

    def rate_at(self, hours: float, days: str = ALL, daily: int = 7) -> UsageRate | None:
        def used(at: datetime) -> float:
            whole, now = divmod((at - MONDAY) / HOUR, 24)
            works = min(whole, 5) if daily == 5 else whole
            today = 0.0 if daily == 5 and whole >= 5 else 2 * min(8.0, max(0.0, now - 9))
            return works * 16 + today

        course = polled(used, MONDAY, MONDAY + hours * HOUR, MONDAY + WEEK)
        changes = [
            first for first, before in zip(course, [None, *course], strict=False) if _differs(first, before)
        ]
        found = [LimitChange(at, "weekly", percent, resets, "oauth") for at, percent, resets in changes]
        at, percent, resets = course[-1]
        return usage_rate(found, lane(at, percent, resets, WEEK), at, UTC, days)

    @pytest.mark.parametrize("hour", [0, 8, 10, 13, 17, 23])
    def test_a_busy_hour_is_not_taken_for_a_busy_week(self, hour: float) -> None:
        rate = known(self.rate_at(72 + hour))
        assert rate.percent_per_hour == pytest.approx(16 / 24, abs=0.1)
        assert rate.over == DAY
        assert 0.4 < rate.slowest <= rate.fastest < 0.9

    def test_it_takes_a_whole_day(self) -> None:
        assert self.rate_at(23) is None
        tuesday = MONDAY + DAY
        course = [(tuesday, 0.0, MONDAY + WEEK), (tuesday + 23 * HOUR, 20.0, MONDAY + WEEK)]
        assert rate_of([*course], WEEK, "mon-fri") is None, "nobody knows of the Monday"
        assert known(self.rate_at(25)).percent_per_hour == pytest.approx(16 / 24, abs=0.1)

    def test_days_off_are_left_out(self) -> None:
        """On a Sunday evening the last day of work is a Friday."""
        rate = known(self.rate_at(6 * 24 + 20, "mon-fri", daily=5))
        assert rate.percent_per_hour == pytest.approx(16 / 24, abs=0.1)
        assert rate.over == 44 * HOUR + DAY
        assert known(self.rate_at(6 * 24 + 20, daily=5)).percent_per_hour == 0


def test_days_off_are_left_out_after_months_without_use_too() -> None:
    """On a Monday at noon half a day of work was before the weekend, 10 % were used since this morning."""
    old, noon = MONDAY - 200 * DAY, MONDAY + 12 * HOUR
    resets_at = noon + 3 * DAY
    changes = [
        LimitChange(old, "weekly", 0, old + WEEK, "oauth"),
        LimitChange(noon - 3 * HOUR, "weekly", 0, resets_at, "oauth"),
        LimitChange(noon, "weekly", 10, resets_at, "oauth"),
    ]
    last = lane(noon, 10, resets_at, WEEK)
    assert known(usage_rate(changes, last, noon, UTC, "mon-fri")).over == 3 * DAY
    assert known(usage_rate(changes, last, noon, UTC, ALL)).over == DAY


def test_days_off_do_not_shorten_the_history(tmp_path: Path) -> None:
    """On a Monday at noon three days of work go back to the Wednesday before."""
    ledger, noon = Ledger(tmp_path / "ledger.sqlite3"), MONDAY + 12 * HOUR
    for days, used in ((-5, 0), (-4, 72), (-3, 74), (0, 76)):
        at = noon + days * DAY
        usage = AccountUsage(
            provider="codex",
            title="Codex",
            homes=(),
            account=Account(id="a1"),
            windows=(lane(at, used, noon + DAY, WEEK),),
        )
        news = ledger.limits.note(usage, at, work_days="mon-fri")
    (rate,) = news.rates
    assert rate.percent_per_hour == pytest.approx(2 / 24, rel=0.5)
    assert rate.fastest == pytest.approx(76 / 72)


def _differs(
    reading: tuple[datetime, float, datetime | None], before: tuple[datetime, float, datetime | None] | None
) -> bool:
    return before is None or reading[1] != before[1]


NINE = MONDAY + 9 * HOUR
ENDS = NINE + SESSION


class TestWhatIsNoRate:
    def test_of_too_short_a_history(self) -> None:
        assert rate_of([(NINE, 1, ENDS)]) is None
        assert rate_of([(NINE, 1, ENDS), (NINE + 20 * MINUTE, 9, ENDS)]) is None
        assert known(rate_of([(NINE, 1, ENDS), (NINE + 30 * MINUTE, 9, ENDS)])).percent_per_hour == 16

    def test_of_a_window_of_unknown_length(self) -> None:
        changes = [LimitChange(NINE, "x", 1, None, "oauth")]
        unknown = replace(lane(NINE, 1, None, SESSION), value=RateWindow(id="x", title="", used_percent=1))
        assert usage_rate(changes, unknown, NINE, UTC, ALL) is None
        assert usage_rate([], lane(NINE, 1, ENDS, SESSION), NINE, UTC, ALL) is None

    def test_of_a_clock_that_is_ahead(self) -> None:
        changes = [LimitChange(NINE, "session", 1, ENDS, "oauth")]
        assert usage_rate(changes, lane(NINE + HOUR, 1, ENDS, SESSION), NINE, UTC, ALL) is None


class TestResets:
    def test_an_ordinary_one_is_no_use(self) -> None:
        course: list[tuple[datetime, float, datetime | None]] = [
            (ENDS - 60 * MINUTE, 50, ENDS),
            (ENDS - 30 * MINUTE, 56, ENDS),
            (ENDS + 5 * MINUTE, 2, ENDS + SESSION),
            (ENDS + 30 * MINUTE, 7, ENDS + SESSION),
        ]
        assert known(rate_of(course)).percent_per_hour == pytest.approx(7)

    @pytest.mark.parametrize("seconds", [1, 60])
    def test_the_rate_is_the_same_just_before_and_just_after(self, seconds: float) -> None:
        course: list[tuple[datetime, float, datetime | None]] = [
            (ENDS - 2 * HOUR, 40, ENDS),
            (ENDS - timedelta(seconds=seconds), 60, ENDS),
        ]
        after = (ENDS + timedelta(seconds=seconds), 0.0, ENDS + SESSION)
        before = known(rate_of(course)).percent_per_hour
        assert known(rate_of([*course, after])).percent_per_hour == pytest.approx(before, rel=0.05)

    def test_an_early_one_is_no_use_and_what_follows_is(self) -> None:
        course: list[tuple[datetime, float, datetime | None]] = [
            (NINE, 50, ENDS),
            (NINE + 30 * MINUTE, 60, ENDS),
            (NINE + 40 * MINUTE, 0, NINE + 40 * MINUTE + SESSION),
            (NINE + 60 * MINUTE, 5, NINE + 40 * MINUTE + SESSION),
        ]
        assert known(rate_of(course)).percent_per_hour == pytest.approx(15)

    def test_one_that_moved(self) -> None:
        course: list[tuple[datetime, float, datetime | None]] = [
            (NINE, 50, ENDS),
            (NINE + 30 * MINUTE, 60, ENDS + 2 * HOUR),
            (NINE + 60 * MINUTE, 62, ENDS + 2 * HOUR),
        ]
        assert known(rate_of(course)).percent_per_hour == pytest.approx(12)
        straight = known(rate_of([course[0], (NINE + 60 * MINUTE, 62, ENDS + 2 * HOUR)]))
        assert (straight.percent_per_hour, straight.fastest) == (12, 12.5)

    def test_a_refill_in_part_is_no_use_and_what_follows_is(self) -> None:
        course: list[tuple[datetime, float, datetime | None]] = [
            (NINE, 60, ENDS),
            (NINE + 20 * MINUTE, 30, ENDS),
            (NINE + 60 * MINUTE, 34, ENDS),
        ]
        assert known(rate_of(course)).percent_per_hour == pytest.approx(4)

    def test_what_came_back_was_never_gone(self) -> None:
        course: list[tuple[datetime, float, datetime | None]] = [
            (NINE, 50, ENDS),
            (NINE + 30 * MINUTE, 3, ENDS + HOUR),
            (NINE + 40 * MINUTE, 50, ENDS),
            (NINE + 60 * MINUTE, 51, ENDS),
        ]
        assert known(rate_of(course)).percent_per_hour == pytest.approx(1)

    def test_rounding_up_and_down_adds_nothing(self) -> None:
        course: list[tuple[datetime, float, datetime | None]] = [
            (NINE + minute * MINUTE, 50.0 + minute % 2, ENDS) for minute in range(61)
        ]
        assert known(rate_of(course)).percent_per_hour == pytest.approx(1)


class TestAMachineThatWasOff:
    def test_over_a_reset_nobody_knows_what_was_used_before_it(self) -> None:
        """The half hour after the reset is known: 6 %."""
        course: list[tuple[datetime, float, datetime | None]] = [
            (ENDS - 3 * HOUR, 40, ENDS),
            (ENDS + 30 * MINUTE, 6, ENDS + SESSION),
        ]
        found = known(rate_of(course))
        assert found.percent_per_hour == pytest.approx(12)
        assert found.slowest == pytest.approx(6), "the half hour before may have been without use"
        assert rate_of([course[0], (ENDS + 5 * MINUTE, 6, ENDS + SESSION)]) is None
        assert rate_of([course[0], (ENDS + 20 * MINUTE, 6, ENDS + SESSION)]) is None, "not half an hour yet"

    def test_a_week_is_looked_at_seldom_and_a_spent_one_is_not_used(self) -> None:
        """On a Monday afternoon 12 % were used since the reset at nine, and nothing in the night before."""
        for used, looked in ((60.0, 7), (100.0, 20)):
            before = NINE - looked * HOUR
            course: list[tuple[datetime, float, datetime | None]] = [
                (NINE - 60 * HOUR, used, NINE),
                (before, used, NINE),
                (NINE, 0, NINE + WEEK),
                (NINE + 8 * HOUR, 12, NINE + WEEK),
            ]
            assert known(rate_of(course, WEEK)).percent_per_hour == pytest.approx(0.5)

    def test_within_a_window_its_use_was_even(self) -> None:
        course: list[tuple[datetime, float, datetime | None]] = [
            (NINE, 40, ENDS),
            (NINE + 3 * HOUR, 70, ENDS),
        ]
        assert known(rate_of(course)).percent_per_hour == pytest.approx(10)

    def test_a_window_that_began_meanwhile_was_used_from_its_start(self) -> None:
        """It was not in use for days, and began half an hour ago."""
        begun = NINE - 30 * MINUTE
        rate = rate_of([(NINE - 3 * DAY, 0, NINE - 3 * DAY + SESSION), (NINE, 10, begun + SESSION)])
        assert known(rate).percent_per_hour == pytest.approx(20)


moments = st.floats(-20_000, 20_000).map(lambda minutes: NINE + minutes * MINUTE)
readings = st.tuples(moments, st.floats(0, 200), st.none() | moments)


@given(
    st.lists(readings, min_size=1, max_size=30),
    st.sampled_from([timedelta(seconds=1), HOUR, SESSION, DAY, WEEK, 30 * DAY, 400 * DAY]),
    st.sampled_from(list(DAYS)),
    st.sampled_from([UTC, ZoneInfo("America/Sao_Paulo"), None]),
)
def test_no_history_makes_nonsense(
    course: list[tuple[datetime, float, datetime | None]],
    duration: timedelta,
    days: str,
    zone: tzinfo | None,
) -> None:
    rate = rate_of(sorted(course, key=lambda reading: reading[0]), duration, days, zone)
    if rate is None:
        return
    assert 0 <= rate.slowest <= rate.percent_per_hour <= rate.fastest
    assert math.isfinite(rate.fastest)
    assert rate.over >= timedelta(0)
