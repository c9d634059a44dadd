"""Where a person adds the line themselves, and which."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tray.desktop.autostart.compositor import manual_start

COMMAND = ("/opt/tank ful/bin/tankful", "--tray")
QUOTED = "'/opt/tank ful/bin/tankful' --tray"


@pytest.mark.parametrize(
    ("environ", "file", "line"),
    [
        ({"SWAYSOCK": "/run/s"}, "~/.config/sway/config", 'exec "/opt/tank ful/bin/tankful" --tray'),
        ({"XDG_CURRENT_DESKTOP": "sway"}, "~/.config/sway/config", 'exec "/opt/tank ful/bin/tankful" --tray'),
        ({"I3SOCK": "/run/i", "DISPLAY": ":0"}, "~/.config/i3/config", f"exec --no-startup-id {QUOTED}"),
        ({"XDG_CURRENT_DESKTOP": "i3"}, "~/.config/i3/config", f"exec --no-startup-id {QUOTED}"),
        ({"XDG_CURRENT_DESKTOP": "Hyprland"}, "~/.config/hypr/hyprland.conf", f"exec-once = {QUOTED}"),
        ({"DISPLAY": ":0"}, None, f"{QUOTED} &"),
    ],
)
def test_sessions_that_read_no_entries(environ: dict[str, str], file: str | None, line: str) -> None:
    manual = manual_start(environ, COMMAND)
    assert manual is not None
    assert (manual.file, manual.line) == (file, line)


@pytest.mark.parametrize(
    "environ",
    [
        {"XDG_CURRENT_DESKTOP": "XFCE", "DISPLAY": ":0", "I3SOCK": "/run/i"},
        {"XDG_CURRENT_DESKTOP": "ubuntu:GNOME", "WAYLAND_DISPLAY": "wayland-0"},
        {"DISPLAY": ":0", "SESSION_MANAGER": "local/x:@/tmp/.ICE-unix/1"},
        {"DISPLAY": ":0", "XDG_CURRENT_DESKTOP": "Sugar"},
        {},
    ],
)
def test_sessions_that_do_or_may(environ: dict[str, str]) -> None:
    assert manual_start(environ, COMMAND) is None


@pytest.mark.skipif(sys.platform == "win32", reason="no such shell")
@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from(" \"'`$\\ab;&#"), min_size=1))
def test_a_shell_reads_the_program_back(name: str) -> None:
    for environ, before in (({"SWAYSOCK": "1"}, "exec "), ({"I3SOCK": "1"}, "exec --no-startup-id ")):
        manual = manual_start(environ, (f"/{name}", "--tray"))
        assert manual is not None
        line = manual.line.removeprefix(before)
        done = subprocess.run(
            ["sh", "-c", f"printf '%s\n' {line}"], capture_output=True, text=True, check=True, timeout=30
        )
        assert done.stdout.splitlines() == [f"/{name}", "--tray"]
