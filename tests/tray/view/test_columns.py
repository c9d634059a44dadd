"""The layout of tables, and of text below them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tray.view.cells import cells_of
from tray.view.columns import TableLine, fitted, joined, layout, padded, safe, shortened, wrapped
from tray.view.output import Paper

HEADINGS = {"a": "first", "b": "second"}
LEVELS = (("a", "b"), ("b",))


def lines(*names: str) -> list[TableLine]:
    return [TableLine(name, {"a": "1", "b": "22"}) for name in names]


def test_columns_are_left_out_before_names_are_cut() -> None:
    assert layout(lines("x" * 20), HEADINGS, LEVELS, Paper(width=40)).keys == ("a", "b")
    assert layout(lines("x" * 30), HEADINGS, LEVELS, Paper(width=40)).keys == ("b",)
    shape = layout(lines("x" * 40), HEADINGS, LEVELS, Paper(width=40))
    assert [*shape.row(lines("x" * 40)[0])] == [f"{'x' * 31}…      22"]


def test_a_very_long_name_costs_no_column_where_there_is_room_for_most_of_it() -> None:
    assert layout(lines("x" * 200), HEADINGS, LEVELS, Paper(width=60)).keys == ("a", "b")


def test_columns_may_be_aligned_left() -> None:
    shape = layout(lines("name"), HEADINGS, LEVELS, Paper(), left=("b",))
    assert [*shape.row(lines("name")[0])] == ["name      1  22"]


@pytest.mark.parametrize(
    ("text", "cut", "kept"),
    [
        ("/home/dev/work", "start", "…dev/work"),
        ("gpt-5.5-codex-max", "end", "gpt-5.5-…"),
        ("網站網站網站", "end", "網站網站…"),
        ("short", "end", "short"),
    ],
)
def test_names_are_cut_where_they_tell_least(text: str, cut: str, kept: str) -> None:
    assert shortened(text, 9, Paper(), cut) == kept


def test_in_ascii_the_mark_takes_the_room_it_needs() -> None:
    assert shortened("a" * 20, 9, Paper(encoding="ascii")) == "aaaaaa..."


@given(st.text(max_size=40), st.integers(3, 30), st.sampled_from(["utf-8", "ascii", "cp1252"]))
def test_a_cell_is_as_wide_as_it_should_be(text: str, width: int, encoding: str) -> None:
    paper = Paper(encoding=encoding)
    made = padded(shortened(safe(text, paper), width, paper), width)
    assert cells_of(made) == width
    assert made.isprintable()
    made.encode(encoding)


@given(st.lists(st.text("ab ·", max_size=12), max_size=8), st.integers(40, 60))
def test_parts_are_kept_whole(parts: list[str], width: int) -> None:
    made = list(joined(parts, Paper(width=width), "  "))
    assert all(cells_of(line) <= width for line in made)
    kept = "".join(made)
    assert all(part.replace(" ", "") in kept.replace(" ", "") for part in parts)


def test_a_part_that_is_too_long_is_not_broken_at_its_blanks() -> None:
    folder = "C:\\Users\\Jo Doe\\source\\My Company\\Desktop App for Windows\\main"
    parts = ("codex resume 1", folder, "with 1 subagent")
    assert list(joined(parts, Paper(width=40), "  ", whole=True)) == [f"  {part}" for part in parts]


def test_what_goes_on_is_indented_by_two_more() -> None:
    text = "Codex\n  Run `codex login` and sign in with ChatGPT, or else it stays so.\n\n  5h  ━━━━──"
    assert fitted(text, Paper(width=40)).splitlines() == [
        "Codex",
        "  Run `codex login` and sign in with",
        "    ChatGPT, or else it stays so.",
        "",
        "  5h  ━━━━──",
    ]


@given(st.text("ab \n·\u2007", max_size=200), st.integers(40, 60))
def test_fitted_text_has_all_words(text: str, width: int) -> None:
    made = fitted(text, Paper(width=width))
    assert made.split() == text.split()


def test_a_path_is_never_broken() -> None:
    path = "/" + "x" * 80
    assert list(wrapped(f"Not read: {path}.", Paper(width=60))) == ["Not read:", f"{path}."]
