"""The tooltip, which is one line."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from providers.domain.errors import NotSignedIn, Offline
from providers.domain.limits import (
    Account,
    AccountUsage,
    Credits,
    RateWindow,
    Sourced,
    UsageSnapshot,
)
from tests.tray.view.test_menu import (
    BARE,
    NOW,
    PRO,
    SESSION,
    WEEKLY,
    failing,
    lane,
    state_of,
    with_settings,
)
from tools.example_sessions import APPROVAL, DONE, IDLE, WORKING, look, many
from tray.engine.state import State
from tray.view import tooltip
from tray.view.error_words import IN_A_WORD


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


def test_what_is_used_by_setting() -> None:
    session = lane("session", "5h", 36.5, 5, NOW + timedelta(hours=1))
    used = state_of(replace(PRO, windows=(session,)), settings=with_settings(display__used=True))
    assert tooltip.title(used, NOW) == "Codex · 5h 37 % used"


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


def test_a_tooltip_of_many_accounts_ends_before_the_screen_does() -> None:
    def account(number: int) -> AccountUsage:
        mine = Account(id=f"{number:08x}", email=f"dev{number}@example.com", plan="team")
        return replace(PRO, account=mine, windows=(replace(SESSION, value=_used(40.0 + number)),))

    lines = tooltip.text(state_of(*map(account, range(20))), NOW).split("\n")
    assert lines[0] == "Codex · dev18@example.com · 5h 42 % left"
    assert lines[8:] == ["And 11 more."]


def _used(percent: float) -> RateWindow:
    return replace(SESSION.value, used_percent=percent)


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
    assert all(len(words) <= 24 for words in IN_A_WORD.values()), "a tooltip is short"


def test_who_waits_comes_first() -> None:
    limits = "Codex · 5h 63 % left · Weekly 38 % left"
    one = state_of(PRO, sessions=look(WORKING, APPROVAL))
    assert tooltip.title(one, NOW) == "cleaning: approval for Bash (3 min)"
    assert tooltip.text(one, NOW) == limits
    several = state_of(PRO, sessions=many(25))
    assert tooltip.title(several, NOW) == "project-1: approval for Bash (3 min)"
    assert tooltip.text(several, NOW).split("\n") == [
        "project-6: approval for Bash (3 min)",
        "project-11: approval for Bash (3 min)",
        "And 7 sessions more wait for you.",
        limits,
    ]
    for quiet in (None, look(WORKING, IDLE, DONE)):
        assert tooltip.title(state_of(PRO, sessions=quiet), NOW) == limits
        assert tooltip.text(state_of(PRO, sessions=quiet), NOW) == ""
