"""What each action does: with an engine that runs, and tools of the desktop that only remember."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.fake_chatgpt import FakeChatGPT
from tests.tray.desktop.test_app import engine, until
from tests.tray.desktop.test_clipboard import FakeLauncher as Feeding
from tests.tray.desktop.test_opener import FakeLauncher as Opening
from tray.desktop.actions import ACTIONS, ActionFailed, Desk, act
from tray.desktop.autostart.switch import LoginSwitch
from tray.desktop.clipboard import Clipboard, ClipboardTool
from tray.desktop.opener import Opener
from tray.engine.doctor.child import NoReport
from tray.engine.engine import Engine
from tray.view.available import Available
from tray.view.rows import Action


class Tools:
    """A desk, and what was asked of its tools."""

    def __init__(self, folder: Path, server: FakeChatGPT) -> None:
        self.folder, self.server = folder, server
        self.opening, self.feeding = Opening(), Feeding()
        self.shown: list[tuple[str, str]] = []
        self.stopped = self.redrawn = 0
        self.pages: list[str] = []
        self.desk = Desk(
            engine=engine(folder, server),
            opener=Opener(("xdg-open",), self.opening),
            clipboard=Clipboard(ClipboardTool(("xclip",)), self.feeding),
            login=LoginSwitch(None),
            redraw=self._redraw,
            show_text=lambda title, body: self.shown.append((title, body)),
            stop=self._stop,
            make_report=lambda _environ: b"No problems found.\n",
            open_page=lambda: self.pages.append("dashboard"),
        )

    def act(self, name: str, argument: str = "") -> None:
        act(self.desk, Action(name, argument))

    @property
    def opened(self) -> list[str]:
        return [command[-1] for command in self.opening.started]

    def _redraw(self) -> None:
        self.redrawn += 1

    def _stop(self) -> None:
        self.stopped += 1


@pytest.fixture
def tools(tmp_path: Path, server: FakeChatGPT) -> Iterator[Tools]:
    made = Tools(tmp_path, server)
    made.desk.engine.start()
    until(lambda: bool(made.desk.engine.snapshot.snapshot and made.desk.engine.snapshot.snapshot.accounts))
    yield made
    made.desk.engine.close()


def test_pages_of_each_provider(tools: Tools) -> None:
    for provider in tools.desk.engine.scope.providers:
        tools.act("open", f"usage:{provider.id}")
        tools.act("open", f"status:{provider.id}")
        assert tools.opened[-2:] == [provider.links.usage, provider.links.status]
        assert all(address.startswith("https://") for address in tools.opened)


@pytest.mark.parametrize("argument", ["usage:nobody", "usage:", "nothing", "https://evil.example", ""])
def test_no_row_can_open_anything_else(tools: Tools, argument: str) -> None:
    with pytest.raises(LookupError):
        tools.act("open", argument)
    assert tools.opened == []


def test_the_folder_of_the_logs(tools: Tools) -> None:
    with pytest.raises(ActionFailed, match=r"Codex has no logs in .*sessions yet\."):
        tools.act("open", "logs:codex")
    logs = tools.folder / "codex/sessions"
    logs.mkdir()
    (home,) = tools.desk.engine.scope.homes("codex")
    tools.act("open", "logs:codex")
    tools.act("open", f"logs:codex:another,{home.id}")
    assert tools.opened == [str(logs), str(logs)]
    with pytest.raises(ActionFailed, match="no logs"):
        tools.act("open", "logs:codex:another")


def test_a_file_in_the_place_of_the_logs_is_not_opened(tools: Tools) -> None:
    (tools.folder / "codex/sessions").write_text("#!/bin/sh\n")
    with pytest.raises(ActionFailed):
        tools.act("open", "logs:codex")
    assert tools.opened == []


def test_the_settings_are_made_where_there_are_none_and_else_left_alone(tools: Tools) -> None:
    file = tools.desk.engine.scope.settings_file
    tools.act("open", "settings")
    assert "# hide_email = false" in file.read_text()
    assert tools.desk.engine.scope.settings().problem is None
    file.write_text("display.used = true\n")
    tools.act("open", "settings")
    assert file.read_text() == "display.used = true\n"
    assert tools.opened == [str(file), str(file)]


def test_the_report_is_for_its_owner_alone(tools: Tools) -> None:
    tools.act("open", "report")
    (file,) = tools.opened
    assert Path(file).read_bytes() == b"No problems found.\n"
    assert os.name == "nt" or stat.S_IMODE(Path(file).stat().st_mode) == 0o600


def test_a_report_that_is_on_its_way_is_not_made_twice(tools: Tools) -> None:
    began, go_on, made = threading.Event(), threading.Event(), []

    def slow(_environ: Mapping[str, str]) -> bytes:
        made.append(1)
        began.set()
        go_on.wait(10)
        return b"text"

    tools.desk = replace(tools.desk, make_report=slow)
    first = threading.Thread(target=tools.act, args=("open", "report"))
    first.start()
    assert began.wait(10)
    tools.act("open", "report")
    go_on.set()
    first.join(10)
    assert (made, len(tools.opened)) == ([1], 1)


def test_a_report_that_cannot_be_made_is_a_sentence(tools: Tools) -> None:
    def none(_environ: Mapping[str, str]) -> bytes:
        raise NoReport("The report could not be made.")

    tools.desk = replace(tools.desk, make_report=none)
    for _ in range(2):
        with pytest.raises(ActionFailed, match="could not be made"):
            tools.act("open", "report")


def test_a_full_disk_is_a_sentence(tools: Tools) -> None:
    (tools.folder / "own/state/report.txt").mkdir()
    with pytest.raises(ActionFailed, match=r"report\.txt cannot be written"):
        tools.act("open", "report")


def test_the_summary_is_copied(tools: Tools) -> None:
    until(lambda: "63 % left" in _text(tools))
    tools.act("copy", "summary")
    ((_command, data, _extra),) = tools.feeding.fed
    assert "63 % left" in data.decode()
    tools.feeding.code = 1
    with pytest.raises(ActionFailed, match="could not be copied"):
        tools.act("copy", "summary")


def _text(tools: Tools) -> str:
    tools.act("show")
    return tools.shown[-1][1]


def test_without_notices_a_click_opens_our_page_or_that_of_the_tightest_account(tools: Tools) -> None:
    until(lambda: "63 % left" in _text(tools))
    shown = len(tools.shown)
    tools.desk = replace(tools.desk, can_notify=lambda: False)
    tools.act("show")
    assert (tools.pages, tools.opened, len(tools.shown)) == (["dashboard"], [], shown)
    tools.desk = replace(tools.desk, open_page=None)
    tools.act("show")
    (codex,) = (each for each in tools.desk.engine.scope.providers if each.id == "codex")
    assert (tools.opened, len(tools.shown)) == ([codex.links.usage], shown)


def _is_at_rest(engine: Engine, muted: datetime) -> bool:
    return engine.snapshot.muted_until == muted and not engine.snapshot.refreshing


def test_a_click_that_shows_the_values_is_no_refresh(tools: Tools) -> None:
    until(lambda: "63 % left" in _text(tools) and not tools.desk.engine.snapshot.refreshing)
    asked, engine = len(tools.server.requests), tools.desk.engine
    for minute in range(3):
        tools.act("show")
        muted = datetime(2026, 11, 20, 12, minute, tzinfo=UTC)
        engine.mute(muted)  # a barrier: what was asked for before has begun by then
        until(partial(_is_at_rest, engine, muted))
    assert len(tools.server.requests) == asked


def test_what_works_here(tools: Tools) -> None:
    assert tools.desk.available == Available(copy=True, open=True, page=True, front=False)
    bare = replace(tools.desk, clipboard=None, opener=Opener(None, tools.opening))
    assert bare.available == Available(copy=False, open=False, page=False, front=False)
    with pytest.raises(ActionFailed, match="wl-clipboard"):
        act(bare, Action("copy", "summary"))


@pytest.mark.parametrize(
    ("name", "until_of"),
    [("pause", lambda state: state.paused_until), ("mute", lambda state: state.muted_until)],
)
def test_for_an_hour_and_no_longer(
    tools: Tools, name: str, until_of: Callable[[object], datetime | None]
) -> None:
    engine = tools.desk.engine
    before = engine.scope.clock()
    tools.act(name, "60")
    until(lambda: until_of(engine.snapshot) is not None)
    ends = until_of(engine.snapshot)
    assert ends is not None
    assert timedelta(0) <= ends - before - timedelta(hours=1) < timedelta(seconds=10)
    tools.act(name)
    until(lambda: until_of(engine.snapshot) is None)


def test_mute_until_the_reset(tools: Tools) -> None:
    engine = tools.desk.engine
    until(lambda: "63 % left" in _text(tools))
    tools.act("mute", "reset")
    until(lambda: engine.snapshot.muted_until is not None)
    assert engine.snapshot.snapshot is not None
    (account,) = (each for each in engine.snapshot.snapshot.accounts if each.windows)
    assert engine.snapshot.muted_until == account.windows[0].value.resets_at


def test_refresh_ends_with_its_time(tools: Tools) -> None:
    tools.act("refresh")
    until(lambda: tools.desk.engine.snapshot.refreshed is not None)


def test_settings_are_set_and_the_rest_is_called(tools: Tools) -> None:
    tools.act("set", "display.hide_email=true")
    until(lambda: "hide_email = true" in _read(tools.desk.engine.scope.settings_file))
    tools.act("autostart", "on")
    tools.act("quit")
    assert (tools.redrawn, tools.stopped) == (1, 1)


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


@pytest.mark.parametrize(("name", "argument"), [("rm", ""), ("pause", "soon"), ("mute", "x")])
def test_what_no_row_asks_for_is_a_fault(tools: Tools, name: str, argument: str) -> None:
    with pytest.raises((LookupError, ValueError)):
        tools.act(name, argument)


def test_every_action_has_a_line() -> None:
    assert set(ACTIONS) >= {"refresh", "open", "copy", "pause", "mute", "set", "autostart", "quit", "show"}
