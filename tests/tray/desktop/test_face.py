from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from queue import Queue
from typing import Any

import pytest
from msgspec.structs import replace
from PIL import Image

from tests.programs import started
from tests.tray.desktop.conftest import Bus
from tests.tray.desktop.fake_watcher import DEADLINE, Panel
from tests.tray.desktop.showing import one_icon
from tray.desktop.face import TrayFace, open_face, unavailable
from tray.desktop.icon import DesktopClosed, Face, NoDesktop, Shown, TrayClosed
from tray.desktop.linux.pick import choose_kind
from tray.engine.notices.notice import Notice
from tray.view.rows import Action, action_row, text_row

ROWS = (text_row("one", "One"), action_row("quit", "Quit", Action("quit")))


def plum(size: int) -> Image.Image:
    return Image.new("RGBA", (size, size), "plum")


class Scene:
    """A desktop scripted in advance: at which second a bus, a watcher and an old tray appear, if ever."""

    def __init__(
        self,
        *,
        bus: float | None = None,
        watcher: float | None = None,
        tray: float | None = None,
        display: bool = True,
        stop: float = 1000.0,
    ) -> None:
        self.now = 0.0
        self._bus, self._watcher, self._tray = bus, watcher, tray
        self._display = display
        self._stop = stop
        self.looked = 0
        self.reported: list[float] = []

    def watcher(self) -> bool | None:
        self.looked += 1
        return self._there(self._watcher) if self._there(self._bus) else None

    def tray(self) -> bool | None:
        return self._there(self._tray) if self._display else None

    def pause(self, seconds: float) -> bool:
        self.now += seconds
        return self.now >= self._stop

    def choose(self) -> tuple[str | None, float]:
        return choose_kind(self, self.pause, lambda: self.now, self.tell), self.now

    def tell(self) -> None:
        self.reported.append(self.now)

    def _there(self, since: float | None) -> bool:
        return since is not None and self.now >= since


def test_a_watcher_is_taken_at_once() -> None:
    assert Scene(bus=0, watcher=0, tray=0).choose() == ("status notifier", 0)


def test_a_late_watcher_is_given_three_seconds_before_the_old_tray() -> None:
    assert Scene(bus=0, watcher=2, tray=0).choose() == ("status notifier", 2)
    assert Scene(bus=0, tray=0).choose() == ("xembed", 3)
    assert Scene(bus=0, tray=5).choose() == ("xembed", 5)


def test_with_a_display_and_neither_the_watcher_may_come_later() -> None:
    assert Scene(bus=0).choose() == ("status notifier", 10)


def test_without_a_display_only_a_watcher_can_come() -> None:
    assert Scene(bus=0, display=False).choose() == ("status notifier", 5)
    assert Scene(bus=0, display=False, watcher=3).choose() == ("status notifier", 3)


def test_without_a_bus_the_old_tray_is_taken() -> None:
    assert Scene(tray=0).choose() == ("xembed", 0)


def test_without_anything_it_waits_gently_until_stopped() -> None:
    scene = Scene(display=False, stop=600)
    assert scene.choose() == (None, 600)
    assert scene.looked <= 25
    assert Scene(display=False, bus=60, watcher=60).choose() == ("status notifier", 60)
    assert Scene(display=False, bus=60).choose() == ("status notifier", 65)


@pytest.mark.parametrize(
    "scene",
    [
        Scene(display=False, stop=20),
        Scene(stop=20),
        Scene(bus=0, stop=20),
        Scene(bus=0, display=False, stop=20),
    ],
)
def test_a_wait_of_more_than_five_seconds_is_reported(scene: Scene) -> None:
    scene.choose()
    assert scene.reported
    assert 5 <= scene.reported[0] <= 6


def test_a_tray_that_comes_in_time_is_not_waited_for_aloud() -> None:
    for scene in (Scene(bus=0, watcher=4), Scene(bus=0, tray=0), Scene(tray=0), Scene(bus=0, watcher=0)):
        scene.choose()
        assert scene.reported == []


def test_the_wait_is_reported_once_in_a_process() -> None:
    tell = "from tray.desktop.linux.pick import tell_waiting as tell; tell(); tell()"
    done = subprocess.run([sys.executable, "-c", tell], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "No tray found yet; waiting for one.\n")
    closed = subprocess.run(
        ["sh", "-c", f"{sys.executable} -c '{tell}' 2>&-"], capture_output=True, check=True
    )
    assert (closed.stdout, closed.stderr) == (b"", b"")


def test_a_display_that_is_not_there_has_no_tray() -> None:
    # In a process of its own, as Xlib forgets to close the socket that found nobody.
    check = (
        "from tray.desktop.linux.detect import Here as H; print([H({'DISPLAY': d}).tray() for d in DISPLAYS])"
    )
    check = check.replace("DISPLAYS", "(':4711', 'nonsense', '')")
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "[None, None, None]\n"


class There:
    """A desktop at one moment."""

    def __init__(self, watcher: bool | None, tray: bool | None) -> None:
        self._watcher, self._tray = watcher, tray

    def watcher(self) -> bool | None:
        return self._watcher

    def tray(self) -> bool | None:
        return self._tray


@pytest.mark.parametrize("environ", [{"DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "wayland-0"}, {}])
def test_what_makes_a_desktop(environ: dict[str, str]) -> None:
    def reason(watcher: bool | None, tray: bool | None) -> str | None:
        return unavailable(environ, platform="linux", desktop=There(watcher, tray))

    for platform in ("darwin", "win32"):
        assert unavailable(environ, platform=platform) is None
    assert reason(True, None) is None
    assert (reason(False, None) is None) is bool(environ), "on a bus and a display a panel may be on its way"
    assert reason(None, False) is None, "a display that can be opened"
    nothing = reason(None, None)
    assert nothing is not None
    assert "tankful --tray" in nothing
    assert ("the display cannot be opened" in nothing) is bool(environ)


def test_a_dead_display_without_a_bus_is_no_desktop() -> None:
    # In a process of its own, as Xlib forgets to close the socket that found nobody.
    check = "from tray.desktop.face import unavailable; print(unavailable({'DISPLAY': ':4711'}))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("No icon: ")
    assert "although DISPLAY is set" in done.stdout


def test_a_bus_without_a_watcher_is_no_desktop(bus: Bus) -> None:
    with pytest.raises(NoDesktop, match="no tray responds"):
        open_face(lambda _action: None, lambda: None, wait=False, environ=bus.environ)
    panel = Panel(bus.environ)
    panel.start_watching()
    assert unavailable(bus.environ) is None
    panel.close()


class FakeIcon:
    def __init__(self) -> None:
        self.shown: Queue[Shown] = Queue()
        self.notices: Queue[Notice | str] = Queue()
        self.stopped = threading.Event()
        self.closes = False

    def show(self, shown: Shown) -> None:
        self.shown.put(shown)

    def show_notice(self, notice: Notice) -> None:
        self.notices.put(notice)

    def withdraw_notice(self, key: str) -> None:
        self.notices.put(key)

    def run(self, setup: Callable[[Any], None]) -> None:
        thread = threading.Thread(target=setup, args=(self,))
        thread.start()
        self.stopped.wait(DEADLINE)
        thread.join(DEADLINE)
        if self.closes:
            raise TrayClosed

    def stop(self) -> None:
        self.stopped.set()


def test_notices_go_to_the_icon_and_wait_for_the_first() -> None:
    icon = FakeIcon()
    ready = threading.Event()
    face = TrayFace(lambda _pause: icon, ready.set)
    early = Notice(key="a", title="Codex: usable again")
    face.notify(replace(early, title="Codex: used up"))
    face.notify(early)
    face.notify(Notice(key="b", title="Claude: used up"))
    face.withdraw("b")
    loop = threading.Thread(target=face.run)
    loop.start()
    assert ready.wait(DEADLINE)
    face.show_text("Codex", "63 % left")
    face.withdraw("text")
    face.stop()
    loop.join(DEADLINE)
    face.show_text("Codex", "after it ended")
    assert icon.notices.get_nowait() == early
    assert icon.notices.get_nowait() == Notice(key="text", title="Codex", body="63\N{NO-BREAK SPACE}% left")
    assert icon.notices.get_nowait() == "text"
    assert icon.notices.empty()


def test_what_is_withdrawn_between_two_icons_is_withdrawn_by_the_next() -> None:
    first, second = FakeIcon(), FakeIcon()
    ready, between, go_on = threading.Event(), threading.Event(), threading.Event()

    def pick(_pause: Callable[[float], bool]) -> FakeIcon:
        if not ready.is_set():
            return first
        between.set()
        assert go_on.wait(DEADLINE)
        return second

    first.closes = True
    face = TrayFace(pick, ready.set)
    face.notify(Notice(key="a", title="Codex: used up"))
    loop = threading.Thread(target=face.run)
    loop.start()
    assert ready.wait(DEADLINE)
    first.stop()
    assert between.wait(DEADLINE)
    face.withdraw("a")
    go_on.set()
    assert second.notices.get(timeout=DEADLINE) == "a"
    face.stop()
    loop.join(DEADLINE)
    assert not loop.is_alive()


def test_what_was_shown_before_the_icon_is_there_is_shown_once_it_is() -> None:
    icon = FakeIcon()
    ready = threading.Event()
    face = TrayFace(lambda _pause: icon, ready.set)
    face.show(one_icon(ROWS, "one"))
    face.show(one_icon(ROWS, "two"))
    assert icon.shown.empty()
    loop = threading.Thread(target=face.run)
    loop.start()
    assert ready.wait(DEADLINE)
    assert icon.shown.get_nowait() == one_icon(ROWS, "two")
    face.stop()
    loop.join(DEADLINE)
    assert icon.shown.empty()
    face.show(one_icon(ROWS, "after the end"))
    assert icon.shown.empty()


def test_stop_before_run_is_remembered() -> None:
    face = TrayFace(lambda _pause: FakeIcon(), lambda: None)
    face.stop()
    face.run()


def test_stop_ends_the_wait_for_a_desktop() -> None:
    waiting = threading.Event()

    def pick(pause: Callable[[float], bool]) -> None:
        waiting.set()
        assert pause(60)

    face = TrayFace(pick, lambda: None)
    loop = threading.Thread(target=face.run)
    loop.start()
    assert waiting.wait(DEADLINE)
    face.stop()
    loop.join(DEADLINE)
    assert not loop.is_alive()


def test_an_icon_that_ends_by_itself_is_reported() -> None:
    icon = FakeIcon()
    icon.stopped.set()
    with pytest.raises(DesktopClosed):
        TrayFace(lambda _pause: icon, lambda: None).run()


def test_a_face_on_a_bus_is_shown_and_clicked(bus: Bus) -> None:
    chosen: Queue[Action] = Queue()
    ready = threading.Event()
    panel = Panel(bus.environ)
    panel.start_watching()
    face: Face = open_face(chosen.put, ready.set, wait=True, environ=bus.environ)
    face.show(one_icon(ROWS, "title"))
    loop = threading.Thread(target=face.run)
    loop.start()
    assert ready.wait(DEADLINE)
    panel.wait_for_item()
    assert panel.menu() == ["One", "Quit"]
    panel.click("Quit")
    assert chosen.get(timeout=DEADLINE) == Action("quit")
    face.stop()
    loop.join(DEADLINE)
    panel.close()
    assert not loop.is_alive()


SIGNALLED = """
import signal
from tray.cli.tray import _stop_on_signals
from tray.desktop.face import open_face
face = open_face(print, lambda: print("ready", flush=True), wait=True, environ=ENVIRON)
with _stop_on_signals(face.stop):
    if MISSED:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    print("set", flush=True)
    face.run()
print("ended", flush=True)
"""


@pytest.mark.parametrize("missed", [True, False], ids=["missed", "heard"])
@pytest.mark.parametrize("there", [True, False])
def test_a_signal_stops_it(there: bool, missed: bool, bus: Bus) -> None:
    """Also one that the main thread misses, as it does whenever a signal comes just before the thread blocks.

    Blocking the signal there has the same effect each time: another thread takes it and no call is interrupted.
    """
    environ = bus.environ if there else {}
    script = SIGNALLED.replace("ENVIRON", repr(environ)).replace("MISSED", repr(missed))
    panel = Panel(bus.environ)
    panel.start_watching()
    with started(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "set\n"
        if there:
            assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=DEADLINE)
    panel.close()
    assert (out, err, process.returncode) == ("ended\n", "", 0)


def test_importing_the_face_loads_no_toolkit() -> None:
    heavy = "{'pystray', 'jeepney', 'PIL'}"
    check = f"import sys, tray.desktop.face; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
