"""What became of the budgets of past weeks and months, against a look at each response."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from providers.domain.budgets import days_of
from providers.domain.cost import BilledResponse
from tests.tray.faces.page.ledgers import NOW, LedgerPage, billed
from tests.tray.faces.page.limit_histories import account, lane, note, published, used_up, work
from tray.engine.budget_history import PERIODS, with_history
from tray.faces.page.render import Pages
from tray.faces.page.sections import budget_history as section

HOUR = timedelta(hours=1)


def budget(period: str, limit: float, unit: str = "usd", **more: Any) -> dict[str, Any]:
    whose = {"provider": None, "title": None, "account": None}
    running = {
        "used": 1.0,
        "at_least": False,
        "forecast": 2.0,
        "verdict": "ok",
        "starts_at": "2026-11-16T00:00:00Z",
    }
    return {"period": period, "unit": unit, "limit": limit, **whose, **running, **more}


def history(page: LedgerPage, each: dict[str, Any]) -> list[dict[str, Any]]:
    document = with_history({"budgets": [each]}, page.scope, page.costs.ledger, page.now)
    found: list[dict[str, Any]] = document["budgets"][0]["history"]
    return found


def a_year(page: LedgerPage, days: int = 400) -> list[BilledResponse]:
    """A response every few hours, at any time of the day; dollars are its tokens."""
    rng = random.Random(1)
    times = [page.now - days * 24 * HOUR]
    while times[-1] < page.now:
        times.append(times[-1] + rng.uniform(1, 30) * HOUR)
    return [
        billed(at, home=page.codex, key=number, tokens=number % 7 + 1)
        for number, at in enumerate(times[:-1], 1)
    ]


@pytest.mark.parametrize("period", ["week", "month"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Havana", "Asia/Kathmandu", "UTC"])
def test_dollars_are_those_of_the_days_of_the_zone(tmp_path: Path, period: str, zone: str) -> None:
    page = LedgerPage(tmp_path, zone=ZoneInfo(zone))
    responses = a_year(page)
    page.add("codex", responses)
    found = history(page, budget(period, 30.0))
    assert len(found) == PERIODS
    assert [each["used"] for each in found] == naive(responses, period, page.scope.zone)
    assert all(each["result"] == ("kept" if each["used"] <= 30 else "exceeded") for each in found)
    assert [each["starts_at"] for each in found[:-1]] == [each["ends_at"] for each in found[1:]]
    assert history(page, budget(period, 30.0)) == found  # as it was kept
    more = billed(responses[-40].at, home=page.claude, key=1, tokens=1000)
    page.add("claude", [more])
    assert [each["used"] for each in history(page, budget(period, 30.0))] == naive(
        [*responses, more], period, page.scope.zone
    )


def naive(responses: list[BilledResponse], period: str, zone: tzinfo) -> list[float]:
    """By the local date of each response, newest first."""
    sums: dict[object, float] = {}
    for each in responses:
        first = days_of(period, each.at.astimezone(zone).date())[0]
        sums[first] = sums.get(first, 0.0) + each.usage.total_tokens
    current = days_of(period, NOW.astimezone(zone).date())[0]
    return [usd for first, usd in sorted(sums.items(), reverse=True) if first != current][:PERIODS]


def test_before_the_first_log_nothing_is_known(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    assert history(page, budget("week", 30.0)) == []
    page.add("codex", [billed(datetime(2026, 11, 4, tzinfo=UTC), home=page.codex, tokens=5)])
    empty, first = history(page, budget("week", 30.0))
    assert (empty["used"], empty["result"]) == (0.0, "kept")
    assert (first["used"], first["at_least"], first["result"]) == (5.0, True, "unknown")


def test_what_has_no_price_leaves_a_lower_bound(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    at = datetime(2026, 11, 10, tzinfo=UTC)
    page.add(
        "codex",
        [
            billed(datetime(2026, 10, 1, tzinfo=UTC), home=page.codex),
            billed(at, home=page.codex, tokens=5),
            billed(at, "mystery", home=page.codex),
        ],
    )
    newest = history(page, budget("week", 30.0))[0]
    assert (newest["used"], newest["at_least"], newest["result"]) == (5.0, True, "unknown")
    assert history(page, budget("week", 4.0))[0]["result"] == "exceeded"


def test_percentages_are_those_of_past_windows(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    used_up(page, account(), work(4, lambda day: 9 if day % 7 < 5 else 0))
    found = history(page, budget("week", 50.0, "percent", account="a1b2c3d4"))
    assert {each["result"] for each in found} <= {"kept", "exceeded", "unknown"}
    assert len(found) == 4
    assert all(each["ends_at"] <= "2026-11-20" for each in found)
    assert history(page, budget("week", 50.0, "percent")) == []


def test_a_day_has_none_and_a_fault_costs_nothing_else(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    document = {"budgets": [budget("day", 3.0)]}
    assert with_history(document, page.scope, page.costs.ledger, NOW) == document
    assert with_history({"budgets": [{}]}, page.scope, page.costs.ledger, NOW) == {"budgets": [{}]}


def test_they_are_on_the_page(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add("codex", a_year(page))
    usage = published(account()) | {"budgets": [budget("week", 30.0), budget("day", 3.0)]}
    found = section.build(page.data("range=all", usage))
    assert found is not None
    (table,) = found.tables
    assert table.title == "$30.00 a week"
    assert (table.rows[0].expected, len(table.rows)) == ("heading for ≈ $2.00", PERIODS + 1)
    assert "heading for" in Pages().page(page.data("tab=usage&range=all", usage))
    assert section.build(page.data("range=all", published(account()))) is None


def test_percentages_are_of_no_more_periods_than_dollars(tmp_path: Path) -> None:
    """Early resets make more windows than weeks."""
    page = LedgerPage(tmp_path)
    for number in range(40):
        at = page.now - 60 * 24 * HOUR + number * 24 * HOUR
        for used, hours in ((5.0, 0), (40.0, 8)):
            reading = lane("weekly", used, at + 7 * 24 * HOUR, at + hours * HOUR)
            note(page.costs.ledger, account(), reading)
    found = history(page, budget("week", 50.0, "percent", account="a1b2c3d4"))
    assert len(found) == PERIODS
    assert found == sorted(found, key=lambda each: each["starts_at"], reverse=True)


def test_a_limit_is_heading_for_no_more_than_all_of_it(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    running = budget("week", 50.0, "percent", account="a1b2c3d4", title="Codex", forecast=159.0)
    found = section.build(page.data("range=all", published(account()) | {"budgets": [running]}))
    assert found is not None
    assert found.tables[0].rows[0].expected == "heading for 100 %"


@pytest.mark.parametrize(
    ("used", "at_least", "share"),
    [
        (9.96, False, "99 %"),
        (10.0, False, "100 %"),
        (10.01, False, "101 %"),
        (16.0, True, "≥ 160 %"),
        (0.0, False, "0 %"),
    ],
)
def test_a_share_does_not_contradict_its_result(
    used: float, *, at_least: bool, share: str, tmp_path: Path
) -> None:
    page = LedgerPage(tmp_path)
    running: dict[str, Any] = {"used": used, "at_least": at_least}
    usage = published(account()) | {"budgets": [budget("month", 10.0, **running)]}
    found = section.build(page.data("range=all", usage))
    assert found is not None
    assert found.tables[0].rows[0].share == share
