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


def test_in_a_pipe_the_width_is_unknown() -> None:
    pipe = io.TextIOWrapper(io.BytesIO())
    assert output.screen({}, pipe) is None
    assert output.paper({}, pipe).width == 80
    known = output.screen({"COLUMNS": "60"}, pipe)
    assert known is not None
    assert known.width == 60


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "terminal", "bold"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "false"}, True, False),
        ({"FORCE_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_headings_are_bold_on_terminals_only(environ: dict[str, str], terminal: bool, bold: bool) -> None:
    stream = (Terminal if terminal else io.TextIOWrapper)(io.BytesIO(), encoding="utf-8")
    assert output.paper({"WT_SESSION": "1", **environ}, stream).styled is bold


@pytest.mark.parametrize(
    ("columns", "width"),
    [
        ("", 80),
        ("60", 60),
        ("200", 200),
        ("5", 40),
        ("0", 80),
        ("-3", 80),
        ("wide", 80),
        ("9" * 9, 99999),
        ("²", 80),
    ],
)
def test_the_width_is_that_of_columns_and_80_in_a_pipe(columns: str, width: int) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    made = output.paper({"COLUMNS": columns}, stream)
    assert (made.width, made.encoding) == (width, "ascii")


def test_json_is_the_same_in_every_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert emitted(output.as_json({"usd": 1.5}), "ascii", monkeypatch) == '{\n  "usd": 1.5\n}\n'
