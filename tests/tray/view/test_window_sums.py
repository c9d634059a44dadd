from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.cost import Tally, TokenUsage
from providers.ledger.windows import WindowRecord
from tray.view.window_sums import WindowSum, window_sums

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def week(ago: int, **changes: Any) -> WindowRecord:
    ends = NOW - ago * WEEK
    record = WindowRecord(
        account="a1",
        window="weekly",
        starts_at=ends - WEEK,
        resets_at=ends,
        used_percent=50,
        seen_at=min(ends, NOW),
        ended_at=ends if ends <= NOW else None,
    )
    return replace(record, **changes)


def an_hour_is_a_token(spans: Sequence[tuple[datetime, datetime]]) -> list[Tally]:
    assert all(since <= until for since, until in spans)
    return [
        Tally(responses=1, usage=TokenUsage(output_tokens=round((until - since) / HOUR)), usd=1.0)
        for since, until in spans
    ]


def sums(*records: WindowRecord, first: datetime | None = None) -> tuple[WindowSum, ...]:
    return window_sums(records, an_hour_is_a_token, NOW, first)


def test_newest_first_with_the_change_to_the_one_before() -> None:
    short = week(1, ended_at=NOW - WEEK - 84 * HOUR, reset_early=True)
    found = sums(week(3), week(2), short)
    assert [each.tally.usage.total_tokens for each in found] == [84, 168, 168]
    assert [each.change for each in found] == [-50.0, 0.0, None]


def test_the_current_one_is_counted_until_now_and_compared_with_none() -> None:
    running = week(-1, starts_at=NOW - DAY)
    now, _ = sums(week(0), running)
    assert now.current
    assert now.tally.usage.total_tokens == 24
    assert now.change is None


def test_the_first_one_is_incomplete_where_nobody_looked_when_it_began() -> None:
    second, first = sums(week(2), week(1), first=NOW - 2 * WEEK - DAY)
    assert (first.incomplete, second.incomplete) == (True, False)
    assert second.change is None
    assert not sums(week(2), first=NOW - 3 * WEEK + HOUR)[0].incomplete


def test_a_window_that_a_later_one_overlaps_ends_with_its_begin() -> None:
    later = week(1, starts_at=NOW - WEEK - 2 * DAY)
    newest, before = sums(week(1, starts_at=NOW - 2 * WEEK - DAY, ended_at=None), later)
    assert before.tally.usage.total_tokens == 6 * 24
    assert newest.tally.usage.total_tokens == 48


@given(st.lists(st.tuples(st.integers(-400, 400), st.integers(-400, 400)), max_size=8))
def test_no_moment_counts_in_two_windows_whatever_the_clock_did(spans: list[tuple[int, int]]) -> None:
    records = sorted(
        (week(0, starts_at=NOW + start * HOUR, ended_at=NOW + end * HOUR) for start, end in spans),
        key=lambda each: each.starts_at,
    )
    asked: list[tuple[datetime, datetime]] = []

    def between(spans: Sequence[tuple[datetime, datetime]]) -> list[Tally]:
        assert all(since <= until for since, until in spans)
        asked.extend(spans)
        return [Tally() for _ in spans]

    window_sums(records, between, NOW, None)
    assert all(one[1] <= other[0] for one, other in pairwise(asked))


def test_no_windows() -> None:
    assert sums() == ()
