"""An account's own pages in the menu, in the text of `tankful usage`, and there and back in its JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.codex.pages.answer import AccountPageAnswer
from providers.domain.account_pages import (
    AccountPages,
    CreditDay,
    CreditsHistory,
    PlanLimitHistory,
    SurfaceDay,
    UsageBreakdown,
)
from tests.fake_chatgpt import account_pages
from tests.tray.view.test_menu import BARE, NOW, PRO, ZONE, shown, state_of
from tools.example_states import CLAUDE
from tray.engine import account_pages_document, document, published
from tray.engine.published_state import published_state
from tray.engine.settings import Settings
from tray.view import account_pages as words
from tray.view import menu
from tray.view.rows import lines, validate, walk

CREDITS, BREAKDOWN, PLAN = (json.dumps(sent).encode() for sent in account_pages(NOW.date()).values())
PAGES = AccountPages(
    credits_history=AccountPageAnswer(CREDITS, NOW, None, "oauth").credits_history(),
    usage_breakdown=AccountPageAnswer(BREAKDOWN, NOW, None, "oauth").usage_breakdown(),
    plan_limit_history=AccountPageAnswer(PLAN, NOW, None, "oauth").plan_limit_history(),
)
ORIGIN: dict[str, Any] = {"source": "oauth", "fetched_at": NOW}


def submenu(pages: AccountPages, name: str) -> list[str]:
    rows = menu.rows(state_of(replace(PRO, pages=pages)), NOW, ZONE)
    validate(rows)
    found = [row for row in walk(rows) if row.text == name and row.children]
    return [line for row in found for line in lines(row.children)]


def test_credits_by_day() -> None:
    assert submenu(PAGES, "Credits history") == [
        "Fri 20 Nov  ·  14.75 credits  ·  CLI 12.5, Web 2.25",
        "Thu 19 Nov  ·  36 credits  ·  CLI",
        "",
        "50.75 credits used in 2 days",
        "Updated just now",
    ]


def test_usage_by_surface_is_added_up_in_credits() -> None:
    assert submenu(PAGES, "Usage by surface") == [
        "CLI  ·  44.5 credits  ·  89 %",
        "Desktop app  ·  4 credits  ·  8 %",
        "GitHub code review  ·  1.5 credits  ·  3 %",
        "",
        "In 3 days",
        "Updated just now",
    ]


def test_percentages_are_not_added_up() -> None:
    assert PAGES.usage_breakdown is not None
    pages = replace(PAGES, usage_breakdown=replace(PAGES.usage_breakdown, units="percent"))
    assert submenu(pages, "Usage by surface") == [
        "Thu 19 Nov  ·  CLI 36.5 %, Desktop app 4 %, GitHub code review 1.5 %",
        "Wed 18 Nov  ·  CLI 8 %",
        "",
        "Updated just now",
    ]


def test_past_windows() -> None:
    assert submenu(PAGES, "Past windows") == [
        "18 Nov – 25 Nov  ·  20 % used  ·  so far",
        "11 Nov – 18 Nov  ·  85 % used",
        "",
        "Updated just now",
    ]


def test_old_pages_say_so() -> None:
    assert PAGES.credits_history is not None
    old = replace(PAGES.credits_history, fetched_at=NOW - timedelta(hours=30))
    assert submenu(replace(PAGES, credits_history=old), "Credits history")[-1] == "Last updated 30 h ago"


@pytest.mark.parametrize(
    "pages",
    [
        AccountPages(),
        AccountPages(
            credits_history=CreditsHistory(**ORIGIN),
            usage_breakdown=UsageBreakdown(**ORIGIN),
            plan_limit_history=PlanLimitHistory(**ORIGIN),
        ),
    ],
)
def test_what_is_not_known_or_empty_has_no_row(pages: AccountPages) -> None:
    with_pages, without = (
        [row.text for row in walk(menu.rows(state_of(usage), NOW, ZONE))]
        for usage in (replace(PRO, pages=pages), PRO)
    )
    assert with_pages == without
    assert shown(replace(PRO, pages=pages)) == shown(PRO)


def test_the_text_has_one_line_of_it() -> None:
    assert [line for line in shown(replace(PRO, pages=PAGES)) if line not in shown(PRO)] == [
        "50.75 credits used in 2 days"
    ]


def test_credits_can_be_bought_where_somebody_is_signed_in_and_they_are_sold() -> None:
    def sold(*usages: Any) -> list[str]:
        rows = walk(menu.rows(state_of(*usages), NOW, ZONE))
        return [row.action.argument for row in rows if row.text == "Buy credits…" and row.action is not None]

    assert sold(PRO) == ["purchase:codex"]
    assert PRO.account is not None
    of_plans = {
        plan: len(sold(replace(PRO, account=replace(PRO.account, plan=plan))))
        for plan in ("Plus", "team", None)
    }
    assert of_plans == {"Plus": 1, "team": 0, None: 1}
    assert sold(replace(BARE, account=None)) == []
    assert sold(CLAUDE) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1"),
        (12.5, "12.5"),
        (-4, "-4"),
        (1234.567, "1,234.57"),
        (0.001, "< 0.01"),
        (-0.001, "> -0.01"),
        (100.0, "100"),
    ],
)
def test_amounts(value: float, text: str) -> None:
    assert words.number(value) == text


def test_names_of_others_steer_nothing() -> None:
    nasty = "a\x1b[2J\u202e" + "x" * 99
    pages = AccountPages(
        credits_history=CreditsHistory(
            days=(CreditDay(day=NOW.date(), surfaces={nasty: 1.0, "b": 2.0}),), **ORIGIN
        ),
        usage_breakdown=UsageBreakdown(days=(SurfaceDay(day=NOW.date(), surfaces={nasty: 1.0}),), **ORIGIN),
    )
    for name in ("Credits history", "Usage by surface"):
        texts = [text for text in submenu(pages, name) if text]
        assert all(text.isprintable() and len(text) < 120 for text in texts)


def test_the_json_is_whole_and_judged_by_the_reader() -> None:
    usage = replace(PRO, pages=PAGES)
    found = document.usage(state_of(usage).snapshot, NOW + timedelta(hours=4))  # type: ignore[arg-type]
    (account,) = found["providers"]
    assert account["credits_history"] == {
        "days": [
            {"date": "2026-11-20", "credits": 14.75, "surfaces": {"cli": 12.5, "web": 2.25}},
            {"date": "2026-11-19", "credits": 36.0, "surfaces": {"cli": 36.0}},
        ],
        "dropped": 0,
        "source": "oauth",
        "fetched_at": "2026-11-20T12:00:00Z",
        "stale": True,
    }
    assert account["usage_breakdown"]["units"] == "credits"
    assert account["usage_breakdown"]["days"][0]["models"][0] == {
        "model": "gpt-5.5",
        "speed": "standard",
        "amount": 30.0,
    }
    assert account["plan_limit_history"]["windows"][1] == {
        "starts_at": "2026-11-11T10:00:00Z",
        "ends_at": "2026-11-18T10:00:00Z",
        "used_percent": 84.125,
        "plan": "pro",
        "models": {"gpt-5.5": 84.125},
        "complete": True,
    }
    again = published_state(published.as_of(found, NOW.timestamp()), {}, Settings())
    assert again.accounts[0].pages == PAGES


def test_an_account_without_pages_has_null() -> None:
    (account,) = document.accounts(state_of(PRO).snapshot)  # type: ignore[arg-type]
    assert [account[name] for name in ("credits_history", "usage_breakdown", "plan_limit_history")] == [
        None,
        None,
        None,
    ]
    del account["credits_history"], account["usage_breakdown"], account["plan_limit_history"]
    assert account_pages_document.from_document(account) == AccountPages(), "of a version before"


SURFACES = st.dictionaries(st.text(max_size=8), st.floats(-1e9, 1e9, width=32), max_size=3)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(
    st.lists(st.builds(CreditDay, day=DAYS, surfaces=SURFACES), max_size=4),
    st.lists(st.builds(SurfaceDay, day=DAYS, surfaces=SURFACES), max_size=4),
    st.sampled_from(["credits", "percent", None]),
)
def test_all_pages_come_back_and_can_be_drawn(
    credit_days: list[CreditDay], days: list[SurfaceDay], units: str | None
) -> None:
    one_each = {day.day: day for day in credit_days}
    pages = AccountPages(
        credits_history=CreditsHistory(days=tuple(one_each.values()), **ORIGIN),
        usage_breakdown=UsageBreakdown(
            days=tuple({day.day: day for day in days}.values()), units=units, **ORIGIN
        ),
    )
    sent = json.loads(json.dumps(account_pages_document.pages(pages)))
    assert account_pages_document.from_document(sent) == pages
    validate(menu.rows(state_of(replace(PRO, pages=pages)), datetime(2026, 11, 20, tzinfo=UTC), ZONE))
