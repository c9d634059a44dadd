"""tankful itself, as a person starts it, on a real panel."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says, usage
from tests.homes import SECRETS, make_home
from tests.real.panel import PROGRAMS, Panel, Program, until, xfce_panel
from tests.real.pictures import pixels_like, rows_of_menu
from tray.view.icon.draw import PLENTY

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "tests/fixtures/codex/0.169.0/plain/home/sessions"


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        fake.answer = says(answer(37.0))
        yield fake


def answer(used: float) -> dict[str, Any]:
    content = usage()
    now = int(time.time())
    content["rate_limit"]["primary_window"] |= {"used_percent": used, "reset_at": now + 89 * 60}
    content["rate_limit"]["secondary_window"]["reset_at"] = now + 55 * 3600
    return content


@pytest.fixture
def panel(tmp_path: Path, server: FakeChatGPT, need: Callable[..., None]) -> Iterator[Panel]:
    need(*PROGRAMS)
    home = make_home(tmp_path / "codex", base=server.base)
    shutil.copytree(FIXTURE, home / "sessions")
    with xfce_panel(tmp_path / "desk") as opened:
        opened.environ |= {"CODEX_HOME": str(home), "TANKFUL_HOME": str(tmp_path / "own"), "TZ": "UTC"}
        yield opened
    assert opened.left_behind() == []


def tankful(panel: Panel, *arguments: str) -> Program:
    return panel.start(sys.executable, "-m", "tray.cli", *arguments, cwd=ROOT)


def ask(panel: Panel, *arguments: str) -> Any:
    command = [sys.executable, "-m", "tray.cli", "usage", "--json", *arguments]
    done = subprocess.run(command, env=panel.environ, cwd=ROOT, capture_output=True, check=False, timeout=60)
    return json.loads(done.stdout)["providers"][0]


def used(panel: Panel) -> float | None:
    windows = ask(panel, "--cached")["windows"]
    return windows[0]["used_percent"] if windows else None


def test_from_the_icon_to_a_choice(panel: Panel, server: FakeChatGPT, tmp_path: Path) -> None:
    program = tankful(panel)
    until(lambda: used(panel) == 37.0, "the first answer never came")
    menu = panel.click_icon()
    picture = Path(os.environ.get("TANKFUL_SCREENSHOT", tmp_path / "menu.png"))

    def seen() -> bool:
        """The account, its two windows and five rows of actions; above them the icon's green."""
        panel.screenshot(picture)
        with Image.open(picture) as screen:
            rows = rows_of_menu(screen.convert("RGB"), panel.place(menu))
        return len(rows) == 8 and pixels_like(picture, panel.icon(), PLENTY) > 30

    until(seen, "the menu or the icon was not drawn")

    server.answer = says(answer(55.0))
    panel.key("Up", "Up", "Up", "Up", "Up", "Return")  # Refresh now
    until(lambda: used(panel) == 55.0, "Refresh now never asked")
    assert len(server.requests) == 2

    panel.click_icon()
    panel.key("Up", "Return")  # Quit
    assert program.wait() == 0
    assert program.said == []
    kept = "".join(
        path.read_text("utf-8", "replace") for path in (tmp_path / "own").rglob("*") if path.is_file()
    )
    assert not any(secret in kept for secret in SECRETS)


def test_open_dashboard(panel: Panel, tmp_path: Path, need: Callable[..., None]) -> None:
    need("xdg-open")
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> "{opened}"\n')
    browser.chmod(0o755)
    panel.environ |= {"BROWSER": str(browser), "XDG_DATA_DIRS": "/nowhere"}  # no browser of the system
    program = tankful(panel)
    until(lambda: used(panel) == 37.0, "the first answer never came")
    panel.click_icon()
    panel.key("Up", "Up", "Up", "Up", "Return")  # Open dashboard
    until(lambda: opened.exists() and opened.read_text().endswith("\n"), "no browser was started")
    address = opened.read_text().strip()
    keeper = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with keeper.open(address, timeout=10) as answer:
        assert "63 % left" in answer.read().decode()

    panel.click_icon()
    panel.key("Up", "Return")  # Quit
    assert program.wait() == 0
    with pytest.raises(OSError, match="refused"):
        keeper.open(address, timeout=10)


def test_a_second_one_says_so(panel: Panel) -> None:
    first = tankful(panel)
    panel.click_icon()
    command = [sys.executable, "-m", "tray.cli"]
    second = subprocess.run(
        command, env=panel.environ, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert second.returncode == 0
    assert "already running: look for its icon in the tray." in second.stderr
    assert "Codex" in second.stdout
    os.kill(first.process.pid, signal.SIGTERM)
    assert first.wait() == 0
    assert first.said == []


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGHUP])
def test_signals_end_it_quietly(panel: Panel, ending: signal.Signals) -> None:
    program = tankful(panel, "--tray")
    panel.click_icon()
    os.kill(program.process.pid, ending)
    assert program.wait() == 0
    assert program.said == []


def test_it_outlives_the_panel(panel: Panel) -> None:
    program = tankful(panel)
    panel.click_icon()
    panel.programs["xfce4-panel"].stop()
    panel.start("xfce4-panel", "--disable-wm-check")
    panel.click_icon()
    panel.key("Up", "Return")
    assert program.wait() == 0
