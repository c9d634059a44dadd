"""The icons of a state with made-up data, and a menu that only ends it: `python -m tests.real.shown_icon`.

Arguments, or a line on stdin, name a state, a style and what fills the bars, such as `scarce tightest left`; each
line is answered by `shown`.
"""

from __future__ import annotations

import sys
from datetime import UTC
from threading import Thread

from tools.example_states import NOW
from tools.icon_states import ICON_STATES, styled
from tray.cli.tray import _stop_on_signals
from tray.desktop.face import open_face
from tray.desktop.icon import DesktopClosed, Face, Shown
from tray.desktop.shown import shown
from tray.view.rows import Action, action_row

_ROWS = tuple(action_row(f"quit:{number}", "Quit", Action("quit")) for number in range(3))


def of(line: str) -> Shown:
    *name, style, filled = line.split()
    return shown(styled(ICON_STATES[" ".join(name)](), style, used=filled == "used"), NOW, UTC, _ROWS)


def follow(face: Face) -> None:
    for line in sys.stdin:
        face.show(of(line))
        print("shown", flush=True)


def main() -> None:
    face = open_face(lambda _action: face.stop(), lambda: print("ready", flush=True), wait=True)
    face.show(of(" ".join(sys.argv[1:]) or "plenty tightest left"))
    Thread(target=follow, args=[face], daemon=True).start()
    try:
        with _stop_on_signals(face.stop):
            face.run()
    except DesktopClosed as closed:
        print(f"gone: {closed}", flush=True)


if __name__ == "__main__":
    main()
