from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from providers.domain.limits import UsageError
from tests.tray.view.doctor.test_text import CODEX, GOOD, NOW, OFFLINE, text
from tray.engine.doctor.facts import AccountFacts, PagesFacts


@pytest.mark.parametrize(
    ("errors", "line"),
    [
        ({}, "ok account pages read 20 min ago"),
        (
            {"credits_history": OFFLINE},
            "account pages asked for 20 min ago. credits history: No connection to chatgpt.com.",
        ),
    ],
)
def test_pages_that_are_refused_are_no_problem(errors: dict[str, UsageError], line: str) -> None:
    pages = PagesFacts(asked_at=NOW - timedelta(minutes=20), errors=errors)
    account = AccountFacts(id="a", homes=("~/.codex",), sources=(), pages=pages)
    shown = text(replace(GOOD, providers=(replace(CODEX, accounts=(account,)),)))
    assert line in " ".join(shown.split())
    assert shown.endswith("No problems found.")
