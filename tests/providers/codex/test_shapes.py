"""One table of spellings for all of Codex's sources."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from providers.codex import shapes
from tests.homes import NOW
from tests.providers.codex.test_auth import json_values

HOUR = timedelta(hours=1)
SOON = int((NOW + HOUR).timestamp())


@pytest.mark.parametrize(
    "sent",
    [
        {"used_percent": 31, "limit_window_seconds": 18000, "reset_at": SOON},
        {"used_percent": "31", "limit_window_seconds": "18000", "reset_at": str(SOON)},
        {"used_percent": 31.0, "limit_window_seconds": 17940.0, "resets_at": float(SOON)},
        {"used_percent": 31, "window_minutes": 300, "resets_in_seconds": 3600},
        {"used_percent": 31, "window_minutes": "299", "resets_in_seconds": "3600", "resets_at": None},
        {"usedPercent": 31, "windowDurationMins": 300, "resetsAt": SOON},
        {"usedPercent": "31", "windowDurationMins": "300", "resetsAt": str(SOON)},
        {"used_percent": 31, "limit_window_seconds": 18000, "reset_at": "2026-11-20T13:00:00Z"},
        {"used_percent": 31, "limit_window_seconds": 18000, "reset_at": SOON * 1000},
        {"used_percent": 31, "limit_window_seconds": 18000, "reset_at": "soon", "reset_after_seconds": 3600},
        {"used_percent": None, "remaining_percent": 69, "limit_window_seconds": 18000, "reset_at": SOON},
        {"used_percent": "lots", "remaining_percent": "69", "window_minutes": 300, "reset_at": SOON},
        {
            "used_percent": 31,
            "limit_window_seconds": None,
            "window_minutes": 300,
            "reset_at": SOON,
            "new": [1],
        },
    ],
)
def test_a_window_however_it_is_written(sent: dict[str, Any]) -> None:
    found = shapes.window(sent, NOW)
    assert found is not None
    assert (found.id, found.used_percent, found.resets_at) == ("session", 31, NOW + HOUR)


@pytest.mark.parametrize(
    ("sent", "used"),
    [
        ({"used_percent": 455, "remaining_percent": 0, "limit": "600", "used": "2730"}, 455),
        ({"remaining_percent": -5.5}, 105.5),
        ({"remaining_percent": 101, "limit": "25000", "used": "8000"}, 32),
        ({"limit": "5000", "used": "3400"}, 68),
        ({"limit": 5000, "used": 3400.0}, 68),
        ({"limit": "5000", "remaining": "1600"}, 68),
        ({"limit": "5000", "used": "7500"}, 150),
        ({"used_percent": 101.5}, 101.5),
        ({"used_percent": 0}, 0),
        ({"used_percent": -3.0}, None),
        ({"used_percent": True}, None),
        ({"used_percent": 10_001}, None),
        ({"limit": "0", "used": "0"}, None),
        ({"limit": "5000"}, None),
        ({"used": "5000"}, None),
        ({"limit": "lots", "used": "8"}, None),
        ({"remaining_percent": "much"}, None),
        ({}, None),
        (7, None),
        (None, None),
    ],
)
def test_a_share_is_that_of_the_first_valid_member(sent: Any, used: float | None) -> None:
    found = shapes.window(sent, NOW)
    assert (None if found is None else found.used_percent) == used


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"reset_at": 0, "reset_after_seconds": 90}, None),
        ({"reset_at": None, "resets_at": SOON}, NOW + HOUR),
        ({"reset_at": SOON, "reset_after_seconds": 90}, NOW + HOUR),
        ({"reset_after_seconds": "90.5"}, NOW + timedelta(seconds=90.5)),
        ({"reset_after_seconds": 0}, None),
        ({"reset_after_seconds": -1}, None),
        ({"reset_after_seconds": 1e308}, None),
        ({"reset_at": [SOON]}, None),
        ({"reset_at": 10**30}, None),
        ({}, None),
    ],
)
def test_resets(sent: dict[str, Any], expected: Any) -> None:
    assert shapes.reset(sent, NOW) == expected


@pytest.mark.parametrize(
    ("objects", "reached", "credits_spent"),
    [
        ([{"allowed": True, "limit_reached": False}], False, False),
        ([{"allowed": "false"}], True, False),
        ([{"allowed": True, "limit_reached": True}], True, False),
        ([{"allowed": "no", "limit_reached": None}], None, False),
        ([{"ordinaryUsageAllowed": False}, {"primary": {"usedPercent": 3}}], True, False),
        ([{"ordinary_usage_allowed": False}], True, False),
        ([{"ordinaryUsageAllowed": True}], False, False),
        ([{"rateLimitReachedType": None}], None, False),
        ([{"rate_limit_reached_type": "rate_limit_reached"}], True, False),
        ([{"rate_limit_reached_type": {"type": "rate_limit_reached"}}, {"allowed": True}], True, False),
        ([{"rate_limit_reached_type": "workspace_owner_credits_depleted"}], True, True),
        ([{"rate_limit_reached_type": {"type": "workspace_member_usage_limit_reached"}}], True, True),
        ([{"rate_limit_reached_type": "something_new"}], True, False),
        ([{"overage_limit_reached": True}, {"allowed": True}], False, True),
        ([{"spend_limit_reached": True}], None, True),
        ([{"reached": True}], True, True),
        ([{"spendControlReached": True}], True, True),
        ([{"spendControlReached": False, "reached": False}], None, False),
        ([None, 7, []], None, False),
    ],
)
def test_what_the_server_says_itself(objects: list[Any], reached: bool | None, credits_spent: bool) -> None:
    found = shapes.refusal(*objects)
    assert (found.reached, found.credits_spent) == (reached, credits_spent)


@pytest.mark.parametrize(
    ("raw", "states"),
    [
        ({"used_percent": 4}, True),
        ({"utilization": "0.4"}, True),
        ({"group_name": "x", "details": {"remaining_percent": 4}}, True),
        ([{"name": "x", "window": {"usedPercent": 4}}], True),
        ({"limit": "5", "used": "1"}, True),
        ({"gpt-6-astra": {"available": True, "available_at": None}}, False),
        ({"used_percent": None}, False),
        ({"limit": 5}, False),
        ("used_percent", False),
        (None, False),
    ],
)
def test_whether_there_is_a_limit_in_it(raw: Any, states: bool) -> None:
    assert shapes.states_limit(raw) is states


@given(json_values)
def test_any_value_at_all(raw: Any) -> None:
    shapes.states_limit(raw)
    shapes.refusal(raw, {"allowed": raw, "rate_limit_reached_type": raw})
    for name in ("used_percent", "remaining_percent", "limit", "used", "reset_at", "reset_after_seconds"):
        found = shapes.window({"used_percent": 5, "limit": 9, "limit_window_seconds": raw} | {name: raw}, NOW)
        assert found is None or found.used_percent >= 0
