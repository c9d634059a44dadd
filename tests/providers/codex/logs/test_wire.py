"""One description of a rollout's lines, for its two readers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.codex.logs import wire

USAGE = {"input_tokens": 5, "output_tokens": 3}
INFO = {"total_token_usage": USAGE, "last_token_usage": USAGE}
LIMITS = {"limit_id": "codex", "primary": {"used_percent": 37.0}}


def line(kind: str, **payload: Any) -> bytes:
    stamped = {"timestamp": "2026-11-20T12:00:00.000Z", "type": kind, "payload": payload}
    return json.dumps(stamped, separators=(",", ":")).encode()


def count(info: Any, rate_limits: Any) -> bytes:
    return line("event_msg", type="token_count", info=info, rate_limits=rate_limits)


def test_both_readers_take_what_they_need_of_a_token_count() -> None:
    tokens, limits = wire.decode(count(INFO, LIMITS)), wire.decode_limits(count(INFO, LIMITS))
    assert tokens is not None
    assert limits is not None
    assert isinstance(tokens[1].payload, wire.TokenCount)
    assert tokens[1].payload.info is not None
    assert tokens[1].payload.info.last_token_usage == wire.Usage(5, 3)
    assert isinstance(limits.payload, wire.TokenCountLimits)
    assert (limits.payload.total_token_usage, limits.payload.rate_limits) == (USAGE, LIMITS)
    assert limits.timestamp == tokens[1].timestamp


def test_a_malformed_part_of_a_line_affects_only_its_reader() -> None:
    odd = count({"total_token_usage": -1}, LIMITS)
    with pytest.raises(wire.MalformedLine):
        wire.decode(odd)
    limits = wire.decode_limits(odd)
    assert limits is not None
    assert isinstance(limits.payload, wire.TokenCountLimits)
    assert (limits.payload.total_token_usage, limits.payload.rate_limits) == (-1, LIMITS)
    assert wire.decode(count(INFO, {"new": ["shape"]})) is not None


@pytest.mark.parametrize(
    "text",
    [
        line("response_item", type="message", text='"token_count"'),
        line("token_usage_record", usage=USAGE),
        line("event_msg", type="thread_settings_applied"),
        count(INFO, LIMITS).replace(b"Z", b""),
        b'{"type":"token_count"}',
        b"[" * 3000,
        b"\xff",
        b"",
    ],
)
def test_other_lines_have_no_limits(text: bytes) -> None:
    assert wire.decode_limits(text) is None


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
    ],
)
def test_the_service_that_was_asked_for(settings: object, tier: str | None) -> None:
    assert wire.SettingsApplied(thread_settings=settings).tier == tier
