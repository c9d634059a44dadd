"""Status bars with nothing but one line of tankful, on desktops of `tests.real.session`."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from tests.programs import started
from tests.real.pictures import Box, Colour
from tests.real.session import SCREEN, Session, until
from tests.tray.faces.published import ROOT, Folder

NAME = "Codex"
HOSTILE = "a&b <c> #H #[fg=red] %{F#f00}x \"q\" 'q'"
WAYBAR = ("sway", "waybar", "dbus-daemon", "grim", "setpriv")
POLYBAR = ("Xvfb", "dbus-daemon", "polybar", "import")
I3BLOCKS = ("Xvfb", "dbus-daemon", "i3", "i3bar", "i3blocks", "import")
SWAYBAR = ("sway", "swaybar", "dbus-daemon", "grim", "setpriv")
HEIGHT = 30

_STYLE = """* { font-family: "DejaVu Sans"; font-size: 13px; border: none; }
window#waybar { background: #000000; color: #0000ff; }
#custom-tankful { color: #00ff00; }
"""


def installed(folder: Folder) -> Path:
    """A `tankful` for bars, which tells it whose it is."""
    names = ("TANKFUL_HOME", "CODEX_HOME", "CLAUDE_CONFIG_DIR", "TZ", "TANKFUL_STATUS_URL")
    environ = {name: folder.environ[name] for name in names} | {"HOME": str(folder.folder)}
    words = ["env", "-C", str(ROOT), *(f"{name}={value}" for name, value in environ.items())]
    path = folder.folder / "tankful"
    path.write_text(f'#!/bin/sh\nexec {shlex.join([*words, sys.executable, "-m", "tray.cli"])} "$@"\n')
    path.chmod(0o700)
    return path


def pasted(holds: str, program: Path | None = None, *changes: tuple[str, str]) -> str:
    """The block of docs/bars.md that holds this, with this program for the installed one."""
    text = (ROOT / "docs/bars.md").read_text(encoding="utf-8")
    blocks = (block for block in text.split("\n\n") if block.startswith("    "))
    block = textwrap.dedent(next(block for block in blocks if holds in block))
    installed = [("~/.local/bin/tankful", str(program))] if program else []
    for before, after in (*changes, *installed):  # the program's path last, which no change is meant for
        assert before in block
        block = block.replace(before, after)
    return f"{block}\n"


def start_waybar(desk: Session, module: str, style: str) -> None:
    config = {
        "layer": "top",
        "height": HEIGHT,
        "modules-left": ["custom/tankful"],
        **json.loads(f"{{{module}}}"),
    }
    (desk.folder / "waybar.json").write_text(json.dumps(config))
    (desk.folder / "waybar.css").write_text(_STYLE + style)
    desk.environ["GDK_BACKEND"] = "wayland"
    desk.start("waybar", "-c", str(desk.folder / "waybar.json"), "-s", str(desk.folder / "waybar.css"))


def start_polybar(desk: Session, module: str) -> None:
    lines = [
        "[bar/top]",
        "width = 100%",
        f"height = {HEIGHT}",
        "background = #000000",
        "foreground = #00ff00",
    ]
    lines += ["modules-left = tankful", "font-0 = DejaVu Sans:size=10", "override-redirect = true"]
    (desk.folder / "polybar.ini").write_text("\n".join([*lines, module]))
    desk.start("polybar", "-c", str(desk.folder / "polybar.ini"), "top")


def start_i3blocks(desk: Session, block: str) -> None:
    (desk.folder / "blocks").write_text(block)
    config = f"""# i3 config file (v4)
font pango:DejaVu Sans 10
bar {{
  position top
  status_command i3blocks -c {desk.folder / "blocks"}
  colors {{
    background #000000
    statusline #00ff00
  }}
}}
"""
    (desk.folder / "i3").write_text(config)
    desk.start("i3", "-c", str(desk.folder / "i3"))


def swaybar_config(block: str) -> str:
    own = f"""
    id top
    position top
    height {HEIGHT}
    swaybar_command true
    workspace_buttons no
    font DejaVu Sans 10
    colors {{
        background #000000
        statusline #00ff00
    }}
"""
    return block.replace("bar {\n", f"bar {{{own}", 1)


def start_swaybar(desk: Session) -> None:
    run = Path(desk.environ["XDG_RUNTIME_DIR"])
    socket = until(lambda: next(map(str, run.glob("sway-ipc.*")), ""), "sway opened no socket")
    desk.start("swaybar", "-b", "top", "-s", socket)


def read_by_i3blocks(folder: Path, block: str) -> dict[str, Any]:
    """What it tells i3bar of the one block."""
    (folder / "blocks").write_text(block)
    command = ["i3blocks", "-c", str(folder / "blocks")]
    with started(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            blocks = json.loads(line.lstrip(",")) if line.lstrip(",").startswith("[{") else []
            if found := [block for block in blocks if block.get("name")]:  # not before it has run
                return dict(found[0])
    raise AssertionError("it ended")


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
