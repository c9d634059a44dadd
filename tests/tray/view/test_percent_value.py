from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.cost import Tally, TokenUsage
from providers.ledger.history import LimitChange
from providers.ledger.windows import WindowRecord
from tray.view.percent_value import PercentSample, percent_value, samples, share_here

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def tally(tokens: int, usd: float | None = 1.0, unpriced: int = 0) -> Tally:
    return Tally(responses=1, usage=TokenUsage(output_tokens=tokens), usd=usd, unpriced=unpriced)


def week(ago: int, used: float, **changes: Any) -> WindowRecord:
    """One that ended so many weeks ago."""
    ends = NOW - ago * WEEK
    record = WindowRecord(
        account="a1",
        window="weekly",
        starts_at=ends - WEEK,
        resets_at=ends,
        used_percent=used,
        seen_at=ends - timedelta(hours=1),
        ended_at=ends,
    )
    return replace(record, **changes)


def test_the_median_and_how_far_the_windows_differ() -> None:
    found = percent_value(
        [
            PercentSample(50, tally(5_000_000, 50.0)),
            PercentSample(20, tally(2_400_000, 24.0)),
            PercentSample(100, tally(9_000_000, 90.0)),
        ]
    )
    assert found is not None
    assert (found.windows, found.priced_windows) == (3, 3)
    assert found.tokens.middle == 100_000
    assert found.tokens.low == pytest.approx(9_000_000 / 101)
    assert found.tokens.high == pytest.approx(2_400_000 / 19)
    assert found.usd is not None
    assert found.usd.middle == 1.0


def test_nothing_is_known_of_windows_that_were_hardly_used() -> None:
    assert percent_value([]) is None
    assert percent_value([PercentSample(9.9, tally(1_000_000))]) is None


def test_a_window_without_logs_here_was_used_elsewhere() -> None:
    assert percent_value([PercentSample(60, Tally())]) is None


def test_dollars_rest_on_windows_of_which_all_has_a_price() -> None:
    found = percent_value(
        [PercentSample(50, tally(100, 10.0)), PercentSample(50, tally(100, 1.0, unpriced=3))]
    )
    assert found is not None
    assert (found.windows, found.priced_windows) == (2, 1)
    assert found.usd is not None
    assert found.usd.middle == 0.2
    unpriced = percent_value([PercentSample(50, tally(100, None, unpriced=1))])
    assert unpriced is not None
    assert unpriced.usd is None


@given(st.lists(st.tuples(st.floats(10, 100), st.integers(1, 10**12)), min_size=1, max_size=20))
def test_the_middle_is_within_the_spread(windows: list[tuple[float, int]]) -> None:
    found = percent_value([PercentSample(used, tally(tokens)) for used, tokens in windows])
    assert found is not None
    assert found.tokens.low < found.tokens.middle < found.tokens.high


@given(st.floats(0.001, 10.0), st.lists(st.floats(11, 100), min_size=1, max_size=20))
def test_percentages_that_were_rounded_keep_the_truth_within_the_spread(
    usd: float, used: list[float]
) -> None:
    found = percent_value([PercentSample(round(each), tally(1, usd * each)) for each in used])
    assert found is not None
    assert found.usd is not None
    assert found.usd.low <= usd * 1.000001
    assert found.usd.high >= usd * 0.999999


def test_windows_that_were_used_on_other_devices_too_do_not_count() -> None:
    found = percent_value(
        [PercentSample(50, tally(100)), PercentSample(50, tally(10), here=False), PercentSample(40, Tally())]
    )
    assert found is not None
    assert (found.windows, found.elsewhere, found.tokens.middle) == (1, 1, 2.0)
    assert percent_value([PercentSample(50, tally(10), here=False)]) is None


def change(hours: float, used: float) -> LimitChange:
    return LimitChange(NOW - DAY + hours * HOUR, "weekly", used, NOW + DAY, "oauth")


def quarters(*hours: float) -> set[int]:
    begin = (NOW - DAY).timestamp()
    return {round((begin + hour * 3600) // 900 * 900_000) for hour in hours}


@pytest.mark.parametrize(
    ("used_here", "share"),
    [((0.5, 1.5, 5.5), 1.0), ((0.5, 5.5), 0.5), ((), 0.0), ((5.5,), 0.3), ((1.9,), 0.5)],
)
def test_what_rose_while_nothing_was_logged_here_was_used_elsewhere(
    used_here: tuple[float, ...], share: float
) -> None:
    """20 % in the first hour, 50 % in the second, 30 % in the sixth."""
    changes = [change(1, 20), change(2, 70), change(5, 70), change(6, 100)]
    if used_here == (1.9,):
        changes = [change(1, 50), change(2, 100)]
    assert share_here(changes, quarters(*used_here), NOW - DAY, NOW) == pytest.approx(share)


def test_without_readings_nobody_knows_where_it_was_used() -> None:
    assert share_here([], quarters(1), NOW - DAY, NOW) is None
    assert share_here([change(1, 0)], quarters(1), NOW - DAY, NOW) is None


def test_a_percentage_that_rounds_down_for_once_is_not_used_twice() -> None:
    changes = [change(1, 20), change(2, 19), change(3, 20), change(4, 21)]
    assert share_here(changes, quarters(0.5, 3.5), NOW - DAY, NOW) == 1.0


def asked(*records: WindowRecord) -> list[tuple[float, datetime, datetime]]:
    """Of which spans the tokens are asked for, and for how many percent."""
    spans: list[tuple[datetime, datetime]] = []

    def between(asked_for: Sequence[tuple[datetime, datetime]]) -> list[Tally]:
        spans.extend(asked_for)
        return [tally(1) for _ in asked_for]

    used = [each.used_percent for each in samples(records, between, NOW)]
    return [(percent, *span) for percent, span in zip(used, spans, strict=True)]


def test_tokens_are_counted_until_the_percentage_was_seen() -> None:
    record = week(1, 40)
    assert asked(record) == [(40, record.starts_at, record.seen_at)]


def test_tokens_beyond_a_full_window_are_no_percent_of_it() -> None:
    spent_at = NOW - WEEK - 3 * DAY
    record = week(1, 104, spent_at=spent_at)
    assert asked(record) == [(100, record.starts_at, spent_at)]


def test_a_window_that_runs_tells_nothing_yet() -> None:
    assert asked(week(-1, 60, ended_at=None)) == []


def test_one_that_was_only_seen_first_in_its_middle_tells_nothing() -> None:
    assert asked(week(1, 40, starts_at=NOW - WEEK - 2 * DAY)) == []
    assert asked(week(1, 40, resets_at=None)) == []


def test_after_an_early_reset_the_next_one_begins_there() -> None:
    middle = NOW - WEEK - 3 * DAY
    first = week(1, 40, ended_at=middle, reset_early=True, seen_at=middle - DAY)
    second = week(1, 20, starts_at=middle)
    assert [each[1:] for each in asked(first, second)] == [
        (first.starts_at, first.seen_at),
        (middle, second.seen_at),
    ]


def test_a_window_whose_reset_moved_began_by_its_first_one() -> None:
    moved = week(1, 40, moved=1, moved_from=NOW - WEEK, resets_at=NOW - 5 * DAY, ended_at=NOW - 5 * DAY)
    assert len(asked(moved)) == 1


def test_of_an_unknown_length_nothing_is_known() -> None:
    assert asked(week(1, 40, window="window:unknown")) == []


def test_a_clock_that_was_set_back_asks_for_no_negative_time() -> None:
    record = week(1, 40)
    assert asked(replace(record, seen_at=record.starts_at - DAY)) == []
