"""The real tools of the clipboard: the text is there after the process that copied it has ended."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.real import panel, waybar
from tests.real.session import DEADLINE, Session, until

ROOT = Path(__file__).parents[2]
TEXT = "5h 63 % left · Größe ━━━──\nWeekly 38 %"
COPY = f"""
import os, shutil
from tray.desktop.clipboard import find_clipboard
from tray.desktop.launcher import Launcher
tool = os.environ["TOOL"]
find = lambda name, path: shutil.which(name, path=path) if name == tool else None
find_clipboard(os.environ, Launcher(os.environ), find=find).copy({TEXT!r})
print("copied")
"""


@pytest.mark.parametrize(
    ("tool", "paste", "opener", "programs"),
    [
        ("xclip", ("xclip", "-selection", "clipboard", "-o"), panel.bare_display, ("Xvfb", "dbus-daemon")),
        ("xsel", ("xsel", "--clipboard", "--output"), panel.bare_display, ("Xvfb", "dbus-daemon")),
        ("wl-copy", ("wl-paste", "--no-newline"), waybar.headless_sway, waybar.PROGRAMS),
    ],
    ids=["xclip", "xsel", "wl-copy"],
)
def test_what_was_copied_outlives_who_copied_it(
    tool: str,
    paste: tuple[str, ...],
    opener: Callable[..., AbstractContextManager[Session]],
    programs: tuple[str, ...],
    tmp_path: Path,
    need: Callable[..., None],
) -> None:
    need(tool, *programs)
    with opener(tmp_path / "desk") as desk:
        desk.environ["TOOL"] = tool
        began = time.monotonic()
        program = desk.start(sys.executable, "-c", COPY, cwd=ROOT)
        assert program.wait() == 0
        assert program.line() == "copied"
        assert time.monotonic() - began < DEADLINE / 2, "the tool in the background holds up nobody"

        def pasted() -> str:
            done = subprocess.run(paste, env=desk.environ, capture_output=True, timeout=DEADLINE, check=False)
            return done.stdout.decode()

        until(lambda: pasted() == TEXT, "it is not on the clipboard")
    assert desk.left_behind() == []
