"""Status bars with nothing but one line of tankful, on desktops of `tests.real.session`."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from tests.real.pictures import Box, Colour
from tests.real.session import SCREEN, Session, until
from tests.tray.faces.published import Folder

NAME = "Codex"
HOSTILE = "a&b <c> #H #[fg=red] %{F#f00}x \"q\" 'q'"
WAYBAR = ("sway", "waybar", "dbus-daemon", "grim", "setpriv")
POLYBAR = ("Xvfb", "dbus-daemon", "polybar", "import")
I3BLOCKS = ("Xvfb", "dbus-daemon", "i3", "i3bar", "i3blocks", "import")
HEIGHT = 30

_STYLE = """* { font-family: "DejaVu Sans"; font-size: 13px; border: none; }
window#waybar { background: #000000; color: #0000ff; }
#custom-tankful { color: #00ff00; }
#custom-tankful.blocked, #custom-tankful.error { color: #ff0000; }
"""


def own_environ(folder: Folder) -> dict[str, str]:
    """For a command that a bar runs: what tells it whose it is."""
    names = ("TANKFUL_HOME", "CODEX_HOME", "CLAUDE_CONFIG_DIR", "TZ", "TANKFUL_STATUS_URL", "PATH")
    return {name: folder.environ[name] for name in names} | {"HOME": str(folder.folder)}


def start_waybar(desk: Session, command: str) -> None:
    module = {"exec": command, "return-type": "json"}
    config = {"layer": "top", "height": HEIGHT, "modules-left": ["custom/tankful"], "custom/tankful": module}
    (desk.folder / "waybar.json").write_text(json.dumps(config))
    (desk.folder / "waybar.css").write_text(_STYLE)
    desk.environ["GDK_BACKEND"] = "wayland"
    desk.start("waybar", "-c", str(desk.folder / "waybar.json"), "-s", str(desk.folder / "waybar.css"))


def start_polybar(desk: Session, command: str, *, tail: bool) -> None:
    lines = [
        "[bar/top]",
        "width = 100%",
        f"height = {HEIGHT}",
        "background = #000000",
        "foreground = #00ff00",
    ]
    lines += ["modules-left = tankful", "font-0 = DejaVu Sans:size=10", "override-redirect = true"]
    lines += ["[module/tankful]", "type = custom/script", f"exec = {command}", "interval = 1"]
    lines += ["tail = true"] if tail else []
    (desk.folder / "polybar.ini").write_text("\n".join(lines) + "\n")
    desk.start("polybar", "-c", str(desk.folder / "polybar.ini"), "top")


def start_i3blocks(desk: Session, command: str, interval: str) -> None:
    blocks = _block_file(desk.folder, command, interval)
    config = [
        "# i3 config file (v4)",
        "font pango:DejaVu Sans 10",
        "bar {",
        "  position top",
        f"  status_command i3blocks -c {blocks}",
        "  colors {",
        "    background #000000",
        "    statusline #00ff00",
        "  }",
        "}",
    ]
    (desk.folder / "i3").write_text("\n".join(config) + "\n")
    desk.start("i3", "-c", str(desk.folder / "i3"))


def i3blocks(folder: Path, command: str) -> dict[str, Any]:
    """What it tells i3bar of the one block."""
    process = subprocess.Popen(
        ["i3blocks", "-c", str(_block_file(folder, command, "once"))], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            blocks = json.loads(line.lstrip(",")) if line.lstrip(",").startswith("[{") else []
            if found := [block for block in blocks if block.get("name")]:  # not before it has run
                return dict(found[0])
        raise AssertionError("it ended")
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close() if process.stdout else None


def _block_file(folder: Path, command: str, interval: str) -> Path:
    blocks = folder / "i3blocks"
    blocks.write_text(f"[tankful]\ncommand={command}\nformat=json\ninterval={interval}\n")
    return blocks


def drawn(desk: Session, colour: Colour) -> Box:
    """Where letters of this colour are, once they are there and stay."""

    def find() -> Box | None:
        before = _box(desk, colour)
        time.sleep(0.3)  # longer than a bar takes to draw
        return before if before and before == _box(desk, colour) else None

    return until(find, f"nothing is drawn in {colour}", deadline=20)


def pixels(desk: Session, colour: Colour) -> int:
    return _mask(desk, colour).histogram()[-1]


def _box(desk: Session, colour: Colour) -> Box | None:
    found = _mask(desk, colour).getbbox()
    return found and (found[0], found[1], found[2] - found[0], found[3] - found[1])


def _mask(desk: Session, colour: Colour) -> Image.Image:
    """White where the bar has this colour, however thin: antialiased letters are darker."""
    path = desk.folder / "bar.png"
    desk.screenshot(path)
    with Image.open(path) as seen:
        strip = seen.convert("RGB").crop((0, 0, SCREEN[0] * desk.scale, HEIGHT * desk.scale))
    masks = [
        channel.point(lambda value: 255 * (value > 90) if is_on else 255 * (value < 60))  # noqa: B023 - called at once
        for channel, is_on in zip(strip.split(), map(bool, colour), strict=True)
    ]
    return ImageChops.darker(ImageChops.darker(masks[0], masks[1]), masks[2])
