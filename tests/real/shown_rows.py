"""An icon with a menu like ours, and nothing behind it: `python -m tests.real.shown_rows`.

`python -m tests.real.shown_rows kinds` shows a row of each kind instead. A click on a mark changes it, and SIGUSR1
clears the one in the submenu.
"""

from __future__ import annotations

import signal
import sys
from threading import Thread

from PIL import Image, ImageDraw

from tray.cli.tray import _stop_on_signals
from tray.desktop.face import open_face
from tray.desktop.icon import DesktopClosed, Face, IconView, Shown, Tooltip
from tray.view.rows import (
    Action,
    Row,
    action_row,
    choice_row,
    lines,
    separator_row,
    submenu_row,
    text_row,
    toggle_row,
)

ROWS = (
    text_row("account", "Codex · Pro · dev@example.com"),
    text_row("session", "  5h       ▰▰▰▰▰▰▱▱▱▱  63 % left · resets in 1 h 29 m"),
    text_row("weekly", "  Weekly   ▰▰▰▰▱▱▱▱▱▱  38 % left · resets Sun 19:00"),
    text_row("credits", "  Credits  150.50"),
    text_row("cost", "  Today    $0.24 · 67 K tokens        30 days  $3.10 · 1.2 M tokens"),
    text_row("updated", "  Updated 2 min ago · ChatGPT"),
    separator_row("line"),
    action_row("refresh", "Refresh now", Action("refresh")),
    action_row("quit", "Quit", Action("quit")),
)
COLOUR = (0xD0, 0x20, 0x90)


def draw(size: int) -> Image.Image:
    picture = Image.new("RGBA", (size, size))
    ImageDraw.Draw(picture).ellipse((1, 1, size - 2, size - 2), fill=COLOUR)
    return picture


def showing(rows: tuple[Row, ...]) -> Shown:
    return Shown((IconView("tankful", draw, Tooltip("38 % left")),), rows)


def kinds(settings: dict[str, str]) -> tuple[Row, ...]:
    def toggle(name: str, text: str) -> Row:
        on = settings[name] == "on"
        return toggle_row(name, text, Action("set", f"{name}={'off' if on else 'on'}"), checked=on)

    def choice(size: str) -> Row:
        return choice_row(
            f"size:{size}", size, Action("set", f"size={size}"), checked=settings["size"] == size
        )

    more = (text_row("about", "About"), toggle("sound", "Sound"), text_row("version", "Version"))
    return (
        text_row("account", "Codex · Pro · dev@example.com"),
        toggle("notices", "Notices"),
        separator_row("line:size"),
        *(choice(size) for size in ("Small", "Medium", "Large")),
        separator_row("line:more"),
        submenu_row("more", "More", more),
        action_row("quit", "Quit", Action("quit")),
    )


def report(action: Action) -> None:
    print(" ".join(filter(None, (action.name, action.argument))), flush=True)


def run(face: Face) -> None:
    """Until it is stopped, by a signal too, or its desktop is gone; the last line tells which."""
    try:
        with _stop_on_signals(face.stop):
            face.run()
    except DesktopClosed as closed:
        print(f"gone: {closed}", flush=True)
    else:
        print("ended", flush=True)


def main() -> None:
    settings = {"notices": "on", "sound": "off", "size": "Medium"} if "kinds" in sys.argv[1:] else {}

    def change(setting: str) -> None:
        name, value = setting.split("=")
        settings[name] = value
        face.show(showing(kinds(settings)))

    def choose(action: Action) -> None:
        report(action)
        if action.name == "show":
            face.show_text("38 % left", "\n".join(lines(tuple(row for row in ROWS if row.kind == "text"))))
        elif action.name == "quit":
            face.stop()
        elif action.name == "set":
            change(action.argument)

    face = open_face(choose, lambda: print("ready", flush=True), wait=True)
    signal.signal(signal.SIGUSR1, lambda *_: Thread(target=change, args=["sound=off"]).start())
    face.show(showing(kinds(settings) if settings else ROWS))
    run(face)


if __name__ == "__main__":
    main()
