from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.errors import Offline, ProviderError, ServerError
from providers.domain.limits import AccountUsage, RateWindow, Sourced, UsageError, UsageSnapshot
from tray.engine import refresh_policy
from tray.engine.refresh_policy import CHOSEN, LONGEST, REFRESH, WHILE_ACTIVE, Activity, interval

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
idle_minutes = st.floats(-1e5, 1e5)


@pytest.mark.parametrize(
    ("idle", "every"),
    [(0, 2), (5, 2), (5.1, 5), (60, 5), (61, 15), (240, 15), (241, 30), (1e4, 30), (-300, 30)],
)
def test_the_longer_nobody_works_the_more_seldom_it_polls(idle: float, every: float) -> None:
    assert interval(Activity(at=NOW - idle * MINUTE), NOW) == every * MINUTE


@given(idle_minutes, idle_minutes)
def test_intervals_are_bounded_and_grow_with_the_time(one: float, other: float) -> None:
    near, far = sorted((one, other), key=abs)
    short, long = (interval(Activity(at=NOW - idle * MINUTE), NOW) for idle in (near, far))
    assert WHILE_ACTIVE <= short <= long <= LONGEST
    assert interval(Activity(at=NOW - near * MINUTE, on_battery=True), NOW) == 2 * short


def test_a_network_that_changed_lately_is_tried_again_soon_even_on_battery() -> None:
    activity = Activity(at=NOW - timedelta(days=1), on_battery=True, network_at=NOW - MINUTE)
    assert interval(activity, NOW, offline=True) == MINUTE
    assert interval(activity, NOW) == 2 * LONGEST
    assert interval(activity, NOW + 5 * MINUTE, offline=True) == 2 * LONGEST


@pytest.mark.parametrize(
    ("before", "now", "polling", "judged_by"), [(30, 2, True, 30), (30, 2, False, 2), (2, 30, True, 30)]
)
def test_values_are_not_old_while_they_are_being_read_anew(
    before: float, now: float, polling: bool, judged_by: float
) -> None:
    found = refresh_policy.promised(before * MINUTE, now * MINUTE, polling=polling)
    assert found == judged_by * MINUTE


@pytest.mark.parametrize(("hours", "over"), [(1, False), (0, True), (-1, True), (24, False), (25, True)])
def test_a_pause_ends_by_itself_also_where_the_clock_was_set_back(hours: float, over: bool) -> None:
    assert refresh_policy.is_pause_over(NOW + timedelta(hours=hours), NOW) is over


def window(ident: str, read: float, resets: float | None) -> Sourced[RateWindow]:
    """Both in minutes from now on."""
    resets_at = None if resets is None else NOW + resets * MINUTE
    limit = RateWindow(id=ident, title=ident, used_percent=40, resets_at=resets_at)
    return Sourced(value=limit, source="oauth", fetched_at=NOW + read * MINUTE)


@pytest.mark.parametrize("chosen", REFRESH.type.values)  # type: ignore[attr-defined]
def test_what_a_person_chose_holds_but_for_a_network_that_returns(chosen: str) -> None:
    every = CHOSEN.get(chosen)
    idle = Activity(at=NOW - 500 * MINUTE, on_battery=True)
    assert interval(idle, NOW, chosen=every) == (2 * LONGEST if chosen == "auto" else every)
    back = replace(idle, network_at=NOW)
    assert interval(back, NOW, chosen=every, offline=True) == MINUTE


def account(*windows: Sourced[RateWindow]) -> AccountUsage:
    return AccountUsage(provider="claude", title="Claude", homes=("~/.claude",), windows=windows)


@pytest.mark.parametrize(
    ("windows", "polled", "at"),
    [
        ([window("session", -9, 20), window("weekly", -9, 900)], -9, 20.5),
        ([window("weekly", -9, 900), window("session", -9, 20)], -9, 20.5),
        ([window("session", -9, None), window("weekly", -9, 900)], -9, 900.5),
        ([window("session", -9, -1)], None, -0.5),
        ([window("session", -3, -1)], -3, 2),  # the provider's interval after its last reading
        ([window("session", -9, -3)], -1, None),  # polled since: an answer may have failed
        ([window("session", -2, -3)], None, None),  # read after its reset
        ([window("session", -3, -3)], None, None),
        ([], -9, None),
    ],
)
def test_servers_are_polled_for_the_first_window_that_resets(
    windows: list[Sourced[RateWindow]], polled: float | None, at: float | None
) -> None:
    polled_at = None if polled is None else NOW + polled * MINUTE
    found = refresh_policy.next_reset([account(*windows)], {"claude": 5 * MINUTE}, polled_at)
    assert found == (None if at is None else NOW + at * MINUTE)


@pytest.mark.parametrize(("error", "offline"), [(None, False), (ServerError, False), (Offline, True)])
def test_a_server_that_fails_is_not_a_missing_network(
    error: type[ProviderError] | None, offline: bool
) -> None:
    failed = None if error is None else UsageError(kind=error.kind, message="", remedy="")
    accounts = (account(), replace(account(), error=failed))
    assert refresh_policy.is_offline(UsageSnapshot(generated_at=NOW, accounts=accounts)) is offline
    assert interval(Activity(at=NOW), NOW, offline=offline) == WHILE_ACTIVE  # no network has changed


def test_before_the_first_reading_nothing_is_offline() -> None:
    assert not refresh_policy.is_offline(None)
