"""The tray's switch: what the menu shows of starting at login, and how it changes that."""

from __future__ import annotations

from threading import Lock

from providers.host.faults import logger_of
from tray.desktop.autostart.login_item import AutostartError, LoginItem
from tray.view.login import StartAtLogin

_log = logger_of(__name__)


class LoginSwitch:
    """Any thread may call it, but `refresh` and `set` wait for the disk; `shown` never does.

    Without an item, where none would be read, there is nothing to show.
    """

    def __init__(self, item: LoginItem | None) -> None:
        self._item = item
        self._changing = Lock()
        self.shown: StartAtLogin | None = None

    def refresh(self) -> bool:
        """Read the current status, which others may change too; returns whether there is something new to show."""
        if self._item is None:
            return False
        with self._changing:
            before, starts = self.shown, self._item.status().starts
            if before is None or before.on != starts:
                self.shown = StartAtLogin(starts)
            return self.shown != before

    def set(self, *, on: bool) -> None:
        """If it cannot be changed, the reason is shown."""
        if self._item is None:
            return
        with self._changing:
            problem = None
            try:
                if on:
                    self._item.switch_on()
                else:
                    self._item.switch_off()
            except AutostartError as error:
                problem = str(error)
                _log.warning("could not switch starting at login %s", "on" if on else "off")
            self.shown = StartAtLogin(self._item.status().starts, problem)
