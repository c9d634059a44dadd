"""When a budget is news."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.tray.engine.budget_states import cost
from tests.tray.engine.notices.states import HOUR, MINUTE, WEEK_ENDS, ZONE, Life, window
from tray.engine.notices.occasion import ALL_ACCOUNTS
from tray.engine.notices.screen import SEVERAL

FRIDAY = date(2026, 11, 20)  # 13:00 in Berlin
DAY = {"budget.day": "20 USD", "notify.runs_out": False}


def life(usd: float | None = 5.0, settings: dict[str, Any] | None = None, **values: Any) -> Life:
    return Life(costs={"a": cost(FRIDAY, usd)}, settings=settings or DAY, **values)


def spent(usd: float | None, day: date = FRIDAY) -> Any:
    return {"a": cost(day, usd)}


def test_without_a_budget_there_is_none() -> None:
    assert life(settings={"notify.runs_out": False}).kinds(costs=spent(500.0)) == []


def test_nearly_spent_and_spent_are_said_once_in_a_day() -> None:
    one = life()
    assert one.kinds(costs=spent(15.9), after=HOUR * 10) == []
    assert one.kinds(costs=spent(16.0)) == ["budget_nearly_spent"]
    assert one.kinds(costs=spent(18.0)) == []
    assert one.kinds(costs=spent(20.0)) == ["budget_spent"]
    assert one.kinds(costs=spent(25.0)) == []
    assert one.kinds(costs=spent(19.0)) == [], "a correction"
    assert one.kinds(costs=spent(21.0)) == []


def test_the_next_day_has_its_own() -> None:
    one = life()
    assert one.kinds(costs=spent(20.0)) == ["budget_spent"]
    saturday = FRIDAY + timedelta(days=1)
    assert one.look(11 * HOUR).withdraw == (ALL_ACCOUNTS.key,), "the day is over"
    assert one.kinds(costs=spent(1.0, saturday)) == []
    assert one.kinds(2 * HOUR, costs=spent(22.0, saturday)) == ["budget_spent"]


def test_a_budget_that_is_spent_says_nothing_less_of_it() -> None:
    one = life()
    assert one.kinds(costs=spent(22.0)) == ["budget_spent"]
    assert one.kinds(costs=spent(17.0)) == []
    assert one.kinds(11 * MINUTE, costs=spent(15.0)) == []


def test_a_forecast_must_hold_for_a_while() -> None:
    one = life()
    assert one.kinds(costs=spent(12.0)) == [], "24 by midnight, perhaps"
    assert one.kinds(9 * MINUTE) == []
    assert one.kinds() == ["budget_will_exceed"]
    assert one.kinds(HOUR) == []
    assert one.kinds(costs=spent(16.0)) == ["budget_nearly_spent"]


def test_a_forecast_that_passes_is_not_said() -> None:
    one = life()
    assert one.kinds(costs=spent(12.0)) == []
    assert one.kinds(3 * HOUR) == [], "18 by midnight"
    assert one.kinds(costs=spent(14.5)) == [], "it begins anew"


def test_a_notice_is_withdrawn_once_the_budget_is_raised() -> None:
    one = life()
    assert one.kinds(costs=spent(20.0)) == ["budget_spent"]
    assert one.look(settings={**DAY, "budget.day": "100 USD"}).withdraw == (ALL_ACCOUNTS.key,)


def test_a_budget_that_is_raised_is_said_again_when_it_is_reached_again() -> None:
    one = life()
    assert one.kinds(costs=spent(20.0)) == ["budget_spent"]
    assert one.kinds(settings={**DAY, "budget.day": "30 USD"}) == []
    assert one.kinds(costs=spent(24.0)) == ["budget_nearly_spent"]
    assert one.kinds(costs=spent(30.0)) == ["budget_spent"]
    assert one.kinds(costs=spent(31.0)) == []


def test_a_budget_that_is_lowered_is_said_for_its_new_amount() -> None:
    one = life()
    assert one.kinds(costs=spent(12.0)) == []
    (occasion,) = one.look(MINUTE, settings={**DAY, "budget.day": "10 USD"}).show
    assert occasion.budget is not None
    assert (occasion.kind, occasion.budget.limit) == ("budget_spent", 10.0)


def test_a_week_that_was_reset_early_is_said_again() -> None:
    one = Life(settings={"budget.week": "50%", "notify.runs_out": False, "notify.early_reset": False})
    assert one.kinds(weekly=60) == ["budget_spent"]
    assert one.kinds(weekly=window("weekly", 1.0, one.now + timedelta(days=7))) == []
    assert one.kinds(weekly=55) == ["budget_spent"]


def test_a_notice_is_withdrawn_once_there_is_no_budget() -> None:
    one = life()
    assert one.kinds(costs=spent(20.0)) == ["budget_spent"]
    assert one.look(settings={"notify.runs_out": False}).withdraw == (ALL_ACCOUNTS.key,)


def test_the_first_look_is_silent_and_that_is_when_the_costs_are_known() -> None:
    one = Life(settings=DAY)
    assert one.kinds() == []
    assert one.kinds(costs=spent(25.0)) == [], "the first count of this process"
    assert one.kinds() == []


def test_a_budget_that_is_set_later_is_looked_at_in_silence_too() -> None:
    one = life(25.0, settings={"notify.runs_out": False})
    assert one.kinds(settings=DAY) == []
    assert one.kinds() == []


@pytest.mark.parametrize("off", [{"notify.budget": False}, {"notify.enabled": False}])
def test_it_can_be_switched_off(off: dict[str, Any]) -> None:
    one = life(settings={**DAY, **off})
    assert one.kinds(costs=spent(25.0)) == []
    assert one.kinds(settings=DAY) == [], "it was looked at"


def test_quiet_hours_put_it_off() -> None:
    one = life(settings={**DAY, "notify.quiet_hours": "13:00-14:00"})
    assert one.kinds(costs=spent(25.0)) == []
    assert one.kinds(HOUR) == ["budget_spent"]


def test_a_mute_puts_it_off_until_the_day_is_over() -> None:
    one = life()
    one.muted_until = one.now + HOUR
    assert one.kinds(costs=spent(25.0)) == []
    assert one.kinds(2 * HOUR) == ["budget_spent"]
    other = life()
    other.muted_until = other.now + 12 * HOUR
    assert other.kinds(costs=spent(25.0)) == []
    assert other.kinds(13 * HOUR) == []


def test_who_looks_at_the_menu_needs_none() -> None:
    one = life(watched=True)
    assert one.kinds(costs=spent(25.0)) == []
    assert one.kinds(watched=False) == []


def test_a_restart_says_nothing_again() -> None:
    one = life()
    assert one.kinds(costs=spent(20.0)) == ["budget_spent"]
    one.restart()
    assert one.kinds() == []
    assert one.kinds(costs=spent(30.0)) == []


def test_a_share_of_the_week_is_that_of_the_account() -> None:
    one = Life(settings={"budget.week": "50%", "notify.runs_out": False})
    found = one.look(MINUTE, weekly=41)
    (occasion,) = found.show
    assert (found.key, occasion.kind, occasion.usage.key) == ("a1b2c3d4", "budget_nearly_spent", "a1b2c3d4")
    assert one.kinds(weekly=50) == ["budget_spent"]
    assert one.kinds(weekly=49) == []
    assert one.kinds(weekly=51) == []
    assert one.kinds(after=WEEK_ENDS - one.now) == []


def test_the_limit_itself_is_the_greater_news() -> None:
    one = Life(settings={"budget.week": "50%", "notify.runs_out": False})
    assert one.kinds(weekly=100) == ["spent", "budget_spent"]


def test_dollars_and_an_account_are_one_notice() -> None:
    one = life()
    found = one.look(MINUTE, session=95, costs=spent(25.0))
    assert found.key == SEVERAL
    assert [occasion.kind for occasion in found.show] == ["at_10", "budget_spent"]


def test_dollars_need_no_account() -> None:
    one = life()
    one.gone = True
    assert one.kinds(costs=spent(25.0)) == ["budget_spent"]


def test_two_periods_are_one_notice() -> None:
    one = life(settings={**DAY, "budget.month": "30 USD"})
    costs = {"a": cost(FRIDAY, 25.0, month=30.0)}
    assert one.kinds(costs=costs) == ["budget_spent", "budget_spent"]


def test_the_clock_of_the_person_decides_when_a_day_ends() -> None:
    one = life(now=datetime(2026, 11, 20, 22, 30, tzinfo=ZONE))
    assert one.kinds(costs=spent(20.0)) == ["budget_spent"]
    assert one.look(HOUR).withdraw == ()
    assert one.look(HOUR).withdraw == (ALL_ACCOUNTS.key,)
