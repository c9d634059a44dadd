"""Window managers that read no autostart entries: there a person adds a line to a configuration file.

Tried with sway 1.7 and i3 4.22, which both pass the line to a shell. i3 takes a leading double quote for its own.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from msgspec import Struct

_DESKTOPS = frozenset(
    {
        "BUDGIE",
        "CINNAMON",
        "COSMIC",
        "DDE",
        "DEEPIN",
        "ENLIGHTENMENT",
        "GNOME",
        "GNOME-CLASSIC",
        "KDE",
        "LXDE",
    }
    | {"LXQT", "MATE", "PANTHEON", "TDE", "TRINITY", "UKUI", "UNITY", "X-CINNAMON", "XFCE"}
)


class ManualStart(Struct, frozen=True):
    """`session`: what runs here. `line` goes into its configuration file, `file`, if known."""

    session: str
    file: str | None
    line: str


def manual_start(environ: Mapping[str, str], command: tuple[str, ...]) -> ManualStart | None:
    """None where a login starts autostart entries, or where that is unknown, as in a login without a display."""
    desktops = [name.upper() for name in environ.get("XDG_CURRENT_DESKTOP", "").split(":") if name]
    if not _DESKTOPS.isdisjoint(desktops):  # also with i3 or the like as its window manager
        return None
    quoted = shlex.join(command)
    if environ.get("SWAYSOCK") or "SWAY" in desktops:
        return ManualStart("sway", "~/.config/sway/config", f"exec {_in_double_quotes(command)}")
    if environ.get("I3SOCK") or "I3" in desktops:
        return ManualStart("i3", "~/.config/i3/config", f"exec --no-startup-id {quoted}")
    if environ.get("HYPRLAND_INSTANCE_SIGNATURE") or "HYPRLAND" in desktops:
        return ManualStart("Hyprland", "~/.config/hypr/hyprland.conf", f"exec-once = {quoted}")
    has_display = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    if has_display and not desktops and not environ.get("SESSION_MANAGER"):
        return ManualStart("this session", None, f"{quoted} &")
    return None


def _in_double_quotes(command: tuple[str, ...]) -> str:
    program = re.sub(r'(["`$\\])', r"\\\1", command[0])
    return " ".join((f'"{program}"', *(shlex.quote(each) for each in command[1:])))
