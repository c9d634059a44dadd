"""How many columns a text takes."""

from __future__ import annotations

import pytest

from tray.view.cells import cells_of


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", 0),
        ("codex", 5),
        ("größe · 5 %", 11),
        ("38 % – ≈ $2…", 12),
        ("網站", 4),
        ("gro\u0308ße", 5),
        ("a\u20dd", 1),
    ],
)
def test_columns_of_a_terminal(text: str, cells: int) -> None:
    assert cells_of(text) == cells
