"""Text for terminals that lack our characters."""

from __future__ import annotations

import io

import pytest

from tests.tray.view.test_menu import NOW, PRO, ZONE, state_of
from tray.view import menu, output


def emitted(text: str, encoding: str, monkeypatch: pytest.MonkeyPatch) -> str:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding=encoding))
    output.emit(text)
    return written.getvalue().decode(encoding)


def test_where_lines_cannot_be_encoded_bars_are_of_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    text = output.as_text(menu.status_rows(state_of(PRO), NOW, ZONE))
    lines = emitted(text, "ascii", monkeypatch).splitlines()
    assert lines[1:3] == [
        "  #########-----  63 % left  5h  -  resets in 1 h 29 m",
        "  #####---------  38 % left  Weekly  -  resets Sun 19:00",
    ]
    assert not any("?" in line for line in lines)
    assert emitted(text, "utf-8", monkeypatch) == f"{text}\n"


def test_what_has_no_likeness_is_a_question_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    assert emitted("a→ü≥1…", "ascii", monkeypatch) == "a->?>=1...\n"
    assert emitted("a→ü≥1…", "latin-1", monkeypatch) == "a->ü>=1...\n"
