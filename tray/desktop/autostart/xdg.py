"""Linux: an entry in the autostart folder, which desktops and systemd read (Desktop Application Autostart 0.5).

Switching off deletes it: xfce4-session 4.18 and LXQt 1.2 ignore `X-GNOME-Autostart-enabled=false`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

from msgspec import Struct

import assets
from providers.host.files import short
from providers.host.shown_path import printable
from tray.desktop.autostart import entry, files
from tray.desktop.autostart.login_item import AutostartError, LoginItemStatus

_ASSETS = Path(assets.__file__).parent
_ICON = Path("icons/hicolor/scalable/apps/tankful.svg")
_KNOW_GNOMES_SWITCH = frozenset({"BUDGIE", "GNOME", "MATE", "PANTHEON", "UNITY", "X-CINNAMON"})


class _Found(Struct, frozen=True):
    """`own`: as a tankful wrote it, but for a desktop's switch."""

    kind: Literal["none", "link", "own", "edited", "foreign"]
    content: bytes = b""
    values: Mapping[str, str] = {}


class AutostartEntry:
    """`tankful.desktop` in the autostart folder, and the icon that it names."""

    def __init__(self, environ: Mapping[str, str], command: tuple[str, ...]) -> None:
        home = Path(environ.get("HOME") or os.path.expanduser("~"))
        self._config = _folder(environ.get("XDG_CONFIG_HOME"), home / ".config")
        self._data = _folder(environ.get("XDG_DATA_HOME"), home / ".local/share")
        self._file = self._config / "autostart/tankful.desktop"
        self._icon = self._data / _ICON
        self._command = command
        desktops = {name.upper() for name in environ.get("XDG_CURRENT_DESKTOP", "").split(":")}
        self._knows_gnomes_switch = bool(desktops & _KNOW_GNOMES_SWITCH)

    def status(self) -> LoginItemStatus:
        try:
            found = self._find()
        except AutostartError as error:
            return LoginItemStatus("changed", starts=False, detail=str(error))
        if found.kind == "none":
            return LoginItemStatus("off", starts=False)
        place, starts = short(self._file), self._starts(found.values)
        if found.kind != "own":
            return LoginItemStatus(
                "changed", starts, f"{_OBSTACLE[found.kind].format(place)}{_what_runs(found.values)}"
            )
        if found.values.get("Hidden") == "true":
            return LoginItemStatus("changed", starts, f"your desktop's settings switched it off in {place}")
        if found.values.get("X-GNOME-Autostart-enabled") == "false":
            some = "" if self._knows_gnomes_switch else ", which this desktop may ignore"
            return LoginItemStatus(
                "changed", starts, f"a desktop's settings switched it off in {place}{some}"
            )
        if found.values["Exec"] != entry.exec_value(self._command):
            whose = "starts another tankful" if starts else "names a program that is not there"
            return LoginItemStatus("changed", starts, f"{place} {whose}{_what_runs(found.values)}")
        return LoginItemStatus("on", starts, f"{place} starts {printable(' '.join(self._command))}")

    def switch_on(self) -> str:
        found = self._find()
        self._refuse_if_not_ours(found, "Delete it, then switch on again.")
        icon = (_ASSETS / "tankful.svg").read_bytes()
        before = files.read(self._icon)
        is_ours = before in (None, icon) or _digest(before or b"") == found.values.get(entry.ICON_MARK)
        try:
            content = entry.entry(
                (_ASSETS / "tankful.desktop").read_text("utf-8"),
                self._command,
                _digest(icon) if is_ours else None,
            )
        except entry.BadEntry as error:
            raise AutostartError(
                f"It cannot start at login: {error}. Install it in another folder."
            ) from error
        if is_ours and before != icon:
            self._install_icon(icon)
        if content != found.content:
            try:
                files.replace(self._file, content)
            except AutostartError:
                if before is None:
                    self._remove_icon(_digest(icon))
                raise
        caveat = entry.caveat(self._command[0])
        return f"tankful will start when you log in ({short(self._file)}).{f' {caveat}' if caveat else ''}"

    def switch_off(self) -> str:
        found = self._find()
        self._refuse_if_not_ours(found, "Delete it yourself to stop it from starting at login.")
        files.remove(self._file)
        files.remove_empty(self._file.parent, self._config)
        shipped = _digest((_ASSETS / "tankful.svg").read_bytes())
        self._remove_icon(shipped if found.kind == "none" else found.values.get(entry.ICON_MARK))
        if found.kind == "none":
            return "tankful does not start when you log in."
        return f"tankful will no longer start when you log in (removed {short(self._file)})."

    def _find(self) -> _Found:
        content = files.read(self._file)
        if content is None:
            return _Found("none")
        values: Mapping[str, str] = {}
        with suppress(entry.BadEntry):
            values = entry.values(content)
        if self._file.is_symlink():
            return _Found("link", content, values)
        if entry.is_as_written(content):
            return _Found("own", content, values)
        return _Found("edited" if entry.MARK in values else "foreign", content, values)

    def _refuse_if_not_ours(self, found: _Found, remedy: str) -> None:
        if found.kind in _OBSTACLE:
            raise AutostartError(
                f"{_OBSTACLE[found.kind].format(short(self._file))}, so it is left alone. {remedy}"
            )

    def _starts(self, values: Mapping[str, str]) -> bool:
        if values.get("Hidden") == "true" or not _is_there(values.get("Exec", "")):
            return False
        return not (self._knows_gnomes_switch and values.get("X-GNOME-Autostart-enabled") == "false")

    def _install_icon(self, icon: bytes) -> None:
        files.replace(self._icon, icon)
        with suppress(OSError):  # so that GTK sees that its cache of this theme is older
            os.utime(self._icon.parents[2])

    def _remove_icon(self, digest: str | None) -> None:
        content = files.read(self._icon)
        if content is not None and _digest(content) == digest and not self._icon.is_symlink():
            files.remove(self._icon)
            files.remove_empty(self._icon.parent, self._data)


_OBSTACLE = {
    "link": "{} is a link",
    "edited": "{} was edited since tankful wrote it",
    "foreign": "{} was not written by tankful",
}


def _folder(named: str | None, default: Path) -> Path:
    """A relative path is to be ignored (XDG Base Directory Specification 0.8)."""
    return Path(named) if named and os.path.isabs(named) else default


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _is_there(exec_value: str) -> bool:
    """Whether there is such a program."""
    try:
        return shutil.which(entry.exec_command(exec_value)[0]) is not None
    except entry.BadEntry:
        return False


def _what_runs(values: Mapping[str, str]) -> str:
    """For the end of a sentence: the command of an entry that is not as this tankful would write it."""
    try:
        return f" ({printable(' '.join(entry.exec_command(values.get('Exec', ''))))})"
    except entry.BadEntry as error:
        return f": {error}"
