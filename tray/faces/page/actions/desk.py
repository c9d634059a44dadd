"""What the forms of the page act on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from providers.domain.live import LiveSession, SessionsLook
from tray.engine.costs import Costs
from tray.engine.scope import Scope
from tray.faces.page.figures import Figures


class PageDesk(Struct, frozen=True, kw_only=True):
    """`open_path` opens a file or folder of the person's with a program of the desktop. `bring_to_front` does that
    with the terminal of a session, and returns a sentence; None where no terminal can be reached. Both raise
    FormRefused. `look` is at the live sessions; None where they are not shown.
    """

    scope: Scope
    costs: Costs
    figures: Figures
    open_path: Callable[[Path], None]
    look: Callable[[], SessionsLook] | None = None
    bring_to_front: Callable[[LiveSession], str] | None = None
