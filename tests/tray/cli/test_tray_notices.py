"""Notices of the tray as a person starts it, on a bus with a panel and a notification server."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says, usage
from tests.homes import make_home
from tests.programs import ROOT, end, started
from tests.tray.desktop.conftest import Bus, private_bus
from tests.tray.desktop.fake_notices import Asked, NoticeServer
from tests.tray.desktop.fake_watcher import MENU, MENU_PATH, Panel

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the session bus is of other systems")
TANKFUL = [sys.executable, "-m", "tray.cli"]
SOON = 30.0


class Desk:
    """What a tray needs, and a way to have it see another answer of the server."""

    def __init__(
        self, folder: Path, bus: Bus, panel: Panel, server: FakeChatGPT, notices: NoticeServer
    ) -> None:
        home = make_home(folder / "codex", base=server.base)
        self.environ = {
            **os.environ,
            **bus.environ,
            "HOME": str(folder),
            "CODEX_HOME": str(home),
            "CLAUDE_CONFIG_DIR": str(folder / "claude"),
            "TANKFUL_HOME": str(folder / "own"),
            "TZ": "UTC",
        }
        self.panel = panel
        self.server = server
        self.notices = notices
        self._ends = int(time.time()) + 89 * 60

    def says(self, used: float, weekly: float = 62.0) -> None:
        """What the server says from now on, and the tray gets to know through another process."""
        content = usage()
        content["rate_limit"]["primary_window"] |= {"used_percent": used, "reset_at": self._ends}
        content["rate_limit"]["secondary_window"] |= {
            "used_percent": weekly,
            "reset_at": self._ends + 50 * 3600,
        }
        self.server.answer = says(content)

    def set(self, *settings: str) -> None:
        own = Path(self.environ["TANKFUL_HOME"])
        own.mkdir(exist_ok=True)
        (own / "settings.toml").write_text("\n".join(settings))

    def ask(self, how: str = "--refresh") -> str:
        command = [*TANKFUL, "usage", how]
        done = subprocess.run(
            command, env=self.environ, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    def shows(self, text: str) -> None:
        """Until the menu has this number."""
        number = re.compile(rf"(?<!\d){text}")
        until(lambda: any(number.search(line) for line in self.panel.menu()), f"the menu never said {text}")

    def notice(self) -> Asked:
        return self.notices.shown.get(timeout=SOON)

    def no_notice(self) -> bool:
        try:
            self.notices.shown.get(timeout=2.5)
        except Empty:
            return True
        return False


def until(check: Callable[[], bool], otherwise: str) -> None:
    ends = time.monotonic() + SOON
    while not check():
        assert time.monotonic() < ends, otherwise
        time.sleep(0.1)


@pytest.fixture
def desk(tmp_path: Path, need: Callable[..., None]) -> Iterator[Desk]:
    need("dbus-daemon")
    with ExitStack() as stack:
        bus = stack.enter_context(private_bus(tmp_path))
        panel = Panel(bus.environ)
        stack.callback(panel.close)
        panel.start_watching()
        notices = NoticeServer(bus.environ)
        stack.callback(notices.close)
        server = stack.enter_context(fake_chatgpt())
        found = Desk(tmp_path, bus, panel, server, notices)
        found.says(37.0)
        yield found


def tray(desk: Desk, how: str = "--tray") -> Any:
    return started(
        [*TANKFUL, how],
        env=desk.environ,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_it_is_shown_withdrawn_and_not_repeated_by_the_next_process(desk: Desk) -> None:
    with tray(desk) as program:
        desk.panel.wait_for_item()
        desk.shows("63 %")
        assert desk.no_notice(), "a first look is silent"
        desk.says(95.0)
        desk.ask()
        notice = desk.notice()
        assert notice.title == "Codex: 5\N{NO-BREAK SPACE}% of the 5h limit left"
        assert notice.body.startswith("Resets ")
        desk.says(20.0)
        desk.ask()
        assert desk.notices.closed.get(timeout=SOON) == 1
        end(program)
    with tray(desk):
        desk.panel.wait_for_item()
        desk.shows("80 %")
        desk.says(96.0)
        desk.ask()
        desk.shows("4 %")
        assert desk.no_notice()
        desk.says(100.0)
        desk.ask()
        assert desk.notice().title == "Codex: the 5h limit is used up"


def test_a_tray_that_was_stopped_for_a_while_shows_one_notice(desk: Desk) -> None:
    with tray(desk) as program:
        desk.panel.wait_for_item()
        desk.shows("63 %")
        os.kill(program.pid, signal.SIGSTOP)
        for used in (92.0, 20.0, 95.0, 100.0):
            desk.says(used)
            desk.ask()
        os.kill(program.pid, signal.SIGCONT)
        assert desk.notice().title == "Codex: the 5h limit is used up"
        assert desk.no_notice()


def test_what_an_open_menu_shows_needs_no_notice(desk: Desk) -> None:
    with tray(desk):
        desk.panel.wait_for_item()
        desk.shows("63 %")
        desk.panel.call(MENU_PATH, MENU, "AboutToShow", "i", 0)
        desk.says(95.0)
        desk.ask()
        desk.shows("5 %")
        assert desk.no_notice()
        desk.panel.call(MENU_PATH, MENU, "Event", "isvu", 0, "closed", ("i", 0), 0)
        desk.says(100.0)
        desk.ask()
        assert desk.notice().title == "Codex: the 5h limit is used up"


def test_a_mute_from_the_menu_holds_over_a_restart_until_it_is_taken_back(desk: Desk) -> None:
    with tray(desk) as program:
        desk.panel.wait_for_item()
        desk.shows("63 %")
        desk.panel.click("For an hour")
        desk.shows("Notices muted until ")
        desk.says(95.0)
        desk.ask()
        desk.shows("5 %")
        assert desk.no_notice()
        end(program)
    with tray(desk):
        desk.panel.wait_for_item()
        desk.shows("Notices muted until ")
        desk.shows("5 %")
        desk.says(100.0)
        desk.ask()
        desk.shows("0 %")
        assert desk.no_notice()
        labels = [str(properties.get("label", "")) for _id, properties in desk.panel.rows()]
        desk.panel.click(next(label for label in labels if label.startswith("Notices muted")))
        assert desk.notice().title == "Codex: the 5h limit is used up"


def test_without_a_tray_a_program_of_ones_own_gets_them(desk: Desk, tmp_path: Path) -> None:
    program = tmp_path / "on notice"
    program.write_text(f'#!/bin/sh\ncat > "{tmp_path}/part" && mv "{tmp_path}/part" "{tmp_path}/notice"\n')
    program.chmod(0o755)
    own = tmp_path / "own"
    own.mkdir()
    (own / "settings.toml").write_text(f"[notify]\ncommand = \"'{program}'\"\n")
    with tray(desk, "--headless"):
        until(lambda: "63 % left" in desk.ask("--cached"), "nothing was published")
        desk.says(95.0)
        desk.ask("--refresh")
        until((tmp_path / "notice").exists, "the program was not run")
    found = json.loads((tmp_path / "notice").read_text())
    assert (found["kind"], found["provider"], found["window"]) == ("at_10", "codex", "session")
    assert desk.no_notice()


def test_a_share_of_the_week_that_is_nearly_spent(desk: Desk) -> None:
    desk.set("[budget]", 'week = "80%"')
    with tray(desk):
        desk.panel.wait_for_item()
        desk.shows("Weekly budget  ·  Codex 62 of 80 %")
        desk.says(37.0, weekly=66.0)
        desk.ask()
        notice = desk.notice()
        assert notice.title == "Codex: the weekly budget is nearly used up"
        assert notice.body.startswith("Used so far: 66 of 80\N{NO-BREAK SPACE}% of the weekly limit. Resets ")
        desk.set("[budget]", "week = 1000")
        assert desk.notices.closed.get(timeout=SOON) == 1, "it no longer holds"
        desk.shows("Weekly budget  ·  ")


def test_a_day_s_dollars_that_are_spent(desk: Desk, tmp_path: Path) -> None:
    desk.set("[budget]", "day = 0.01")
    with tray(desk):
        desk.panel.wait_for_item()
        desk.shows(re.escape("Daily budget  ·  ≈ $0.00 of $0.01"))
        logs = ROOT / "tests/fixtures/codex/0.169.0/plain/home/sessions"
        shutil.copytree(logs, tmp_path / "codex/sessions")
        for path in (tmp_path / "codex/sessions").rglob("*.jsonl"):
            today = time.strftime("%Y-%m-%d", time.gmtime())
            path.write_text(path.read_text().replace("2026-11-20T", f"{today}T"))
        subprocess.run(
            [*TANKFUL, "cost"], env=desk.environ, cwd=ROOT, check=True, capture_output=True, timeout=60
        )
        notice = desk.notice()
        assert notice.title == "The daily budget is used up"
        assert notice.body.endswith(" of $0.01 at API prices. Resets at midnight.")


def test_a_click_on_a_notice_opens_the_page(desk: Desk, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("xdg-open", "gio"):
        (tools / name).write_text(f'#!/bin/sh\necho "$@" >> "{opened}"\n')
        (tools / name).chmod(0o755)
    desk.environ["PATH"] = f"{tools}{os.pathsep}{os.environ['PATH']}"
    with tray(desk):
        desk.panel.wait_for_item()
        desk.shows("63 %")
        desk.says(100.0)
        desk.ask()
        desk.notices.invoke(1, to=desk.notice().sender)
        until(lambda: opened.exists() and opened.read_text().endswith("\n"), "nothing was opened")
        assert "https://chatgpt.com/codex/settings/usage" in opened.read_text()
