"""Several accounts: their order, their names, and how many fit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from providers.domain.errors import Offline
from providers.domain.limits import (
    Account,
    AccountUsage,
)
from tests.tray.view.test_menu import (
    BARE,
    NOW,
    PRO,
    SESSION,
    WEEKLY,
    ZONE,
    below,
    failing,
    lane,
    shown,
    state_of,
    top,
    with_settings,
)
from tray.view import menu
from tray.view.rows import walk


def account(number: int, used: float, **more: Any) -> AccountUsage:
    mine = Account(id=f"{number:08x}", email=f"dev{number}@example.com", plan="pro")
    window = lane("session", "5h", used, 5, NOW + timedelta(hours=1))
    return replace(PRO, account=mine, windows=(window, WEEKLY), homes=(f"~/.codex-{number}",), **more)


def test_the_worst_account_is_first() -> None:
    texts = [text for text in top(state_of(PRO, account(2, 90))) if text.endswith("▸")]
    assert texts[:2] == ["Codex  ·  Pro  ·  dev2@example.com ▸", "Codex  ·  Pro  ·  dev@example.com ▸"]


def test_from_three_accounts_on_each_is_one_row() -> None:
    blocked = failing(account(2, 100), Offline("No connection."))
    state = state_of(PRO, blocked, account(3, 50), settings=with_settings(display__hide_email=True))
    assert top(state)[:4] == [
        "────────────── __0 %  Codex  ·  Pro  ·  ~/.codex-2  ·  5h  ·  spent  ·  1 h  ·  offline ▸",
        "━━━━━───────── _38 %  Codex  ·  Pro  ·  ~/.codex  ·  Weekly  ·  2 d 6 h ▸",
        "━━━━━───────── _38 %  Codex  ·  Pro  ·  ~/.codex-3  ·  Weekly  ·  2 d 6 h ▸",
        "──",
    ]
    assert below(state)[:3] == [
        "━━━━━━━━━───── _63 %  5h  ·  1 h 29 m",
        "━━━━━───────── _38 %  Weekly  ·  2 d 6 h",
        "──",
    ]


def test_twenty_accounts_fit() -> None:
    texts = top(state_of(*(account(number, number * 3) for number in range(1, 31))))
    assert len(texts) <= 25
    assert texts[-7] == "12 more accounts ▸"


def test_a_menu_that_would_be_too_high_is_compact_too() -> None:
    many = tuple(lane(f"window:{number}", f"{number} min", 20, 1, None) for number in range(30))
    assert len(top(state_of(replace(PRO, windows=many)))) <= 25


def test_equal_headers_are_distinguished() -> None:
    other = replace(PRO, homes=("~/.codex-work",), account=Account(id="b", plan="business"))
    assert [text for text in shown(PRO, other) if text.startswith("Codex  ·  ")] == [
        "Codex  ·  Pro",
        "Codex  ·  Business",
    ]
    twin = replace(other, account=Account(id="b", email="dev@example.com", plan="pro"))
    assert [text for text in shown(PRO, twin) if text.startswith("Codex  ·  ")] == [
        "Codex  ·  Pro  ·  ~/.codex",
        "Codex  ·  Pro  ·  ~/.codex-work",
    ]
    homeless = replace(BARE, account=None)
    assert shown(homeless, homeless)[0] == "Codex  ·  ~/.codex"


def test_no_email_is_shown_by_setting() -> None:
    state = state_of(PRO, account(2, 90), settings=with_settings(display__hide_email=True))
    texts = [row.text for row in walk(menu.rows(state, NOW, ZONE))]
    assert not any("@" in text for text in (*texts, menu.summary(state, NOW, ZONE)))


def test_the_age_is_that_of_the_oldest_of_its_own_windows() -> None:
    old = replace(WEEKLY, fetched_at=NOW - timedelta(hours=3), source="rollouts")
    assert shown(replace(PRO, windows=(SESSION, old)))[-1] == "Updated 3 h ago  ·  session logs"
    model = lane("model:spark:weekly", "Spark Weekly", 5, 168, None, read=3000)
    assert shown(replace(PRO, windows=(SESSION, model)))[-1] == "Updated 2 min ago  ·  ChatGPT"
    stale = replace(SESSION, fetched_at=NOW - timedelta(hours=30))
    assert shown(replace(PRO, windows=(stale,)))[-1] == "Last updated 30 h ago  ·  ChatGPT"
    assert top(state_of(replace(PRO, windows=(stale,))))[1].endswith("1 h 29 m  ·  updated 30 h ago")
    assert shown(replace(PRO, windows=()))[-1] == "Updated 2 min ago  ·  ChatGPT"
