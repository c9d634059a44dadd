"""The menu of a state over a real bus: read as a panel reads it, clicked row by row, changed while it is open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from tests.tray.desktop.conftest import Bus
from tests.tray.desktop.fake_watcher import DEADLINE, Panel
from tests.tray.desktop.linux.test_status_notifier import Running
from tools.example_states import CLAUDE, CODEX, NOW, STATES, failing, state
from tray.engine.state import State
from tray.view import menu
from tray.view.login import StartAtLogin
from tray.view.row_icon import png
from tray.view.rows import Row, walk


def rows_of(shown_state: State) -> tuple[Row, ...]:
    return menu.rows(shown_state, NOW, UTC, StartAtLogin(on=True))


@pytest.fixture
def running(bus: Bus, panel: Panel) -> Iterator[Running]:
    opened = Running(bus)
    opened.show(rows_of(state(CODEX, CLAUDE)))
    panel.wait_for_item()
    panel.heard(until="NewIcon")
    yield opened
    opened.close()


def test_the_menu_as_a_panel_reads_it(running: Running, panel: Panel) -> None:
    top = [line for line in panel.menu() if not line.startswith("    ")]
    assert [line.replace("\u2007", " ") for line in top] == [
        "> Codex  ·  Pro",
        "━━━━━━━━━─────  63 %  5h  ·  2 h 10 m",
        "━━────────────  12 %  Weekly  ·  3 d 3 h",
        "──",
        "> Claude  ·  Max",
        "━━━━━━━━━━━━──  88 %  5h  ·  40 m",
        "━━━━━━━━━─────  62 %  Weekly  ·  2 d 1 h",
        "──",
        "Refresh now  ·  updated 2 min ago",
        "Open dashboard",
        "> Settings",
        "> More",
        "Quit",
    ]


@pytest.mark.parametrize("name", ["two", "failing", "four", "thirty", "empty"])
def test_every_row_is_read_with_all_that_it_is(running: Running, panel: Panel, name: str) -> None:
    rows = rows_of(STATES[name]())
    running.show(rows, title="all")
    panel.heard(until="NewToolTip")
    read = [properties for _id, properties in panel.rows()]
    for row, properties in zip(walk(rows), read, strict=True):
        if row.kind == "separator":
            assert properties == {"type": "separator"}
            continue
        assert properties["label"] == row.text.replace("_", "__")
        assert properties["enabled"] is True, "what is disabled is grey and hard to read"
        assert properties.get("children-display") == ("submenu" if row.kind == "submenu" else None)
        assert properties.get("toggle-type") == {"toggle": "checkmark", "choice": "radio"}.get(row.kind)
        assert properties.get("toggle-state") == (None if row.checked is None else int(row.checked))
        assert properties.get("disposition") == ("alert" if row.tone == "alert" else None)
        icon = properties.get("icon-data")
        assert (None if icon is None else bytes(icon)) == (None if row.icon is None else png(row.icon))


def test_every_click_arrives_with_its_argument(running: Running, panel: Panel) -> None:
    rows = rows_of(failing())
    running.show(rows, title="all")
    panel.heard(until="NewToolTip")
    ids = [id_ for id_, _properties in panel.rows()]
    clicked = [row for row in walk(rows) if row.action is not None]
    assert {row.kind for row in clicked} == {"action", "toggle", "choice"}
    for id_, row in zip(ids, walk(rows), strict=True):
        if row.action is not None:
            panel.choose(id_)
            assert running.chosen.get(timeout=DEADLINE) == row.action
        else:
            panel.choose(id_)
    assert running.chosen.empty(), "what is only read or opened asks for nothing"


def test_an_open_menu_stays_as_it_is_while_values_change(running: Running, panel: Panel) -> None:
    ids = [id_ for id_, _properties in panel.rows()]
    refreshing = state(CODEX, CLAUDE, asking=frozenset({"codex"}))
    used = replace(CODEX.windows[0], value=replace(CODEX.windows[0].value, used_percent=41.0))
    later = state(replace(CODEX, windows=(used, *CODEX.windows[1:])), CLAUDE)
    running.show(rows_of(refreshing))
    running.show(menu.rows(later, NOW + timedelta(minutes=1), UTC, StartAtLogin(on=True)), title="later")
    heard = [name for name, _body in panel.heard(until="NewToolTip")]
    assert "LayoutUpdated" not in heard
    assert [id_ for id_, _properties in panel.rows()] == ids


def test_accounts_that_change_places_keep_their_ids(running: Running, panel: Panel) -> None:
    def ids() -> dict[str, int]:
        return {properties["label"]: id_ for id_, properties in panel.rows() if properties.get("icon-data")}

    before = ids()
    worse = replace(CLAUDE.windows[0], value=replace(CLAUDE.windows[0].value, used_percent=99.0))
    running.show(rows_of(state(CODEX, replace(CLAUDE, windows=(worse, *CLAUDE.windows[1:])))))
    panel.heard(until="LayoutUpdated")
    assert ids() == before
    assert list(ids()) == list(reversed(before)), "the worst is first"
