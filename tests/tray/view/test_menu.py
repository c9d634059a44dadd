"""The menu, read as text, in each case that a person can meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from providers.domain.cost import CostSummary
from providers.domain.errors import LoginExpired, NotSignedIn, Offline, ProviderError, RateLimited
from providers.domain.limits import Account, AccountUsage, Credits, RateWindow, Sourced, Spend, UsageSnapshot
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import State
from tray.view import menu, tooltip
from tray.view.login import StartAtLogin
from tray.view.rows import Action, validate

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


def shown(
    *accounts: AccountUsage, refreshing: bool = False, counting: bool = False, progress: float | None = None
) -> list[str]:
    state = State(
        snapshot=UsageSnapshot(generated_at=NOW, accounts=accounts),
        asking=frozenset({"someone"}) if refreshing else frozenset(),
        counting=counting,
        progress=progress,
        settings=Settings(table=SETTINGS),
    )
    rows = menu.rows(state, NOW, ZONE)
    validate(rows)
    return ["──" if row.kind == "separator" else row.text for row in rows]


def failing(usage: AccountUsage, error: ProviderError, **more: datetime) -> AccountUsage:
    return replace(usage, error=error.as_data(), **more)


def test_a_pro_account() -> None:
    assert shown(PRO) == [
        "Codex · Pro · dev@example.com",
        "  5h       ▰▰▰▰▰▰▱▱▱▱  63 % left · resets in 1 h 29 m",
        "  Weekly   ▰▰▰▰▱▱▱▱▱▱  38 % left · resets Sun 19:00",
        "  Credits  150.50",
        "  Today    $0.24 · 67 K tokens        30 days  $3.10 · 1.2 M tokens",
        "  Updated 2 min ago · ChatGPT",
        "──",
        "Refresh now",
        "Settings",
        "Quit",
    ]


def test_before_the_first_look() -> None:
    rows = menu.rows(State(), NOW, ZONE)
    assert [row.text for row in rows] == ["Loading…", "", "Refresh now", "Quit"]


@pytest.mark.parametrize(("on", "change"), [(True, "off"), (False, "on")])
def test_starting_at_login_is_a_toggle(on: bool, change: str) -> None:
    rows = menu.rows(State(), NOW, ZONE, StartAtLogin(on))
    assert [row.text for row in rows] == ["Loading…", "", "Refresh now", "Start at login", "Quit"]
    toggle = rows[-2]
    assert (toggle.kind, toggle.checked, toggle.action) == ("toggle", on, Action("autostart", change))


def test_a_change_of_starting_at_login_that_failed() -> None:
    problem = (
        "~/.config/autostart/tankful.desktop is a link, so it is left alone. Delete it, then switch on again."
    )
    rows = menu.rows(State(), NOW, ZONE, StartAtLogin(on=False, problem=problem))
    assert [row.text for row in rows[-3:]] == ["Start at login", f"  {problem}", "Quit"]


def test_while_it_is_at_work() -> None:
    usage = replace(BARE, cost=None)
    assert shown(usage, refreshing=True, counting=True) == [
        "Codex · Pro · dev@example.com",
        "  Cost     counting…",
        "──",
        "Refreshing…",
        "Settings",
        "Quit",
    ]


def test_how_far_the_count_is() -> None:
    usage = replace(BARE, cost=None, limits_known=True)
    assert shown(usage, counting=True, progress=0.344)[1] == "  Cost     counting 34 %"
    assert shown(replace(usage, cost=COST), counting=True, progress=0.344)[1] == (
        "  Today    $0.24 · 67 K tokens        30 days  $3.10 · 1.2 M tokens · counting 34 %"
    )
    unread = replace(COST, complete=False, has_logs=False, today_tokens=0, today_usd=0.0)
    assert shown(replace(usage, cost=unread), counting=True)[1] == "  Cost     counting…"


def test_a_count_of_another_day_gives_no_value_for_today() -> None:
    yesterday = replace(PRO, cost=replace(COST, today_usd=None, today_tokens=0, complete=False))
    assert shown(yesterday)[4] == "  Today    not counted yet        30 days  ≥ $3.10 · 1.2 M tokens"
    assert shown(yesterday, counting=True)[4] == (
        "  Today    counting…        30 days  ≥ $3.10 · 1.2 M tokens"
    )
    assert shown(yesterday, counting=True, progress=0.5)[4] == (
        "  Today    counting…        30 days  ≥ $3.10 · 1.2 M tokens · counting 50 %"
    )


def test_a_count_that_left_something_out_is_a_lower_bound() -> None:
    assert shown(replace(PRO, cost=replace(COST, complete=False)))[4] == (
        "  Today    ≥ $0.24 · 67 K tokens        30 days  ≥ $3.10 · 1.2 M tokens"
    )


def test_never_signed_in() -> None:
    error = NotSignedIn("Not signed in to Codex in ~/.codex.", remedy="Run `codex login`.")
    usage = failing(replace(BARE, account=None, cost=replace(COST, has_logs=False)), error)
    assert shown(usage)[:-4] == [
        "Codex · ~/.codex",
        "  No logs yet; costs appear after your first turn.",
        "  Not signed in to Codex in ~/.codex.",
        "  Run `codex login`.",
    ]


def test_an_api_key_alone() -> None:
    error = NotSignedIn("API key login: it has no limits, only costs.", remedy="To see limits, sign in.")
    assert shown(failing(replace(BARE, account=None), error))[:-4] == [
        "Codex · ~/.codex",
        "  Today    $0.24 · 67 K tokens        30 days  $3.10 · 1.2 M tokens",
        "  API key login: it has no limits, only costs.",
        "  To see limits, sign in.",
    ]


def test_a_plan_without_limits() -> None:
    assert shown(replace(BARE, limits_known=True))[2:-4] == ["  No limits reported for this account."]
    assert shown(BARE)[2:-4] == ["  Limits not available yet."]


def test_money_alone_was_read() -> None:
    spend = Sourced(
        value=Spend(used=Decimal("7.63"), limit=Decimal(20), currency="EUR"), source="oauth", fetched_at=NOW
    )
    assert shown(replace(BARE, spend=spend))[1:-4] == [
        "  Spent    7.63 EUR of 20.00 EUR",
        "  Today    $0.24 · 67 K tokens        30 days  $3.10 · 1.2 M tokens",
        "  Updated just now · ChatGPT",
    ]


def test_everything_old() -> None:
    old = replace(
        PRO,
        windows=(replace(SESSION, fetched_at=NOW - timedelta(hours=3)),),
        credits=None,
    )
    assert shown(old)[1:-4] == [
        "  5h       ▰▰▰▰▰▰▱▱▱▱  63 % left · resets in 1 h 29 m · updated 3 h ago",
        "  Today    $0.24 · 67 K tokens        30 days  $3.10 · 1.2 M tokens",
        "  Last updated 3 h ago · ChatGPT",
    ]


def test_a_window_that_reset_since_shows_no_share() -> None:
    past = lane("session", "5h", 100, 5, NOW - timedelta(minutes=5), read=7)
    yesterday = lane("weekly", "Weekly", 100, 168, NOW - timedelta(days=1), read=3000)
    assert shown(replace(PRO, windows=(past, yesterday)))[1:3] == [
        "  5h       reset at 12:55; not updated since",
        "  Weekly   reset at 19 Nov 13:00; not updated since",
    ]


def test_offline() -> None:
    usage = failing(PRO, Offline("No connection."), offline_since=NOW - timedelta(hours=2))
    assert shown(usage)[5:7] == ["  Offline since 11:00.", "  Updated 2 min ago · ChatGPT"]


def test_offline_for_a_reason_that_is_shown() -> None:
    error = Offline("Cannot reach the proxy.", remedy="Check HTTPS_PROXY and NO_PROXY.")
    usage = failing(PRO, error, offline_since=NOW - timedelta(hours=2))
    assert shown(usage)[5:8] == [
        "  Offline since 11:00. Cannot reach the proxy.",
        "  Check HTTPS_PROXY and NO_PROXY.",
        "  Updated 2 min ago · ChatGPT",
    ]


def test_the_age_is_that_of_the_oldest_of_its_own_windows() -> None:
    old = replace(WEEKLY, fetched_at=NOW - timedelta(hours=3), source="rollouts")
    assert shown(replace(PRO, windows=(SESSION, old)))[5] == "  Updated 3 h ago · session logs"
    model = lane("model:spark:weekly", "Spark Weekly", 5, 168, None, read=3000)
    assert shown(replace(PRO, windows=(SESSION, model)))[5] == "  Updated 2 min ago · ChatGPT"
    stale = replace(SESSION, fetched_at=NOW - timedelta(hours=30))
    assert shown(replace(PRO, windows=(stale,)))[4] == "  Last updated 30 h ago · ChatGPT"
    assert shown(replace(PRO, windows=()))[4] == "  Updated 2 min ago · ChatGPT"


def test_rate_limited() -> None:
    error = RateLimited("Rate-limited by ChatGPT.", retry_at=NOW + timedelta(minutes=5))
    assert shown(failing(PRO, error))[5:7] == [
        "  Rate-limited by ChatGPT. Next try 13:05.",
        "  tankful retries by itself.",
    ]


def test_an_expired_login_keeps_what_is_known() -> None:
    texts = shown(
        failing(PRO, LoginExpired("Your ChatGPT login expired 3 days ago.", remedy="Run `codex` once."))
    )
    assert texts[1].startswith("  5h       ▰")
    assert texts[5:7] == ["  Your ChatGPT login expired 3 days ago.", "  Run `codex` once."]


def test_unlimited_and_unknown_credits() -> None:
    lanes = [Sourced(value=c, source="oauth", fetched_at=NOW) for c in (Credits(unlimited=True), Credits())]
    assert shown(replace(PRO, credits=lanes[0]))[3] == "  Credits  unlimited"
    assert shown(replace(PRO, credits=lanes[1]))[3] == "  Credits  available"


def test_cost_without_all_prices() -> None:
    partly = replace(COST, priced="partial")
    nothing = replace(COST, priced="none", today_usd=None, days_30_usd=None)
    assert shown(replace(PRO, cost=partly))[4] == (
        "  Today    ≥ $0.24 · 67 K tokens        30 days  ≥ $3.10 · 1.2 M tokens"
    )
    assert shown(replace(PRO, cost=nothing))[4] == (
        "  Today    no price · 67 K tokens        30 days  no price · 1.2 M tokens"
    )


@pytest.mark.parametrize(
    ("models", "row"),
    [
        (("gpt-9-foo",), "  No price for gpt-9-foo."),
        (("gpt-9-bar", "gpt-9-foo"), "  No price for gpt-9-bar and gpt-9-foo."),
        (("a", "b", "c"), "  No price for a, b and 1 more."),
        (("a", "b", "c", "d", "e"), "  No price for a, b and 3 more."),
        (("x" * 99,), f"  No price for {'x' * 39}…."),
        (("a\x1b[31m\nb",), "  No price for a [31m b."),
    ],
)
def test_models_without_a_price_are_named(models: tuple[str, ...], row: str) -> None:
    texts = shown(replace(PRO, cost=replace(COST, priced="partial", unpriced_models=models)))
    assert texts[4].startswith("  Today    ≥ $0.24")
    assert texts[5] == row
    assert len(shown(replace(PRO, cost=COST))) == len(texts) - 1


def test_two_accounts_stand_under_each_other() -> None:
    other = replace(
        PRO, homes=("~/.codex-work",), account=Account(id="ffff0000", email=None, plan="business")
    )
    texts = shown(PRO, other)
    assert texts[6:8] == ["──", "Codex · Business · ~/.codex-work"]


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
    state = State(snapshot=UsageSnapshot(generated_at=NOW, accounts=(usage, replace(usage, account=None))))
    texts = [row.text for row in menu.rows(state, NOW, ZONE)] + [tooltip.title(state, NOW)]
    assert all(text.isprintable() for text in texts)
    assert all(len(text) < 110 for text in texts)
    assert "…" in texts[0]


def test_equal_headers_are_distinguished_by_their_homes() -> None:
    twin = replace(
        PRO, homes=("~/.codex-work",), account=Account(id="b", email="dev@example.com", plan="pro")
    )
    texts = shown(PRO, twin)
    assert texts[0] == "Codex · Pro · dev@example.com · ~/.codex"
    assert texts[7] == "Codex · Pro · dev@example.com · ~/.codex-work"
    homeless = replace(BARE, account=None)
    assert shown(homeless, homeless)[0] == "Codex · ~/.codex"


def test_keys_name_what_they_show() -> None:
    error = LoginExpired("Your ChatGPT login expired 3 days ago.", remedy="Run `codex` once.")
    state = State(
        snapshot=UsageSnapshot(generated_at=NOW, accounts=(failing(PRO, error), replace(BARE, account=None)))
    )
    keys = [row.key for row in menu.status_rows(state, NOW, ZONE)]
    assert keys[5:8] == [f"codex:a1b2c3d4:says:{about}" for about in ("error", "remedy", "age")]
    none = State(snapshot=UsageSnapshot(generated_at=NOW, accounts=(BARE,)))
    assert menu.status_rows(none, NOW, ZONE)[-1].key == "codex:a1b2c3d4:says:none"


def test_keys_stay_when_values_change() -> None:
    def keys(usage: AccountUsage) -> list[str]:
        state = State(snapshot=UsageSnapshot(generated_at=NOW, accounts=(usage,)))
        return [row.key for row in menu.rows(state, NOW, ZONE)]

    assert keys(PRO) == keys(replace(PRO, windows=(lane("session", "5h", 90, 5, None), WEEKLY)))


def test_what_keeps_logs_from_being_counted_is_shown() -> None:
    state = State(
        snapshot=UsageSnapshot(generated_at=NOW, accounts=(PRO,)), count_problem="The disk is full."
    )
    assert [row.text for row in menu.status_rows(state, NOW, ZONE)][-1] == "  The disk is full."
