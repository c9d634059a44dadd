from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.codex.pages.answer import MOST_DAYS, MOST_NAMES, MOST_WINDOWS, OTHER, AccountPageAnswer
from providers.domain.account_pages import AccountPage, CreditsHistory, PlanLimitHistory, UsageBreakdown
from providers.host.secret import Secret
from tests.fake_chatgpt import account_pages
from tests.homes import ACCESS_MARK, NOW
from tests.providers.codex.test_auth import json_values

CREDITS, BREAKDOWN, PLAN = account_pages(NOW.date()).values()
TODAY = NOW.date()


def answer(sent: object) -> AccountPageAnswer:
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return AccountPageAnswer(body, NOW, Secret(ACCESS_MARK), "oauth")


def credits_of(*rows: object, **changes: Any) -> CreditsHistory:
    return answer({"data": list(rows), **changes}).credits_history()


def breakdown(*rows: object, **changes: Any) -> UsageBreakdown:
    return answer({"data": list(rows), **changes}).usage_breakdown()


def plan(*rows: object, **changes: Any) -> PlanLimitHistory:
    return answer({"periods": list(rows), **changes}).plan_limit_history()


def credit(days_ago: int = 0, amount: object = 1, surface: object = "cli", **more: Any) -> dict[str, Any]:
    day = (TODAY - timedelta(days=days_ago)).isoformat()
    return {"date": day, "product_surface": surface, "credit_amount": amount, **more}


def window(days_ago: int = 9, points: object = 5000, **changes: Any) -> dict[str, Any]:
    starts = NOW - timedelta(days=days_ago)
    return {
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(days=7)).isoformat(),
        "used_basis_points": points,
    } | changes


def test_credits_are_summed_by_day_and_surface_the_newest_first() -> None:
    page = answer(CREDITS).credits_history()
    assert [(each.day, each.surfaces, each.credits) for each in page.days] == [
        (TODAY, {"cli": 12.5, "web": 2.25}, 14.75),
        (TODAY - timedelta(days=1), {"cli": 36.0}, 36.0),
    ]
    assert (page.dropped, page.source, page.fetched_at) == (0, "oauth", NOW)


def test_a_day_is_that_of_the_vendor_in_utc() -> None:
    page = credits_of(credit(date="2026-11-20T01:00:00+05:00"), credit(date=1_795_132_800))
    assert [each.day for each in page.days] == [date(2026, 11, 20), date(2026, 11, 19)]


def test_credits_that_were_given_back_are_negative() -> None:
    assert credits_of(credit(amount=-4)).days[0].credits == -4


def test_sums_are_exact() -> None:
    assert credits_of(*(credit(amount="0.1") for _ in range(10))).days[0].credits == 1.0


def test_a_row_that_is_sent_twice_counts_once() -> None:
    same, other = credit(usage_id="a"), credit(usage_id="b")
    assert credits_of(same, same, other).days[0].credits == 2
    assert credits_of(credit(), credit()).days[0].credits == 2, "without an id they are two"
    part = credit(usage_id="a", amount=2)
    assert credits_of(same, part).days[0].credits == 3, "parts of one use"


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        "row",
        {},
        credit(amount=None),
        credit(amount=True),
        credit(amount="NaN"),
        credit(amount="1e999999"),
        credit(amount=[1]),
        credit(surface=7),
        credit(surface="\x1b[31m"),
        credit(surface="x" * 41),
        credit(surface=f"a{ACCESS_MARK}"),
        credit(date=None),
        credit(date="yesterday"),
        credit(date="2026-13-45"),
        credit(days_ago=500),
        credit(days_ago=-3),
    ],
)
def test_a_bad_row_is_dropped_and_counted(bad: object) -> None:
    page = credits_of(bad, credit())
    assert page.dropped == 1
    assert [each.credits for each in page.days] == [1]


def test_use_without_a_surface_is_other() -> None:
    assert credits_of(credit(surface=None)).days[0].surfaces == {OTHER: 1}


def test_surfaces_and_days_are_bounded_and_no_credit_is_lost() -> None:
    many = [credit(surface=f"s{number}", amount=number) for number in range(40)]
    (day,) = credits_of(*many).days
    assert len(day.surfaces) == MOST_NAMES + 1
    assert day.credits == sum(range(40))
    assert len(credits_of(*(credit(days) for days in range(100))).days) == MOST_DAYS


def test_the_breakdown_has_units_surfaces_and_models() -> None:
    page = answer(BREAKDOWN).usage_breakdown()
    first, second = page.days
    assert page.units == "credits"
    assert page.counted_until == datetime(2026, 11, 20, 6, tzinfo=UTC)
    assert first.surfaces == {"cli": 36.5, "desktop_app": 4.0, "github_code_review": 1.5}
    assert [(use.model, use.speed, use.amount) for use in first.models] == [
        ("gpt-5.5", "standard", 30.0),
        ("gpt-6-sol", "fast", 12.0),
    ]
    assert second.surfaces == {"cli": 8.0}, "a surface without use is absent"


@pytest.mark.parametrize(
    ("units", "known"), [("percent", "percent"), ("credits", "credits"), ("bananas", None), (3, None)]
)
def test_units_that_are_not_known_are_not_reported(units: object, known: str | None) -> None:
    row = {"date": TODAY.isoformat(), "product_surface_usage_values": {"cli": 75, "web": 25}}
    assert breakdown(row, units=units).units == known


def test_a_bad_surface_or_model_is_dropped_alone() -> None:
    row = {
        "date": TODAY.isoformat(),
        "product_surface_usage_values": {"cli": "7.5", "web": None, "\x07": 3, "app": True, "ide": {}},
        "models": [{"model": "a", "credits": 1}, {"model": 2, "credits": 1}, {"model": "b"}, None],
    }
    (day,) = breakdown(row).days
    assert day.surfaces == {"cli": 7.5}
    assert [use.model for use in day.models] == ["a"]


@pytest.mark.parametrize("huge", [1e308, "1e300", -1e308])
def test_an_amount_that_cannot_be_added_up_is_dropped(huge: object) -> None:
    row = {
        "date": TODAY.isoformat(),
        "product_surface_usage_values": {"cli": 1, "web": huge},
        "models": [{"model": "gpt-5.5", "credits": huge}, {"model": "gpt-6-sol", "credits": 1}],
    }
    (day,) = breakdown(row).days
    assert (day.surfaces, [use.model for use in day.models]) == ({"cli": 1.0}, ["gpt-6-sol"])


def test_past_windows_are_in_percent() -> None:
    page = answer(PLAN).plan_limit_history()
    current, past = page.windows
    assert (current.used_percent, current.complete, current.models) == (19.715, False, {})
    assert (past.used_percent, past.complete, past.plan) == (84.125, True, "pro")
    assert past.models == {"gpt-5.5": 84.125}
    assert past.duration == timedelta(days=7)


def test_data_and_periods_are_the_same_list() -> None:
    assert answer({"data": [window()]}).plan_limit_history() == plan(window())


def test_the_end_of_a_window_follows_from_its_length() -> None:
    (found,) = plan(window(ends_at=None, window_minutes=300)).windows
    assert found.duration == timedelta(hours=5)


@pytest.mark.parametrize(
    "bad",
    [
        window(points=None),
        window(points=-1),
        window(points=1e9),
        window(points="lots"),
        window(starts_at=None),
        window(ends_at=None),
        window(ends_at=None, window_minutes=10**30),
        window(ends_at="2020-01-01"),
        window(days_ago=1000),
        window(ends_at="2099-01-01"),
    ],
)
def test_a_window_without_times_or_use_is_dropped(bad: object) -> None:
    page = plan(bad, window())
    assert (page.dropped, len(page.windows)) == (1, 1)


def test_windows_are_bounded() -> None:
    assert len(plan(*(window(days) for days in range(200))).windows) == MOST_WINDOWS


@pytest.mark.parametrize(
    "parse",
    [
        AccountPageAnswer.credits_history,
        AccountPageAnswer.usage_breakdown,
        AccountPageAnswer.plan_limit_history,
    ],
)
class TestEachPage:
    def test_nothing_used_is_a_page(self, parse: Callable[[AccountPageAnswer], Any]) -> None:
        page = parse(answer({"data": []}))
        assert page.dropped == 0
        assert not (page.windows if isinstance(page, PlanLimitHistory) else page.days)

    @pytest.mark.parametrize(
        "sent", [{}, {"data": None}, {"data": {}}, {"data": [1]}, {"detail": "no"}, {"data": [{}]}]
    )
    def test_a_page_without_rows_is_none(
        self, parse: Callable[[AccountPageAnswer], Any], sent: object
    ) -> None:
        with pytest.raises(ValueError, match="no row"):
            parse(answer(sent))

    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"data": [', b"\xff", b"<html>", b"[" * 100_000])
    def test_no_object_is_no_page(self, parse: Callable[[AccountPageAnswer], Any], body: bytes) -> None:
        with pytest.raises(ValueError, match="no page"):
            parse(answer(body))

    @given(st.one_of(json_values, st.fixed_dictionaries({"data": st.lists(json_values)})))
    def test_no_value_is_a_fault(
        self, parse: Callable[[AccountPageAnswer], AccountPage], sent: object
    ) -> None:
        body = json.dumps(sent).encode()
        try:
            page = parse(AccountPageAnswer(body, NOW, Secret(ACCESS_MARK), "oauth"))
        except ValueError:
            return
        assert page.dropped >= 0
