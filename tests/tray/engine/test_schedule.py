from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tray.engine.schedule import Periods, Schedule

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
MINUTE = timedelta(minutes=1)


def schedule(chance: float = 0.0, periods: Periods = Periods()) -> Schedule:  # noqa: B008 - frozen
    """One that has polled and counted at NOW."""
    made = Schedule(periods, lambda: chance)
    assert made.is_poll_due(NOW)
    assert made.is_count_due(NOW, TODAY, counting=False)
    made.polled(NOW)
    made.counting(NOW, TODAY)
    made.counted(NOW)
    return made


def count_is_due(made: Schedule, now: datetime) -> bool:
    return made.is_count_due(now, TODAY, counting=False)


def test_it_asks_and_counts_when_that_is_due_and_not_before() -> None:
    made = schedule()
    early, due = NOW + 4 * MINUTE + timedelta(seconds=59), NOW + 5 * MINUTE
    assert (made.is_poll_due(early), count_is_due(made, early)) == (False, False)
    assert (made.is_poll_due(due), count_is_due(made, due)) == (True, True)


@pytest.mark.parametrize(("chance", "minutes"), [(0.0, 5.0), (1.0, 5.5)])
def test_polls_drift_by_chance(chance: float, minutes: float) -> None:
    made = schedule(chance)
    assert not made.is_poll_due(NOW + (minutes - 0.01) * MINUTE)
    assert made.is_poll_due(NOW + (minutes + 0.01) * MINUTE)


@pytest.mark.parametrize("jump", [timedelta(hours=9), timedelta(hours=-2)])
def test_a_machine_that_slept_and_a_clock_set_back_are_due_once(jump: timedelta) -> None:
    made = schedule()
    then = NOW + jump
    assert (made.is_poll_due(then), count_is_due(made, then)) == (True, True)
    made.polled(then)
    made.counting(then, TODAY)
    assert (made.is_poll_due(then), count_is_due(made, then)) == (False, False)


def test_a_new_day_is_counted_at_once() -> None:
    made = schedule()
    assert made.is_count_due(NOW + MINUTE, TODAY + timedelta(days=1), counting=False)
    assert not made.is_count_due(NOW + MINUTE, TODAY + timedelta(days=1), counting=True)


def test_logs_that_are_written_are_counted_sooner_but_not_all_the_time() -> None:
    made = schedule()
    made.logs_changed()
    assert not count_is_due(made, NOW + timedelta(seconds=29))
    assert made.pause(NOW, counting=False) == 30
    assert count_is_due(made, NOW + timedelta(seconds=30))
    made.counting(NOW + timedelta(seconds=30), TODAY)
    assert not count_is_due(made, NOW + timedelta(seconds=90))


def test_a_long_count_is_followed_by_a_pause() -> None:
    made = schedule()
    made.counting(NOW, TODAY)
    made.counted(NOW + 10 * MINUTE)
    assert not count_is_due(made, NOW + 14 * MINUTE)
    assert count_is_due(made, NOW + 15 * MINUTE)


def test_what_is_wanted_is_due_at_once() -> None:
    made = schedule()
    made.count_wanted()
    made.poll_wanted()
    assert (made.is_poll_due(NOW), count_is_due(made, NOW)) == (True, True)


def test_periods_can_be_given() -> None:
    made = schedule(periods=Periods(poll=timedelta(hours=2), count=timedelta(hours=1)))
    assert (made.is_poll_due(NOW + 61 * MINUTE), count_is_due(made, NOW + 61 * MINUTE)) == (False, True)
    assert made.is_poll_due(NOW + 121 * MINUTE)


@pytest.mark.parametrize(("after", "seconds"), [(0, 60), (4.5, 30), (4.999, 1), (5, 1), (30, 1), (-30, 60)])
def test_it_never_waits_past_what_is_due_nor_turns_in_circles(after: float, seconds: float) -> None:
    assert schedule().pause(NOW + after * MINUTE, counting=False) == seconds
