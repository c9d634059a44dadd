"""The menu of a state with made-up data, and nothing behind it: `python -m tests.real.shown_menu two`.

What is chosen is printed; a toggle and a choice of the settings change what is shown.
"""

from __future__ import annotations

import sys
from datetime import UTC

from msgspec.structs import replace

from tests.real.shown_rows import report, run
from tools.example_states import NOW, STATES
from tray.desktop.face import open_face
from tray.desktop.icon import Shown
from tray.desktop.shown import shown as all_shown
from tray.engine.settings_table import SETTINGS, find
from tray.engine.state import State
from tray.view import menu
from tray.view.login import StartAtLogin
from tray.view.rows import Action


def shown(state: State) -> Shown:
    return all_shown(state, NOW, UTC, menu.rows(state, NOW, UTC, StartAtLogin(on=True)))


def changed(state: State, argument: str) -> State:
    """The state with another value of a setting."""
    key, _, text = argument.partition("=")
    setting = find(SETTINGS, key)
    value = setting.type.parse(setting.type.raw(text))
    return replace(state, settings=replace(state.settings, values={**state.settings.values, key: value}))


def main() -> None:
    state = STATES[sys.argv[1]]()

    def choose(action: Action) -> None:
        nonlocal state
        report(action)
        if action.name == "quit":
            face.stop()
        elif action.name == "set":
            state = changed(state, action.argument)
            face.show(shown(state))

    face = open_face(choose, lambda: print("ready", flush=True), wait=True)
    face.show(shown(state))
    run(face)


if __name__ == "__main__":
    main()
