"""`tankful autostart`: start the tray at login."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tray.cli.console import NOTHING_READ, OK, tell

if TYPE_CHECKING:
    import argparse

    from tray.desktop.autostart.compositor import ManualStart
    from tray.desktop.autostart.find import Autostart


EXAMPLES = (("tankful autostart on", "start the tray when you log in"),)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "change",
        choices=("on", "off", "status"),
        nargs="?",
        default="status",
        help="switch it on or off, or show whether it is on (default)",
    )


def run(options: argparse.Namespace) -> int:
    from tray.desktop.autostart.find import find_autostart
    from tray.desktop.autostart.login_item import AutostartError
    from tray.view import output

    autostart = find_autostart(os.environ)
    if options.change == "status":
        output.emit(_status(autostart))
        return OK
    try:
        if options.change == "off":
            output.emit(autostart.item.switch_off())
            if autostart.manual is not None:
                tell(f"if you added it, remove this line {_where(autostart.manual, 'from')}:")
                output.emit(autostart.manual.line)
            return OK
        if autostart.manual is None:
            output.emit(autostart.item.switch_on())
        else:
            session = autostart.manual.session
            tell(f"{session} reads no autostart entries. Add this line {_where(autostart.manual, 'to')}:")
            output.emit(autostart.manual.line)
    except AutostartError as error:
        tell(str(error))
        return NOTHING_READ
    if autostart.program.temporary:
        place = os.path.dirname(autostart.program.command[0])
        tell(f"this installation is temporary: it cannot start at login once {place} is deleted.")
    return OK


def _status(autostart: Autostart) -> str:
    status = autostart.item.status()
    if autostart.manual is not None:
        where = _where(autostart.manual, "to")
        return f"off: {autostart.manual.session} reads no autostart entries; add `{autostart.manual.line}` {where}"
    if status.kind == "changed":
        return f"changed: {status.detail}; {'it starts' if status.starts else 'it does not start'} at login"
    return f"{status.kind}: {status.detail or 'tankful does not start when you log in'}"


def _where(manual: ManualStart, preposition: str) -> str:
    return f"{preposition} {manual.file or 'your startup script'}"
