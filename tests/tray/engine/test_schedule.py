from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from providers.domain.limits import AccountUsage, RateWindow, Sourced, UsageError, UsageSnapshot
from tray.engine.refresh_policy import REFRESH
from tray.engine.schedule import Periods, Schedule
from tray.engine.settings import Settings
from tray.engine.state import State
from tray.engine.surroundings import Noticed

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
LONG_AGO = NOW - timedelta(minutes=30)
NOTHING = State()
COUNTING = State(counting=True)


def schedule(
    chance: float = 0.0,
    periods: Periods = Periods(),  # noqa: B008 - frozen
    started_at: datetime = LONG_AGO,
) -> Schedule:
    """One that started half an hour ago, so that it polls every 5 minutes, and has polled and counted at NOW."""
    made = Schedule(periods, lambda: chance, started_at, {"codex": MINUTE, "claude": 5 * MINUTE})
    assert made.is_poll_due(NOW, NOTHING)
    assert made.is_count_due(NOW, TODAY, counting=False)
    made.polled(NOW)
    made.counting(NOW, TODAY)
    made.counted(NOW)
    return made


def poll_is_due(made: Schedule, now: datetime, state: State = NOTHING) -> bool:
    return made.is_poll_due(now, state)


def count_is_due(made: Schedule, now: datetime) -> bool:
    return made.is_count_due(now, TODAY, counting=False)


def with_window(provider: str, fetched_at: datetime, resets_at: datetime, **more: object) -> State:
    window = RateWindow(id="session", title="5h", used_percent=40.0, resets_at=resets_at)
    lane = Sourced(value=window, source="oauth", fetched_at=fetched_at)
    account = AccountUsage(provider=provider, title=provider, homes=(), windows=(lane,))
    return State(snapshot=UsageSnapshot(generated_at=NOW, accounts=(account,)), **more)  # type: ignore[arg-type]


def offline() -> State:
    error = UsageError(kind="offline", message="No connection.", remedy="")
    account = AccountUsage(provider="codex", title="Codex", homes=(), error=error)
    return State(snapshot=UsageSnapshot(generated_at=NOW, accounts=(account,)))


def test_it_asks_and_counts_when_that_is_due_and_not_before() -> None:
    made = schedule()
    early, due = NOW + 4 * MINUTE + 59 * SECOND, NOW + 5 * MINUTE
    assert (poll_is_due(made, early), count_is_due(made, early)) == (False, False)
    assert (poll_is_due(made, due), count_is_due(made, due)) == (True, True)


def test_it_asks_as_often_as_a_person_chose() -> None:
    made = schedule()
    chosen = State(settings=Settings(values={REFRESH.key: "15m"}))
    assert not poll_is_due(made, NOW + 14 * MINUTE, chosen)
    assert poll_is_due(made, NOW + 15 * MINUTE, chosen)
    assert made.every(NOW, NOTHING) == 5 * MINUTE


@pytest.mark.parametrize(("chance", "minutes"), [(0.0, 5.0), (1.0, 5.5)])
def test_polls_drift_by_chance(chance: float, minutes: float) -> None:
    made = schedule(chance)
    assert not poll_is_due(made, NOW + (minutes - 0.01) * MINUTE)
    assert poll_is_due(made, NOW + (minutes + 0.01) * MINUTE)


def test_a_menu_that_is_opened_makes_a_poll_of_two_minutes_ago_too_old() -> None:
    made = schedule()
    made.active(NOW + 90 * SECOND)
    assert not poll_is_due(made, NOW + 119 * SECOND)
    assert poll_is_due(made, NOW + 120 * SECOND)


@pytest.mark.parametrize("jump", [timedelta(hours=9), timedelta(hours=-2)])
def test_a_machine_that_slept_and_a_clock_set_back_are_due_once(jump: timedelta) -> None:
    made = schedule()
    then = NOW + jump
    assert (poll_is_due(made, then), count_is_due(made, then)) == (True, True)
    made.polled(then)
    made.counting(then, TODAY)
    assert (poll_is_due(made, then), count_is_due(made, then)) == (False, False)


def test_after_sleep_it_polls_at_once_or_as_soon_as_there_is_a_network() -> None:
    made = schedule()
    made.noticed(Noticed(woke=True), NOW + MINUTE)
    assert poll_is_due(made, NOW + MINUTE)
    made.noticed(Noticed(woke=True, connected=False), NOW + 8 * MINUTE)
    assert not poll_is_due(made, NOW + 9 * MINUTE)
    made.noticed(Noticed(reconnected=True), NOW + 9 * MINUTE)
    assert poll_is_due(made, NOW + 9 * MINUTE)


@pytest.mark.parametrize("noticed", [Noticed(reconnected=True), Noticed(woke=True)])
def test_a_network_that_comes_back_is_tried_again_each_minute_for_a_while(noticed: Noticed) -> None:
    made = schedule()
    made.noticed(noticed, NOW)
    made.polled(NOW)
    assert poll_is_due(made, NOW + MINUTE, offline())
    assert not poll_is_due(made, NOW + MINUTE, NOTHING)
    made.polled(NOW + 5 * MINUTE)
    assert not poll_is_due(made, NOW + 6 * MINUTE, offline())


def test_on_battery_it_polls_half_as_often() -> None:
    made = schedule()
    made.noticed(Noticed(on_battery=True), NOW)
    assert not poll_is_due(made, NOW + 9.9 * MINUTE)
    made.noticed(Noticed(woke=True, connected=False), NOW)
    assert not poll_is_due(made, NOW + 9.9 * MINUTE), "it was not looked at anew"
    assert poll_is_due(made, NOW + 10 * MINUTE)
    made.noticed(Noticed(on_battery=False), NOW)
    assert poll_is_due(made, NOW + 5 * MINUTE)


@pytest.mark.parametrize(("provider", "after"), [("codex", 60), ("claude", 270)])
def test_a_window_is_read_after_its_reset_once_its_provider_allows(provider: str, after: float) -> None:
    """Read at NOW - 30 s, it is reset at NOW + 30 s, and read again 30 s later or 300 s after the last time."""
    made = schedule(started_at=NOW - timedelta(hours=9))
    state = with_window(provider, NOW - 30 * SECOND, NOW + 30 * SECOND)
    assert not poll_is_due(made, NOW + (after - 1) * SECOND, state)
    assert made.pause(NOW, state) == min(after, 60)
    assert poll_is_due(made, NOW + after * SECOND, state)
    assert made.pause(NOW + (after - 10) * SECOND, state) == 10
    made.polled(NOW + after * SECOND)
    assert not poll_is_due(made, NOW + (after + 120) * SECOND, state), "once for each reset"


def test_nothing_is_polled_during_a_pause() -> None:
    made = schedule()
    made.poll_wanted()
    paused = with_window("codex", NOW, NOW + MINUTE, paused_until=NOW + 60 * MINUTE)
    assert not poll_is_due(made, NOW + 59 * MINUTE, paused)
    assert poll_is_due(made, NOW + 59 * MINUTE)
    assert made.pause(NOW + 59.5 * MINUTE, paused) == 30


def test_status_pages_are_read_soon_after_the_start_and_then_seldom() -> None:
    made = schedule(chance=1.0)
    assert not made.are_pages_due(LONG_AGO + 59 * SECOND)
    assert made.are_pages_due(LONG_AGO + MINUTE)
    made.pages_read(NOW, 2 * MINUTE)
    assert not made.are_pages_due(NOW + 10.9 * MINUTE)
    assert made.are_pages_due(NOW + 11 * MINUTE)
    made.pages_read(NOW, 30 * MINUTE)
    assert not made.are_pages_due(NOW + 32 * MINUTE)
    made.pages_wanted()
    assert made.are_pages_due(NOW + 32 * MINUTE)


def test_a_new_day_is_counted_at_once() -> None:
    made = schedule()
    assert made.is_count_due(NOW + MINUTE, TODAY + timedelta(days=1), counting=False)
    assert not made.is_count_due(NOW + MINUTE, TODAY + timedelta(days=1), counting=True)


def test_logs_that_are_written_are_counted_sooner_but_not_all_the_time() -> None:
    made = schedule()
    made.logs_changed()
    assert not count_is_due(made, NOW + 29 * SECOND)
    assert made.pause(NOW, NOTHING) == 30
    assert made.pause(NOW, COUNTING) == 60
    assert count_is_due(made, NOW + 30 * SECOND)
    made.counting(NOW + 30 * SECOND, TODAY)
    assert not count_is_due(made, NOW + 90 * SECOND)


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
    assert (poll_is_due(made, NOW), count_is_due(made, NOW)) == (True, True)


def test_periods_can_be_given() -> None:
    made = schedule(periods=Periods(poll=timedelta(hours=2), count=timedelta(hours=1)))
    assert (poll_is_due(made, NOW + 61 * MINUTE), count_is_due(made, NOW + 61 * MINUTE)) == (False, True)
    assert poll_is_due(made, NOW + 121 * MINUTE)


@pytest.mark.parametrize(("after", "seconds"), [(0, 60), (4.5, 30), (4.999, 1), (5, 1), (30, 1), (-30, 60)])
def test_it_never_waits_past_what_is_due_nor_turns_in_circles(after: float, seconds: float) -> None:
    assert schedule().pause(NOW + after * MINUTE, NOTHING) == seconds
