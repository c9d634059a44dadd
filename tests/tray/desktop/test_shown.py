"""From a state to icons with tooltips."""

from __future__ import annotations

from datetime import UTC

from msgspec.structs import replace

from providers.domain.incident import Incident
from providers.domain.limits import Account
from tools.example_states import CLAUDE, CODEX, NOW, state
from tools.icon_states import ICON_STATES, styled, with_left
from tray.desktop.shown import shown
from tray.view.rows import Action, action_row

ROWS = (action_row("quit", "Quit", Action("quit")),)
FIRST, SECOND = with_left(CODEX, 90, 71), with_left(CLAUDE, 8, 62)


def test_one_icon_has_the_tooltip_of_all_with_the_tightest_first() -> None:
    found = shown(state(FIRST, SECOND), NOW, UTC, ROWS)
    (icon,) = found.icons
    assert (
        icon.tooltip.title
        == "Claude · 5h 8 % left · Weekly 62 % left | Codex · 5h 90 % left · Weekly 71 % left"
    )
    assert icon.tooltip.text == ""
    assert (icon.attention, found.rows, found.single) == (True, ROWS, icon)
    assert icon.draw(22).size == (22, 22)


def test_further_accounts_and_incidents_are_lines_below() -> None:
    other = replace(FIRST, account=Account(id="f0f0f0f0", email="other@example.com"), homes=("~/.other",))
    found = shown(
        replace(state(FIRST, other), incidents={"codex": Incident(title="Errors\x1b[2J", impact="major")}),
        NOW,
        UTC,
        ROWS,
    )
    assert found.icons[0].tooltip.text.splitlines() == [
        "Codex · other@example.com · 5h 90 % left · Weekly 71 % left",
        "Codex: Errors [2J",
    ]


def test_each_has_its_own_tooltip_and_attention_and_a_picture_for_where_only_one_fits() -> None:
    found = shown(styled(state(FIRST, SECOND), "each"), NOW, UTC, ROWS)
    assert [icon.key for icon in found.icons] == ["tankful", "tankful:claude"]
    assert [icon.tooltip.title.split(" · ")[0] for icon in found.icons] == ["Codex", "Claude"]
    assert [icon.attention for icon in found.icons] == [False, True]
    assert found.combined is not None
    assert found.single.key == "tankful"
    assert "Claude" in found.single.tooltip.title
    assert "Codex" in found.single.tooltip.title


def test_an_incident_stands_at_the_icon_of_its_provider_alone() -> None:
    incidents = {"claude": Incident(title="Elevated errors", impact="major")}
    found = shown(replace(styled(state(FIRST, SECOND), "each"), incidents=incidents), NOW, UTC, ROWS)
    assert [icon.tooltip.text for icon in found.icons] == ["", "Claude: Elevated errors"]
    assert found.single.tooltip.text == "Claude: Elevated errors"


def test_what_is_used_is_in_the_tooltip_too() -> None:
    found = shown(styled(state(FIRST), "tightest", used=True), NOW, UTC, ROWS)
    assert found.icons[0].tooltip.title == "Codex · 5h 10 % used · Weekly 29 % used"


def test_every_state_of_the_gallery_can_be_shown() -> None:
    for make in ICON_STATES.values():
        assert shown(make(), NOW, UTC, ROWS).icons
