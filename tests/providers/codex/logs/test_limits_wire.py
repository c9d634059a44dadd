"""What the limits read of a rollout's lines, and of damaged ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.codex.logs.limits_wire import TokenCountLimits, decode_limits

USAGE = {"input_tokens": 5, "output_tokens": 3}
LIMITS = {"limit_id": "codex", "primary": {"used_percent": 37.0}}


def line(kind: str, **payload: Any) -> bytes:
    stamped = {"timestamp": "2026-11-20T12:00:00.000Z", "type": kind, "payload": payload}
    return json.dumps(stamped, separators=(",", ":")).encode()


def count(info: Any, rate_limits: Any) -> bytes:
    return line("event_msg", type="token_count", info=info, rate_limits=rate_limits)


WHOLE = count({"total_token_usage": USAGE}, LIMITS)
EARLIER = count({"total_token_usage": USAGE}, {"limit_id": "codex", "primary": {"used_percent": 12.0}})
MESSAGE = line("response_item", type="message", text="x" * 50)


def limits_of(text: bytes) -> Any:
    found = decode_limits(text)
    return found.payload.rate_limits if found and isinstance(found.payload, TokenCountLimits) else None


def test_limits_with_the_tokens_beside_them() -> None:
    found = decode_limits(WHOLE)
    assert found is not None
    assert isinstance(found.payload, TokenCountLimits)
    assert (found.payload.total_token_usage, found.payload.rate_limits) == (USAGE, LIMITS)
    assert limits_of(count({"total_token_usage": -1}, LIMITS)) == LIMITS
    assert limits_of(WHOLE.replace(b',"type"', b',"ordinal":-7,"type"', 1)) == LIMITS


@pytest.mark.parametrize(
    "text",
    [
        line("response_item", type="message", text='"token_count"'),
        line("token_usage_record", usage=USAGE),
        line("event_msg", type="thread_settings_applied"),
        WHOLE.replace(b"Z", b""),
        b'{"type":"token_count"}',
        b"[" * 3000,
        b"\xff",
        b"",
    ],
)
def test_other_lines_have_no_limits(text: bytes) -> None:
    assert decode_limits(text) is None


@pytest.mark.parametrize(
    "text",
    [
        EARLIER[:70] + WHOLE,
        EARLIER[:-1] + WHOLE,
        EARLIER + WHOLE,
        MESSAGE[:80] + WHOLE,
        MESSAGE + WHOLE,
        WHOLE + MESSAGE[:90],
        WHOLE + EARLIER[:90],
        WHOLE + b'{"tim',
        WHOLE + b"\x00" * 500,
        b"\x00" * 500 + WHOLE,
        MESSAGE[:80] + b"\x00" * 500 + WHOLE,
        b"\xef\xbb\xbf" + WHOLE,
        WHOLE + b"\r",
        WHOLE[:-1] + b',"unread":"\xff\xfe"}',
        WHOLE[:-1] + b',"unread":"\\ud83d"}',
        WHOLE[:-1] + b',"unread":"a\x01b"}',
        MESSAGE[:80] + b"\xff" + WHOLE[:-1] + b',"unread":"\\udc00"}',
    ],
)
def test_the_last_whole_record_of_a_damaged_line(text: bytes) -> None:
    assert limits_of(text) == LIMITS


@pytest.mark.parametrize(
    "text",
    [
        line("compacted", replaced=json.loads(WHOLE)),
        line("compacted", replaced=[json.loads(WHOLE), json.loads(WHOLE)]),
        line("response_item", type="message", text=WHOLE.decode()),
        line("other", inner=json.loads(WHOLE)),
        WHOLE[:-1],
        WHOLE[1:],
    ],
)
def test_a_record_inside_another_one_is_no_record(text: bytes) -> None:
    assert decode_limits(text) is None


@given(st.binary(max_size=300), st.integers(0, len(WHOLE)))
def test_no_damage_before_a_record_hides_it(noise: bytes, cut: int) -> None:
    assert limits_of(EARLIER[:cut] + noise.replace(b"\n", b"") + WHOLE) == LIMITS


@given(st.binary(max_size=300), st.integers(0, len(WHOLE)), st.integers(0, 40))
def test_any_line_at_all(noise: bytes, at: int, removed: int) -> None:
    decode_limits(WHOLE[:at] + noise + WHOLE[at + removed :])
