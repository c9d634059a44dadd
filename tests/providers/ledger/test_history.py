from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced
from providers.ledger.history import LimitChange, early_resets
from providers.ledger.ledger import Ledger
from providers.ledger.limit_news import LimitNews

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RESET = NOW + timedelta(hours=2)


def lane(
    minute: int, used: float, resets_at: datetime | None = RESET, source: str = "oauth"
) -> Sourced[RateWindow]:
    window = RateWindow(id="session", title="5h", used_percent=used, resets_at=resets_at)
    return Sourced(value=window, source=source, fetched_at=NOW + timedelta(minutes=minute))


def usage(*lanes: Sourced[RateWindow], account: str = "a1") -> AccountUsage:
    return AccountUsage(provider="codex", title="Codex", homes=(), account=Account(id=account), windows=lanes)


def noted(folder: Path, *lanes: Sourced[RateWindow]) -> list[tuple[int, float, str]]:
    ledger = Ledger(folder / "ledger.sqlite3")
    for each in lanes:
        ledger.limits.note(usage(each), each.fetched_at)
    assert ledger.limits.changes("b2", NOW) == []
    return [
        (round((change.at - NOW) / timedelta(minutes=1)), change.used_percent, change.source)
        for change in ledger.limits.changes("a1", NOW)
    ]


def test_only_changes_are_kept(tmp_path: Path) -> None:
    assert noted(tmp_path, lane(0, 10), lane(1, 10), lane(2, 11, source="rollouts"), lane(3, 11)) == [
        (0, 10, "oauth"),
        (2, 11, "rollouts"),
    ]


def test_a_reset_that_moved_is_a_change_and_one_reckoned_anew_is_not(tmp_path: Path) -> None:
    second = timedelta(seconds=1)
    assert noted(tmp_path, lane(0, 10), lane(1, 10, RESET + second), lane(2, 10, RESET + 61 * second)) == [
        (0, 10, "oauth"),
        (2, 10, "oauth"),
    ]
    assert noted(tmp_path, lane(3, 10, None))[-1] == (3, 10, "oauth")


def test_a_window_that_nobody_uses_does_not_change(tmp_path: Path) -> None:
    course = [lane(minute, 0, RESET + minute * MINUTE) for minute in range(0, 60, 5)]
    assert noted(tmp_path, *course, lane(60, 1), lane(65, 0)) == [
        (0, 0, "oauth"),
        (60, 1, "oauth"),
        (65, 0, "oauth"),
    ]


def test_what_is_older_than_the_last_change_tells_nothing(tmp_path: Path) -> None:
    assert noted(tmp_path, lane(5, 10), lane(4, 99)) == [(5, 10, "oauth")]


WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)


def change(minute: float, used: float, resets_in: float | None, source: str = "oauth") -> LimitChange:
    """`resets_in` is in minutes from NOW."""
    resets_at = None if resets_in is None else NOW + resets_in * MINUTE
    return LimitChange(NOW + minute * MINUTE, "weekly", used, resets_at, source)


def early(*told: LimitChange) -> list[tuple[float, bool]]:
    return [((reset.at - NOW) / MINUTE, reset.refilled) for reset in early_resets(told)]


def test_a_use_that_fell_before_its_time_is_an_early_reset() -> None:
    assert early(change(0, 60, 5000), change(10, 0, 10_090)) == [(10, True)]
    assert early(change(0, 60, 5000), change(10, 30, 5000)) == [(10, True)]
    assert early(change(0, 60, 5000), change(10, 0, None)) == [(10, True)]


def test_a_reset_that_moved_before_its_time_is_one_too() -> None:
    assert early(change(0, 60, 5000), change(10, 60, 5006)) == [(10, False)]
    assert early(change(0, 60, 5000), change(10, 61, 4994)) == [(10, False)]
    assert early(change(0, 60, 5000), change(10, 60, 5005)) == []


def test_what_is_no_early_reset() -> None:
    assert early(change(0, 60, 5000), change(5000, 0, 15_080)) == []
    assert early(change(0, 60, 5000), change(4996, 0, 15_080)) == []
    assert early(change(0, 60, None), change(10, 0, 5000)) == []
    assert early(change(0, 60, 5000), change(10, 58, 5001)) == []
    assert early(change(0, 0, 5000), change(60, 0, 5060), change(120, 0, 5120)) == []


def test_a_fall_that_comes_back_was_a_hiccup() -> None:
    assert early(change(0, 60, 5000), change(10, 0, 10_090), change(20, 60, 5000)) == []
    assert early(change(0, 60, 5000), change(10, 0, 10_090), change(20, 3, 10_090)) == [(10, True)]
    assert early(change(0, 60, 5000), change(10, 0, 5000), change(40, 60, 5000)) == [(10, True)]


def test_the_last_one_of_each_window_is_reported() -> None:
    session = [
        LimitChange(NOW + n * MINUTE, "session", used, NOW + 300 * MINUTE, "oauth")
        for n, used in ((3, 50), (4, 9))
    ]
    weekly = [change(0, 60, 5000), change(10, 0, 10_090), change(30, 40, 10_090), change(50, 0, 10_130)]
    told = early_resets(sorted([*session, *weekly], key=lambda each: each.at))
    assert [(reset.window, reset.at) for reset in told] == [
        ("session", NOW + 4 * MINUTE),
        ("weekly", NOW + 50 * MINUTE),
    ]


def news(ledger: Ledger, since: datetime, last: Sourced[RateWindow], account: str = "a1") -> LimitNews:
    return ledger.limits.news(usage(last, account=account), last.fetched_at, since)


def test_the_ledger_remembers_what_a_window_was_at_before(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    last = lane(5, 0, NOW + 2 * WEEK)
    assert news(ledger, NOW, last) == LimitNews()
    for each in (lane(-600, 60, NOW + WEEK), lane(-500, 70, NOW + WEEK), last):
        ledger.limits.note(usage(each), each.fetched_at)
    (found,) = news(ledger, NOW, last).early_resets
    assert (found.window, found.at, found.refilled) == ("session", NOW + 5 * MINUTE, True)
    assert found.resets_at == NOW + 2 * WEEK
    assert news(ledger, NOW + timedelta(hours=1), last).early_resets == ()
    assert news(ledger, NOW, last, "b2").early_resets == ()


def test_the_last_look_before_a_late_change_is_kept(tmp_path: Path) -> None:
    """So that what was used is not spread over hours in which it was not."""
    idle = [lane(minute, 10, NOW + WEEK) for minute in range(0, 200, 5)]
    assert noted(tmp_path, *idle, lane(200, 30, NOW + WEEK)) == [
        (0, 10, "oauth"),
        (180, 10, "oauth"),
        (200, 30, "oauth"),
    ]


def test_a_server_that_has_not_seen_the_reset_moves_none(tmp_path: Path) -> None:
    """An hour lies between the readings, so that nothing returns soon enough to be a glitch."""
    ledger, later = Ledger(tmp_path / "ledger.sqlite3"), RESET + timedelta(hours=5)
    for each in (lane(100, 97), lane(130, 5, later), lane(190, 97), lane(250, 9, later), lane(310, 97)):
        news = ledger.limits.note(usage(each), each.fetched_at, NOW)
        assert news.early_resets == ()
    assert [change.used_percent for change in ledger.limits.changes("a1", NOW)] == [97, 5, 9]


def test_hours_that_come_again_are_no_resets(tmp_path: Path) -> None:
    """The clock is set back by an hour of steady use; the day after tomorrow is another matter."""
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    later = lane(3 * 24 * 60, 1)
    for each in (*(lane(minute, 10 + minute / 2) for minute in range(0, 60, 5)), later):
        ledger.limits.note(usage(each), each.fetched_at)
    for again in range(3, 58, 5):
        news = ledger.limits.note(usage(lane(again, 40 + again / 2)), NOW + again * MINUTE, NOW - MINUTE)
        assert news.early_resets == ()
    found = [change.used_percent for change in ledger.limits.changes("a1", NOW)]
    assert found == [10, *(40 + again / 2 for again in range(3, 58, 5)), 1]


def test_a_clock_that_was_ahead_silences_nobody(tmp_path: Path) -> None:
    year = 365 * 24 * 60
    assert noted(tmp_path, lane(0, 10), lane(year, 20, NOW + WEEK), lane(5, 12), lane(6, 13)) == [
        (0, 10, "oauth"),
        (5, 12, "oauth"),
        (6, 13, "oauth"),
        (year, 20, "oauth"),
    ]


steps = st.lists(
    st.tuples(
        st.floats(0.1, 2000),  # minutes to the next reading
        st.floats(0, 12),  # used meanwhile
        st.floats(-1, 1),  # how this source rounds
        st.floats(-1, 1),  # minutes by which it reckons the reset elsewhere
        st.sampled_from(["oauth", "rollouts", "status"]),
    ),
    max_size=60,
)


@given(steps, st.sampled_from([300.0, 10_080.0]))
def test_no_ordinary_course_of_a_window_has_an_early_reset(
    course: list[tuple[float, float, float, float, str]], length: float
) -> None:
    """It begins with the first use, grows, and ends at its time; until it begins its end floats ahead."""
    now, used, ends = 0.0, 0.0, None
    told: list[LimitChange] = []
    for passed, more, rounding, off, source in course:
        now += passed
        if ends is not None and now >= ends:
            used, ends = 0.0, None
        if more > 0:
            used, ends = used + more, ends if ends is not None else now + length
        shown = (ends if ends is not None else now + length) + off
        told.append(change(now, max(0.0, used + rounding), shown, source))
    assert early_resets(told) == ()
