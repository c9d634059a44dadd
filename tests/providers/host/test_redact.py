"""What is taken out of a text before it is logged."""

from __future__ import annotations

import pytest

from providers.host.redact import redact
from tests.homes import ACCESS_MARK, ID_MARK, REFRESH_MARK, auth


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (
            "The ledger /home/dev/.local/state/x.sqlite3 is damaged.",
            "The ledger ~/.local/state/x.sqlite3 is damaged.",
        ),
        ("/home/dev", "~"),
        ("/home/devious/x", "/home/devious/x"),
        ("ask dev.loper+1@mail.example.com", "ask d…@mail.example.com"),
        ("key sk-ant-oat01-AbC_123-xyz!", "key [redacted]!"),
        ("proxy http://me:pass@proxy.example:80", "proxy http://[redacted]@proxy.example:80"),
        ("x" * 80, "[redacted]"),
        ("a1b2c3d4 rollout-2026-11-20T12-08-50-01a1f8dc-00b2-79b0-9f2d-a43d382ff2bd.jsonl",) * 2,
    ],
)
def test_it_is_taken_out(text: str, left: str) -> None:
    assert redact(text, "/home/dev") == left


def test_tokens_as_codex_keeps_them() -> None:
    tokens = auth()["tokens"]
    left = redact(f"{tokens['access_token']} {tokens['id_token']}")
    assert not any(mark in left for mark in (ACCESS_MARK, REFRESH_MARK, ID_MARK))


def test_a_person_without_a_home_loses_no_slashes() -> None:
    assert redact("/etc/x", "/") == "/etc/x"
