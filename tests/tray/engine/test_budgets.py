"""Budgets, from what was counted to what a reader of snapshot.json makes of them later."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced, UsageSnapshot
from providers.domain.usage_rate import UsageRate, UsedToday
from tests.tray.engine.budget_states import cost
from tray.engine import published, published_budgets
from tray.engine.budgets import Budget, budgets_of
from tray.engine.publish import SnapshotFile, contents
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import HomeCost, State

ZONE = ZoneInfo("Europe/Berlin")
FRIDAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=ZONE)
WEEK_ENDS = NOON + timedelta(days=3)
HOUR = timedelta(hours=1)


def account(used: float = 30.0, **more: Any) -> AccountUsage:
    week = RateWindow(
        id="weekly", title="Weekly", used_percent=used, duration=timedelta(days=7), resets_at=WEEK_ENDS
    )
    known = AccountUsage(
        provider="codex",
        title="Codex",
        homes=("~/.codex",),
        key="a1b2c3d4",
        account=Account(id="a1b2c3d4", email="dev@example.com"),
        windows=(Sourced(value=week, source="oauth", fetched_at=NOON),),
    )
    return replace(known, **more)


def state(*accounts: AccountUsage, costs: dict[str, HomeCost] | None = None, **limits: str) -> State:
    return State(
        settings=Settings(table=SETTINGS, values={f"budget.{key}": value for key, value in limits.items()}),
        snapshot=UsageSnapshot(generated_at=NOON, accounts=accounts),
        costs=costs or {},
    )


def only(state: State, now: datetime = NOON, zone: Any = ZONE) -> Budget:
    (found,) = budgets_of(state, now, zone)
    return found


def test_none_is_set() -> None:
    assert budgets_of(state(account(), costs={"a": cost(FRIDAY, 5.0)}), NOON, ZONE) == ()


def test_a_day_in_dollars_is_that_of_all_homes() -> None:
    found = only(state(costs={"a": cost(FRIDAY, 9.0, 5.0), "b": cost(FRIDAY, 2.5)}, day="20 USD"))
    assert (found.used, found.limit, found.unit, found.at_least) == (7.5, 20.0, "usd", False)
    assert found.starts_at == datetime(2026, 11, 20, tzinfo=ZONE)
    assert found.ends_at == datetime(2026, 11, 21, tzinfo=ZONE)
    assert (found.forecast, found.verdict) == (15.0, "ok")
    assert found.usage is None


def test_a_week_begins_on_monday() -> None:
    days = (100.0, 1.0, 2.0, 3.0, 4.0, 5.0)  # Sunday to Friday
    found = only(state(costs={"a": cost(FRIDAY, *days)}, week="18 USD"))
    assert (found.used, found.verdict) == (15.0, "nearly_spent")
    assert found.forecast == pytest.approx(15.0 * 7 / 4.5, abs=0.01)
    assert found.starts_at == datetime(2026, 11, 16, tzinfo=ZONE)
    assert found.ends_at == datetime(2026, 11, 23, tzinfo=ZONE)


def test_days_off_have_no_part_in_the_forecast_of_a_week() -> None:
    weekdays = state(costs={"a": cost(FRIDAY, 15.0)}, week="18 USD")
    values = {**weekdays.settings.values, "display.work_days": "mon-fri"}
    found = only(replace(weekdays, settings=replace(weekdays.settings, values=values)))
    assert found.forecast == pytest.approx(15.0 * 5 / 4.5, abs=0.01)


def test_a_month_is_that_of_the_calendar() -> None:
    found = only(state(costs={"a": cost(FRIDAY, 5.0, month=60.0)}, month="50 USD"))
    assert (found.used, found.verdict) == (60.0, "spent")
    assert found.ends_at == datetime(2026, 12, 1, tzinfo=ZONE)


def test_a_week_in_percent_is_that_of_each_account() -> None:
    other = account(10.0, provider="claude", title="Claude", key="0badcafe")
    codex, claude = budgets_of(state(account(51.0), other, account(windows=()), week="50%"), NOON, ZONE)
    assert codex.usage is not None
    assert (codex.usage.provider, codex.used, codex.limit, codex.verdict) == ("codex", 51.0, 50.0, "spent")
    assert codex.ends_at == WEEK_ENDS
    assert claude.usage is not None
    assert (claude.usage.provider, claude.used, claude.verdict) == ("claude", 10.0, "ok")


def test_a_day_in_percent_is_what_was_used_of_the_week_today() -> None:
    today = UsedToday(window="weekly", day=FRIDAY, percent=9.0, at_least=True)
    found = only(state(account(51.0, used_today=(today,)), day="10%"))
    assert (found.used, found.at_least, found.verdict, found.forecast) == (9.0, True, "nearly_spent", 18.0)
    assert found.ends_at == datetime(2026, 11, 21, tzinfo=ZONE)
    tomorrow = only(state(account(51.0, used_today=(today,)), day="10%"), NOON + 12 * HOUR)
    assert (tomorrow.used, tomorrow.verdict) == (None, "unknown")
    assert only(state(account(51.0), day="10%")).verdict == "unknown", "not read today"


def test_the_rate_of_the_last_day_is_that_of_the_forecast() -> None:
    rate = UsageRate(
        window="weekly", percent_per_hour=0.5, slowest=0.4, fastest=0.6, over=timedelta(days=1), at=NOON
    )
    slow = only(state(account(30.0), week="50%"))
    fast = only(state(account(30.0, rates=(rate,)), week="50%"))
    assert slow.forecast == pytest.approx(30 * 7 / 4, abs=0.01)
    assert fast.forecast == pytest.approx(30 + 0.5 * 72, abs=0.01)
    assert fast.verdict == "will_exceed"


def test_a_rate_of_days_ago_says_nothing_of_now() -> None:
    rate = UsageRate(
        window="weekly",
        percent_per_hour=0.5,
        slowest=0.4,
        fastest=0.6,
        over=timedelta(days=1),
        at=NOON - timedelta(days=2),
    )
    assert only(state(account(30.0, rates=(rate,)), week="50%")).forecast == pytest.approx(
        30 * 7 / 4, abs=0.01
    )


def test_a_home_that_was_counted_last_month_has_no_part_in_this_one() -> None:
    costs = {"a": cost(date(2026, 12, 1), 5.0, month=5.0), "b": cost(date(2026, 11, 30), 7.0, month=300.0)}
    found = only(state(costs=costs, month="50 USD"), datetime(2026, 12, 1, 12, 0, tzinfo=ZONE))
    assert (found.used, found.at_least) == (5.0, True)


def test_what_is_not_known_is_not_nothing() -> None:
    assert only(state(day="20 USD")).verdict == "unknown"
    unpriced = only(state(costs={"a": cost(FRIDAY, None)}, day="20 USD"))
    assert (unpriced.used, unpriced.forecast, unpriced.verdict) == (None, None, "unknown")
    assert budgets_of(state(account(windows=()), week="50%"), NOON, ZONE) == ()


@pytest.mark.parametrize(
    "costs",
    [
        {"a": cost(FRIDAY, 5.0, complete=False)},
        {"a": cost(FRIDAY, 5.0), "b": cost(FRIDAY - timedelta(days=1), 7.0)},
        {"a": cost(FRIDAY, 5.0), "b": cost(FRIDAY, None)},
    ],
    ids=["still counting", "another home was counted yesterday", "a model has no price"],
)
def test_a_lower_bound_says_so(costs: dict[str, HomeCost]) -> None:
    found = only(state(costs=costs, day="20 USD"))
    assert (found.used, found.at_least) == (5.0, True)


def test_what_nobody_has_counted_is_a_lower_bound_too() -> None:
    costs = {"a": replace(cost(FRIDAY, 5.0), up_to_date=False), "b": cost(FRIDAY, 2.0)}
    counted = state(costs=costs, day="20 USD", week="4 USD")
    day, week = budgets_of(counted, NOON, ZONE)
    assert (day.used, day.at_least, week.verdict) == (7.0, True, "spent")
    kept = json.loads(json.dumps(contents(counted)))
    assert [each["up_to_date"] for each in published_budgets.as_of(kept, NOON.timestamp(), ZONE)] == [
        False,
        False,
    ]


def test_yesterdays_count_says_nothing_of_today() -> None:
    counted = state(costs={"a": cost(FRIDAY, 25.0)}, day="20 USD", week="20 USD")
    day, week = budgets_of(counted, NOON + 12 * HOUR, ZONE)
    assert (day.used, day.verdict) == (None, "unknown")
    assert (week.used, week.verdict) == (25.0, "spent"), "the week goes on"
    _, week = budgets_of(counted, NOON + 3 * 24 * HOUR, ZONE)
    assert week.verdict == "unknown"


def test_a_window_that_has_reset_says_nothing_of_the_next() -> None:
    found = only(state(account(90.0), week="50%"), WEEK_ENDS)
    assert (found.used, found.verdict) == (None, "unknown")


def test_a_clock_that_was_set_back() -> None:
    counted = state(costs={"a": cost(FRIDAY, 25.0)}, day="20 USD")
    assert only(counted, NOON - 24 * HOUR).verdict == "unknown"


def test_the_day_of_a_clock_change_has_its_own_length() -> None:
    sunday = date(2026, 10, 25)
    found = only(
        state(costs={"a": cost(sunday, 5.0)}, day="20 USD"), datetime(2026, 10, 25, 12, 0, tzinfo=ZONE)
    )
    assert found.forecast == pytest.approx(5 * 25 / 13, abs=0.01)


SAMPLE = state(
    account(51.0), costs={"a": cost(FRIDAY, 9.0, 17.0, month=3.0)}, day="20 USD", week="50%", month="400 USD"
)


@pytest.mark.parametrize("day", [date.min, date.max])
@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_the_ends_of_the_calendar(day: date, period: str) -> None:
    found = budgets_of(state(costs={"a": cost(day, 25.0)}, **{period: "20 USD"}), NOON, ZONE)
    assert [each.verdict for each in found] == ["unknown"]


@given(hours=st.floats(-1000, 1000))
def test_a_reader_of_the_file_judges_the_same(hours: float) -> None:
    now = NOON + timedelta(hours=hours)
    kept = json.loads(json.dumps(contents(SAMPLE), allow_nan=False))
    read = published_budgets.as_of(kept, now.timestamp(), ZONE)
    assert [(each["used"], each["forecast"], each["verdict"]) for each in read] == [
        (each.used, each.forecast, each.verdict) for each in budgets_of(SAMPLE, now, ZONE)
    ]


def test_what_is_published() -> None:
    kept = json.loads(json.dumps(contents(SAMPLE)))
    assert kept["settings"]["budget"] == {"day": "20 USD", "week": "50%", "month": "400 USD"}
    day, week, _ = published_budgets.as_of(kept, NOON.timestamp(), ZONE)
    assert day == {
        "period": "day",
        "unit": "usd",
        "limit": 20.0,
        "used": 17.0,
        "at_least": False,
        "up_to_date": True,
        "forecast": 34.0,
        "verdict": "nearly_spent",
        "starts_at": "2026-11-19T23:00:00Z",
        "ends_at": "2026-11-20T23:00:00Z",
        "provider": None,
        "title": None,
        "account": None,
    }
    assert (week["provider"], week["title"], week["account"]) == ("codex", "Codex", "a1b2c3d4")
    assert "@" not in json.dumps(kept["budgets"])


def test_a_snapshot_from_before_budgets_has_none() -> None:
    assert published_budgets.as_of({"providers": []}, 0.0) == []


def test_a_fast_path_reads_them_with_the_standard_library(tmp_path: Path) -> None:
    SnapshotFile(tmp_path, "tray", lambda: NOON)(State(), SAMPLE)
    program = (
        "import sys\n"
        "from tray.engine import published, published_budgets\n"
        f"found = published_budgets.as_of(published.read({str(tmp_path)!r}), {NOON.timestamp()})\n"
        "assert [each['verdict'] for each in found] == ['nearly_spent', 'spent', 'ok'], found\n"
        "outside = {name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names\n"
        "assert outside <= {'__main__', 'tray', 'providers'}, outside\n"
    )
    environ = {"TZ": "Europe/Berlin", "PYTHONPATH": str(Path(published.__file__).parents[2])}
    subprocess.run([sys.executable, "-S", "-c", program], check=True, env=environ)
    found = published.read(str(tmp_path))
    assert found is not None
    assert published.usage(found, NOON.timestamp())["budgets"][1]["verdict"] == "spent"
