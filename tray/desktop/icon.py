"""What the app asks of a desktop's icon, whichever draws it, and how one may end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from tray.view.rows import Row

NAME = "tankful"


class NoDesktop(Exception):
    """No desktop can show an icon; str() is the reason and how to get one."""


class DesktopClosed(Exception):
    """The desktop went away under a running icon, as at the end of a session; str() is one sentence."""


class TrayClosed(Exception):
    """The tray went away and took the icon, the desktop did not: another tray may come."""


class Tooltip(Struct, frozen=True):
    """What hovering shows, as plain text: what markup a host reads is the icon's matter.

    `title` is one line and holds all that matters, since some hosts show nothing else; `text` may have several.
    """

    title: str
    text: str = ""


class IconView(Struct, frozen=True):
    """One icon of the tray. `key` identifies it for as long as the app runs; `draw` takes a size in pixels.

    `attention` asks the panel not to hide it.
    """

    key: str
    draw: Callable[[int], Image]
    tooltip: Tooltip
    attention: bool = False


class Shown(Struct, frozen=True):
    """All that the tray shows: at least one icon, of which a desktop may show the first only, and their menu."""

    icons: tuple[IconView, ...]
    rows: tuple[Row, ...]


class Face(Protocol):
    def show(self, shown: Shown) -> None:
        """From any thread, at any time; only what changed goes out."""

    def run(self) -> None:
        """Block in the main thread until `stop`. Raises DesktopClosed."""

    def stop(self) -> None:
        """From any thread; before `run` too.

        Not from a signal handler: Python runs one in the main thread between two bytecodes, and a signal that
        arrives just before `run` blocks does not interrupt it, so the handler would wait for the next event.
        """


def ignore_menu(_is_open: bool) -> None:
    """For whoever does not care whether the menu is open."""


class Icon(Protocol):
    """A pystray icon that takes rows. It is shown to only while it runs."""

    def show(self, shown: Shown) -> None: ...
    def run(self, setup: Callable[[Any], None]) -> None: ...
    def stop(self) -> None: ...
