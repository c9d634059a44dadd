"""Each row of the menu clicked in a panel, over the bus: what it asks for happens, and is seen at once."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.setting import Bool, Choice, Setting
from tests.fake_chatgpt import FakeChatGPT, says, usage_now
from tests.tray.desktop.conftest import Bus
from tests.tray.desktop.fake_notices import NoticeServer
from tests.tray.desktop.fake_watcher import ITEM, ITEM_PATH, MENU, MENU_PATH, Panel
from tests.tray.desktop.test_app import DEADLINE, FakeLoginItem, engine, until
from tests.tray.desktop.test_clipboard import FakeLauncher as Feeding
from tests.tray.desktop.test_opener import FakeLauncher as Opening
from tray.desktop.app import App
from tray.desktop.autostart.switch import LoginSwitch
from tray.desktop.clipboard import Clipboard, ClipboardTool
from tray.desktop.face import open_face
from tray.desktop.opener import Opener
from tray.desktop.page_child import PageChild
from tray.engine.publish import SnapshotFile
from tray.engine.settings_table import SETTINGS
from tray.view import menu
from tray.view.rows import Row, walk

LOGS = Path(__file__).parents[2] / "fixtures/codex/0.169.0/plain/home/sessions"
PAGE = "print('ready', flush=True); wish = input(); print('ready\\nfailed', wish, flush=True); input()"
"""A page that says what it is asked for the second time."""
IN_MENU = [setting for setting in SETTINGS if setting.menu is not None]


class Tray:
    """The app with a real icon on the test's bus, and tools of the desktop that only remember."""

    def __init__(self, folder: Path, server: FakeChatGPT, bus: Bus, panel: Panel) -> None:
        self.folder, self.panel = folder, panel
        self.engine = engine(folder, server)
        shutil.copytree(LOGS, folder / "codex/sessions")
        self.failures: list[str] = []
        self.opening, self.feeding, self.item = Opening(), Feeding(), FakeLoginItem()
        self.snapshot_file = SnapshotFile(folder / "own/state", "tray", self.engine.scope.clock)
        self.engine.subscribe(self.snapshot_file)
        self._login = LoginSwitch(self.item)
        self._app = App(
            self.engine,
            lambda choose, ready, on_menu: open_face(choose, ready, on_menu, wait=True, environ=bus.environ),
            login=self._login,
            opener=Opener(("xdg-open",), self.opening),
            clipboard=Clipboard(ClipboardTool(("xclip",)), self.feeding),
            page=PageChild({}, self.failures.append, (sys.executable, "-c", PAGE)),
        )
        self._thread = threading.Thread(target=self._app.run, name="tray")

    def start(self) -> None:
        self._thread.start()
        self.panel.wait_for_item()
        until(lambda: "63 %" in "\n".join(self.panel.menu()))

    def stop(self) -> None:
        self._app.stop()
        self.join()

    def join(self) -> None:
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive()

    def rows(self) -> tuple[Row, ...]:
        scope = self.engine.scope
        return menu.rows(self.engine.snapshot, scope.clock(), scope.zone, self._login.shown)

    def row(self, key: str) -> Row:
        return next(row for row in walk(self.rows()) if row.key == key)

    def key_of_action(self, name: str) -> str:
        """The whole key of the first such row that does something: an account's own begin with its key. The folder
        of the logs has one once they were looked at.
        """

        def found() -> list[str]:
            keys = [row.key for row in walk(self.rows()) if row.action is not None]
            return [key for key in keys if key == name or key.endswith(f":{name}")]

        until(lambda: bool(found()))
        return found()[0]

    def click(self, key: str) -> None:
        """Click the row with this key where the panel has it."""
        self.panel.call(MENU_PATH, MENU, "Event", "isvu", self.found(key)[0], "clicked", ("i", 0), 0)

    def found(self, key: str) -> tuple[int, dict[str, Any]]:
        """The id and the properties that the panel has for the row."""
        labels = _path_to(key, self.rows())
        _revision, (_root, _properties, below) = self.panel.layout()
        for label in labels:
            id_, typed, below = next(
                node for _signature, node in below if node[1].get("label", ("", ""))[1] == label
            )
        return id_, {name: value for name, (_type, value) in typed.items()}

    def published(self, setting: Setting[Any]) -> object:
        node = json.loads((self.folder / "own/state/snapshot.json").read_bytes())["settings"]
        for part in setting.path:
            node = node[part]
        return node

    def looks(self) -> dict[str, Any]:
        """What a person sees: texts without their ages and countdowns, tooltip, picture."""
        return {
            "menu": "\n".join(self.panel.menu()),
            "tooltip": self.panel.read("Title"),
            "icon": self.panel.read("IconPixmap"),
        }

    def shows(self, setting: Setting[Any], value: object) -> None:
        """Until the settings, their file, the published snapshot and the menu of the panel agree on it."""

        def agree() -> bool:
            if self.engine.snapshot.settings.get(setting) != value or self.published(setting) != value:
                return False
            key = f"set:{setting.key}" + ("" if isinstance(setting.type, Bool) else f"={value}")
            is_on = value if isinstance(setting.type, Bool) else True
            return bool(self.found(key)[1]["toggle-state"] == int(bool(is_on)))

        until(agree)


def _path_to(key: str, rows: tuple[Row, ...]) -> list[str]:
    """The labels from the top level to the row, as the panel has them."""
    for row in rows:
        label = row.text.replace("_", "__")
        if row.key == key:
            return [label]
        if below := _path_to(key, row.children):
            return [label, *below]
    return []


@pytest.fixture
def tray(tmp_path: Path, server: FakeChatGPT, bus: Bus, panel: Panel) -> Iterator[Tray]:
    made = Tray(tmp_path, server, bus, panel)
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize("setting", IN_MENU, ids=lambda setting: setting.key)
def test_a_setting_applies_at_once_and_back(setting: Setting[Any], tray: Tray) -> None:
    if isinstance(setting.type, Bool):
        for value in (not setting.default, setting.default):
            tray.click(f"set:{setting.key}")
            tray.shows(setting, value)
    else:
        assert isinstance(setting.type, Choice)
        others = [each for each in setting.type.values if each != setting.default]
        for value in (*others, setting.default):
            tray.click(f"set:{setting.key}={value}")
            tray.shows(setting, value)
    assert tray.engine.snapshot.settings_problem is None


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("set:display.used", {"menu", "tooltip", "icon"}),
        ("set:display.hide_email", {"menu"}),
        ("set:display.bars=ascii", {"menu"}),
        ("set:display.icon=number", {"icon"}),
        ("set:providers.codex.enabled", {"menu", "tooltip", "icon"}),
    ],
)
def test_a_setting_of_the_display_is_seen_at_once(key: str, changes: set[str], tray: Tray) -> None:
    before = tray.looks()
    tray.click(key)

    def changed() -> bool:
        after = tray.looks()
        return changes <= {name for name in after if after[name] != before[name]}

    until(changed)


def test_what_is_used_and_whose_it_is_are_shown_as_it_was_chosen(tray: Tray) -> None:
    assert "dev@example.com" in tray.looks()["menu"]
    tray.click("set:display.hide_email")
    until(lambda: "@" not in tray.looks()["menu"])
    tray.click("set:display.used")
    until(lambda: "37 %" in tray.looks()["menu"] and "63 %" not in tray.looks()["menu"])


def test_refresh_asks_again_and_says_when(tray: Tray, server: FakeChatGPT) -> None:
    changed = usage_now()
    changed["rate_limit"]["primary_window"]["used_percent"] = 50.0
    server.answer = says(changed)
    tray.click("refresh")
    until(lambda: "50 %" in tray.looks()["menu"])
    until(lambda: "Refresh now  ·  Claude: not signed in, tried just now" in tray.looks()["menu"])


def test_start_at_login(tray: Tray) -> None:
    until(lambda: any(row.key == "autostart" for row in walk(tray.rows())))
    for on in (True, False):
        tray.click("autostart")
        until(lambda on=on: tray.item.on is on and tray.found("autostart")[1]["toggle-state"] == int(on))  # type: ignore[misc]


def test_quit_ends_the_tray(tmp_path: Path, server: FakeChatGPT, bus: Bus, panel: Panel) -> None:
    tray = Tray(tmp_path, server, bus, panel)
    tray.start()
    tray.click("quit")
    tray.join()


@pytest.mark.parametrize("what", ["usage-page", "status-page", "purchase", "logs", "settings-file", "report"])
def test_what_is_opened(what: str, tray: Tray) -> None:
    tray.click(tray.key_of_action(what))
    until(lambda: len(tray.opening.started) == 1)
    ((_program, opened),) = tray.opening.started
    links = next(each.links for each in tray.engine.scope.providers if each.id == "codex")
    expected = {
        "usage-page": links.usage,
        "status-page": links.status,
        "purchase": links.purchase,
        "logs": str(tray.folder / "codex/sessions"),
        "settings-file": str(tray.engine.scope.settings_file),
        "report": str(tray.folder / "own/state/report.txt"),
    }
    assert opened == expected[what]


def test_our_own_page_is_opened_once_and_again(tray: Tray) -> None:
    tray.click("dashboard")
    tray.click("dashboard")
    until(lambda: tray.failures == ["open"])


def test_the_summary_is_copied(tray: Tray) -> None:
    tray.click("copy")
    until(lambda: bool(tray.feeding.fed))
    assert "63 % left" in tray.feeding.fed[0][1].decode()


@pytest.mark.parametrize("argument", ["30", "60", "reset"])
def test_notices_are_muted_and_wanted_again(argument: str, tray: Tray) -> None:
    tray.click(f"mute:{argument}")
    until(lambda: "Notices muted until" in tray.looks()["menu"])
    tray.click("muted")
    until(lambda: "Notices muted until" not in tray.looks()["menu"])


def test_a_pause_and_its_end(tray: Tray) -> None:
    tray.click("pause")
    until(lambda: "Paused until" in tray.looks()["menu"])
    tray.click("paused")
    until(lambda: "Paused until" not in tray.looks()["menu"])


def test_every_row_that_can_be_clicked_is_tested_here(tray: Tray) -> None:
    tested = {"refresh", "dashboard", "autostart", "quit", "copy", "pause", "settings-file", "report"}
    until(lambda: any(row.key == "autostart" for row in walk(tray.rows())))
    rest = {
        row.key
        for row in walk(tray.rows())
        if row.action is not None
        and row.key not in tested
        and not row.key.startswith(("set:", "mute:"))
        and not row.key.endswith((":usage-page", ":status-page", ":purchase", ":logs"))
    }
    assert rest == set()


def test_a_page_that_cannot_be_opened_is_a_notice(tray: Tray, bus: Bus) -> None:
    notices = NoticeServer(bus.environ)
    try:
        tray.opening.code = 3
        tray.click(tray.key_of_action("usage-page"))
        assert notices.next().body.startswith("No browser could be opened. The page is https://")
    finally:
        notices.close()


def test_a_left_click_without_a_menu_shows_the_values(tray: Tray, bus: Bus) -> None:
    notices = NoticeServer(bus.environ)
    try:
        with pytest.raises(Exception, match="NotSupported"):
            tray.panel.call(ITEM_PATH, ITEM, "Activate", "ii", 0, 0)
        assert "63\N{NO-BREAK SPACE}% left" in notices.next().body
    finally:
        notices.close()
