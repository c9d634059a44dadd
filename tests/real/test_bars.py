"""The lines of docs/bars.md, as the real bars and prompts show them: also names that are markup to them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.real import bars, panel
from tests.real.bars import HOSTILE, NAME, pasted
from tests.real.panel import bare_display
from tests.real.session import Session, until
from tests.real.terminals import terminal
from tests.real.waybar import headless_sway
from tests.tray.faces.published import ROOT, Folder
from tray.engine import published
from tray.engine.single_instance import SingleInstance

RED, GREEN = (255, 0, 0), (0, 255, 0)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """Of somebody whose engine is owned by another process: nothing but the snapshot answers."""
    made = Folder(tmp_path / "person")
    made.publish(made.account(made.window(37), title=NAME))
    single = SingleInstance(made.state)
    assert single.acquire()
    yield made
    single.release()


@pytest.fixture
def program(folder: Folder) -> Path:
    return bars.installed(folder)


def is_followed(desk: Session, folder: Folder) -> None:
    """What is published is drawn, whatever the name holds."""
    width = bars.drawn(desk, GREEN)[2]
    folder.publish(folder.account(folder.window(37), title=HOSTILE))
    until(lambda: bars.drawn(desk, GREEN)[2] > width + 50, "the line did not change", deadline=30)
    assert bars.pixels(desk, RED) == 0, "a name has set a colour"


def test_waybar(folder: Folder, program: Path, tmp_path: Path, need: Callable[..., None]) -> None:
    need(*bars.WAYBAR)
    with headless_sway(tmp_path / "desk") as desk:
        bars.start_waybar(desk, pasted('"custom/tankful"', program), pasted("#custom-tankful"))
        is_followed(desk, folder)
        desk.screenshot(tmp_path / "waybar.png")
        folder.publish(folder.account(folder.window(100), title=NAME))
        assert bars.drawn(desk, RED)[2] > 50
    assert desk.left_behind() == []


def test_tmux(folder: Folder, program: Path, tmp_path: Path, need: Callable[..., None]) -> None:
    need("tmux")
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    environ |= {"TMUX_TMPDIR": str(tmp_path)}
    config = tmp_path / "tmux.conf"
    command = ["tmux", "-L", "test", "-f", str(config), "new-session", "cat"]
    for kind in ("statusline", "watch"):
        folder.publish(folder.account(folder.window(37), title=HOSTILE))
        config.write_text(pasted("set -g status-right", program, ("statusline", kind), ("15", "1")))
        with terminal(command, environ, tmp_path) as screen:
            screen.until(lambda: HOSTILE[:20] in screen.text, "the name is not shown as it is")
            folder.publish(folder.account(folder.window(100), title=NAME))
            screen.until(lambda: "blocked until" in screen.text, "no other line came")
            subprocess.run(["tmux", "-L", "test", "kill-server"], env=environ, check=True, timeout=10)


@pytest.mark.parametrize("once", [False, True], ids=["watch", "statusline"])
@pytest.mark.parametrize(
    ("programs", "start", "first_line", "to_interval"),
    [
        (bars.POLYBAR, bars.start_polybar, "[module/tankful]", ("tail = true", "interval = 1")),
        (bars.I3BLOCKS, bars.start_i3blocks, "[tankful]", ("interval=persist", "interval=1")),
    ],
    ids=["polybar", "i3blocks"],
)
def test_bars_of_x11(
    folder: Folder,
    program: Path,
    tmp_path: Path,
    need: Callable[..., None],
    programs: tuple[str, ...],
    start: Callable[[Session, str], None],
    first_line: str,
    to_interval: tuple[str, str],
    once: bool,
) -> None:
    need(*programs)
    changes = (("watch", "statusline"), to_interval) if once else ()
    with bare_display(tmp_path / "desk") as desk:
        start(desk, pasted(first_line, program, *changes))
        is_followed(desk, folder)
        desk.screenshot(tmp_path / "bar.png")
    assert desk.left_behind() == []


def test_i3blocks_reads_what_is_meant(
    folder: Folder, program: Path, tmp_path: Path, need: Callable[..., None]
) -> None:
    need("i3blocks")
    folder.publish(folder.account(folder.window(100), title=HOSTILE))
    block = bars.read_by_i3blocks(tmp_path, pasted("[tankful]", program))
    shown = HOSTILE.replace('"', "'")  # i3blocks ends a text at any other quote
    assert block["full_text"].startswith(f"{shown} 5h 0 % left · blocked until ")
    assert (block["markup"], block["color"]) == ("none", "#ed333b")


def test_swaybar(folder: Folder, program: Path, tmp_path: Path, need: Callable[..., None]) -> None:
    need(*bars.SWAYBAR)
    bar = bars.swaybar_config(pasted("status_command", program))
    with headless_sway(tmp_path / "desk", bar=bar) as desk:
        bars.start_swaybar(desk)
        is_followed(desk, folder)
        desk.screenshot(tmp_path / "swaybar.png")
    assert desk.left_behind() == []


def test_starship(folder: Folder, program: Path, tmp_path: Path, need: Callable[..., None]) -> None:
    need("starship")
    config = tmp_path / "starship.toml"
    busy = "command_timeout = 20_000\n"  # instead of half a second
    config.write_text(f"{busy}format = '$custom'\n{pasted('[custom.tankful]', program)}")
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "STARSHIP_CONFIG": str(config)}
    environ |= {"TERM": "xterm-256color", "STARSHIP_CACHE": str(tmp_path / "cache")}
    for name in (NAME, HOSTILE):
        folder.publish(folder.account(folder.window(37), title=name))
        done = subprocess.run(
            ["starship", "prompt"], env=environ, capture_output=True, text=True, check=True, timeout=30
        )
        assert f"{name} 63 % left" in done.stdout


def test_argos_gets_a_title_and_rows(folder: Folder, program: Path) -> None:
    """The script alone: GNOME runs nowhere here. A `|` would begin attributes."""
    done = subprocess.run(
        ["sh", "-c", pasted("echo ---", program)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "Codex 63 %\n---\nCodex 5h 63 % left\nno limits\n"


def test_a_tray_takes_over_from_a_bar(tmp_path: Path, need: Callable[..., None]) -> None:
    """As at a login, where the bar is often the first."""
    need(*panel.PROGRAMS)
    person = Folder(tmp_path / "person")
    with panel.xfce_panel(tmp_path / "desk") as desk:
        desk.environ.update({**person.environ, "HOME": desk.environ["HOME"]})
        watch = desk.start(sys.executable, "-m", "tray.cli", "watch", cwd=ROOT)
        assert watch.line() == "limits not known yet"
        desk.start(str(bars.installed(person)), "--tray")
        desk.icon()
        until(lambda: _owner(person) == "tray", "the tray does not own the engine")
        assert watch.process.poll() is None
    assert desk.left_behind() == []


def _owner(person: Folder) -> object:
    snapshot = published.read(str(person.state)) or {}
    return snapshot.get("owner", {}).get("kind")
