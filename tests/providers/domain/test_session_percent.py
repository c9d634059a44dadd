from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.session_percent import (
    LEAST_SESSIONS,
    SessionUse,
    ValuedWindow,
    fits,
    session_percents,
)
from providers.domain.window_value import PercentSpread

WINDOWS = [ValuedWindow(0, 100, 0.5), ValuedWindow(100, 200, 1.0), ValuedWindow(300, 400, 2.0)]


def taken(*sessions: SessionUse) -> list[float]:
    """What each of them took, by three of the same."""
    found = [session_percents([each] * LEAST_SESSIONS, WINDOWS) for each in sessions]
    return [each.median for each in found if each is not None]


def test_each_response_counts_by_its_window() -> None:
    assert taken([(0, 1.0)], [(99, 1.0), (100, 1.0), (300, 1.0)]) == [2.0, 3.5]


@pytest.mark.parametrize(
    "session", [[], [(50, None)], [(50, 1.0), (60, None)], [(200, 1.0)], [(-1, 1.0)], [(50, 1.0), (400, 1.0)]]
)
def test_what_is_not_known_as_a_whole_does_not_count(session: SessionUse) -> None:
    assert taken(session) == []


def test_few_sessions_say_nothing() -> None:
    assert session_percents([[(0, 1.0)]] * (LEAST_SESSIONS - 1), WINDOWS) is None
    assert session_percents([[(0, 1.0)]] * LEAST_SESSIONS, []) is None


def spread(median: float) -> PercentSpread:
    return PercentSpread(median=median, low=median, high=median, windows=3)


@pytest.mark.parametrize(
    ("left", "median", "count"),
    [(37, 6, 6), (36, 6, 6), (5.9, 6, 0), (0, 6, 0), (50, 0.01, None), (50, 0, None)],
)
def test_how_often_it_fits(left: float, median: float, count: int | None) -> None:
    assert fits(left, spread(median)) == count


@given(st.lists(st.tuples(st.integers(0, 99), st.floats(0, 100)), min_size=1))
def test_in_one_window_it_is_a_quotient(uses: list[tuple[int, float]]) -> None:
    assert taken(uses) == [pytest.approx(sum(usd for _, usd in uses) / 0.5)]
