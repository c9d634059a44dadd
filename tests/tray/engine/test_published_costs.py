"""What was published of a cost says nothing of the days since."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tray.engine import published_costs

WRITTEN = datetime(2026, 11, 29, 22, tzinfo=UTC)
SPANS = ("today", "days_7", "days_30", "month")
COST = {
    **{f"{span}_usd": 1.0 for span in SPANS},
    **{f"{span}_tokens": 5 for span in SPANS},
    "burn": {"usd_per_hour": 1.5, "over_minutes": 180},
    "complete": True,
}


@pytest.mark.parametrize(
    ("later", "known"),
    [
        (timedelta(hours=1), SPANS),
        (timedelta(hours=2), ("days_7", "days_30", "month")),
        (timedelta(days=2), ("days_7", "days_30")),
        (timedelta(days=7), ("days_30",)),
        (timedelta(days=30), ()),
        (timedelta(days=365), ()),
        (-timedelta(days=1), ("month",)),
    ],
    ids=str,
)
def test_spans_that_are_over(later: timedelta, known: tuple[str, ...]) -> None:
    found = published_costs.as_of(COST, WRITTEN.timestamp(), (WRITTEN + later).timestamp(), UTC)
    assert tuple(span for span in SPANS if found[f"{span}_usd"] is not None) == known
    assert tuple(span for span in SPANS if found[f"{span}_tokens"] is not None) == known
    assert found["complete"] is (known == SPANS)
    assert (found["burn"] is not None) is (timedelta(0) <= later < timedelta(hours=3))


def test_a_day_is_that_of_the_reader() -> None:
    written, now = WRITTEN.timestamp(), WRITTEN.timestamp() + 7200
    west = timezone(-timedelta(hours=5))
    assert published_costs.as_of(COST, written, now, west)["today_usd"] == 1.0


def test_what_nobody_counts_any_more_is_not_complete() -> None:
    written = WRITTEN.timestamp()
    assert published_costs.as_of(COST, written, written, UTC)["complete"] is True
    assert published_costs.as_of(COST, written, written, UTC, current=False)["complete"] is False


def test_nothing_is_known_by_who_counts_alone() -> None:
    idle = {**COST, "today_usd": 0.0, "today_tokens": 0}
    for current, usd in ((True, 0.0), (False, None)):
        found = published_costs.as_of(idle, WRITTEN.timestamp(), WRITTEN.timestamp(), UTC, current=current)
        assert (found["today_usd"], found["month_usd"]) == (usd, 1.0)
