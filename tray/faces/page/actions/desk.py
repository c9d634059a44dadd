"""What the forms of the page act on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from tray.engine.costs import Costs
from tray.engine.scope import Scope
from tray.faces.page.figures import Figures


class PageDesk(Struct, frozen=True, kw_only=True):
    """`open_path` opens a file or folder of the person's with a program of the desktop; raises FormRefused."""

    scope: Scope
    costs: Costs
    figures: Figures
    open_path: Callable[[Path], None]
