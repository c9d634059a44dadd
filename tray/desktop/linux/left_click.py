"""A click that the panel hands to the icon: is a menu opened after it, or would nothing happen at all?

xfce4-panel 4.18, waybar 0.9 and GNOME's extension open the menu by themselves. Plasma calls Activate, and opens
the menu once that has failed. lxqt-panel 1.2 and MATE call Activate too, and open nothing; swaybar 1.7 calls
ContextMenu, and has no menus. So the call fails, and where no menu is opened soon after, the values are shown in
another way.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 0.4
"""Seconds that a panel has to open the menu: it does so at once."""


class LeftClick:
    """Used by the icon's loop alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waits_until: float | None = None

    def handed_over(self) -> None:
        """A panel called Activate or ContextMenu."""
        self._waits_until = self._clock() + PATIENCE

    def menu_opened(self) -> None:
        self._waits_until = None

    @property
    def seconds_left(self) -> float | None:
        """For how long to wait for a menu; None where none is waited for."""
        return None if self._waits_until is None else max(self._waits_until - self._clock(), 0.0)

    def take_unanswered(self) -> bool:
        """Whether a panel has had its time and opened no menu; once for each click."""
        unanswered = self.seconds_left == 0.0
        if unanswered:
            self._waits_until = None
        return unanswered
