"""macOS: a launch agent, a property list that launchd reads when a person logs in (launchd.plist(5)).

launchctl is not asked: `bootstrap` would start a second tankful at once, `bootout` end the one that runs.
"""

from __future__ import annotations

import hashlib
import os
import plistlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from providers.host.files import short
from providers.host.shown_path import printable
from tray.desktop.autostart import files
from tray.desktop.autostart.login_item import AutostartError, LoginItemStatus

_LABEL = "tankful"
_MARK = "X-tankful"
_SWITCH = "Disabled"


class LaunchAgent:
    """`tankful.plist` in the person's LaunchAgents folder."""

    def __init__(self, environ: Mapping[str, str], command: tuple[str, ...]) -> None:
        home = Path(environ.get("HOME") or os.path.expanduser("~"))
        self._file = home / "Library/LaunchAgents" / f"{_LABEL}.plist"
        self._command = command

    def status(self) -> LoginItemStatus:
        try:
            content = files.read(self._file)
        except AutostartError as error:
            return LoginItemStatus("changed", starts=False, detail=str(error))
        if content is None:
            return LoginItemStatus("off", starts=False)
        agent = _parse(content)
        starts = agent.get("RunAtLoad") is True and agent.get(_SWITCH) is not True
        place, command = short(self._file), agent.get("ProgramArguments")
        if (obstacle := self._obstacle(content)) is not None:
            return LoginItemStatus("changed", starts, obstacle)
        if agent.get(_SWITCH) is True:
            return LoginItemStatus("changed", starts, f"it is switched off in {place}")
        if command != list(self._command):
            return LoginItemStatus("changed", starts, f"{place} starts another tankful ({_shown(command)})")
        return LoginItemStatus("on", starts, f"{place} starts {_shown(command)}")

    def switch_on(self) -> str:
        before = files.read(self._file)
        self._refuse_if_not_ours(before, "Delete it, then switch on again.")
        content = _plist(self._command)
        if content != before:
            files.replace(self._file, content)
        return f"tankful will start when you log in ({short(self._file)})."

    def switch_off(self) -> str:
        content = files.read(self._file)
        if content is None:
            return "tankful does not start when you log in."
        self._refuse_if_not_ours(content, "Delete it yourself to stop it from starting at login.")
        files.remove(self._file)
        return f"tankful will no longer start when you log in (removed {short(self._file)})."

    def _refuse_if_not_ours(self, content: bytes | None, remedy: str) -> None:
        if content is not None and (obstacle := self._obstacle(content)) is not None:
            raise AutostartError(f"{obstacle}, so it is left alone. {remedy}")

    def _obstacle(self, content: bytes) -> str | None:
        """Why this file is not to be replaced or removed."""
        place, agent = short(self._file), _parse(content)
        if self._file.is_symlink():
            return f"{place} is a link"
        if _MARK not in agent:
            return f"{place} was not written by tankful"
        return None if agent[_MARK] == _digest(agent) else f"{place} was edited since tankful wrote it"


def _plist(command: tuple[str, ...]) -> bytes:
    agent: dict[str, Any] = {
        "Label": _LABEL,
        "ProgramArguments": list(command),
        "RunAtLoad": True,
        "ProcessType": "Interactive",
        "LimitLoadToSessionType": "Aqua",
    }
    try:
        return plistlib.dumps(agent | {_MARK: _digest(agent)})
    except (ValueError, UnicodeEncodeError) as error:
        raise AutostartError(
            "It cannot start at login: a property list cannot hold the program's path. "
            "Install it in another folder."
        ) from error


def _parse(content: bytes) -> dict[str, Any]:
    try:
        agent = plistlib.loads(content)
    except (plistlib.InvalidFileException, ExpatError, ValueError, TypeError, IndexError):
        return {}
    return agent if isinstance(agent, dict) else {}


def _digest(agent: Mapping[str, Any]) -> str:
    """Of all but the switch, and the digest itself."""
    kept = sorted((key, repr(value)) for key, value in agent.items() if key not in (_MARK, _SWITCH))
    return hashlib.sha256(repr(kept).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _shown(command: object) -> str:
    return printable(" ".join(map(str, command))) if isinstance(command, list) else "nothing"
