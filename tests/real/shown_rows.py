"""An icon with a menu like ours, and nothing behind it: `python -m tests.real.shown_rows`."""

from __future__ import annotations

from PIL import Image, ImageDraw

from tray.cli.main import _stop_on_signals
from tray.desktop.face import open_face
from tray.desktop.icon import DesktopGone
from tray.view.rows import Action, action_row, separator_row, text_row

ROWS = (
    text_row("account", "Codex · Pro · dev@example.com"),
    text_row("session", "  5h       ▰▰▰▰▰▰▱▱▱▱  63 % left · resets in 1 h 29 m"),
    text_row("weekly", "  Weekly   ▰▰▰▰▱▱▱▱▱▱  38 % left · resets Sun 19:00"),
    text_row("credits", "  Credits  150.50"),
    text_row("cost", "  Today    $0.24 · 67 K tokens        30 days  $3.10 · 1.2 M tokens"),
    text_row("updated", "  Updated 2 min ago · OAuth"),
    separator_row("line"),
    action_row("refresh", "Refresh now", Action("refresh")),
    action_row("quit", "Quit", Action("quit")),
)
COLOUR = (0xD0, 0x20, 0x90)


def draw(size: int) -> Image.Image:
    picture = Image.new("RGBA", (size, size))
    ImageDraw.Draw(picture).ellipse((1, 1, size - 2, size - 2), fill=COLOUR)
    return picture


def main() -> None:
    def choose(action: Action) -> None:
        print(action.name, flush=True)
        if action.name == "quit":
            face.stop()

    face = open_face(choose, lambda: print("ready", flush=True), wait=True)
    face.show(draw, "38 % left", ROWS)
    try:
        with _stop_on_signals(face.stop):
            face.run()
    except DesktopGone as gone:
        print(f"gone: {gone}", flush=True)
    else:
        print("ended", flush=True)


if __name__ == "__main__":
    main()
