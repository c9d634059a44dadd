"""The tray's loop, with a face that only remembers what it was shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from providers.codex.oauth import OAuthSource
from providers.codex.recent_limits import RolloutLimits
from providers.models import LogCount
from providers.outside.paths import own_folders
from providers.registry import PROVIDERS
from providers.source import Provider
from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says, usage, waits_for
from tests.homes import make_home
from tray.app import App
from tray.gauge import Gauge

if TYPE_CHECKING:
    from PIL.Image import Image

    from tray.rows import Action, Row

DEADLINE = 10.0


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


class Tray:
    """An app that runs in a thread, with handles on what it talks to."""

    def __init__(self, gauge: Gauge) -> None:
        self.face: FakeFace | None = None
        self.app = App(gauge, self._open)
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
        yield fake


def gauge(folder: Path, server: FakeChatGPT, *providers: Provider) -> Gauge:
    environ = {
        "CODEX_HOME": str(make_home(folder / "codex", base=server.base)),
        "TANKFUL_HOME": str(folder / "own"),
    }
    return Gauge(environ, own_folders(environ), ZoneInfo("UTC"), providers=providers or PROVIDERS)


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
    changed = usage()
    changed["rate_limit"]["primary_window"]["used_percent"] = 50.0
    server.answer = says(changed)
    face.choose("refresh")
    face.wait_for("Refreshing …", seen)
    face.wait_for("50 % left", seen)
    face.choose("quit")


def test_a_slow_server_holds_up_neither_the_menu_nor_quit(tmp_path: Path, server: FakeChatGPT) -> None:
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


def test_a_fault_in_one_round_does_not_end_the_others(
    tmp_path: Path, server: FakeChatGPT, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(*_: object) -> LogCount:
        raise ZeroDivisionError("access-secret")

    (codex,) = PROVIDERS
    broken = Provider(
        id="codex",
        title="Codex",
        interval=codex.interval,
        find_homes=codex.find_homes,
        read_login=codex.read_login,
        sources=(OAuthSource(), RolloutLimits()),
        count=stumble,
    )
    tray = Tray(gauge(tmp_path, server, broken))
    tray.start().wait_for("63 % left")
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
