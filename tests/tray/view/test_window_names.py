from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tray.view.window_names import window_name


@pytest.mark.parametrize(
    ("ident", "name"),
    [
        ("session", "5h"),
        ("weekly", "Weekly"),
        ("monthly", "Monthly"),
        ("window:4320", "3d"),
        ("window:720", "12h"),
        ("window:90", "90m"),
        ("window:unknown", "Limit"),
        ("individual", "Spend cap"),
        ("model:opus:weekly", "Opus Weekly"),
        ("model:codex_bengalfox:session", "Codex bengalfox 5h"),
        ("code_review:weekly", "Code review Weekly"),
        ("model:x:٤٢", "X ٤٢"),
        ("window:0", "0"),
    ],
)
def test_a_window_is_named_by_its_id(ident: str, name: str) -> None:
    assert window_name(ident) == name


def test_the_title_that_was_sent_comes_first() -> None:
    assert window_name("model:opus:weekly", {"model:opus:weekly": "Opus 4 Weekly"}) == "Opus 4 Weekly"


@given(st.text())
def test_any_id_has_a_name(ident: str) -> None:
    assert isinstance(window_name(ident), str)
