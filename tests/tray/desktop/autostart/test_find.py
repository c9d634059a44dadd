"""Which login item a platform has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tray.desktop.autostart.find import find_autostart
from tray.desktop.autostart.program import StartCommand

PROGRAM = StartCommand(("/opt/tankful/bin/tankful",))


@pytest.mark.parametrize(
    ("platform", "file"),
    [("linux", ".config/autostart/tankful.desktop"), ("darwin", "Library/LaunchAgents/tankful.plist")],
)
def test_each_platform_has_its_own(tmp_path: Path, platform: str, file: str) -> None:
    autostart = find_autostart({"HOME": str(tmp_path)}, platform=platform, program=PROGRAM)
    assert list(tmp_path.iterdir()) == []
    autostart.item.switch_on()
    assert "/opt/tankful/bin/tankful" in (tmp_path / file).read_text()
    assert "--tray" in (tmp_path / file).read_text()


def test_only_linux_has_sessions_without_one(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "SWAYSOCK": "/run/sway"}
    assert find_autostart(environ, platform="linux", program=PROGRAM).manual is not None
    assert find_autostart(environ, platform="darwin", program=PROGRAM).manual is None
