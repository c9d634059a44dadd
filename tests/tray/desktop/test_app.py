"""The tray's loop, with a face that only remembers what it was shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from providers.domain.limits import UsageSnapshot
from providers.host.files import own_folders
from providers.ledger.database import LedgerTrouble
from providers.polling.poll import Mode
from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says, usage_now, waits_for
from tests.homes import make_home
from tests.tray.view.test_menu import COST, PRO
from tray.desktop import app as tray_app
from tray.desktop.app import App
from tray.engine.gauge import Gauge
from tray.engine.settings import Settings
from tray.view.rows import Action

if TYPE_CHECKING:
    from PIL.Image import Image

    from tray.view.rows import Row

DEADLINE = 10.0
TICK = timedelta(milliseconds=5)


class FakeFace:
    def __init__(self, choose: Callable[[Action], None], on_ready: Callable[[], None]) -> None:
        self.choose = choose
        self._stopped = threading.Event()
        self._changed = threading.Condition()
        self.texts: list[list[str]] = []

    def show(self, draw: Callable[[int], Image], title: str, rows: tuple[Row, ...]) -> None:
        assert draw(22).size == (22, 22)
        with self._changed:
            self.texts.append([row.text for row in rows])
            self._changed.notify_all()

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

    def wait_until_gone(self, text: str) -> None:
        """Until the newest menu no longer has this text."""
        with self._changed:
            assert self._changed.wait_for(lambda: not any(text in line for line in self.texts[-1]), DEADLINE)


class FakeGauge:
    """A clock that the test turns, and notes of what was asked."""

    zone = ZoneInfo("Europe/Berlin")

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self.looks: list[Mode] = []
        self.counts = 0
        self.cost = COST
        self.shares: tuple[float, ...] = ()
        self.fault: Exception | None = None
        self.set = Settings()

    def settings(self) -> Settings:
        return self.set

    def clock(self) -> datetime:
        return self.now

    def usage(self, mode: Mode) -> UsageSnapshot:
        self.looks.append(mode)
        return UsageSnapshot(generated_at=self.now, accounts=(PRO,))

    def with_costs(self, snapshot: UsageSnapshot) -> UsageSnapshot:
        return replace(snapshot, accounts=tuple(replace(each, cost=self.cost) for each in snapshot.accounts))

    def count(self, tell: Callable[[float], None]) -> None:
        self.counts += 1
        if self.fault:
            raise self.fault
        for share in self.shares:
            tell(share)


class Tray:
    """An app that runs in a thread, with handles on what it talks to."""

    def __init__(self, gauge: tray_app.Gauge, chance: float = 0.0, **periods: timedelta) -> None:
        self.face: FakeFace | None = None
        self.app = App(gauge, self._open, chance=lambda: chance, **periods)
        self._thread = threading.Thread(target=self.app.run)

    def _open(self, choose: Callable[[Action], None], ready: Callable[[], None]) -> FakeFace:
        self.face = FakeFace(choose, ready)
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
        assert {thread.name for thread in threading.enumerate()}.isdisjoint({"watch", "count"})


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        fake.answer = says(usage_now())
        yield fake


def gauge(folder: Path, server: FakeChatGPT) -> Gauge:
    environ = {
        "CODEX_HOME": str(make_home(folder / "codex", base=server.base)),
        "CLAUDE_CONFIG_DIR": str(folder / "claude"),
        "TANKFUL_HOME": str(folder / "own"),
    }
    return Gauge(environ, own_folders(environ), ZoneInfo("UTC"))


@pytest.fixture
def tray(tmp_path: Path, server: FakeChatGPT) -> Iterator[Tray]:
    running = Tray(gauge(tmp_path, server))
    yield running
    running.end()


def test_the_menu_fills_in(tray: Tray) -> None:
    face = tray.start()
    face.wait_for("63 % left")
    face.wait_for("No logs yet")
    assert face.texts[0][0] == "Reading …"


def test_refresh_asks_at_once_and_quit_ends(tray: Tray, server: FakeChatGPT) -> None:
    face = tray.start()
    seen = face.wait_for("63 % left")
    face.wait_for("Refresh now", seen - 1)
    changed = usage_now()
    changed["rate_limit"]["primary_window"]["used_percent"] = 50.0
    server.answer = says(changed)
    face.choose(Action("refresh"))
    face.wait_for("Refreshing …", seen)
    face.wait_for("50 % left", seen)
    face.choose(Action("quit"))


def test_a_slow_server_holds_up_neither_the_menu_nor_quit(tmp_path: Path, server: FakeChatGPT) -> None:
    before = threading.active_count()
    done = threading.Event()
    server.answer = waits_for(done)
    tray = Tray(gauge(tmp_path, server))
    face = tray.start()
    face.wait_for("No logs yet")
    began = time.monotonic()
    face.stop()
    tray._thread.join(DEADLINE)
    assert time.monotonic() - began < 5
    done.set()
    until(lambda: threading.active_count() == before)  # the request ends after the tray, by design


def test_a_fault_in_one_round_does_not_end_the_others(caplog: pytest.LogCaptureFixture) -> None:
    fake = FakeGauge()
    fake.fault = ZeroDivisionError("access-secret")
    tray = Tray(fake, tick=TICK)
    tray.start().wait_for("63 % left")
    until(lambda: fake.counts == 1)
    fake.now += timedelta(minutes=6)
    until(lambda: fake.counts == 2)
    tray.end()
    assert "could not count: ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


def test_what_was_known_is_there_before_any_answer(tmp_path: Path, server: FakeChatGPT) -> None:
    first = Tray(gauge(tmp_path, server))
    first.start().wait_for("63 % left")
    first.end()
    server.answer = lambda _: time.sleep(0.5)
    second = Tray(gauge(tmp_path, server))
    second.start().wait_for("63 % left")
    second.end()


def test_settings_that_were_written_count_at_once(tmp_path: Path, server: FakeChatGPT) -> None:
    tray = Tray(gauge(tmp_path, server), tick=TICK)
    face = tray.start()
    face.wait_for("63 % left")
    settings = tmp_path / "own/settings.toml"
    settings.write_text("[providers.codex]\nenabled = 'no'\n")
    face.wait_for("`enabled` should be true or false")
    settings.write_text("[providers.codex]\nenabled = false\n")
    face.wait_until_gone("63 % left")
    settings.unlink()
    face.wait_for("63 % left", len(face.texts))
    tray.end()


@pytest.mark.parametrize(("chance", "minutes"), [(0.0, 5.0), (1.0, 5.5)])
def test_polls_drift_by_chance(chance: float, minutes: float) -> None:
    fake = FakeGauge()
    tray = Tray(fake, chance, tick=TICK)
    tray.start().wait_for("63 % left")
    until(lambda: fake.looks == ["cached", "due"])
    fake.now += timedelta(minutes=minutes - 0.01)
    time.sleep(10 * TICK.total_seconds())
    assert len(fake.looks) == 2
    fake.now += timedelta(minutes=0.02)
    until(lambda: len(fake.looks) == 3)
    tray.end()


def until(check: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not check():
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.fixture
def fake() -> FakeGauge:
    return FakeGauge()


@pytest.fixture
def ticking(fake: FakeGauge) -> Iterator[FakeFace]:
    """The face of a tray that has looked and counted once, and looks at the clock all the time."""
    running = Tray(fake, tick=TICK)
    face = running.start()
    until(lambda: fake.looks == ["cached", "due"] and fake.counts == 1)
    settle(face)
    yield face
    running.end()


def settle(face: FakeFace) -> None:
    """Let a few ticks go by: each draws."""
    seen = len(face.texts)
    until(lambda: len(face.texts) > seen + 6)


def test_it_asks_and_counts_when_that_is_due_and_not_before(fake: FakeGauge, ticking: FakeFace) -> None:
    fake.now += timedelta(minutes=4, seconds=59)
    settle(ticking)
    assert (len(fake.looks), fake.counts) == (2, 1)
    fake.now += timedelta(seconds=1)
    until(lambda: fake.looks[2:] == ["due"] and fake.counts == 2)
    settle(ticking)
    assert (len(fake.looks), fake.counts) == (3, 2)


@pytest.mark.parametrize("jump", [timedelta(hours=9), timedelta(hours=-2)])
def test_a_machine_that_slept_and_a_clock_set_back_are_due_once(
    fake: FakeGauge, ticking: FakeFace, jump: timedelta
) -> None:
    fake.now += jump
    until(lambda: fake.looks[2:] == ["due"] and fake.counts == 2)
    settle(ticking)
    assert (len(fake.looks), fake.counts) == (3, 2)


def test_a_new_day_is_counted_at_once(fake: FakeGauge) -> None:
    fake.now = datetime(2026, 11, 20, 22, 59, tzinfo=UTC)  # one minute before midnight in Berlin
    tray = Tray(fake, tick=TICK)
    face = tray.start()
    until(lambda: len(fake.looks) == 2 and fake.counts == 1)
    settle(face)
    fake.now += timedelta(minutes=1)
    until(lambda: fake.counts == 2)
    settle(face)
    tray.end()
    assert (len(fake.looks), fake.counts) == (2, 2)


def test_periods_can_be_given(fake: FakeGauge) -> None:
    tray = Tray(fake, poll_every=timedelta(hours=2), count_every=timedelta(hours=1), tick=TICK)
    face = tray.start()
    until(lambda: len(fake.looks) == 2 and fake.counts == 1)
    settle(face)
    fake.now += timedelta(minutes=61)
    until(lambda: fake.counts == 2)
    settle(face)
    assert len(fake.looks) == 2
    fake.now += timedelta(minutes=61)
    until(lambda: len(fake.looks) == 3)
    tray.end()


def test_progress_is_shown_twice_a_second_at_most(fake: FakeGauge) -> None:
    fake.cost = replace(COST, complete=False)
    fake.shares = (0.34, 0.35, 0.36)
    tray = Tray(fake)
    # A count that is told of before the first look would show nothing.
    tray.app._look("cached")
    tray.app._count_once()
    face = tray.face
    assert face is not None
    told = {line.split("counting ")[1] for menu in face.texts for line in menu if "counting " in line}
    assert told == {"34 %"}
    assert "counting" not in "".join(face.texts[-1])


def test_a_count_that_never_ends_keeps_no_other_waiting(fake: FakeGauge) -> None:
    held, counting = threading.Event(), threading.Event()

    def count(_tell: Any) -> None:
        counting.set()
        held.wait(DEADLINE)

    fake.count = count  # type: ignore[method-assign, assignment]
    tray = Tray(fake, tick=TICK)
    face = tray.start()
    assert counting.wait(DEADLINE)
    fake.now += timedelta(hours=30)
    until(lambda: len(fake.looks) == 3)
    assert not tray.app._count_wanted.is_set(), "it is counting already"
    settle(face)
    held.set()
    tray.end()


def test_an_older_menu_is_never_drawn_last(fake: FakeGauge) -> None:
    """The first to draw is held while it shows; the one with the news must come after it."""
    tray = Tray(fake)
    face = tray.face
    assert face is not None
    drawing, go_on = threading.Event(), threading.Event()
    show = face.show

    def slow(draw: Any, title: str, rows: Any) -> None:
        if not drawing.is_set():
            drawing.set()
            go_on.wait(DEADLINE)
        show(draw, title, rows)

    face.show = slow  # type: ignore[method-assign]
    old = threading.Thread(target=tray.app._redraw)
    old.start()
    assert drawing.wait(DEADLINE)
    new = threading.Thread(target=tray.app._look, args=("cached",))
    new.start()
    new.join(0.2)
    go_on.set()
    for thread in (old, new):
        thread.join(DEADLINE)
    assert face.texts[0][0] == "Reading …"
    assert "Codex" in face.texts[-1][0]


def test_a_ledger_that_cannot_be_used_is_told_and_then_forgotten(fake: FakeGauge) -> None:
    fake.fault = LedgerTrouble("The disk is full: make room.")
    tray = Tray(fake, tick=TICK)
    face = tray.start()
    face.wait_for("The disk is full: make room.")
    fake.fault = None
    face.choose(Action("refresh"))
    face.wait_until_gone("The disk is full")
    tray.end()
