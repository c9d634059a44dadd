"""Five-hour blocks: where they begin, what is in them, and what comes of the running one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.domain.cost import BlockCost, Burn, CostReport, Detail, Projection
from providers.ledger.blocks import LENGTH
from providers.ledger.query import Held, Slice
from providers.ledger.report import cost_report
from providers.ledger.spans import span

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
DAY = NOW.date()
BLOCKS = Detail(blocks=True)
QUARTER = timedelta(minutes=15)


def used(at: datetime, tokens: int = 100, model: str = "gpt-5.5", *, priced: bool = True) -> Slice:
    """One response; a token costs a dollar."""
    at_ms = round(at.timestamp() * 1000)
    quarter = at_ms // 900_000 * 900_000
    counts = (tokens, 0, 0, 0, 0, 0)
    pico = tokens * 10**12 if priced else 0
    return Slice(quarter, "/h", "s", "", "", model, "", "", False, 1, int(priced), counts, pico, at_ms, at_ms)


def report(
    *found: Slice, since: date = DAY, until: date = DAY, zone: str = "UTC", now: datetime = NOW
) -> CostReport:
    held = Held({}, 0)
    return cost_report(
        found, (), held, {}, since=since, until=until, zone=ZoneInfo(zone), now=now, detail=BLOCKS
    )


def starts(blocks: tuple[BlockCost, ...]) -> list[str]:
    return [f"{block.started_at:%d %H:%M}" for block in blocks]


def test_a_block_begins_with_the_hour_of_its_first_response_and_lasts_five() -> None:
    at = NOW.replace(hour=1, minute=59)
    made = report(used(at), used(NOW.replace(hour=5, minute=59)), used(NOW.replace(hour=6, minute=0)))
    assert starts(made.by_block) == ["20 01:00", "20 06:00"]
    first, second = made.by_block
    assert (first.ends_at, first.first_at) == (NOW.replace(hour=6, minute=0), at)
    assert first.last_at == NOW.replace(hour=5, minute=59)
    assert (first.tally.responses, second.tally.responses) == (2, 1)
    assert (first.running, first.burn, first.projection) == (False, None, None)


def test_gaps_are_in_no_block() -> None:
    made = report(used(NOW.replace(hour=0)), used(NOW.replace(hour=11)))
    assert starts(made.by_block) == ["20 00:00", "20 11:00"]


def test_where_the_first_block_begins_follows_from_the_day_before() -> None:
    late = used(NOW - timedelta(hours=14))  # 22:30, whose block ends at 03:00
    made = report(late, used(NOW.replace(hour=1, minute=0), 7), used(NOW.replace(hour=4, minute=0), 9))
    assert starts(made.by_block) == ["19 22:00", "20 04:00"]
    assert [block.tally.usage.total_tokens for block in made.by_block] == [7, 9]  # of this day alone
    assert made.totals.usage.total_tokens == 16


def test_the_hour_is_that_of_utc_in_every_zone() -> None:
    at = NOW.replace(hour=6, minute=10)
    (block,) = report(used(at), zone="Asia/Kolkata").by_block  # 11:40 there
    assert block.started_at == NOW.replace(hour=6, minute=0)


def test_a_block_lasts_five_hours_through_the_change_of_clocks() -> None:
    night = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # 00:30 in Berlin, before a day of 25 hours
    now = night + timedelta(days=2)
    day = date(2026, 10, 25)
    made = report(
        used(night), used(night + timedelta(hours=5)), since=day, until=day, zone="Europe/Berlin", now=now
    )
    assert starts(made.by_block) == ["24 22:00", "25 03:00"]


def test_the_running_block_says_how_fast_and_how_far() -> None:
    (block,) = report(used(NOW - timedelta(hours=2), 600), used(NOW - timedelta(hours=1), 200)).by_block
    assert block.started_at == NOW.replace(hour=10, minute=0)
    assert block.running
    assert block.burn == Burn(usd_per_hour=400, tokens_per_hour=400, over_minutes=120)
    assert block.projection == Projection(usd=800 + 400 * 2.5, tokens=800 + 400 * 2.5)


def test_what_has_no_price_has_no_projected_cost() -> None:
    (block,) = report(used(NOW - timedelta(hours=1), 300, priced=False)).by_block
    assert block.burn == Burn(usd_per_hour=None, tokens_per_hour=300, over_minutes=60)
    assert block.projection == Projection(usd=None, tokens=300 + 300 * 3.5)


@pytest.mark.parametrize(("minutes", "known"), [(14, False), (15, True), (-1, False)])
def test_a_busy_minute_is_no_rate(minutes: int, known: bool) -> None:
    """Nor is a response of the future, where the clock was set back."""
    (block,) = report(used(NOW - timedelta(minutes=minutes))).by_block
    assert (block.running, block.burn is not None, block.projection is not None) == (True, known, known)


def test_the_running_block_counts_whole_where_the_days_hold_a_part_of_it() -> None:
    now = datetime(2026, 11, 20, 1, tzinfo=UTC)
    made = report(used(now - timedelta(hours=2), 100), used(now, 20), now=now)
    (block,) = made.by_block
    assert block.tally.usage.total_tokens == made.totals.usage.total_tokens == 20
    assert block.burn == Burn(usd_per_hour=60, tokens_per_hour=60, over_minutes=120)


def test_blocks_cost_nothing_where_nobody_asked_for_them() -> None:
    assert span(DAY, DAY, UTC, NOW)[0] > span(date(2026, 10, 31), DAY, UTC, NOW, BLOCKS)[0]
    made = cost_report([used(NOW)], (), Held({}, 0), {}, since=DAY, until=DAY, zone=UTC, now=NOW)
    assert (made.by_block, made.models_of) == ((), {})


def test_the_first_days_of_the_calendar() -> None:
    assert span(date.min, DAY, UTC, NOW, BLOCKS)[0] == datetime.min.replace(tzinfo=UTC)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4 * 24 * 4), max_size=40), st.integers(0, 23))
def test_blocks_are_a_partition(quarters: list[int], hour: int) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    slices = [used(midnight + QUARTER * each, each + 1) for each in quarters]
    until = DAY + timedelta(days=5)
    made = report(*slices, until=until, now=midnight.replace(hour=hour))
    assert sum(block.tally.usage.total_tokens for block in made.by_block) == made.totals.usage.total_tokens
    for block, after in zip(made.by_block, made.by_block[1:], strict=False):
        assert block.ends_at <= after.started_at
    for block in made.by_block:
        assert (
            block.started_at <= block.first_at <= block.last_at < block.ends_at == block.started_at + LENGTH
        )
        assert block.first_at - block.started_at < timedelta(hours=1)
        assert block.started_at.minute == 0
        assert block.tally.usage.total_tokens == sum(
            tally.usage.total_tokens for tally in block.by_model.values()
        )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3 * 24 * 4), min_size=1, max_size=60))
def test_what_is_known_of_earlier_days_beyond_a_pause_changes_nothing(quarters: list[int]) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    slices = [used(midnight + QUARTER * each) for each in quarters]
    pause = [used(midnight - timedelta(hours=5, minutes=15) - QUARTER * each) for each in quarters]
    until = DAY + timedelta(days=4)
    assert report(*slices, until=until).by_block == report(*slices, *pause, until=until).by_block
