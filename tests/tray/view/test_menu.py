"""The menu, read as text, in each case that a person can meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from providers.domain.cost import Burn, CostSummary, DayCost
from providers.domain.errors import NotSignedIn, Offline, ProviderError, RateLimited
from providers.domain.incident import Incident
from providers.domain.limits import (
    Account,
    AccountUsage,
    Credits,
    RateWindow,
    Sourced,
    Spend,
    UsageRate,
    UsageSnapshot,
)
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import LastRefresh, State
from tray.view import menu, tooltip
from tray.view.available import Available
from tray.view.format import BLANKS
from tray.view.login import StartAtLogin
from tray.view.row_icon import Ring
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


ACTIONS = ["──", "Refresh now  ·  updated 2 min ago", "Settings ▸", "More ▸", "Quit"]
COSTS = [
    "At API prices, not billed:",
    "≈ $0.24 today  ·  67 K tokens",
    "≈ $3.10 in 30 days  ·  1.2 M tokens",
]
PAGES = ["──", "Open usage page", "Open status page", "Open logs folder"]


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
    assert top(State()) == ["Loading…", "──", "Refresh now", "More ▸", "Quit"]
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


# --- what is left -------------------------------------------------------------------------------------------


def test_what_is_used_by_setting() -> None:
    texts = top(state_of(PRO, settings=with_settings(show_used=True)))
    assert texts[1:3] == [
        "━━━━━───────── _37 %  5h  ·  1 h 29 m",
        "━━━━━━━━━───── _62 %  Weekly  ·  2 d 6 h",
    ]


@pytest.mark.parametrize(
    ("style", "bar"), [("lines", "━━━━━━━━━─────"), ("blocks", "█████████░░░░░"), ("ascii", "=========~~~~~")]
)
def test_bars_of_other_characters(style: str, bar: str) -> None:
    assert top(state_of(PRO, settings=with_settings(display__bars=style)))[1].startswith(f"{bar} _63 %")


def test_a_spent_window_says_so_and_is_red() -> None:
    usage = replace(PRO, windows=(lane("session", "5h", 100, 5, NOW + timedelta(minutes=40)), WEEKLY))
    row = next(row for row in menu.rows(state_of(usage), NOW, ZONE) if row.key.endswith(":window:session"))
    assert row.text.replace("\u2007", "_") == "────────────── __0 %  5h  ·  spent  ·  40 m"
    assert row.tone == "alert"
    reds = [row.key for row in walk(menu.rows(state_of(PRO), NOW, ZONE)) if row.tone != "normal"]
    assert reds == []


def test_a_window_that_reset_since_shows_no_share() -> None:
    past = lane("session", "5h", 100, 5, NOW - timedelta(minutes=5), read=7)
    yesterday = lane("weekly", "Weekly", 100, 168, NOW - timedelta(days=1), read=3000)
    assert top(state_of(replace(PRO, windows=(past, yesterday))))[1:3] == [
        "────────────── __‒ %  5h  ·  reset at 12:55, not updated since",
        "────────────── __‒ %  Weekly  ·  reset at 19 Nov 13:00, not updated since",
    ]


def test_a_window_without_a_reset() -> None:
    assert top(state_of(replace(PRO, windows=(lane("session", "5h", 37, 5, None),))))[1] == (
        "━━━━━━━━━───── _63 %  5h"
    )


def test_limits_of_a_model_are_in_the_submenu() -> None:
    spark = lane("model:spark:weekly", "Spark Weekly", 100, 168, NOW + timedelta(hours=30))
    state = state_of(replace(PRO, windows=(SESSION, WEEKLY, spark)))
    assert len(top(state)) == len(top(state_of(PRO)))
    assert "────────────── __0 %  Spark Weekly  ·  spent  ·  1 d 6 h" in below(state)


def test_what_runs_out_before_its_reset() -> None:
    fast = lane("weekly", "Weekly", 62, 168, NOW + timedelta(days=5))
    assert below(state_of(replace(PRO, windows=(SESSION, fast))))[1] == (
        "Weekly: runs out Sat 18:25, 3 d before its reset"
    )


def test_the_projection_of_the_last_hours_is_shown_with_its_spread() -> None:
    rate = UsageRate(
        window="weekly",
        percent_per_hour=2.0,
        slowest=1.0,
        fastest=4.0,
        over=timedelta(hours=4),
        at=NOW - timedelta(minutes=5),
    )
    week = lane("weekly", "Weekly", 62, 168, NOW + timedelta(days=5))
    usage = replace(PRO, windows=(SESSION, week), rates=(rate,))
    assert below(state_of(usage))[1:3] == [
        "Weekly: runs out Sat 08:00, 4 d before its reset",
        "Weekly: between 22:30 and Sun 03:00, by the use of the last hours",
    ]
    slow = replace(usage, rates=(replace(rate, percent_per_hour=0.4, slowest=0.1, fastest=1.0),))
    assert below(state_of(slow))[2] == "Weekly: at the earliest Sun 03:00, by the use of the last hours"


def test_the_ring_is_the_tightest_window_in_the_colour_of_its_end() -> None:
    def ring(usage: AccountUsage, **settings: object) -> Ring | None:
        return menu.rows(state_of(usage, settings=with_settings(**settings)), NOW, ZONE)[0].icon

    assert ring(PRO) == Ring(share=0.38, level="plenty")
    assert ring(PRO, show_used=True) == Ring(share=0.62, level="plenty")
    fast = lane("weekly", "Weekly", 62, 168, NOW + timedelta(days=5))
    assert ring(replace(PRO, windows=(SESSION, fast))) == Ring(share=0.38, level="low")
    spent = lane("weekly", "Weekly", 100, 168, NOW + timedelta(days=5))
    assert ring(replace(PRO, windows=(SESSION, spent))) == Ring(share=0, level="spent")
    old = replace(SESSION, fetched_at=NOW - timedelta(hours=3))
    offline = failing(replace(PRO, windows=(old,)), Offline("No connection."))
    assert ring(offline) == Ring(share=0.63, level="plenty", faint=True, problem=True)
    assert ring(BARE) == Ring(share=None)


# --- what is wrong ------------------------------------------------------------------------------------------


def test_the_error_leads_its_account() -> None:
    error = RateLimited("Rate-limited by ChatGPT.", retry_at=NOW + timedelta(minutes=5))
    state = state_of(failing(PRO, error))
    wrong = ["Rate-limited by ChatGPT. Next try 13:05.", "tankful retries by itself."]
    assert top(state)[:3] == ["Codex  ·  Pro ▸", *wrong]
    assert below(state)[:3] == [*wrong, "──"]
    assert shown(failing(PRO, error))[1:3] == wrong
    assert "Refresh now  ·  Codex: rate-limited" in top(state)
    for seconds, tried in ((0, ", tried just now"), (130, ", tried 2 min ago"), (3600, ""), (-60, "")):
        last = LastRefresh(at=NOW - timedelta(seconds=seconds), failed=("",))
        assert f"Refresh now  ·  Codex: rate-limited{tried}" in top(replace(state, refreshed=last))


def test_a_long_sentence_is_cut_above_and_whole_below() -> None:
    message = f"The server answered {'something odd and ' * 12}gave up."
    state = state_of(failing(PRO, ProxyError(message)))
    first = top(state)[1]
    assert len(first) <= 64
    assert first.endswith("…")
    assert " ".join(below(state)).startswith(message.replace("  ", " "))


class ProxyError(ProviderError):
    kind = "offline"
    remedy = ""


def test_offline() -> None:
    usage = failing(PRO, Offline("No connection."), offline_since=NOW - timedelta(hours=2))
    assert top(state_of(usage))[1] == "Offline since 11:00."
    error = Offline("Cannot reach the proxy.", remedy="Check HTTPS_PROXY and NO_PROXY.")
    usage = failing(PRO, error, offline_since=NOW - timedelta(hours=2))
    assert shown(usage)[1:3] == [
        "Offline since 11:00. Cannot reach the proxy.",
        "Check HTTPS_PROXY and NO_PROXY.",
    ]


def test_never_signed_in() -> None:
    error = NotSignedIn("Not signed in to Codex in ~/.codex.", remedy="Run `codex login`.")
    usage = failing(replace(BARE, account=None, cost=replace(COST, has_logs=False)), error)
    assert shown(usage) == [
        "Codex  ·  ~/.codex",
        "Not signed in to Codex in ~/.codex.",
        "Run `codex login`.",
        "No logs yet; costs appear after your first turn.",
        "~/.codex",
    ]
    assert top(state_of(usage))[:3] == [
        "Codex  ·  ~/.codex ▸",
        "Not signed in to Codex in ~/.codex.",
        "Run `codex login`.",
    ]


def test_a_plan_without_limits() -> None:
    assert shown(replace(BARE, limits_known=True))[1] == "No limits reported for this account."
    assert shown(BARE)[1] == "Limits not available yet."
    assert shown(BARE, asking=frozenset({"someone"}))[1] == "Asking for limits…"


def test_what_keeps_logs_from_being_counted_and_settings_from_counting_leads_the_menu() -> None:
    state = state_of(PRO, count_problem="The disk is full.")
    assert top(state)[:3] == ["The disk is full.", "──", "Codex  ·  Pro ▸"]
    assert shown(PRO, count_problem="The disk is full.")[-1] == "The disk is full."


def test_an_incident_is_a_row_that_opens_the_status_page() -> None:
    incidents = {"codex": Incident(title="Elevated\nerrors", impact="major")}
    row = menu.rows(state_of(PRO, incidents=incidents), NOW, ZONE)[0]
    assert (row.text, row.action) == (
        "Codex major incident: Elevated errors",
        Action("open", "status:codex"),
    )
    only_read = menu.rows(
        state_of(PRO, incidents=incidents), NOW, ZONE, available=Available(copy=False, open=False)
    )[0]
    assert only_read.kind == "text"
    gone = state_of(PRO, incidents={"another": incidents["codex"]})
    assert top(gone) == top(state_of(PRO)), "of a provider that is switched off"


# --- what it cost -------------------------------------------------------------------------------------------


def cost_of(usage: AccountUsage, **more: Any) -> list[str]:
    """The rows of its cost."""
    texts = below(state_of(usage, **more))
    begin = next(place for place, text in enumerate(texts) if "API prices" in text or "logs yet" in text)
    return texts[begin : texts.index("──", begin)]


def test_how_far_the_count_is() -> None:
    uncounted = replace(PRO, cost=None)
    assert cost_of(uncounted) == ["Cost at API prices: not counted yet"]
    assert cost_of(uncounted, counting=True) == ["Cost at API prices: counting…"]
    assert cost_of(uncounted, counting=True, progress=0.344) == ["Cost at API prices: counting 34 %"]
    assert cost_of(PRO, counting=True, progress=0.344)[0] == "At API prices, not billed (counting 34 %):"
    unread = replace(COST, complete=False, has_logs=False, today_tokens=0, today_usd=0.0)
    assert cost_of(replace(PRO, cost=unread), counting=True) == ["Cost at API prices: counting…"]


def test_a_count_of_another_day_gives_no_value_for_today() -> None:
    yesterday = replace(PRO, cost=replace(COST, today_usd=None, today_tokens=0, complete=False))
    assert cost_of(yesterday)[1:] == ["Today not counted yet", "≥ $3.10 in 30 days  ·  1.2 M tokens"]
    assert cost_of(yesterday, counting=True)[1] == "Today counting…"


def test_all_figures_of_the_cost() -> None:
    days = tuple(
        DayCost(day=NOW.date() - timedelta(days=13 - ago), usd=usd, tokens=1)
        for ago, usd in enumerate((8.0, 4.0, 0.0, None, *(1.0,) * 9, 0.01))
    )
    full = replace(
        COST,
        days_7_usd=1.4,
        days_7_tokens=400_000,
        month_usd=12.5,
        month_tokens=9_000_000,
        burn=Burn(usd_per_hour=1.2, tokens_per_hour=340_000, over_minutes=180),
        last_days=days,
    )
    assert cost_of(replace(PRO, cost=full)) == [
        "At API prices, not billed:",
        "≈ $0.24 today  ·  67 K tokens",
        "≈ $1.40 in 7 days  ·  400 K tokens",
        "≈ $3.10 in 30 days  ·  1.2 M tokens",
        "≈ $12.50 this month  ·  9.0 M tokens",
        "≈ $1.20 an hour now  ·  340 K tokens",
        "7 Nov █▅▁·▂▂▂▂▂▂▂▂▂▂ 20 Nov",
    ]


def test_cost_without_all_prices() -> None:
    partly = replace(COST, priced="partial", unpriced_models=("gpt-9-foo",))
    nothing = replace(COST, priced="none", today_usd=None, days_30_usd=None)
    assert cost_of(replace(PRO, cost=partly))[1:] == [
        "≥ $0.24 today  ·  67 K tokens",
        "≥ $3.10 in 30 days  ·  1.2 M tokens",
        "No price for gpt-9-foo.",
    ]
    assert cost_of(replace(PRO, cost=nothing))[1:] == [
        "no price today  ·  67 K tokens",
        "no price in 30 days  ·  1.2 M tokens",
    ]


@pytest.mark.parametrize(
    ("models", "row"),
    [
        (("gpt-9-bar", "gpt-9-foo"), "No price for gpt-9-bar and gpt-9-foo."),
        (("a", "b", "c"), "No price for a, b and 1 more."),
        (("x" * 99,), f"No price for {'x' * 39}…."),
        (("a\x1b[31m\nb",), "No price for a [31m b."),
    ],
)
def test_models_without_a_price_are_named(models: tuple[str, ...], row: str) -> None:
    assert cost_of(replace(PRO, cost=replace(COST, priced="partial", unpriced_models=models)))[-1] == row


def test_money_that_is_billed_looks_like_no_estimate() -> None:
    spend = Sourced(
        value=Spend(used=Decimal("7.63"), limit=Decimal(20), currency="EUR"), source="oauth", fetched_at=NOW
    )
    texts = below(state_of(replace(PRO, spend=spend)))
    assert "Billed extra usage: 7.63 EUR of 20.00 EUR" in texts
    assert all("≈" in text for text in texts if "$" in text)


# --- several accounts ---------------------------------------------------------------------------------------


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
    assert texts[-6] == "11 more accounts ▸"


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


# --- what can be done ---------------------------------------------------------------------------------------


def test_a_refresh_changes_a_text_and_no_row() -> None:
    before, during = state_of(PRO), state_of(PRO, asking=frozenset({"someone"}))
    assert [row.key for row in walk(menu.rows(before, NOW, ZONE))] == [
        row.key for row in walk(menu.rows(during, NOW, ZONE))
    ]
    assert top(during)[-4] == "Refreshing…"
    fresh = replace(PRO, windows=(replace(SESSION, fetched_at=NOW),))
    assert top(state_of(fresh))[-4] == "Refresh now  ·  updated just now"


def test_a_refresh_that_found_nothing_newer_is_seen_too() -> None:
    def refresh(ago: float, **more: Any) -> str:
        last = LastRefresh(at=NOW - timedelta(seconds=ago))
        return top(state_of(PRO, refreshed=last, **more))[-4]

    assert refresh(5) == "Refresh now  ·  updated 2 min ago, checked just now"
    assert refresh(100) == refresh(600) == refresh(-60) == "Refresh now  ·  updated 2 min ago"
    assert refresh(5, asking=frozenset({"someone"})) == "Refreshing…"


def test_mute_and_pause_say_until_when_and_are_undone_by_a_click() -> None:
    state = state_of(PRO, muted_until=NOW + timedelta(minutes=29), paused_until=NOW + timedelta(hours=30))
    muted, paused = menu.rows(state, NOW, ZONE)[-5:-3]
    assert muted.text == "Notices muted until 13:29  ·  29 m left"
    assert paused.text == "Paused until Sat 19:00  ·  1 d 6 h left"
    assert (muted.action, paused.action) == (Action("mute"), Action("pause"))
    assert (muted.checked, paused.checked) == (True, True)
    assert top(state_of(PRO, muted_until=NOW, paused_until=NOW)) == top(state_of(PRO)), "it is over"


def test_an_action_that_is_not_possible_has_no_row() -> None:
    def names(**possible: bool) -> set[tuple[str, str]]:
        rows = walk(menu.rows(state_of(PRO), NOW, ZONE, available=Available(**possible)))
        actions = (row.action for row in rows if row.action is not None)
        return {(action.name, action.argument) for action in actions if action.name != "set"}

    mute = {("mute", "30"), ("mute", "60"), ("mute", "reset"), ("pause", "60")}
    copy = {("copy", "summary")}
    pages = ("usage:codex", "status:codex", "logs:codex", "settings", "report")
    always = {("refresh", ""), ("quit", ""), *mute}
    assert names(copy=False, open=False) == always
    assert names(copy=True, open=False) == always | copy
    assert names() == always | copy | {("open", page) for page in pages}


def test_the_summary_of_a_notice_is_narrow() -> None:
    assert menu.summary(state_of(PRO), NOW, ZONE, narrow=True).splitlines() == [
        "Codex · Pro",
        "5h 63 % left (resets in 1 h 29 m)",
        "Weekly 38 % left (resets Sun 19:00)",
        "≈ $0.24 today, ≈ $3.10 in 30 days, at API prices",
    ]


def test_the_summary() -> None:
    claude = failing(replace(PRO, provider="claude", title="Claude", cost=None), Offline("No."))
    assert menu.summary(state_of(PRO, claude), NOW, ZONE).splitlines() == [
        "Claude · Pro: 5h 63 % left (resets in 1 h 29 m), Weekly 38 % left (resets Sun 19:00), offline",
        "Codex · Pro: 5h 63 % left (resets in 1 h 29 m), Weekly 38 % left (resets Sun 19:00)",
        "≈ $0.24 today, ≈ $3.10 in 30 days, at API prices",
    ]
    used = menu.summary(state_of(PRO, settings=with_settings(show_used=True)), NOW, ZONE)
    assert used.startswith("Codex · Pro: 5h 37 % used (")
    past = lane("session", "5h", 100, 5, NOW - timedelta(minutes=5), read=7)
    assert menu.summary(state_of(replace(PRO, windows=(past,), cost=None)), NOW, ZONE) == (
        "Codex · Pro: 5h reset at 12:55, not updated since"
    )
    assert menu.summary(state_of(replace(BARE, cost=None)), NOW, ZONE) == "Codex · Pro: no limits known"


def test_the_tooltip() -> None:
    def title(*accounts: AccountUsage) -> str:
        return tooltip.title(State(snapshot=UsageSnapshot(generated_at=NOW, accounts=accounts)), NOW)

    assert title(PRO) == "Codex · 5h 63 % left · Weekly 38 % left"
    assert title(BARE, PRO) == "Codex · 5h 63 % left · Weekly 38 % left"
    assert title(BARE) == "tankful"
    claude = replace(PRO, provider="claude", title="Claude")
    assert title(PRO, claude) == (
        "Codex · 5h 63 % left · Weekly 38 % left | Claude · 5h 63 % left · Weekly 38 % left"
    )
    assert title(BARE, claude) == "Claude · 5h 63 % left · Weekly 38 % left"


def test_of_several_accounts_the_tightest_is_seen_and_named() -> None:
    def title(*accounts: AccountUsage) -> str:
        return tooltip.title(State(snapshot=UsageSnapshot(generated_at=NOW, accounts=accounts)), NOW)

    def other(used: float, resets_in: float = 1, credits_: Sourced[Credits] | None = None) -> AccountUsage:
        window = lane("session", "5h", used, 5, NOW + timedelta(hours=resets_in))
        mine = Account(id="e5f6a7b8", email="work@example.com", plan="team")
        return replace(PRO, account=mine, windows=(window, WEEKLY), credits=credits_)

    spent = "Codex · work@example.com · 5h 0 % left · Weekly 38 % left · blocked by 5h"
    assert title(PRO, other(100)) == title(other(100), PRO) == spent
    assert title(PRO, other(70)) == "Codex · work@example.com · 5h 30 % left · Weekly 38 % left"
    assert title(PRO, other(10)).startswith("Codex · dev@example.com · 5h 63 % left")
    refilled = other(100, resets_in=-1)
    assert title(PRO, refilled).startswith("Codex · dev@example.com"), "what it was says nothing of now"
    claude = replace(PRO, provider="claude", title="Claude")
    assert title(PRO, other(100), claude) == f"{spent} | Claude · 5h 63 % left · Weekly 38 % left"


def test_the_tooltip_shows_what_is_stale_and_why() -> None:
    def title(usage: AccountUsage) -> str:
        return tooltip.title(State(snapshot=UsageSnapshot(generated_at=NOW, accounts=(usage,))), NOW)

    old = [replace(each, fetched_at=NOW - timedelta(hours=30)) for each in (SESSION, WEEKLY)]
    past = lane("session", "5h", 100, 5, NOW - timedelta(minutes=5), read=1800)
    offline = Offline("No connection.")
    assert (
        title(replace(PRO, windows=tuple(old)))
        == "Codex · 5h 63 % left · Weekly 38 % left · updated 30 h ago"
    )
    assert title(replace(PRO, windows=(SESSION, old[1]))) == (
        "Codex · 5h 63 % left · Weekly 38 % left, updated 30 h ago"
    )
    assert title(replace(PRO, windows=(past, WEEKLY))) == "Codex · 5h reset · Weekly 38 % left"
    assert title(failing(PRO, offline)) == "Codex · 5h 63 % left · Weekly 38 % left"
    assert title(failing(replace(PRO, windows=(past, old[1])), offline)) == (
        "Codex · 5h reset · Weekly 38 % left · updated 30 h ago · offline"
    )
    assert title(failing(BARE, NotSignedIn("Nobody."))) == "Codex · not signed in"
    assert all(len(words) <= 24 for words in tooltip.IN_A_WORD.values()), "a tooltip is short"


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
