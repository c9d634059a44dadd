"""Whether a session fits, in words."""

from __future__ import annotations

from typing import Any

import pytest

from tray.view.project_fit import account_name, fit_lines, percent_text


def document(*accounts: dict[str, Any] | None, **taken: Any) -> dict[str, Any]:
    percents = {"median": 6.0, "low": 3.0, "high": 11.0, "sessions": 14, "fits": 6} | taken
    window = {"title": "5h", "stale": False, "remaining_percent": 37.0, "session_percent": percents}
    return {"providers": [{"title": "Codex", "account": each, "windows": [window]} for each in accounts]}


ONE = {"id": "a1b2c3d4", "email": "a@example.com", "plan": None}
OTHER = {"id": "e5f6a7b8", "email": None, "plan": None}


def test_accounts_of_one_provider_are_told_apart() -> None:
    both = document(ONE, OTHER, None)
    assert [account_name(each, both) for each in both["providers"]] == [
        "Codex (a@example.com)",
        "Codex (e5f6a7b8)",
        "Codex",
    ]
    assert [whose for whose, _ in fit_lines(document(ONE))] == ["Codex 5h"]


@pytest.mark.parametrize(
    ("taken", "end"),
    [
        ({}, "took 6 % (median of 14, 3–11 %); 37 % left: fits 6 times"),
        ({"low": 5.98, "high": 6.02, "fits": 1}, "(median of 14, 6 %); 37 % left: fits once"),
        ({"fits": 1}, "37 % left: fits once"),
        ({"fits": 0}, "37 % left: does not fit"),
        (
            {"median": 0.02, "low": 0.01, "fits": None},
            "took < 0.1 % (median of 14, < 0.1–11 %); 37 % left: fits many times",
        ),
    ],
)
def test_how_often_it_fits(taken: dict[str, Any], end: str) -> None:
    ((_, sentence),) = fit_lines(document(ONE, **taken))
    assert sentence.endswith(end)


def test_what_is_not_0_is_not_shown_as_0() -> None:
    assert [percent_text(each) for each in (0.0, 0.001, 0.05, 4.0, 9.94, 9.96, 37.4)] == [
        "0",
        "< 0.1",
        "0.1",
        "4",
        "9.9",
        "10",
        "37",
    ]
