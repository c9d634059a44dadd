from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain import rules
from providers.domain.limits import AccountUsage, Pace, RateWindow
from providers.domain.pace import allowance, pace, pace_of
from providers.domain.usage_rate import UsageRate
from providers.domain.work_days import DAYS, work_spans

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def window(used: float, elapsed: float, hours: float = 10) -> RateWindow:
    """A window of `hours`, `elapsed` of them gone."""
    return RateWindow(
        id="session",
        title="5h",
        used_percent=used,
        duration=timedelta(hours=hours),
        resets_at=NOW + timedelta(hours=hours - elapsed),
    )


@pytest.mark.parametrize(
    ("used", "elapsed", "verdict", "runs_out_in_hours"),
    [
        (37, 7, "reserve", None),
        (50, 5, "on_pace", None),
        (51.9, 5, "on_pace", 4.634),
        (54, 5, "deficit", 4.259),
        (80, 5, "runs_out", 1.25),
        (99.9, 5, "runs_out", 0.005),
        (0, 5, "reserve", None),
        (1e-300, 5, "reserve", None),
    ],
)
def test_verdicts(used: float, elapsed: float, verdict: str, runs_out_in_hours: float | None) -> None:
    found = pace(window(used, elapsed), NOW)
    assert found is not None
    assert found.verdict == verdict
    assert found.expected_percent == pytest.approx(elapsed * 10)
    if runs_out_in_hours is None:
        assert found.runs_out_at is None
    else:
        assert found.runs_out_at is not None
        assert (found.runs_out_at - NOW).total_seconds() / 3600 == pytest.approx(runs_out_in_hours, abs=0.01)


def test_a_busy_minute_at_the_start_is_no_habit() -> None:
    """4 % in the first nine minutes of five hours: at that pace the rest lasts 3.6 hours."""
    early = pace(window(4, 0.15, hours=5), NOW)
    assert early is not None
    assert (early.verdict, early.runs_out_at) == ("on_pace", NOW + timedelta(hours=3.6))
    for used, elapsed, verdict in ((12, 0.45, "deficit"), (14, 0.5, "runs_out")):
        found = pace(window(used, elapsed, hours=5), NOW)
        assert found is not None
        assert found.verdict == verdict


@pytest.mark.parametrize(
    "untold",
    [
        window(10, 0.2),
        window(10, 10),
        window(10, -1),
        window(100, 5),
        window(130, 5),
        RateWindow(id="x", title="x", used_percent=1, duration=timedelta(hours=5)),
        RateWindow(id="x", title="x", used_percent=1, resets_at=NOW + timedelta(hours=1)),
    ],
    ids=["just begun", "over", "not begun", "spent", "overspent", "no reset", "no length"],
)
def test_an_unknown_pace_is_none(untold: RateWindow) -> None:
    assert pace(untold, NOW) is None


def rate(
    per_hour: float, slowest: float, fastest: float, age: timedelta = timedelta(0), name: str = "session"
) -> UsageRate:
    return UsageRate(
        window=name, percent_per_hour=per_hour, slowest=slowest, fastest=fastest, over=HOUR, at=NOW - age
    )


def known(found: Pace | None) -> Pace:
    assert found is not None
    return found


class TestTheLastHours:
    def test_the_projection_follows_them(self) -> None:
        """24 % in four hours, 18 of them in the last one: three times the mean."""
        by_mean = known(pace(window(24, 4), NOW))
        by_hours = known(pace(window(24, 4), NOW, rate(18, 10, 19)))
        assert (by_mean.runs_out_at, by_mean.verdict, by_mean.basis) == (None, "reserve", "window")
        assert (by_hours.verdict, by_hours.basis) == ("runs_out", "history")
        assert by_hours.runs_out_at == NOW + 76 / 18 * HOUR
        assert by_hours.runs_out_between == (NOW + 4 * HOUR, None)
        assert (by_hours.expected_percent, by_hours.delta_percent) == (
            by_mean.expected_percent,
            by_mean.delta_percent,
        )

    def test_who_used_much_and_then_rests_has_enough(self) -> None:
        assert known(pace(window(70, 4), NOW)).verdict == "runs_out"
        rests = known(pace(window(70, 4), NOW, rate(2, 0, 4)))
        assert (rests.verdict, rests.runs_out_at, rests.runs_out_between) == ("reserve", None, None)

    def test_a_spread_may_end_before_the_reset_though_the_likely_time_does_not(self) -> None:
        found = known(pace(window(70, 4), NOW, rate(4, 0, 10)))
        assert (found.runs_out_at, found.runs_out_between) == (None, (NOW + 3 * HOUR, None))

    def test_one_that_just_lasts_or_just_does_not(self) -> None:
        assert known(pace(window(40, 4), NOW, rate(10.2, 10.2, 10.2))).verdict == "on_pace"
        assert known(pace(window(40, 4), NOW, rate(10.6, 10.6, 10.6))).verdict == "deficit"
        assert known(pace(window(40, 4), NOW, rate(13, 13, 13))).verdict == "runs_out"

    @pytest.mark.parametrize("age", [61 * timedelta(minutes=1), -10 * timedelta(minutes=1)])
    def test_an_old_rate_says_nothing_and_neither_does_one_of_the_future(self, age: timedelta) -> None:
        assert known(pace(window(20, 4), NOW, rate(15, 10, 20, age))).basis == "window"

    def test_each_window_has_its_own(self) -> None:
        usage = AccountUsage(
            provider="codex",
            title="Codex",
            homes=(),
            rates=(rate(90, 90, 90, name="weekly"), rate(15, 10, 20)),
        )
        assert known(pace_of(usage, window(20, 4), NOW)).runs_out_at == NOW + 80 / 15 * HOUR


def week(used: float, now: datetime, resets_at: datetime) -> RateWindow:
    return RateWindow(id="weekly", title="Weekly", used_percent=used, duration=7 * DAY, resets_at=resets_at)


class TestWorkDays:
    """The week of these tests goes from a Monday's midnight to the next; 2026-11-16 is a Monday."""

    MONDAY = datetime(2026, 11, 16, tzinfo=UTC)

    def at(self, days: float, used: float, work_days: str = "mon-fri", resets: float = 7) -> Pace:
        now = self.MONDAY + days * DAY
        return known(pace(week(used, now, self.MONDAY + resets * DAY), now, work_days=work_days))

    def test_the_share_of_the_time_that_counts(self) -> None:
        assert self.at(2.5, 10).expected_percent == 50
        assert self.at(2.5, 10, "all").expected_percent == pytest.approx(35.714, abs=0.001)
        assert self.at(6, 10).expected_percent == 100
        assert self.at(3, 10, "mon-sat").expected_percent == 50
        assert self.at(3, 10, "sun-thu").expected_percent == 60

    def test_what_runs_out_does_so_in_work_time(self) -> None:
        """From Thursday to Thursday: what runs out after two more days of work does so on Monday evening."""
        thursday = self.MONDAY + 3 * DAY
        now = thursday + 1 * DAY
        found = known(pace(week(40, now, thursday + 7 * DAY), now, work_days="mon-fri"))
        assert (found.runs_out_at, found.verdict) == (self.MONDAY + 7.5 * DAY, "runs_out")

    def test_the_mean_is_that_of_work_time(self) -> None:
        """60 % in two days and a half of work, with a weekend in between: the rest is for 40 hours more."""
        thursday = self.MONDAY + 3 * DAY
        now = self.MONDAY + 7.5 * DAY
        found = known(pace(week(60, now, thursday + 7 * DAY), now, work_days="mon-fri"))
        assert found.runs_out_at is not None
        assert found.runs_out_at - now == pytest.approx(40 * HOUR, abs=timedelta(seconds=1))

    def test_a_week_that_lasts_until_the_weekend_lasts(self) -> None:
        assert self.at(4, 80).runs_out_at is None
        assert self.at(4, 80).verdict == "on_pace"

    def test_a_short_window_and_one_without_a_work_day_are_paced_by_the_clock(self) -> None:
        sunday = self.MONDAY + 6.5 * DAY
        short = RateWindow(
            id="session", title="5h", used_percent=10, duration=5 * HOUR, resets_at=sunday + 2 * HOUR
        )
        weekend = RateWindow(
            id="x", title="x", used_percent=10, duration=2 * DAY, resets_at=self.MONDAY + 7 * DAY
        )
        assert known(pace(short, sunday, work_days="mon-fri")).expected_percent == 60
        assert known(pace(weekend, sunday, work_days="mon-fri")).expected_percent == 75

    def test_days_end_at_local_midnight_in_summer_and_winter(self) -> None:
        """2026-10-25, a Sunday, has 25 hours in Berlin: Monday begins at 23:00 UTC."""
        start, end = datetime(2026, 10, 23, 12, tzinfo=UTC), datetime(2026, 10, 30, 12, tzinfo=UTC)
        now = datetime(2026, 10, 25, 12, tzinfo=UTC)
        spans = work_spans(
            now.timestamp(), (start - now).total_seconds(), (end - now).total_seconds(), "mon-fri", BERLIN
        )
        assert spans is not None
        assert [tuple(now + timedelta(seconds=each) for each in span) for span in spans] == [
            (start, datetime(2026, 10, 23, 22, tzinfo=UTC)),
            (datetime(2026, 10, 25, 23, tzinfo=UTC), end),
        ]


class TestToday:
    def test_an_even_share_of_what_is_left(self) -> None:
        monday = datetime(2026, 11, 16, tzinfo=UTC)
        ends = monday + 7 * DAY
        assert allowance(week(0, monday, ends), monday) == pytest.approx(100 / 7)
        assert allowance(week(0, monday, ends), monday, UTC, "mon-fri") == pytest.approx(20)
        thursday = monday + 3.5 * DAY
        assert allowance(week(25, thursday, ends), thursday, UTC, "mon-fri") == pytest.approx(25)
        saturday = monday + 5 * DAY
        assert allowance(week(40, saturday, ends), saturday, UTC, "mon-sat") == 60
        assert allowance(week(40, saturday, ends + 2 * DAY), saturday, UTC, "mon-fri") == 0
        assert allowance(week(40, saturday, ends), saturday, UTC, "mon-fri") == 30, "no work day is left"

    def test_the_last_day_has_all_that_is_left(self) -> None:
        assert allowance(week(80, NOW, NOW + 3 * HOUR), NOW) == 20
        assert allowance(week(120, NOW, NOW + 3 * HOUR), NOW) == 0

    def test_a_day_of_25_hours(self) -> None:
        now = datetime(2026, 10, 24, 22, tzinfo=UTC)
        assert allowance(week(0, now, now + 50 * HOUR), now, BERLIN) == 50

    def test_it_is_not_known_of_other_windows(self) -> None:
        assert allowance(window(10, 5), NOW) is None
        assert allowance(week(10, NOW, NOW - HOUR), NOW) is None
        assert allowance(week(10, NOW, NOW + 8 * DAY), NOW) is None
        assert allowance(RateWindow(id="weekly", title="", used_percent=1), NOW) is None


def test_the_calendar_may_end() -> None:
    now = datetime(9999, 12, 30, 12, tzinfo=UTC)
    last = week(10, now, now + DAY)
    assert known(pace(last, now, zone=BERLIN, work_days="mon-fri")).expected_percent == pytest.approx(600 / 7)
    late = datetime(9999, 12, 31, 12, tzinfo=UTC)
    assert allowance(week(10, late, late + HOUR), late, BERLIN) is None


numbers = st.floats(allow_nan=True, allow_infinity=True)
rates = st.none() | st.tuples(numbers, numbers, numbers)
zones = st.sampled_from([UTC, BERLIN, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Kathmandu"), None])


@given(used=numbers, duration=numbers, resets_in=numbers, speed=rates)
def test_figures_are_never_negative_and_never_nonsense(
    used: float, duration: float, resets_in: float, speed: tuple[float, float, float] | None
) -> None:
    found = rules.pace(used, duration, resets_in, speed)
    if found is None:
        return
    expected, _, runs_out, between = found
    assert 0 <= expected <= 100
    for after in (runs_out, *(between or ())):
        assert after is None or 0 <= after < resets_in


moments = st.datetimes(datetime(1970, 1, 3), datetime(2200, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@given(
    now=moments,
    resets_in=st.floats(-10, 40),
    days=st.floats(-1, 40) | st.sampled_from([5 / 24, 7, 30]),
    used=st.floats(0, 150),
    more=st.floats(0, 20),
    zone=zones,
    work_days=st.sampled_from([*DAYS, "nonsense"]),
    speed=st.none() | st.tuples(st.floats(0, 50), st.floats(0, 50), st.floats(0, 50)).map(sorted),
)
def test_pace_in_any_zone_at_any_time(
    now: datetime,
    resets_in: float,
    days: float,
    used: float,
    more: float,
    zone: ZoneInfo | None,
    work_days: str,
    speed: list[float] | None,
) -> None:
    """No crash, nothing negative, and whoever has used more is never better off."""
    last = None
    if speed is not None:
        last = UsageRate(
            window="w", percent_per_hour=speed[1], slowest=speed[0], fastest=speed[2], over=DAY, at=now
        )

    def at(used: float) -> RateWindow:
        return RateWindow(
            id="w", title="", used_percent=used, duration=days * DAY, resets_at=now + resets_in * DAY
        )

    may = allowance(at(used), now, zone, work_days)
    assert may is None or 0 <= may <= max(0, 100 - used)
    less, greater = (pace(at(each), now, last, zone, work_days) for each in (used, used + more))
    if less is None:
        assert greater is None
        return
    assert 0 <= less.expected_percent <= 100
    assert math.isfinite(less.delta_percent)
    assert less.runs_out_at is None or now <= less.runs_out_at <= now + resets_in * DAY
    if less.runs_out_between is not None:
        earliest, latest = less.runs_out_between
        assert less.runs_out_at is None or earliest <= less.runs_out_at
        assert latest is None or (less.runs_out_at is not None and latest >= less.runs_out_at)
    if greater is not None:
        order = ["reserve", "on_pace", "deficit", "runs_out"]
        assert order.index(greater.verdict) >= order.index(less.verdict)
        assert greater.delta_percent >= less.delta_percent
        assert less.runs_out_at is None or (
            greater.runs_out_at is not None and greater.runs_out_at <= less.runs_out_at
        )


@given(used=st.floats(0, 99.9), speed=st.floats(0, 3), seconds=st.floats(0.001, 60))
def test_it_is_continuous_at_the_reset(used: float, speed: float, seconds: float) -> None:
    """Just before, what is left lasts, unless it would be used up within those seconds; then there is none."""
    found = rules.pace(used, 18_000, seconds, (speed, speed, speed))
    assert found is not None
    assert found[0] == pytest.approx(100, abs=0.5)
    assert found[1] != "runs_out"
    assert found[2] is None or speed * seconds / 3600 >= 100 - used
    assert rules.pace(used, 18_000, 0) is None
    assert rules.pace(0, 18_000, 18_000 - seconds) is None
