"""What the ledger reads of a rollout's lines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.codex.logs import wire
from providers.codex.logs.reader import RolloutReader
from providers.logs import MalformedLine

USAGE = {"input_tokens": 5, "output_tokens": 3}
INFO = {"total_token_usage": USAGE, "last_token_usage": USAGE}
LIMITS = {"limit_id": "codex", "primary": {"used_percent": 37.0}}


def line(kind: str, **payload: Any) -> bytes:
    stamped = {"timestamp": "2026-11-20T12:00:00.000Z", "type": kind, "payload": payload}
    return json.dumps(stamped, separators=(",", ":")).encode()


def count(info: Any, rate_limits: Any) -> bytes:
    return line("event_msg", type="token_count", info=info, rate_limits=rate_limits)


def test_what_the_ledger_needs_of_a_token_count() -> None:
    decoded = wire.decode(count(INFO, LIMITS))
    assert isinstance(decoded.payload, wire.TokenCount)
    assert decoded.payload.info is not None
    assert decoded.payload.info.last_token_usage == wire.Usage(input_tokens=5, output_tokens=3)


def test_odd_limits_do_not_affect_the_tokens() -> None:
    wire.decode(count(INFO, {"new": ["shape"]}))
    with pytest.raises(wire.DAMAGE):
        wire.decode(count({"total_token_usage": -1}, LIMITS))


@pytest.mark.parametrize(
    ("settings", "tier"),
    [
        ({"service_tier": "priority"}, "priority"),
        ({"service_tier": "flex"}, "flex"),
        ({"service_tier": "ultrafast"}, "ultrafast"),
        ({"service_tier": "default"}, "default"),
        ({"service_tier": "batch"}, None),  # recorded from the config, and never sent
        ({"service_tier": None}, None),
        ({"service_tier": 3}, None),
        ({}, None),
        (None, None),
        ("batch", None),
        (7, None),
        (0.5, None),
        (True, None),
        ([{"service_tier": "priority"}], None),
    ],
)
def test_the_service_that_was_asked_for(settings: object, tier: str | None) -> None:
    decoded = wire.decode(line("event_msg", type="thread_settings_applied", thread_settings=settings))
    assert isinstance(decoded.payload, wire.SettingsApplied)
    assert decoded.payload.tier == tier


@pytest.mark.parametrize(
    "at", ["2019-12-31T23:59:59.999Z", "2200-01-01T00:00:00.001Z", "0001-01-01T00:00:00Z"]
)
def test_a_time_that_no_clock_shows_is_damage(at: str) -> None:
    text = count(INFO, LIMITS).replace(b"2026-11-20T12:00:00.000Z", at.encode())
    with pytest.raises(MalformedLine):
        wire.decode(text)
    reader = RolloutReader("rollout.jsonl")
    reader.take(text)
    assert (reader.skipped, reader.last_ms()) == (1, 0)
