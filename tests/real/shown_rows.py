"""An icon with a menu like ours, and nothing behind it: `python -m tests.real.shown_rows`."""

from __future__ import annotations

from PIL import Image, ImageDraw

from tray.cli.main import _stop_on_signals
from tray.desktop.face import open_face
from tray.desktop.icon import DesktopGone
from tray.view.rows import Action, Row

ROWS = (
    Row(key="account", text="Codex · Pro · dev@example.com"),
    Row(key="session", text="  5h       ▰▰▰▰▰▰▱▱▱▱  63 % left · resets in 1 h 29 m"),
    Row(key="weekly", text="  Weekly   ▰▰▰▰▱▱▱▱▱▱  38 % left · resets Sun 19:00"),
    Row(key="credits", text="  Credits  150.50"),
    Row(key="cost", text="  Today    $0.24 · 67 K tokens        30 days  $3.10 · 1.2 M tokens"),
    Row(key="updated", text="  Updated 2 min ago · OAuth"),
    Row(key="line", separator=True),
    Row(key="refresh", text="Refresh now", action="refresh"),
    Row(key="quit", text="Quit", action="quit"),
)
COLOUR = (0xD0, 0x20, 0x90)


def draw(size: int) -> Image.Image:
    picture = Image.new("RGBA", (size, size))
    ImageDraw.Draw(picture).ellipse((1, 1, size - 2, size - 2), fill=COLOUR)
    return picture


def main() -> None:
    def choose(action: Action) -> None:
        print(action, flush=True)
        if action == "quit":
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
