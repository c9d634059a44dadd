"""The figures of several homes together: what is not known of all of them is not shown as a sum."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.cost import DAYS_SHOWN, Burn, HomeFigures, Tally, TokenUsage
from providers.domain.cost_summary import CostSummary, DayCost
from tray.engine.cost_summary import cost_summary, last_days
from tray.engine.state import HomeCost

TODAY = date(2026, 12, 2)
DAY = timedelta(days=1)
NOTHING = Tally(usd=0.0)


def tally(usd: float | None, tokens: int = 10) -> Tally:
    return Tally(responses=1, usage=TokenUsage(input_tokens=tokens), usd=usd)


def cost(
    *days: Tally,
    day: date = TODAY,
    month: Tally = NOTHING,
    recent: Tally = NOTHING,
    complete: bool = True,
    up_to_date: bool = True,
) -> HomeCost:
    """The days end with `day`; those before were idle."""
    whole = (NOTHING,) * (DAYS_SHOWN - len(days)) + days
    figures = HomeFigures(
        today=whole[-1],
        days_7=NOTHING,
        days_30=tally(30.0),
        month=month,
        priced="full",
        unpriced_models=(),
        files=1,
        last_days=whole,
        recent=recent,
    )
    return HomeCost(day=day, figures=figures, complete=complete, up_to_date=up_to_date)


def summary(*costs: HomeCost | None) -> CostSummary:
    named = {str(number): each for number, each in enumerate(costs)}
    known = {name: each for name, each in named.items() if each is not None}
    found = cost_summary(known, tuple(named), TODAY)
    assert found is not None
    return found


def test_two_homes_are_added_day_by_day() -> None:
    found = summary(
        cost(tally(1.0), tally(2.0), month=tally(5.0), recent=tally(3.0, 300)),
        cost(tally(4.0), month=tally(6.0), recent=tally(6.0, 600)),
    )
    assert len(found.last_days) == DAYS_SHOWN
    assert found.last_days[-2:] == (
        DayCost(day=TODAY - DAY, usd=1.0, tokens=10),
        DayCost(day=TODAY, usd=6.0, tokens=20),
    )
    assert found.last_days[0] == DayCost(day=TODAY - 13 * DAY, usd=0.0, tokens=0)
    assert (found.days_7_usd, found.days_7_tokens) == (7.0, 30)
    assert (found.month_usd, found.month_tokens) == (11.0, 20)
    assert found.burn == Burn(usd_per_hour=3.0, tokens_per_hour=300.0, over_minutes=180)


def test_the_week_ends_today_and_has_seven_days() -> None:
    found = summary(cost(*(tally(2.0**number) for number in range(DAYS_SHOWN))))
    assert found.days_7_usd == sum(2.0**number for number in range(7, DAYS_SHOWN))


def test_a_count_of_an_earlier_day_says_nothing_of_today() -> None:
    found = summary(cost(tally(1.0), tally(2.0), day=TODAY - DAY, recent=tally(1.0)))
    assert [each.day for each in found.last_days][-1] == TODAY - DAY
    assert (found.today_usd, found.burn, found.complete) == (None, None, False)
    assert found.days_7_usd == 3.0


class TestNobodyHasLookedForNewLogsSince:
    def test_what_is_known_of_today_is_a_lower_bound(self) -> None:
        used = cost(tally(1.0), tally(2.0), month=tally(5.0), recent=tally(2.0), up_to_date=False)
        for found in (summary(used), summary(used, cost())):
            assert (found.today_usd, found.month_usd, found.complete) == (2.0, 5.0, False)
            assert found.burn is None, "a rate is no lower bound"
            assert found.last_days[-1].day == TODAY

    def test_nothing_is_not_zero(self) -> None:
        found = summary(cost(tally(1.0), NOTHING, NOTHING, up_to_date=False))
        assert (found.today_usd, found.month_usd, found.complete) == (None, None, False)
        assert found.last_days[-1] == DayCost(day=TODAY - 2 * DAY, usd=1.0, tokens=10)
        assert found.days_7_usd == 1.0


def test_a_home_that_was_never_counted_leaves_today_unknown() -> None:
    found = summary(cost(tally(1.0), tally(2.0), recent=tally(1.0)), None)
    assert found.last_days[-1] == DayCost(day=TODAY - DAY, usd=1.0, tokens=10)
    assert (found.today_usd, found.burn) == (None, None)


def test_a_day_that_one_home_does_not_tell_is_left_out() -> None:
    found = summary(cost(tally(1.0), tally(2.0)), cost(tally(4.0), day=TODAY - DAY))
    assert [each.day for each in found.last_days] == [TODAY - number * DAY for number in range(13, 0, -1)]
    assert found.last_days[-1].usd == 5.0


@pytest.mark.parametrize("day", [date(2026, 11, 30), date(2027, 1, 1)], ids=["last month", "clock set back"])
def test_a_count_of_another_month_says_nothing_of_this_one(day: date) -> None:
    found = summary(cost(day=day, month=tally(9.0)))
    assert (found.month_usd, found.month_tokens) == (None, 0)


def test_nothing_used_is_zero_and_no_price_is_unknown() -> None:
    idle = summary(cost())
    assert (idle.days_7_usd, idle.month_usd, idle.burn) == (0.0, 0.0, None)
    unpriced = summary(cost(tally(None), month=tally(None), recent=tally(None, 300)))
    assert (unpriced.days_7_usd, unpriced.month_usd) == (None, None)
    assert unpriced.last_days[-1] == DayCost(day=TODAY, usd=None, tokens=10)
    assert unpriced.burn == Burn(usd_per_hour=None, tokens_per_hour=100.0, over_minutes=180)


@given(st.lists(st.integers(-40, 40), max_size=4), st.booleans())
def test_days_are_in_order_each_once_and_none_is_in_the_future(ago: list[int], with_today: bool) -> None:
    costs = [cost(tally(1.0), day=TODAY - number * DAY) for number in ago]
    days = [each.day for each in last_days(costs, TODAY, with_today=with_today)]
    assert days == sorted(set(days))
    assert all(TODAY - 13 * DAY <= day <= TODAY for day in days)
    assert with_today or TODAY not in days
