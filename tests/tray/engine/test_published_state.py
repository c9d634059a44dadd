from __future__ import annotations

import json
from datetime import UTC, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from providers.domain.limits import AccountUsage, Credits, EarlyReset, Sourced, UsageError
from providers.domain.usage_rate import UsageRate
from tools.example_states import CLAUDE, CODEX, NOW, STATES, state
from tray.engine import document, published
from tray.engine.published_state import published_state
from tray.engine.settings import Settings
from tray.engine.state import State
from tray.view.menu import status_rows

BARE = AccountUsage(provider="codex", title="Codex", homes=("~/work",))
RATE = UsageRate(
    window="session", percent_per_hour=4.5, slowest=3.0, fastest=6.0, over=timedelta(minutes=90), at=NOW
)
FULL = replace(
    CODEX,
    rates=(RATE,),
    early_resets=(EarlyReset(window="weekly", at=NOW, refilled=False, resets_at=NOW + timedelta(days=3)),),
    limit_reached_at=NOW,
    login_ends_at=NOW + timedelta(days=2),
    error=UsageError(kind="timeout", message="No answer.", remedy="Try again.", retry_at=NOW),
    refresh_every=timedelta(minutes=5),
    credits=Sourced(value=Credits(balance=Decimal("0.10"), carries_on=False), source="web", fetched_at=NOW),
)


def back(before: State) -> State:
    assert before.snapshot is not None
    found = json.loads(json.dumps(document.usage(before.snapshot, NOW)))
    return published_state(found, {}, before.settings)


@pytest.mark.parametrize("usage", [CODEX, CLAUDE, BARE, FULL], ids=["codex", "claude", "bare", "full"])
def test_an_account_comes_back_as_it_was_published(usage: AccountUsage) -> None:
    """But for what is not published of it, and the costs that no card shows."""
    (found,) = back(state(usage)).snapshot.accounts  # type: ignore[union-attr]
    assert found == replace(usage, cost=found.cost)
    if usage.cost is not None:
        assert found.cost == replace(
            usage.cost,
            burn=None,
            last_days=(),
            days_7_usd=None,
            days_7_tokens=0,
            month_usd=None,
            month_tokens=0,
        )


def test_incidents_come_back() -> None:
    raw = {"codex": {"title": "Down", "impact": "major", "updated_at": "2026-11-20T11:00:00Z"}}
    usage = document.usage(state(CODEX).snapshot, NOW)  # type: ignore[arg-type]
    (incident,) = published_state(usage, raw, Settings()).incidents.values()
    assert (incident.title, incident.impact) == ("Down", "major")


def test_costs_whose_days_have_passed_are_unknown() -> None:
    usage = document.usage(state(CODEX).snapshot, NOW)  # type: ignore[arg-type]
    usage["providers"][0]["cost"] |= {"days_30_usd": None, "days_30_tokens": None}
    (found,) = published_state(usage, {}, Settings()).snapshot.accounts  # type: ignore[union-attr]
    assert found.cost is None


@pytest.mark.parametrize("name", sorted(STATES))
def test_a_document_says_the_same_of_limits_as_the_state_it_was_made_of(name: str) -> None:
    before = STATES[name]()
    if before.snapshot is None:
        return

    def limits(shown: State) -> list[str]:
        return [row.text for row in status_rows(shown, NOW, UTC) if "window" in row.key]

    assert limits(back(before)) == limits(before)


@pytest.mark.parametrize("damage", [{"windows": 3}, {"account": {"id": "a"}}, {"credits": {"balance": "x"}}])
def test_damage_is_one_of_the_known_errors(damage: dict[str, object]) -> None:
    usage = document.usage(state(CODEX).snapshot, NOW)  # type: ignore[arg-type]
    usage["providers"][0] |= damage
    with pytest.raises(published.DAMAGED):
        published_state(usage, {}, Settings())
