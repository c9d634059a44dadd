"""What happens to a tray in the course of weeks, each in a second or two."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import Empty
from random import Random

import psutil
from jeepney import DBusErrorResponse

from tests.fake_chatgpt import FakeChatGPT, breaks_off, drips, says, usage_now
from tests.fake_status_page import component, incident, page, summary
from tests.tray.desktop.fake_watcher import MENU, MENU_PATH, Panel

Answer = Callable[[BaseHTTPRequestHandler], None]
ANSWERS: dict[str, Callable[[], Answer]] = {
    "ok": lambda: says(usage_now()),
    "500": lambda: says({"detail": "Internal"}, 500),
    "429": lambda: says({"detail": "Too many"}, 429, Retry_After="2"),
    "garbage": lambda: says(b"\x00{" * 500),
    "page": lambda: says(b"<html>sign in</html>", kind="text/html"),
    "hangs": lambda: drips(8.0),
    "hangs before its headers": lambda: drips(8.0, headers=True),
    "breaks off": lambda: breaks_off,
}
PAGES: tuple[Callable[[], Answer], ...] = (
    lambda: page(summary(incident("Errors", "Codex"), components=(component("Codex"),))),
    lambda: page(summary(components=(component("Codex"),)), etag='"two"'),
    lambda: says(b"<html>"),
    lambda: drips(8.0),
)


class Disturbances:
    """Each is a method; `happen` runs one of them by chance, and says which."""

    def __init__(
        self,
        chance: Random,
        process: psutil.Process,
        panel: Panel,
        server: FakeChatGPT,
        pages: FakeChatGPT,
        folder: Path,
    ) -> None:
        self._chance = chance
        self._process = process
        self._panel = panel
        self._server = server
        self._pages = pages
        self._folder = folder
        self._usual = (
            *(self.server_changes, self.click_refresh) * 3,
            *(self.open_menu, self.log_grows, self.login_is_written) * 2,
            *(self.panel_restarts, self.is_suspended, self.setting_changes),
        )

    def happen(self) -> str:
        what = self._chance.choice(self._usual)
        what()
        return what.__name__.replace("_", " ")

    def server_changes(self) -> None:
        self._server.answer = ANSWERS[self._chance.choice(list(ANSWERS))]()
        self._pages.answer = self._chance.choice(PAGES)()

    def server_recovers(self) -> None:
        self._server.answer = ANSWERS["ok"]()
        self._pages.answer = PAGES[1]()

    def click_refresh(self) -> None:
        """Whatever the row's text is: it is the one that is called so, or says that it does."""
        for id_, properties in self._panel.rows():
            if str(properties.get("label", "")).startswith(("Refresh", "Asking", "Updating")):
                with suppress(DBusErrorResponse):  # it has just changed its kind
                    self._panel.call(MENU_PATH, MENU, "Event", "isvu", id_, "clicked", ("i", 0), 0)
                return

    def open_menu(self) -> None:
        self._panel.call(MENU_PATH, MENU, "AboutToShow", "i", 0)
        self._panel.layout()
        if self._chance.random() < 0.5:  # as xfce4-panel and waybar, which never say so
            self._panel.call(MENU_PATH, MENU, "Event", "isvu", 0, "closed", ("i", 0), 0)

    def panel_restarts(self) -> None:
        self._panel.stop_watching()
        time.sleep(self._chance.random())
        self._panel.start_watching()
        with suppress(Empty):
            self._panel.wait_for_item()

    def is_suspended(self, seconds: float = 0.5) -> None:
        self._process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            self._process.send_signal(signal.SIGCONT)

    def log_grows(self) -> None:
        logs = sorted((self._folder / "codex/sessions").rglob("*.jsonl"))
        with self._chance.choice(logs).open("a") as log:
            log.write(json.dumps({"timestamp": "2026-11-20T12:00:00Z", "type": "event_msg"}) + "\n")

    def login_is_written(self) -> None:
        login = self._folder / "codex/auth.json"
        login.write_bytes(login.read_bytes())

    def setting_changes(self) -> None:
        file = self._folder / "own/settings/settings.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        word = self._chance.choice(("true", "false", "damaged"))
        file.write_text(f"[display]\nincidents = {word}\n")
