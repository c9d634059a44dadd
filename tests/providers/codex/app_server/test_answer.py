"""The limits that app-server reports, taken apart."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from providers.codex.app_server import answer
from providers.domain.blocked import blocked
from providers.domain.errors import NotUnderstood
from providers.domain.limits import AccountUsage, Credits, Reading, Sourced
from tests.fake_app_server import OWN, SPARK
from tests.homes import NOW

CAP = {"limit": "25000", "used": "8000", "resetsAt": 1_795_460_400}
NO_CAP = OWN | {"individualLimit": None}


def parsed(limits: Any) -> Reading:
    found = answer.reading(limits, None, NOW, "app-server")
    assert found is not None
    return found


def used(reading: Reading) -> dict[str, float]:
    return {window.id: window.used_percent for window in reading.windows}


def test_numbers_in_quotes() -> None:
    quoted = {"usedPercent": "37", "windowDurationMins": "300", "resetsAt": "1795190400"}
    (found,) = parsed({"rateLimits": {"primary": quoted, "secondary": None, "credits": None}}).windows
    assert (found.id, found.used_percent) == ("session", 37)
    assert found.resets_at == datetime.fromtimestamp(1_795_190_400, UTC)


@pytest.mark.parametrize(
    "content",
    [
        {"rateLimits": OWN | {"individualLimit": CAP}},
        {"rateLimits": NO_CAP, "individualLimit": CAP},
        {"rateLimits": NO_CAP, "spendControl": {"reached": False, "individualLimit": CAP}},
    ],
)
def test_a_personal_cap_wherever_it_stands(content: dict[str, Any]) -> None:
    reading = parsed(content)
    found = {window.id: window for window in reading.windows}
    assert found["individual"].used_percent == 32
    assert found["individual"].resets_at == datetime.fromtimestamp(1_795_460_400, UTC)
    assert reading.dropped == ()


def test_limits_with_a_key_of_their_own_are_shown_under_it_or_named() -> None:
    own = NO_CAP | {
        "monthlyPool": {"usedPercent": 7},
        "tertiary": {"usedPercent": 9, "windowDurationMins": 43_200},
    }
    upsell = {"used_percent": 1}
    reading = parsed({"rateLimits": own, "budgets": [{"usedPercent": 3}], "rateLimitUpsell": upsell})
    assert used(reading) == {"session": 37, "weekly": 62, "monthly": 9, "monthly_pool:unknown": 7}
    assert reading.dropped == ("budgets",)


@pytest.mark.parametrize("ident", ["premium", "codex"])
def test_limits_without_a_name_are_the_accounts(ident: str) -> None:
    """On plans with credits their id is "premium"."""
    own = NO_CAP | {"limitId": ident}
    filed = {"rateLimits": SPARK, "rateLimitsByLimitId": {ident: own, "x": SPARK}}
    for content in ({"rateLimits": own}, filed):
        reading = parsed(content)
        assert {window.id for window in reading.windows if window.scope == "account"} == {"session", "weekly"}
        assert reading.credits == Credits(balance=Decimal("150.5"))


def test_credits_beside_the_windows_in_a_bucket_of_their_own() -> None:
    codex = NO_CAP | {"credits": None}
    premium = {"limitId": "premium", "primary": None, "secondary": None, "credits": OWN["credits"]}
    reading = parsed({"rateLimits": codex, "rateLimitsByLimitId": {"codex": codex, "premium": premium}})
    assert used(reading) == {"session": 37, "weekly": 62}
    assert reading.credits == Credits(balance=Decimal("150.5"))
    assert reading.speaks_for == {"windows", "credits"}


@pytest.mark.parametrize("filed", [{"x": {}}, {"x": None}, {"": 7}, [], 7])
def test_limits_alone_are_read_where_the_others_are_malformed(filed: Any) -> None:
    assert used(parsed({"rateLimits": NO_CAP, "rateLimitsByLimitId": filed})) == {"session": 37, "weekly": 62}


def test_an_answer_whose_windows_are_all_lost_is_not_understood() -> None:
    lost = NO_CAP | {"primary": {"usedPercent": -1}, "secondary": None}
    with pytest.raises(NotUnderstood, match="unknown format"):
        parsed({"rateLimits": lost})
    assert answer.reading({"rateLimits": 7}, None, NOW, "app-server") is None


@pytest.mark.parametrize(
    ("changes", "reached", "carries_on"),
    [
        ({}, True, True),
        ({"rateLimitReachedType": "rate_limit_reached"}, True, True),
        ({"rateLimitReachedType": "workspace_member_credits_depleted"}, True, False),
        ({"spendControlReached": True}, True, False),
    ],
)
def test_no_percentage_overrules_the_servers_word(
    changes: dict[str, Any], reached: bool, carries_on: bool
) -> None:
    reading = parsed({"rateLimits": OWN | changes, "ordinaryUsageAllowed": bool(changes)})
    assert max(used(reading).values()) < 100
    assert reading.limit_reached is reached
    usage = AccountUsage(
        provider="codex",
        title="Codex",
        homes=(),
        windows=tuple(Sourced(value=each, source="app-server", fetched_at=NOW) for each in reading.windows),
        credits=Sourced(value=reading.credits, source="app-server", fetched_at=NOW)
        if reading.credits
        else None,
        limit_reached_at=NOW,
    )
    block = blocked(usage, NOW)
    assert block is not None
    assert block.credits_left is carries_on
