"""The menu, read as text, in each case that a person can meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from providers.domain.cost_summary import CostSummary
from providers.domain.errors import ProviderError
from providers.domain.limits import (
    Account,
    AccountUsage,
    Credits,
    RateWindow,
    Sourced,
    UsageSnapshot,
)
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import State
from tray.view import menu, tooltip
from tray.view.format import BLANKS
from tray.view.login import StartAtLogin
from tray.view.rows import Action, Row, validate, walk

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")


def lane(
    ident: str, title: str, used: float, hours: float, resets_at: datetime | None, read: float = 2
) -> Sourced[RateWindow]:
    window = RateWindow(
        id=ident, title=title, used_percent=used, duration=timedelta(hours=hours), resets_at=resets_at
    )
    return Sourced(value=window, source="oauth", fetched_at=NOW - timedelta(minutes=read))


SESSION = lane("session", "5h", 37.0, 5, NOW + timedelta(hours=1, minutes=29))
WEEKLY = lane("weekly", "Weekly", 62.0, 168, datetime(2026, 11, 22, 18, 0, tzinfo=UTC))
COST = CostSummary(
    today_usd=0.23807,
    today_tokens=66_968,
    days_30_usd=3.1,
    days_30_tokens=1_200_000,
    priced="full",
    complete=True,
    has_logs=True,
)
PRO = AccountUsage(
    provider="codex",
    title="Codex",
    homes=("~/.codex",),
    account=Account(id="a1b2c3d4", email="dev@example.com", plan="pro"),
    windows=(SESSION, WEEKLY),
    credits=Sourced(
        value=Credits(balance=Decimal("150.5")), source="oauth", fetched_at=NOW - timedelta(minutes=2)
    ),
    limits_known=True,
    cost=COST,
    source_titles={"oauth": "ChatGPT", "rollouts": "session logs"},
)
BARE = replace(PRO, windows=(), credits=None, limits_known=False)


def state_of(*accounts: AccountUsage, **more: Any) -> State:
    snapshot = UsageSnapshot(generated_at=NOW, accounts=accounts)
    return State(**{"snapshot": snapshot, "settings": Settings(table=SETTINGS), **more})


def with_settings(**values: object) -> Settings:
    return Settings(table=SETTINGS, values={key.replace("__", "."): value for key, value in values.items()})


def top(state: State) -> list[str]:
    """The top level as a person reads it; a submenu is marked, blanks of a figure are `_`."""
    rows = menu.rows(state, NOW, ZONE)
    validate(rows)
    return [_line(row) for row in rows]


def below(state: State, key: str = "codex:a1b2c3d4") -> list[str]:
    """A submenu, read in the same way."""
    rows = walk(menu.rows(state, NOW, ZONE))
    return [_line(row) for row in next(row for row in rows if row.key == key).children]


def _line(row: Row) -> str:
    if row.kind == "separator":
        return "──"
    text = f"{row.text} ▸" if row.kind == "submenu" else row.text
    return text.replace("\u2007", "_").replace("\u2008", ".")


def shown(*accounts: AccountUsage, **more: Any) -> list[str]:
    """What is printed where there is no desktop: without the blanks that each line of an account begins with."""
    rows = menu.status_rows(state_of(*accounts, **more), NOW, ZONE)
    validate(rows)
    return ["──" if row.kind == "separator" else row.text.removeprefix("  ") for row in rows]


def failing(usage: AccountUsage, error: ProviderError, **more: datetime) -> AccountUsage:
    return replace(usage, error=error.as_data(), **more)


ACTIONS = ["──", "Refresh now  ·  updated 2 min ago", "Open dashboard", "Settings ▸", "More ▸", "Quit"]
COSTS = [
    "At API prices, not billed:",
    "≈ $0.24 today  ·  67 K tokens",
    "≈ $3.10 in 30 days  ·  1.2 M tokens",
]
PAGES = ["──", "Open usage page", "Buy credits…", "Open status page", "Open logs folder"]


def test_a_pro_account() -> None:
    assert top(state_of(PRO)) == [
        "Codex  ·  Pro ▸",
        "━━━━━━━━━───── _63 %  5h  ·  1 h 29 m",
        "━━━━━───────── _38 %  Weekly  ·  2 d 6 h",
        *ACTIONS,
    ]
    assert below(state_of(PRO)) == [
        "5h: 33 % in reserve, lasts until the reset",
        "Weekly: 6 % in reserve, lasts until the reset",
        "Weekly: use up to 8 % today to last until the reset",
        "──",
        "150.50 credits left",
        "──",
        *COSTS,
        "──",
        "dev@example.com  ·  Pro  ·  ~/.codex",
        "Updated 2 min ago  ·  ChatGPT",
        *PAGES,
    ]


def test_the_same_as_text() -> None:
    assert shown(PRO) == [
        "Codex  ·  Pro",
        "━━━━━━━━━─────  63 % left  5h  ·  resets in 1 h 29 m",
        "━━━━━─────────  38 % left  Weekly  ·  resets Sun 19:00",
        "5h: 33 % in reserve, lasts until the reset",
        "Weekly: 6 % in reserve, lasts until the reset",
        "Weekly: use up to 8 % today to last until the reset",
        "150.50 credits left",
        *COSTS,
        "dev@example.com  ·  Pro  ·  ~/.codex",
        "Updated 2 min ago  ·  ChatGPT",
    ]


def test_before_the_first_look() -> None:
    assert top(State()) == ["Loading…", "──", "Refresh now", "Open dashboard", "More ▸", "Quit"]
    assert [row.text for row in menu.status_rows(State(), NOW, ZONE)] == ["Loading…"]
    assert menu.summary(State(), NOW, ZONE) == "Loading…"


def test_no_account_is_shown() -> None:
    assert top(state_of())[0] == shown()[0] == menu.summary(state_of(), NOW, ZONE) == "No limits to show."


@pytest.mark.parametrize(("on", "change"), [(True, "off"), (False, "on")])
def test_starting_at_login_is_a_toggle_among_the_settings(on: bool, change: str) -> None:
    settings = menu.rows(State(), NOW, ZONE, StartAtLogin(on))[-3]
    assert settings.text == "Settings"
    (toggle,) = settings.children
    assert (toggle.kind, toggle.checked, toggle.action) == ("toggle", on, Action("autostart", change))


def test_a_change_of_starting_at_login_that_failed() -> None:
    problem = (
        "~/.config/autostart/tankful.desktop is a link, so it is left alone. Delete it, then switch on again."
    )
    settings = menu.rows(State(), NOW, ZONE, StartAtLogin(on=False, problem=problem))[-3]
    assert [row.text for row in settings.children] == ["Start at login", f"  {problem}"]


def test_what_others_wrote_steers_nothing_and_stays_short() -> None:
    account = Account(id="a1b2c3d4", email=f"a\x1b[2J\u202e\n{'x' * 99}@example.com", plan="pro\r")
    window = replace(SESSION, value=replace(SESSION.value, title="5h\n\x07"))
    usage = replace(PRO, account=account, windows=(window,), homes=("~/\x1bhome",))
    usage = replace(usage, source_titles={"oauth": "O\nAuth"})
    state = state_of(usage, replace(usage, account=None))
    texts = [row.text for row in walk(menu.rows(state, NOW, ZONE))] + [tooltip.title(state, NOW)]
    # The blanks of a figure are not printable by Python's rule.
    assert all(text.translate(BLANKS).isprintable() for text in texts)
    assert all(len(text) < 160 for text in texts)


def test_keys_stay_when_values_change() -> None:
    def keys(usage: AccountUsage) -> list[str]:
        return [row.key for row in walk(menu.rows(state_of(usage), NOW, ZONE))]

    other = lane("session", "5h", 50, 5, NOW + timedelta(hours=2), read=8)
    assert keys(PRO) == keys(replace(PRO, windows=(other, WEEKLY)))
