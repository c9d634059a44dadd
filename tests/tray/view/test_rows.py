"""What a row may be, and a tree of rows as text."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tray.view.output import as_text
from tray.view.row_icon import Ring
from tray.view.rows import (
    Action,
    Row,
    action_row,
    choice_row,
    separator_row,
    submenu_row,
    text_row,
    toggle_row,
    validate,
    walk,
)

SET = Action("set", "icon=ring")
TEXT = text_row("text", "Codex")
REFRESH = action_row("refresh", "Refresh now", Action("refresh"))
TOGGLE = toggle_row("toggle", "Notices", SET, checked=False)
CHOICE = choice_row("choice", "Ring", SET, checked=True)
SUBMENU = submenu_row("submenu", "Icon", [CHOICE])
SEPARATOR = separator_row("line")
EACH = (TEXT, REFRESH, TOGGLE, CHOICE, SUBMENU, SEPARATOR)


def test_each_kind_has_its_own_members() -> None:
    assert [row.kind for row in EACH] == ["text", "action", "toggle", "choice", "submenu", "separator"]
    assert [row.checked for row in EACH] == [None, None, False, True, None, None]
    assert [row.action for row in EACH] == [None, Action("refresh"), SET, SET, None, None]
    assert [row.children for row in EACH] == [(), (), (), (), (CHOICE,), ()]
    assert all(row.enabled for row in EACH)


def test_what_can_be_clicked_or_opened_can_be_disabled() -> None:
    for row in (REFRESH, TOGGLE, CHOICE, SUBMENU):
        assert not replace(row, enabled=False).enabled


def test_what_takes_no_mark_may_have_an_icon_and_a_tone() -> None:
    for row in (TEXT, REFRESH, SUBMENU):
        marked = replace(row, icon=Ring(share=0.5), tone="alert")
        assert (marked.icon, marked.tone) == (Ring(share=0.5), "alert")
    assert all((row.icon, row.tone) == (None, "normal") for row in EACH)


WRONG: dict[str, tuple[Row, dict[str, Any]]] = {
    "a text with an action": (TEXT, {"action": SET}),
    "a text with a mark": (TEXT, {"checked": False}),
    "a toggle with an icon, which LXQt draws in its place": (TOGGLE, {"icon": Ring(share=0.5)}),
    "a choice with an icon": (CHOICE, {"icon": Ring(share=0.5)}),
    "a separator with an icon": (SEPARATOR, {"icon": Ring(share=0.5)}),
    "a toggle in the colour of alarm": (TOGGLE, {"tone": "alert"}),
    "a text with children": (TEXT, {"children": (REFRESH,)}),
    "a disabled text": (TEXT, {"enabled": False}),
    "an action that does nothing": (REFRESH, {"action": None}),
    "an action with a mark": (REFRESH, {"checked": True}),
    "an action with children": (REFRESH, {"children": (TEXT,)}),
    "a toggle that does nothing": (TOGGLE, {"action": None}),
    "a toggle without a mark": (TOGGLE, {"checked": None}),
    "a toggle with children": (TOGGLE, {"children": (TEXT,)}),
    "a choice that does nothing": (CHOICE, {"action": None}),
    "a choice without a mark": (CHOICE, {"checked": None}),
    "a choice with children": (CHOICE, {"children": (TEXT,)}),
    "a submenu with an action": (SUBMENU, {"action": SET}),
    "a submenu with a mark": (SUBMENU, {"checked": True}),
    "an empty submenu": (SUBMENU, {"children": ()}),
    "a separator with a text": (SEPARATOR, {"text": "──"}),
    "a separator with an action": (SEPARATOR, {"action": SET}),
    "a separator with a mark": (SEPARATOR, {"checked": False}),
    "a separator with children": (SEPARATOR, {"children": (TEXT,)}),
    "a disabled separator": (SEPARATOR, {"enabled": False}),
    "no key": (TEXT, {"key": ""}),
    "an unknown kind": (TEXT, {"kind": "heading"}),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_row_cannot_be_made(wrong: str) -> None:
    row, change = WRONG[wrong]
    with pytest.raises(
        ValueError, match=r"^(row \w+: the kind |row text: there is no kind|a row needs a key)"
    ):
        replace(row, **change)


def test_an_action_has_a_name_and_is_a_value() -> None:
    with pytest.raises(ValueError, match="needs a name"):
        Action("")
    assert {Action("refresh"): 1}[Action(name="refresh", argument="")] == 1
    assert Action("set", "a") != Action("set", "b")
    with pytest.raises(AttributeError):
        SET.argument = "other"  # type: ignore[misc]
    assert len({*EACH, *EACH}) == len(EACH)


def test_a_key_names_one_row_of_the_whole_tree() -> None:
    validate((SUBMENU, TEXT, submenu_row("other", "Other", [text_row("below", "Below"), REFRESH])))
    with pytest.raises(ValueError, match="share a key"):
        validate((SUBMENU, submenu_row("other", "Other", [CHOICE])))
    with pytest.raises(ValueError, match="share a key"):
        validate((submenu_row("choice", "Icon", [CHOICE]),))


def test_one_choice_of_a_radio_group_is_checked_at_most() -> None:
    off, on = replace(CHOICE, key="off", checked=False), replace(CHOICE, key="on")
    two_groups = (off, CHOICE, SEPARATOR, on)
    validate(two_groups)
    assert submenu_row("menu", "Icon", two_groups).children == two_groups
    validate((off,))
    with pytest.raises(ValueError, match="radio group"):
        validate((CHOICE, off, on))
    with pytest.raises(ValueError, match="radio group"):
        submenu_row("menu", "Icon", [CHOICE, on])


NESTED = (
    text_row("head", "Codex"),
    separator_row("line"),
    submenu_row(
        "more",
        "More",
        [
            text_row("session", "  5h  63 % left"),
            separator_row("more:line"),
            submenu_row("deep", "Deep", [text_row("deepest", "Deepest"), TOGGLE]),
        ],
    ),
    submenu_row("settings", "Settings", [CHOICE]),
    REFRESH,
)


def test_rows_as_text() -> None:
    assert as_text(NESTED).splitlines() == [
        "Codex",
        "",
        "More",
        "    5h  63 % left",
        "",
        "  Deep",
        "    Deepest",
        "    Notices",
        "Settings",
        "  Ring",
        "Refresh now",
    ]
    assert as_text(()) == ""


def test_walk_passes_every_row_once() -> None:
    assert [row.key for row in walk(NESTED)] == [
        *("head", "line", "more", "session", "more:line", "deep", "deepest", "toggle"),
        *("settings", "choice", "refresh"),
    ]
