"""The login item of this platform."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from msgspec import Struct

from tray.desktop.autostart.compositor import ManualStart, manual_start
from tray.desktop.autostart.login_item import LoginItem
from tray.desktop.autostart.program import StartCommand, this_program


class Autostart(Struct, frozen=True):
    """`manual`: how a person starts it where a login does not read the item."""

    program: StartCommand
    item: LoginItem
    manual: ManualStart | None = None


def find_autostart(
    environ: Mapping[str, str], *, platform: str = sys.platform, program: StartCommand | None = None
) -> Autostart:
    """Touches nothing."""
    program = program or this_program(environ, platform=platform)
    command = (*program.command, "--tray")
    if platform == "darwin":
        from tray.desktop.autostart.launch_agent import LaunchAgent

        return Autostart(program, LaunchAgent(environ, command))
    if sys.platform == "win32":
        from tray.desktop.autostart.run_key import RunKey, WindowsRegistry

        return Autostart(program, RunKey(WindowsRegistry(), command))
    from tray.desktop.autostart.xdg import AutostartEntry

    return Autostart(program, AutostartEntry(environ, command), manual_start(environ, command))
