from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from providers.ledger.history import LimitChange
from providers.ledger.windows import WindowRecord
from tray.view.charts.use_line import Stretch, UseLine, UsePoint, use_line
from tray.view.window_history import days_looked_at, highest_bars, use_stretches

BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
END = BEGIN + timedelta(days=1)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def change(minute: float, used: float, resets: float | None = 300, window: str = "session") -> LimitChange:
    resets_at = None if resets is None else BEGIN + resets * MINUTE
    return LimitChange(BEGIN + minute * MINUTE, window, used, resets_at, "oauth")


def record(starts: float, resets: float | None, seen: float, used: float = 50, **more: Any) -> WindowRecord:
    at = {
        "starts_at": BEGIN + starts * MINUTE,
        "resets_at": None if resets is None else BEGIN + resets * MINUTE,
        "seen_at": BEGIN + seen * MINUTE,
    }
    return WindowRecord(**{"account": "a1", "window": "session", "used_percent": used, **at, **more})


def stretches(*changes: LimitChange, log: tuple[WindowRecord, ...] = (), **more: Any) -> tuple[Stretch, ...]:
    return use_stretches(changes, log, BEGIN, more.pop("until", END), **more)


def minutes(stretch: Stretch) -> list[tuple[float, float]]:
    return [((point.at - BEGIN) / MINUTE, point.used) for point in stretch.points]


def test_readings_every_few_minutes_make_one_line() -> None:
    readings = [change(10 * number, 2 * number) for number in range(1, 29)]
    now = BEGIN + 320 * MINUTE
    first, second = stretches(*readings, change(310, 1, 610), looked_at=now, until=now)
    assert len(first.points) == 28
    assert (first.until, first.ended) == (BEGIN + 300 * MINUTE, "reset")
    assert minutes(second) == [(310, 1), (320, 1)]
    assert (second.until, second.ended, second.note) == (None, "open", "")


def test_an_early_reset_is_marked_where_it_was_seen() -> None:
    first, second = stretches(change(10, 40), change(60, 50), change(100, 2, 400))
    assert (first.until, first.ended) == (BEGIN + 100 * MINUTE, "early")
    assert second.points[0] == UsePoint(BEGIN + 100 * MINUTE, 2)


def test_an_early_reset_while_nobody_looked_is_marked_where_it_was_found() -> None:
    before, mark, after = stretches(change(10, 40, 9000, "weekly"), change(900, 2, 11000, "weekly"))
    assert (before.until, before.note) == (None, "no readings after that")
    assert (mark.until, mark.ended) == (BEGIN + 900 * MINUTE, "early")
    assert len(mark.points) == 1
    assert after.points[0] == UsePoint(BEGIN + 900 * MINUTE, 2)


def test_usage_that_returns_at_once_was_never_gone() -> None:
    (line,) = stretches(change(10, 40), change(20, 0, 320), change(22, 41), looked_at=BEGIN + 30 * MINUTE)
    assert [used for _, used in minutes(line)] == [40, 41, 41]


def test_a_reset_that_moves_breaks_no_line() -> None:
    (line,) = stretches(change(10, 40), change(20, 41, 500), change(30, 42, 500))
    assert [used for _, used in minutes(line)] == [40, 41, 42]


def test_where_nobody_looked_there_is_no_line() -> None:
    """When it grew in these hours is not known."""
    first, second = stretches(change(10, 5, 9000, "weekly"), change(900, 30, 9000, "weekly"))
    assert minutes(first) == [(10, 5), (12.88, 5)]  # a dot
    assert (first.ended, first.note) == ("open", "no readings after that")
    assert second.points[0] == UsePoint(BEGIN + 900 * MINUTE, 30)


def test_the_log_tells_until_when_somebody_looked() -> None:
    log = (record(0, 9000, 200, window="weekly"),)
    first, _ = stretches(change(10, 5, 9000, "weekly"), change(900, 30, 9000, "weekly"), log=log)
    assert minutes(first) == [(10, 5), (200, 5)]


def test_what_is_the_same_after_hours_was_the_same_all_the_time() -> None:
    (line,) = stretches(
        change(10, 5, 9000, "weekly"), change(900, 5, 9000, "weekly"), change(905, 6, 9000, "weekly")
    )
    assert [used for _, used in minutes(line)] == [5, 5, 6]


def test_a_reset_long_after_the_last_look_is_no_flat_line_until_it() -> None:
    first, _ = stretches(change(10, 5), change(320, 4, 620))
    assert first.points[-1].at < BEGIN + 13 * MINUTE
    assert first.until is None


def test_a_window_that_ran_out_unseen_ends_at_its_last_look() -> None:
    (line,) = stretches(change(10, 5), looked_at=BEGIN + 60 * MINUTE)
    assert minutes(line) == [(10, 5), (60, 5)]
    (near,) = stretches(change(10, 5), looked_at=BEGIN + 290 * MINUTE)
    assert (near.until, near.ended) == (BEGIN + 300 * MINUTE, "reset")


def test_an_unused_window_has_no_resets() -> None:
    (line,) = stretches(change(10, 0, 310), change(60, 3, 360), change(65, 4, 360))
    assert [used for _, used in minutes(line)] == [0, 3, 4]


def test_what_began_before_the_range_begins_at_its_edge() -> None:
    (line,) = stretches(change(-100, 20, 200), change(-50, 30, 200), change(10, 40, 200))
    assert minutes(line)[:2] == [(0, 30), (10, 40)]
    assert stretches(change(-900, 20, -600), change(-800, 30, -600)) == ()


def test_nothing_beyond_the_end_of_the_range() -> None:
    (line,) = stretches(change(10, 5), change(20, 6), change(40, 9), until=BEGIN + 30 * MINUTE)
    assert max(point.at for point in line.points) <= BEGIN + 30 * MINUTE


def test_a_clock_that_was_set_back_makes_no_line_that_runs_back() -> None:
    later = record(0, 300, 5000)
    (line,) = stretches(change(10, 5), change(20, 6), log=(later,), looked_at=BEGIN - HOUR)
    assert [used for _, used in minutes(line)] == [5, 6]


def test_a_reading_that_came_after_its_reset_does_not_reach_into_the_next_one() -> None:
    first, second = stretches(change(0, 3, -1), change(1, 0))
    assert [point.at for point in (*first.points, *second.points)][:3] == [
        BEGIN,
        BEGIN + MINUTE,
        BEGIN + MINUTE,
    ]


def test_no_readings() -> None:
    assert stretches() == ()


CHANGES = st.lists(
    st.builds(
        change,
        st.integers(-500, 1500),
        st.integers(0, 105),
        st.one_of(st.none(), st.integers(-600, 2500)),
    ),
    max_size=40,
    unique_by=lambda each: each.at,
)


@given(CHANGES, st.lists(st.integers(-500, 1500), max_size=4))
def test_any_history_is_drawn_in_order_and_with_its_peak(
    changes: list[LimitChange], looks: list[int]
) -> None:
    changes.sort(key=lambda each: each.at)
    log = tuple(record(look - 100, look + 100, look) for look in looks)
    found = stretches(*changes, log=log)
    points = [point for each in found for point in each.points]
    assert [point.at for point in points] == sorted(point.at for point in points)
    assert all(BEGIN <= point.at <= END for point in points)
    assert all(each.until is None or each.points[-1].at <= each.until <= END for each in found)
    use_line(UseLine(title="5h", stretches=found, begin=BEGIN, end=END))


def test_a_long_line_is_thinned_and_keeps_its_peak() -> None:
    many = [change(number / 60, 100 * number / 5000, 2000) for number in range(5000)]
    spike = change(5000 / 60, 100.5, 2000)
    (line,) = use_stretches([*many, spike], (), BEGIN, BEGIN + 90 * MINUTE)
    assert len(line.points) <= 1502
    assert max(point.used for point in line.points) == 100.5


def test_the_highest_of_each_day() -> None:
    log = [
        record(0, 300, 299, used=20, ended_at=BEGIN + 300 * MINUTE),
        record(300, 600, 599, used=70, ended_at=BEGIN + 600 * MINUTE),
        record(0, 10080, 3000, used=5, window="weekly"),
        record(7000, 7300, 7010, used=33, ended_at=BEGIN + 7300 * MINUTE),
    ]
    bars = highest_bars(
        log[:2] + log[3:],
        days_looked_at(log, UTC),
        date(2026, 11, 20),
        date(2026, 11, 25),
        "day",
        BEGIN + timedelta(days=8),
        UTC,
    )
    values = [bar.values[0] for bar in bars]
    assert values == [70, 0, 0, None, 33, None]
    assert [bar.partial for bar in bars] == [False] * 4 + [True, False]


def test_an_open_window_counts_today() -> None:
    log = [record(0, 10080, 100, used=5, window="weekly")]
    (bar,) = highest_bars(
        log, days_looked_at(log, UTC), date(2026, 11, 20), date(2026, 11, 20), "day", BEGIN + 2 * HOUR, UTC
    )
    assert bar.values == (5,)
