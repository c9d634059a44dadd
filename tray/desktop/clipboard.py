"""The clipboard, by the desktop's own tool: it keeps the text when we have ended."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from providers.domain.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tray.desktop.launcher import Launcher

    Find = Callable[[str, str | None], str | None]


class CannotCopy(Exception):
    """The clipboard did not take it; str() is a sentence."""


class ClipboardTool(Struct, frozen=True):
    """A command that reads the text on its stdin; `extra` is added to its environment."""

    command: tuple[str, ...]
    encoding: str = "utf-8"
    extra: tuple[tuple[str, str], ...] = ()


class Clipboard:
    def __init__(self, tool: ClipboardTool, launcher: Launcher) -> None:
        self._tool = tool
        self._launcher = launcher

    def copy(self, text: str) -> None:
        """Raises CannotCopy. Waits for seconds at most. A terminal must not obey what is pasted."""
        data = visible(text).encode(self._tool.encoding, "replace")
        try:
            code = self._launcher.feed(self._tool.command, data, dict(self._tool.extra))
        except OSError:
            code = None
        if code != 0:
            raise CannotCopy("It could not be copied: the clipboard did not take it.")


def find_clipboard(
    environ: Mapping[str, str],
    launcher: Launcher,
    *,
    platform: str = sys.platform,
    find: Find = lambda name, path: shutil.which(name, path=path),
) -> Clipboard | None:
    """None where there is no tool for it. Looks at the folders of the PATH, and starts nothing."""
    for tool in _tools(environ, platform):
        if program := find(tool.command[0], environ.get("PATH")):
            found = ClipboardTool((program, *tool.command[1:]), tool.encoding, tool.extra)
            return Clipboard(found, launcher)
    return None


def _tools(environ: Mapping[str, str], platform: str) -> Iterator[ClipboardTool]:
    if platform == "darwin":
        # Without it, pbcopy of a tray that launchd started takes the bytes for Mac Roman.
        yield ClipboardTool(("pbcopy",), extra=(("LC_CTYPE", "UTF-8"),))
        return
    if platform == "win32":
        yield ClipboardTool(("clip.exe",), "utf-16")
        return
    if environ.get("WAYLAND_DISPLAY"):
        yield ClipboardTool(("wl-copy", "--type", "text/plain"))
    if environ.get("DISPLAY"):
        yield ClipboardTool(("xclip", "-selection", "clipboard", "-in"))
        yield ClipboardTool(("xsel", "--clipboard", "--input"))
    if environ.get("WSL_DISTRO_NAME"):
        yield ClipboardTool(("clip.exe",), "utf-16")
