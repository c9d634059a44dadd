"""The lines as real bars and prompts show them, also with names that are markup to them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real import bars
from tests.real.bars import HOSTILE, NAME, own_environ
from tests.real.panel import bare_display
from tests.real.session import until
from tests.real.terminals import terminal
from tests.real.waybar import headless_sway
from tests.tray.faces.published import ROOT, Folder
from tray.engine.single_instance import SingleInstance

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Of somebody whose engine is owned by another process: nothing but the snapshot answers."""
    made = Folder(tmp_path / "person")
    made.publish(made.account(made.window(37), title=NAME))
    return made


@pytest.fixture(autouse=True)
def _owner(folder: Folder) -> object:
    single = SingleInstance(folder.state)
    assert single.acquire()
    return single


def tankful(folder: Folder, *arguments: str) -> str:
    """A command line for a shell."""
    environ = own_environ(folder)
    words = ["env", "-C", str(ROOT), *(f"{name}={value}" for name, value in environ.items())]
    return shlex.join([*words, sys.executable, "-m", "tray.cli", *arguments])


def test_waybar(folder: Folder, tmp_path: Path, need: Callable[..., None]) -> None:
    need(*bars.WAYBAR)
    with headless_sway(tmp_path / "desk") as desk:
        bars.start_waybar(desk, tankful(folder, "watch", "--format", "waybar"))
        ok = bars.drawn(desk, GREEN)
        folder.publish(folder.account(folder.window(100), title=NAME))
        blocked = bars.drawn(desk, RED)
        assert blocked[2] > ok[2], "it says until when"
        folder.publish(folder.account(folder.window(37), title=HOSTILE))
        hostile = bars.drawn(desk, GREEN)
        assert hostile[2] > blocked[2] > 50, "a name that is no markup empties it"
        desk.screenshot(tmp_path / "waybar.png")
    assert desk.left_behind() == []


def test_tmux(folder: Folder, tmp_path: Path, need: Callable[..., None]) -> None:
    need("tmux")
    config = tmp_path / "tmux.conf"
    environ = own_environ(folder) | {
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "TMUX_TMPDIR": str(tmp_path),
    }
    command = ["tmux", "-L", "test", "-f", str(config), "new-session", "cat"]
    for kind in ("statusline", "watch"):
        folder.publish(folder.account(folder.window(37), title=HOSTILE))
        line = tankful(folder, kind, "--format", "tmux")
        config.write_text(f"set -g status-interval 1\nset -g status-right {shlex.quote(f'#({line})')}\n")
        with terminal(command, environ, tmp_path) as screen:
            screen.until(lambda: HOSTILE[:20] in screen.text, "the name is not shown as it is")
            folder.publish(folder.account(folder.window(100), title=NAME))
            screen.until(lambda: "blocked until" in screen.text, "no other line came")
            subprocess.run(["tmux", "-L", "test", "kill-server"], env=environ, check=True, timeout=10)


@pytest.mark.parametrize("kind", ["statusline", "watch"])
def test_polybar(folder: Folder, tmp_path: Path, need: Callable[..., None], kind: str) -> None:
    need(*bars.POLYBAR)
    with bare_display(tmp_path / "desk") as desk:
        bars.start_polybar(desk, tankful(folder, kind, "--format", "polybar"), tail=kind == "watch")
        width = bars.drawn(desk, GREEN)[2]
        folder.publish(folder.account(folder.window(37), title=HOSTILE))
        until(lambda: bars.drawn(desk, GREEN)[2] > width + 50, "the line did not change")
        assert bars.pixels(desk, RED) == 0, "a name has set a colour"
        desk.screenshot(tmp_path / "polybar.png")
    assert desk.left_behind() == []


@pytest.mark.parametrize("kind", ["statusline", "watch"])
def test_i3blocks(folder: Folder, tmp_path: Path, need: Callable[..., None], kind: str) -> None:
    need(*bars.I3BLOCKS)
    with bare_display(tmp_path / "desk") as desk:
        interval = "persist" if kind == "watch" else "1"
        bars.start_i3blocks(desk, tankful(folder, kind, "--format", "i3blocks"), interval)
        width = bars.drawn(desk, GREEN)[2]
        folder.publish(folder.account(folder.window(37), title=HOSTILE))
        until(lambda: bars.drawn(desk, GREEN)[2] > width + 50, "the line did not change")
        desk.screenshot(tmp_path / "i3blocks.png")
    assert desk.left_behind() == []


def test_i3blocks_reads_what_is_meant(folder: Folder, tmp_path: Path, need: Callable[..., None]) -> None:
    need("i3blocks")
    folder.publish(folder.account(folder.window(100), title=HOSTILE))
    block = bars.i3blocks(tmp_path, tankful(folder, "statusline", "--format", "i3blocks"))
    shown = HOSTILE.replace('"', "'")  # i3blocks ends a text at any other quote
    assert block["full_text"].startswith(f"{shown} 5h 0 % left · blocked until ")
    assert (block["markup"], block["color"]) == ("none", "#ed333b")


def test_starship(folder: Folder, tmp_path: Path, need: Callable[..., None]) -> None:
    need("starship")
    line = tankful(folder, "statusline", "--format", "starship")
    config = tmp_path / "starship.toml"
    module = ["[custom.tankful]", f"command = {json.dumps(line)}", "when = true", r"format = '\[$output\]'"]
    config.write_text("\n".join(["format = '$custom'", *module, ""]))
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "STARSHIP_CONFIG": str(config),
    }
    environ |= {"TERM": "xterm-256color", "STARSHIP_CACHE": str(tmp_path / "cache")}
    for name in (NAME, HOSTILE):
        folder.publish(folder.account(folder.window(37), title=name))
        done = subprocess.run(
            ["starship", "prompt"], env=environ, capture_output=True, text=True, check=True, timeout=30
        )
        assert f"[{name} 63 % left]" in done.stdout
