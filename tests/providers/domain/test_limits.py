from __future__ import annotations

import pytest

from providers.domain.limits import RateWindow


@pytest.mark.parametrize(
    ("ident", "scope"),
    [
        ("session", "account"),
        ("weekly", "account"),
        ("monthly", "account"),
        ("window:120", "account"),
        ("window:unknown", "account"),
        ("model:opus:weekly", "model"),
        ("model:gpt-5.6-codex:window:90", "model"),
        ("code_review:weekly", "feature"),
        ("weekly:something", "feature"),
        ("individual", "personal"),
    ],
)
def test_what_a_window_limits(ident: str, scope: str) -> None:
    assert RateWindow(id=ident, title=ident, used_percent=1).scope == scope
