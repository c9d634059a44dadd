"""What is wrong leads the menu and its account."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from providers.domain.errors import RETRIES, NotSignedIn, Offline, ProviderError, RateLimited
from providers.domain.incident import Incident
from tests.tray.view.test_menu import (
    BARE,
    COST,
    NOW,
    PRO,
    ZONE,
    below,
    failing,
    shown,
    state_of,
    top,
)
from tray.engine.state import LastRefresh
from tray.view import menu
from tray.view.available import Available
from tray.view.rows import Action


def test_the_error_leads_its_account() -> None:
    error = RateLimited("Rate-limited by ChatGPT.", retry_at=NOW + timedelta(minutes=5))
    state = state_of(failing(PRO, error))
    wrong = "Rate-limited by ChatGPT. Next try 13:05."
    assert top(state)[:2] == ["Codex  ·  Pro ▸", wrong]
    assert top(state)[2].startswith("━"), "that it retries goes without saying"
    assert below(state)[:2] == [wrong, "──"]
    assert shown(failing(PRO, error))[1] == wrong
    unknown = RateLimited("Rate-limited by ChatGPT.")
    assert top(state_of(failing(PRO, unknown)))[1:3] == ["Rate-limited by ChatGPT.", RETRIES]
    assert "Refresh now  ·  Codex: rate-limited" in top(state)
    for seconds, tried in ((0, ", tried just now"), (130, ", tried 2 min ago"), (3600, ""), (-60, "")):
        last = LastRefresh(at=NOW - timedelta(seconds=seconds), failed=("",))
        assert f"Refresh now  ·  Codex: rate-limited{tried}" in top(replace(state, refreshed=last))


def test_a_long_sentence_is_cut_above_and_whole_below() -> None:
    message = f"The server answered {'something odd and ' * 12}gave up."
    state = state_of(failing(PRO, ProxyError(message)))
    first, second, third = top(state)[1:4]
    assert len(first) <= 64
    assert second.endswith("…")
    assert len(second) <= 64
    assert third.startswith("━")
    assert " ".join(below(state)).startswith(message.replace("  ", " "))


def test_what_to_do_is_not_cut() -> None:
    remedy = "Install Codex, or set CODEX_HOME. Run `codex login` and sign in with ChatGPT."
    missing = NotSignedIn("~/.codex does not exist.", remedy=remedy)
    assert " ".join(top(state_of(failing(BARE, missing)))[2:4]) == remedy


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
