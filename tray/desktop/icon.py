"""What the app asks of a desktop's icon, whichever draws it, and how one may end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from tray.engine.notices.notice import Notice
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
    """All that the tray shows: at least one icon, and their menu.

    `combined` is for desktops that show one icon only; the first where it is None.
    """

    icons: tuple[IconView, ...]
    rows: tuple[Row, ...]
    combined: IconView | None = None

    @property
    def single(self) -> IconView:
        return self.combined or self.icons[0]


class Face(Protocol):
    def show(self, shown: Shown) -> None:
        """From any thread, at any time; only what changed goes out."""

    def notify(self, notice: Notice) -> None:
        """Show a notice instead of the one with its key; a click on it is an action. From any thread, at any time;
        never waits and never raises. Before there is an icon it is kept for it, unless it is withdrawn.
        """

    def withdraw(self, key: str) -> None:
        """Take away the notice with that key, if it is still shown; as `notify` otherwise."""

    def show_text(self, title: str, body: str) -> None:
        """Show a text as a notice, instead of the last one; as `notify` otherwise."""

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
    def show_notice(self, notice: Notice) -> None: ...
    def withdraw_notice(self, key: str) -> None: ...
    def run(self, setup: Callable[[Any], None]) -> None: ...
    def stop(self) -> None: ...
