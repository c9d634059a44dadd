"""What the app asks of a desktop's icon, whichever draws it, and how one may end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

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


class Face(Protocol):
    def show(self, draw: Callable[[int], Image], title: str, rows: tuple[Row, ...]) -> None:
        """From any thread, at any time; only what changed goes out. `draw` takes a size in pixels."""

    def run(self) -> None:
        """Block in the main thread until `stop`. Raises DesktopClosed."""

    def stop(self) -> None:
        """From any thread; before `run` too.

        Not from a signal handler: Python runs one in the main thread between two bytecodes, and a signal that
        arrives just before `run` blocks does not interrupt it, so the handler would wait for the next event.
        """


class Icon(Protocol):
    """A pystray icon that takes rows. It is shown to only while it runs."""

    def show(self, draw: Callable[[int], Image], title: str, rows: tuple[Row, ...]) -> None: ...
    def run(self, setup: Callable[[Any], None]) -> None: ...
    def stop(self) -> None: ...
