"""What a menu and the JSON tell beside an account's windows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from providers.domain.limits import (
    AccountUsage,
    Credits,
    DayTokens,
    EarlyReset,
    RateWindow,
    ResetCredits,
    Sourced,
    Spend,
    UsageSnapshot,
)
from tests.tray.view.test_menu import NOW, PRO, SESSION, WEEKLY, ZONE, lane, shown
from tray.engine import document
from tray.engine.settings import Settings
from tray.engine.state import State
from tray.view import icon, menu, tooltip

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SPARK = lane("model:codex_bengalfox:session", "GPT-5.3-Codex-Spark 5h", 20, 5, NOW + HOUR)
REVIEW = lane("code_review:weekly", "Code review Weekly", 4, 168, NOW + HOUR)
CAP = replace(lane("individual", "Spend cap", 32, 0, NOW + 30 * HOUR))


def published(usage: AccountUsage) -> dict[str, Any]:
    (account,) = document.usage(UsageSnapshot(generated_at=NOW, accounts=(usage,)), NOW)["providers"]
    return dict(account)


def title(usage: AccountUsage) -> str:
    return tooltip.title(State(snapshot=UsageSnapshot(generated_at=NOW, accounts=(usage,))), NOW)


def spent(window: Sourced[RateWindow]) -> Sourced[RateWindow]:
    return replace(window, value=replace(window.value, used_percent=100.0))


def test_limits_of_a_model_of_reviews_and_of_a_person_are_rows() -> None:
    assert shown(replace(PRO, windows=(SESSION, WEEKLY, REVIEW, CAP, SPARK)))[1:6] == [
        "━━━━━━━━━─────  63 % left  5h  ·  resets in 1 h 29 m",
        "━━━━━─────────  38 % left  Weekly  ·  resets Sun 19:00",
        "━━━━━━━━━━━━━─  96 % left  Code review Weekly  ·  resets in 1 h",
        "━━━━━━━━━━────  68 % left  Spend cap  ·  resets Sat 19:00",
        "━━━━━━━━━━━───  80 % left  GPT-5.3-Codex-Spark 5h  ·  resets in 1 h",
    ]


def test_icon_and_tooltip_are_of_what_limits_all_use() -> None:
    usage = replace(PRO, windows=(SESSION, WEEKLY, spent(SPARK)))
    assert title(usage) == title(PRO)
    state = State(snapshot=UsageSnapshot(generated_at=NOW, accounts=(usage,)))
    (named,) = icon.glances(state, NOW)
    assert [bar.level for bar in named.glance.gauges[0].bars] == ["plenty", "plenty"]
    day = lane("window:1440", "1d", 10, 24, NOW + HOUR)
    assert title(replace(PRO, windows=(SESSION, day))) == "Codex · 5h 63 % left · 1d 90 % left"


@pytest.mark.parametrize(
    ("usage", "row", "tooltip", "data"),
    [
        (
            replace(PRO, windows=(SESSION, spent(WEEKLY)), credits=None),
            "Blocked by Weekly until Sun 19:00.",
            "blocked by Weekly",
            {
                "by": ["weekly"],
                "window": "weekly",
                "reason": "spent",
                "until": "2026-11-22T18:00:00Z",
                "credits_left": False,
            },
        ),
        (
            replace(PRO, windows=(spent(SESSION), spent(WEEKLY))),
            "Blocked by 5h and Weekly until Sun 19:00; credits are used instead.",
            "blocked by 5h and Weekly",
            {
                "by": ["session", "weekly"],
                "window": "weekly",
                "reason": "spent",
                "until": "2026-11-22T18:00:00Z",
                "credits_left": True,
            },
        ),
        (
            replace(PRO, limit_reached_at=NOW, credits=None),
            "Blocked: the server is refusing requests for now.",
            "blocked",
            {"by": [], "window": None, "reason": "refused", "until": None, "credits_left": False},
        ),
    ],
)
def test_what_blocks_is_shown(usage: AccountUsage, row: str, tooltip: str, data: dict[str, Any]) -> None:
    assert shown(usage)[1] == row
    assert tooltip in title(usage).split(" · ")
    assert published(usage)["blocked"] == data
    assert published(PRO)["blocked"] is None


def test_an_early_reset_is_shown_for_a_day() -> None:
    def early(ago: timedelta, *, refilled: bool = True) -> AccountUsage:
        return replace(
            PRO, early_resets=(EarlyReset(window="weekly", at=NOW - ago, refilled=refilled, resets_at=None),)
        )

    assert "Weekly was reset early at 12:00." in shown(early(HOUR))
    assert "Weekly was reset early on 19 Nov 14:00." in shown(early(23 * HOUR))
    assert "The Weekly reset time changed at 12:00." in shown(early(HOUR, refilled=False))
    assert shown(early(DAY)) == shown(PRO)
    gone = replace(early(HOUR), windows=(SESSION,))
    assert not any("early" in text for text in shown(gone)), "of a window that is no longer there"
    assert published(early(HOUR))["early_resets"] == [
        {"window": "weekly", "at": "2026-11-20T11:00:00Z", "refilled": True, "resets_at": None}
    ]
    assert published(early(DAY))["early_resets"] == []


def test_the_vendors_own_count_is_there_to_hold_ours_against() -> None:
    days = (DayTokens(day=date(2026, 11, 19), tokens=7), DayTokens(day=date(2026, 11, 20), tokens=5))
    assert published(replace(PRO, tokens=days))["daily_tokens"] == {"2026-11-19": 7, "2026-11-20": 5}
    assert published(PRO)["daily_tokens"] == {}


@pytest.mark.parametrize(
    ("spend", "row", "data"),
    [
        (Spend(used=Decimal("12.3")), "Billed extra usage: $12.30", ("12.3", None, "USD", None)),
        (
            Spend(used=Decimal(1200), limit=Decimal(5000), currency="EUR", resets_at=NOW + HOUR),
            "Billed extra usage: 1,200.00 EUR of 5,000.00 EUR  ·  resets in 1 h",
            ("1200", "5000", "EUR", "2026-11-20T13:00:00Z"),
        ),
    ],
)
def test_spend(spend: Spend, row: str, data: tuple[str | None, ...]) -> None:
    usage = replace(PRO, spend=Sourced(value=spend, source="oauth", fetched_at=NOW))
    assert row in shown(usage)
    found = published(usage)["spend"]
    assert tuple(found[name] for name in ("used", "limit", "currency", "resets_at")) == data
    assert (found["source"], found["stale"]) == ("oauth", False)
    assert published(PRO)["spend"] is None


@pytest.mark.parametrize(
    ("resets", "row"),
    [
        (
            ResetCredits(available=1, expires_at=NOW + 5 * DAY),
            "1 reset in hand  ·  expires Wed 13:00",
        ),
        (
            ResetCredits(available=2, expires_at=NOW + HOUR),
            "2 resets in hand  ·  next expires 14:00",
        ),
        (ResetCredits(available=2), "2 resets in hand"),
        (ResetCredits(available=0), None),
    ],
)
def test_resets_in_hand(resets: ResetCredits, row: str | None) -> None:
    usage = replace(PRO, resets=Sourced(value=resets, source="oauth", fetched_at=NOW))
    texts = shown(usage)
    assert (row in texts) if row else (texts == shown(PRO))
    assert published(usage)["resets"]["available"] == resets.available
    assert published(PRO)["resets"] is None


def test_a_business_account_shows_its_credits() -> None:
    unlimited = Sourced(value=Credits(unlimited=True), source="oauth", fetched_at=NOW)
    assert shown(replace(PRO, windows=(), credits=unlimited))[1:3] == [
        "No limits reported for this account.",
        "Unlimited credits",
    ]
    untold = Sourced(value=Credits(), source="oauth", fetched_at=NOW)
    assert "Credits available" in shown(replace(PRO, credits=untold))


def test_what_in_the_settings_does_not_count_is_a_row() -> None:
    problem = "settings.toml, line 2: `enabled` should be true or false. All other settings apply."
    for accounts in ((PRO,), ()):
        snapshot = UsageSnapshot(generated_at=NOW, accounts=accounts)
        rows = menu.status_rows(State(snapshot=snapshot, settings=Settings(problem=problem)), NOW, ZONE)
        said = [row for row in rows if row.key.startswith("says:settings")]
        assert " ".join(row.text for row in said) == problem


def test_a_login_that_ends_is_announced_a_week_ahead() -> None:
    def ends(ahead: timedelta) -> AccountUsage:
        return replace(PRO, login_ends_at=NOW + ahead)

    assert shown(ends(7 * DAY))[1] == "This login expires on 27 Nov 13:00; sign in again before then."
    assert shown(ends(7 * DAY + HOUR)) == shown(ends(-HOUR)) == shown(PRO)
    assert published(ends(40 * DAY))["login_ends_at"] == "2026-12-30T12:00:00Z"
    assert published(PRO)["login_ends_at"] is None
