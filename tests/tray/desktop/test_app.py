"""The tray's loop, with a face that only remembers what it was shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from providers.domain.limits import UsageSnapshot
from providers.host.files import own_folders
from providers.host.holder import WaitListener
from providers.ledger.database import LedgerError
from providers.setting import Bool, Menu, Setting
from tests.fake_chatgpt import FakeChatGPT, says, usage_now, waits_for
from tests.homes import NOW, make_home
from tests.tray.view.test_menu import PRO
from tray.desktop.app import App
from tray.desktop.autostart.login_item import AutostartError, LoginItem, LoginItemStatus
from tray.desktop.autostart.switch import LoginSwitch
from tray.desktop.icon import Shown
from tray.engine.costs import Costs
from tray.engine.engine import Engine
from tray.engine.notices.notice import Notice
from tray.engine.schedule import Periods
from tray.engine.scope import Scope
from tray.engine.settings_table import SETTINGS, Table
from tray.engine.state import State
from tray.view import settings_text
from tray.view.rows import Action, walk

if TYPE_CHECKING:
    from tray.view.rows import Row

DEADLINE = 10.0
FAST = Periods(look=timedelta(milliseconds=20), tick=timedelta(milliseconds=20))


class FakeFace:
    def __init__(
        self,
        choose: Callable[[Action], None],
        on_ready: Callable[[], None],
        on_menu: Callable[[bool], None],
    ) -> None:
        self.choose = choose
        self.on_menu = on_menu
        self._stopped = threading.Event()
        self._changed = threading.Condition()
        self.texts: list[list[str]] = []
        self.checked: dict[str, bool] = {}  # starting at login, in the newest menu
        self.rows: tuple[Row, ...] = ()
        self.notices: list[Notice] = []
        self.withdrawn: list[str] = []

    def show(self, shown: Shown) -> None:
        assert all(icon.draw(22).size == (22, 22) for icon in shown.icons)
        rows = shown.rows
        with self._changed:
            self.texts.append([row.text for row in walk(rows)])
            self.checked = {row.text: bool(row.checked) for row in walk(rows) if row.key == "autostart"}
            self.rows = rows
            self._changed.notify_all()

    def notify(self, notice: Notice) -> None:
        with self._changed:
            self.notices.append(notice)
            self._changed.notify_all()

    def withdraw(self, key: str) -> None:
        with self._changed:
            self.withdrawn.append(key)
            self._changed.notify_all()

    def show_text(self, title: str, body: str) -> None:
        self.notify(Notice(key="text", title=title, body=body))

    def run(self) -> None:
        self._stopped.wait()

    def stop(self) -> None:
        self._stopped.set()

    def wait_for(self, text: str, since: int = 0) -> int:
        """Until a menu with this text is shown; how many menus there were by then."""
        with self._changed:
            found = self._changed.wait_for(
                lambda: any(text in line for menu in self.texts[since:] for line in menu), DEADLINE
            )
            assert found, self.texts[-1]
            return len(self.texts)

    def wait_until_absent(self, text: str) -> None:
        """Until the newest menu no longer has this text."""
        with self._changed:
            assert self._changed.wait_for(lambda: not any(text in line for line in self.texts[-1]), DEADLINE)


class Tray:
    """An app that runs in a thread, with handles on what it talks to."""

    def __init__(
        self,
        engine: Engine,
        redraw_every: timedelta = timedelta(minutes=1),
        item: LoginItem | None = None,
    ) -> None:
        self.face: FakeFace | None = None
        self.app = App(engine, self._open, login=LoginSwitch(item), redraw_every=redraw_every)
        self._thread = threading.Thread(target=self.app.run, daemon=True)  # a failed test leaves it

    def _open(
        self,
        choose: Callable[[Action], None],
        ready: Callable[[], None],
        on_menu: Callable[[bool], None],
    ) -> FakeFace:
        self.face = FakeFace(choose, ready, on_menu)
        return self.face

    def start(self) -> FakeFace:
        self._thread.start()
        assert self.face is not None
        return self.face

    def end(self) -> None:
        assert self.face is not None
        self.face.stop()
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive()
        names = {thread.name for thread in threading.enumerate()}
        assert names.isdisjoint({"engine", "watch", "redraw", "listener", "count"})


def engine(folder: Path, server: FakeChatGPT, costs: Costs | None = None, table: Table = SETTINGS) -> Engine:
    environ = {
        "CODEX_HOME": str(make_home(folder / "codex", base=server.base)),
        "CLAUDE_CONFIG_DIR": str(folder / "claude"),
        "TANKFUL_HOME": str(folder / "own"),
    }
    scope = Scope(environ, own_folders(environ), ZoneInfo("UTC"), table=table)
    return Engine(scope, costs=costs, periods=FAST)


@pytest.fixture
def tray(tmp_path: Path, server: FakeChatGPT) -> Iterator[Tray]:
    running = Tray(engine(tmp_path, server))
    yield running
    running.end()


def test_the_menu_fills_in(tray: Tray) -> None:
    face = tray.start()
    face.wait_for("63 %  5h")
    face.wait_for("No logs yet")
    assert face.texts[0][0] == "Loading…"


def test_refresh_asks_at_once_and_quit_ends(tray: Tray, server: FakeChatGPT) -> None:
    face = tray.start()
    seen = face.wait_for("63 %  5h")
    until(lambda: any(text.startswith("Refresh now") for text in face.texts[-1]))
    seen = len(face.texts)
    changed = usage_now()
    changed["rate_limit"]["primary_window"]["used_percent"] = 50.0
    server.answer = says(changed)
    face.choose(Action("refresh"))
    face.wait_for("Refreshing…", seen)
    face.wait_for("50 %  5h", seen)
    face.choose(Action("quit"))


def test_a_click_that_fails_is_no_end(tray: Tray, caplog: pytest.LogCaptureFixture) -> None:
    face = tray.start()
    face.wait_for("63 %")
    face.choose(Action("open", "usage:codex"))  # no program opens pages here
    assert "The page is https://" in face.notices[-1].body
    face.choose(Action("nonsense"))
    assert "the action nonsense failed: KeyError" in caplog.text
    face.choose(Action("set", "display.used=true"))
    face.wait_for("37 %")


def test_a_slow_server_holds_up_neither_the_menu_nor_quit(
    tmp_path: Path, server: FakeChatGPT, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tray.engine.engine._LINGER_SECONDS", 1.0)  # as it is outside of these tests
    before = threading.active_count()
    done = threading.Event()
    server.answer = waits_for(done)
    tray = Tray(engine(tmp_path, server))
    face = tray.start()
    face.wait_for("No logs yet")
    began = time.monotonic()
    face.stop()
    tray._thread.join(DEADLINE)
    assert time.monotonic() - began < 5
    done.set()
    until(lambda: threading.active_count() == before)  # the request ends after the tray, by design


def test_what_was_known_is_there_before_any_answer(tmp_path: Path, server: FakeChatGPT) -> None:
    first = Tray(engine(tmp_path, server))
    first.start().wait_for("63 %  5h")
    first.end()
    server.answer = lambda _: time.sleep(0.5)
    second = Tray(engine(tmp_path, server))
    second.start().wait_for("63 %  5h")
    second.end()


def test_settings_that_were_written_count_at_once(tmp_path: Path, server: FakeChatGPT) -> None:
    tray = Tray(engine(tmp_path, server))
    face = tray.start()
    face.wait_for("63 %  5h")
    settings = tmp_path / "own/settings.toml"
    settings.write_text("[providers.codex]\nenabled = 'no'\n")
    face.wait_for("`enabled` should be true or false")
    settings.write_text("[providers.codex]\nenabled = false\n")
    face.wait_until_absent("63 %  5h")
    settings.unlink()
    face.wait_for("63 %  5h", len(face.texts))
    tray.end()


def test_a_provider_is_switched_off_and_on_by_a_click(tray: Tray, tmp_path: Path) -> None:
    face = tray.start()
    face.wait_for("63 %  5h")
    face.choose(clicked(face, "set:providers.codex.enabled"))
    face.wait_until_absent("63 %  5h")
    assert "enabled = false" in (tmp_path / "own/settings.toml").read_text()
    face.choose(clicked(face, "set:providers.codex.enabled"))
    face.wait_for("63 %  5h", len(face.texts))


def test_a_new_setting_with_a_toggle_is_a_line(tmp_path: Path, server: FakeChatGPT) -> None:
    sound = Setting("sound", Bool(), False, "Play a sound.", menu=Menu(text="Sound"))
    running = engine(tmp_path, server, table=(*SETTINGS, sound))
    tray = Tray(running)
    face = tray.start()
    face.wait_for("63 %  5h")
    assert "sound " in settings_text.table(running.snapshot.settings, running.scope.settings_file)
    face.choose(clicked(face, "set:sound"))
    until(lambda: running.snapshot.settings.get(sound))
    assert (tmp_path / "own/settings.toml").read_text().endswith("sound = true\n")
    until(lambda: next(row for row in walk(face.rows) if row.key == "set:sound").checked is True)
    tray.end()


def clicked(face: FakeFace, key: str) -> Action:
    """What a click on the row with this key asks for, once it is there."""
    until(lambda: any(row.key == key for row in walk(face.rows)))
    (action,) = (row.action for row in walk(face.rows) if row.key == key)
    assert action is not None
    return action


class FakeCosts(Costs):
    """A count controlled by the test."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self.counts = 0
        self.fault: Exception | None = None
        self.shares: tuple[float, ...] = ()

    def count(
        self, progress: Callable[[float], None] | None = None, waiting: WaitListener | None = None
    ) -> None:
        self.counts += 1
        for share in self.shares:
            assert progress is not None
            progress(share)
        if self.fault:
            raise self.fault


def with_costs(folder: Path, server: FakeChatGPT) -> tuple[Tray, FakeCosts]:
    made = engine(folder, server)
    costs = FakeCosts(made.scope)
    return Tray(engine(folder, server, costs)), costs


def test_a_ledger_that_cannot_be_used_is_reported_until_it_works(tmp_path: Path, server: FakeChatGPT) -> None:
    tray, costs = with_costs(tmp_path, server)
    costs.fault = LedgerError("The disk is full: make room.")
    face = tray.start()
    face.wait_for("The disk is full: make room.")
    costs.fault = None
    face.choose(Action("refresh"))
    face.wait_until_absent("The disk is full")
    tray.end()


def test_a_fault_in_a_count_does_not_end_the_next_ones(
    tmp_path: Path, server: FakeChatGPT, caplog: pytest.LogCaptureFixture
) -> None:
    tray, costs = with_costs(tmp_path, server)
    costs.fault = ZeroDivisionError("access-secret")
    face = tray.start()
    face.wait_for("63 %  5h")
    until(lambda: costs.counts == 1)
    face.wait_until_absent("counting")
    face.choose(Action("refresh"))
    until(lambda: costs.counts == 2)
    tray.end()
    assert "could not count: ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


def test_progress_is_shown_twice_a_second_at_most(tmp_path: Path, server: FakeChatGPT) -> None:
    tray, costs = with_costs(tmp_path, server)
    costs.shares = (0.34, 0.35, 0.36)
    face = tray.start()
    face.wait_for("63 %  5h")
    seen = len(face.texts)
    face.choose(Action("refresh"))
    until(lambda: costs.counts == 2)
    face.wait_until_absent("counting")
    tray.end()
    shown = {line.split("counting ")[1] for menu in face.texts[seen:] for line in menu if "counting " in line}
    assert shown <= {"34 %", "…"}


def test_ages_and_countdowns_go_on_while_nothing_changes(tmp_path: Path, server: FakeChatGPT) -> None:
    tray = Tray(engine(tmp_path, server), redraw_every=timedelta(milliseconds=20))
    face = tray.start()
    face.wait_for("63 %  5h")
    face.wait_for("No logs yet")
    time.sleep(0.2)
    seen = len(face.texts)
    until(lambda: len(face.texts) > seen + 3)
    tray.end()


def until(check: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not check():
        assert time.monotonic() < end
        time.sleep(0.002)


class FakeLoginItem:
    """A login item in memory."""

    def __init__(self) -> None:
        self.on = False
        self.refuses = False
        self.may_answer = threading.Event()
        self.may_answer.set()

    def status(self) -> LoginItemStatus:
        self.may_answer.wait(DEADLINE)
        return LoginItemStatus("on" if self.on else "off", self.on)

    def switch_on(self) -> str:
        return self._switch(on=True)

    def switch_off(self) -> str:
        return self._switch(on=False)

    def _switch(self, *, on: bool) -> str:
        if self.refuses:
            raise AutostartError("The folder cannot be written.")
        self.on = on
        return ""


def test_starting_at_login_is_switched_in_the_menu(tmp_path: Path, server: FakeChatGPT) -> None:
    item = FakeLoginItem()
    tray = Tray(engine(tmp_path, server), item=item)
    face = tray.start()
    face.wait_for("Start at login")
    assert face.checked == {"Start at login": False}
    face.choose(Action("autostart", "on"))
    assert (item.on, face.checked) == (True, {"Start at login": True})
    item.refuses = True
    face.choose(Action("autostart", "off"))
    assert face.checked == {"Start at login": True}
    face.wait_for("The folder cannot be written.")
    item.refuses = False
    face.choose(Action("autostart", "off"))
    assert face.checked == {"Start at login": False}
    face.wait_until_absent("The folder cannot be written.")
    tray.end()


def test_the_toggle_follows_what_others_do(tmp_path: Path, server: FakeChatGPT) -> None:
    item = FakeLoginItem()
    tray = Tray(engine(tmp_path, server), redraw_every=timedelta(milliseconds=20), item=item)
    face = tray.start()
    face.wait_for("Start at login")
    item.on = True
    until(lambda: face.checked == {"Start at login": True})
    tray.end()


def test_a_disk_that_hangs_holds_up_no_menu(tmp_path: Path, server: FakeChatGPT) -> None:
    item = FakeLoginItem()
    item.may_answer.clear()
    tray = Tray(engine(tmp_path, server), item=item)
    face = tray.start()
    face.wait_for("63 %  5h")
    assert face.checked == {}
    item.may_answer.set()
    face.wait_for("Start at login")
    tray.end()


def test_where_it_cannot_start_at_login_there_is_no_toggle(tray: Tray) -> None:
    face = tray.start()
    face.wait_for("63 %  5h")
    face.choose(Action("autostart", "on"))
    assert "Start at login" not in face.texts[-1]


def test_an_older_menu_is_never_drawn_last(tmp_path: Path, server: FakeChatGPT) -> None:
    """The first to draw is held while it shows; the one with the news must come after it."""
    tray = Tray(engine(tmp_path, server))
    face = tray.face
    assert face is not None
    drawing, go_on = threading.Event(), threading.Event()
    show = face.show

    def slow(shown: Shown) -> None:
        if not drawing.is_set():
            drawing.set()
            go_on.wait(DEADLINE)
        show(shown)

    face.show = slow  # type: ignore[method-assign]
    old = threading.Thread(target=tray.app._draw)
    old.start()
    assert drawing.wait(DEADLINE)
    tray.app._engine._state = State(snapshot=UsageSnapshot(generated_at=NOW, accounts=(PRO,)))
    new = threading.Thread(target=tray.app._draw)
    new.start()
    new.join(0.2)
    go_on.set()
    for thread in (old, new):
        thread.join(DEADLINE)
    assert face.texts[0][0] == "Loading…"
    assert "Codex" in face.texts[-1][0]
