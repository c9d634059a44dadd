"""What becomes of each window, from readings in their order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from providers.ledger.windows import WindowReading, WindowRecord, follow

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LENGTH = 300


def reading(minute: float, used: float, resets: float | None, length: float | None = LENGTH) -> WindowReading:
    """`resets` is in minutes from NOW, too."""
    return WindowReading(
        NOW + minute * MINUTE,
        used,
        None if resets is None else NOW + resets * MINUTE,
        None if length is None else length * MINUTE,
    )


def logged(*readings: WindowReading) -> list[WindowRecord]:
    """By a clock that never goes back, whenever the readings are from."""
    found: list[WindowRecord] = []
    for number, each in enumerate(readings, 1):
        now = max(before.at for before in readings[:number])
        found[-2:] = follow(tuple(found[-2:]), each, "a1", "session", now)
    return found


def minutes(at: datetime | None) -> float | None:
    return None if at is None else (at - NOW) / MINUTE


def shown(*readings: WindowReading) -> list[tuple[float | None, float | None, float, bool, int]]:
    """Start, end, used, early, moved."""
    return [
        (minutes(each.starts_at), minutes(each.ended_at), each.used_percent, each.reset_early, each.moved)
        for each in logged(*readings)
    ]


def test_one_goes_from_its_start_to_its_reset() -> None:
    assert shown(reading(10, 5, 290), reading(200, 60, 290)) == [(-10, None, 60, False, 0)]
    assert shown(reading(10, 5, 290), reading(200, 60, 290), reading(400, 3, 690)) == [
        (-10, 290, 60, False, 0),
        (390, None, 3, False, 0),
    ]


def test_a_server_that_has_not_seen_the_reset_says_nothing_of_the_next_one() -> None:
    lagging = [reading(minute, 97, 290) for minute in (296, 302, 340)]
    course = [reading(10, 5, 290), reading(285, 97, 290), reading(291, 1, 590)]
    assert shown(*course, lagging[0], reading(300, 4, 590), *lagging[1:], reading(350, 9, 590)) == [
        (-10, 290, 97, False, 0),
        (290, None, 9, False, 0),
    ]
    assert shown(reading(10, 5, 290), reading(292, 98, 290)) == [(-10, None, 98, False, 0)], (
        "of its own, it does"
    )


def test_an_old_answer_about_an_unused_window_does_not_begin_it() -> None:
    """A machine that lags tells at 60 what was so at 30; the window began at 120."""
    unused = [reading(minute, 0, minute + LENGTH) for minute in (0, 30, 90)]
    course = [*unused[:2], reading(60, 0, 30 + LENGTH), unused[2]]
    assert shown(*course, reading(130, 5, 420), reading(200, 30, 420)) == [(120, None, 30, False, 0)]
    assert shown(reading(-200, 40, -10), *course, reading(130, 5, 420)) == [
        (-310, -10, 40, False, 0),
        (120, None, 5, False, 0),
    ]


def test_what_was_not_seen_is_not_made_up() -> None:
    """The machine was off for two days."""
    assert shown(reading(10, 5, 290), reading(3000, 7, 3200)) == [
        (-10, 290, 5, False, 0),
        (2900, None, 7, False, 0),
    ]


def test_an_unused_window_has_not_begun() -> None:
    unused = [reading(minute, 0, minute + LENGTH) for minute in range(0, 2000, 100)]
    assert shown(*unused) == []
    assert shown(*unused, reading(2010, 1, 2305)) == [(2005, None, 1, False, 0)]
    assert shown(reading(10, 5, 290), *unused[3:]) == [(-10, 290, 5, False, 0)]


def test_a_window_that_has_begun_may_be_unused() -> None:
    assert shown(reading(10, 0, 200), reading(250, 0, 500)) == [
        (-100, 200, 0, False, 0),
        (200, None, 0, False, 0),
    ]


def test_a_window_without_a_reset() -> None:
    assert shown(reading(0, 0, None), reading(10, 20, None), reading(900, 30, None)) == [
        (10, None, 30, False, 0)
    ]
    assert shown(reading(10, 20, None), reading(20, 2, None)) == [
        (10, 20, 20, False, 0),
        (20, None, 2, False, 0),
    ]
    assert shown(reading(10, 20, None), reading(20, 21, 200)) == [(10, None, 21, False, 0)]
    assert shown(reading(10, 20, 200), reading(20, 21, None), reading(300, 3, None)) == [
        (-100, 200, 21, False, 0),
        (300, None, 3, False, 0),
    ]


def test_an_early_reset_ends_it() -> None:
    assert shown(reading(10, 60, 290), reading(20, 0, 320), reading(30, 1, 320)) == [
        (-10, 20, 60, True, 0),
        (20, None, 1, False, 0),
    ]
    assert shown(reading(10, 60, 290), reading(20, 30, 290)) == [
        (-10, 20, 60, True, 0),
        (20, None, 30, False, 0),
    ]


def test_a_reset_that_moved_does_not() -> None:
    assert shown(reading(10, 60, 290), reading(20, 61, 400), reading(40, 61, 290)) == [
        (-10, None, 61, False, 2)
    ]
    (record,) = logged(reading(10, 60, 290), reading(20, 61, 400))
    assert [minutes(at) for at in (record.resets_at, record.moved_at, record.moved_from)] == [400, 20, 290]


def test_a_reset_that_moves_while_nothing_is_used_is_no_news() -> None:
    (record,) = logged(reading(10, 1, 290), reading(20, 1, 400))
    assert (record.moved, minutes(record.resets_at)) == (0, 400)


def test_what_returns_within_minutes_never_happened() -> None:
    back = [reading(10, 60, 290), reading(20, 0, 320), reading(30, 60, 290)]
    assert shown(*back) == [(-10, None, 60, False, 0)]
    assert shown(*back, reading(32, 1, 320), reading(34, 61, 290)) == [(-10, None, 61, False, 0)]
    assert shown(reading(10, 60, 290), reading(20, 60, 400), reading(30, 60, 290)) == [
        (-10, None, 60, False, 0)
    ]
    assert len(shown(reading(10, 60, 290), reading(20, 0, 320), reading(40, 60, 290))) == 2


def test_a_machine_that_lags_behind_a_reset_begins_nothing() -> None:
    assert shown(
        reading(10, 60, 290), reading(286, 0, 586), reading(288, 60, 290), reading(292, 60, 290)
    ) == [(-10, 290, 60, False, 0)]


def test_a_machine_whose_clock_lags_begins_nothing_either() -> None:
    ended = [reading(10, 60, 290), reading(291, 0, 591)]
    assert shown(*ended, reading(292, 60, 294)) == [(-10, 290, 60, False, 0)]


def test_an_older_reading_begins_nothing_after_the_end() -> None:
    ended = [reading(10, 60, 290), reading(280, 61, None), reading(286, 0, 586)]
    assert shown(*ended, reading(282, 61, None)) == [(-10, 290, 61, False, 0)]


def test_a_reading_without_a_reset_just_after_the_end_begins_nothing_unless_it_saw_the_end() -> None:
    course = [reading(285, 90, 290), reading(293, 0, None)]
    assert shown(*course, reading(294, 90, None)) == [(-10, 290, 90, False, 0)]
    assert [each[:3] for each in shown(*course, reading(296, 5, None))][1:] == [(296, None, 5)]
    assert [each[:3] for each in shown(course[0], reading(293, 5, None))][1:] == [(293, None, 5)]


def test_an_older_reading_tells_nothing() -> None:
    assert shown(reading(10, 60, 290), reading(5, 0, 400), reading(10, 80, 290)) == [
        (-10, None, 60, False, 0)
    ]


def test_after_a_clock_that_was_ahead_the_log_goes_on() -> None:
    last = follow((), reading(10, 5, 290), "a1", "session", NOW)
    last = follow(last, reading(200, 6, 290), "a1", "session", NOW + 200 * MINUTE)
    (record,) = follow(last, reading(30, 7, 290), "a1", "session", NOW + 30 * MINUTE)
    assert (record.used_percent, minutes(record.seen_at)) == (7, 30)


steps = st.lists(
    st.tuples(
        st.floats(0.1, 700),  # minutes to the next reading
        st.floats(0, 12),  # used meanwhile
        st.floats(-0.9, 0.9),  # how this source rounds
        st.floats(-0.9, 0.9),  # minutes by which it reckons the reset elsewhere
    ),
    max_size=60,
)


@given(steps)
def test_each_window_is_logged_once_and_as_it_was(course: list[tuple[float, float, float, float]]) -> None:
    """It begins with the first use, grows, and ends at its time; until it begins its end floats ahead."""
    now, used, ends = 0.0, 0.0, None
    told: list[WindowReading] = []
    truth: dict[float, float] = {}
    for passed, more, rounding, off in course:
        now += passed
        if ends is not None and now >= ends:
            used, ends = 0.0, None
        if more > 0:
            used, ends = used + more, ends if ends is not None else now + LENGTH
        seen = max(0.0, used + rounding) if used else 0.0
        told.append(reading(now, seen, (ends if ends is not None else now + LENGTH) + off))
        if ends is not None and seen > 0:
            truth[ends] = max(truth.get(ends, 0.0), seen)
    found = logged(*told)
    assert not any(each.reset_early or each.moved for each in found)
    assert [each.used_percent for each in found if each.used_percent > 0] == [*truth.values()]
    for record, end in zip((each for each in found if each.used_percent > 0), truth, strict=True):
        assert record.resets_at is not None
        assert abs(record.resets_at - NOW - end * MINUTE) <= MINUTE
        assert abs(record.starts_at - NOW - (end - LENGTH) * MINUTE) <= MINUTE


moments = st.floats(-2000, 2000)
anything = st.builds(
    reading,
    moments,
    st.floats(-5, 200),
    st.none() | moments,
    st.sampled_from([None, 1, 300, 10_080]),
)


@given(st.lists(anything, max_size=40))
def test_no_course_of_readings_makes_nonsense(course: list[WindowReading]) -> None:
    found = logged(*course)
    assert len(found) <= len(course)
    starts = [each.starts_at for each in found]
    assert sorted(set(starts)) == starts
    assert all(each.ended_at is not None for each in found[:-1])
    for each in found:
        assert 0 <= each.used_percent <= 200
        assert 0 <= each.moved <= len(course)
        assert (each.spent_at is not None) == (each.used_percent >= 100)
        assert not each.reset_early or each.resets_at is not None
