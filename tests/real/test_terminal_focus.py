"""Real terminals on a real display: which one the person looks at."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.domain.live import LiveSession, SessionsLook, SessionStatus
from tests.real.panel import until
from tests.real.test_terminals import PROGRAMS, Terminals, desktop
from tests.tray.engine.notices.states import ZONE
from tray.desktop.terminals.focus import is_focused
from tray.desktop.terminals.tools import system_tools
from tray.engine.notices.sessions.due import sessions_due
from tray.engine.notices.sessions.kinds import SETTLES
from tray.engine.notices.sessions.memory import SessionMemory
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import State

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="X11")


def focus(terminals: Terminals, name: str) -> bool | None:
    return is_focused(terminals.session(name), tools=system_tools(terminals.panel.environ))


def activate(terminals: Terminals, window: str) -> None:
    terminals.panel._run("xdotool", "windowactivate", window)
    terminals.until_active(window)


def test_of_two_xterms_the_active_one(tmp_path: Path, need: Callable[..., None]) -> None:
    need(*PROGRAMS)
    with desktop(tmp_path) as terminals:
        one = terminals.xterm("one")
        other = terminals.xterm("other")
        terminals.until_active(other)
        assert (focus(terminals, "one"), focus(terminals, "other")) == (False, True)
        activate(terminals, one)
        assert (focus(terminals, "one"), focus(terminals, "other")) == (True, False)
        assert terminals.is_active(one), "nothing was changed"


def test_a_terminal_in_another_one_is_not_known(tmp_path: Path, need: Callable[..., None]) -> None:
    need(*PROGRAMS, "script")
    with desktop(tmp_path) as terminals:
        outer = terminals.xterm("outer", "sh", "-c", f"script -qec '{terminals.program('inner')}' /dev/null")
        terminals.until_active(outer)
        assert focus(terminals, "inner") is None
        terminals.end("inner")


def test_panes_of_tmux_by_the_window_around_them(tmp_path: Path, need: Callable[..., None]) -> None:
    need(*PROGRAMS, "tmux")
    with desktop(tmp_path) as terminals:
        terminals.tmux("new-session", "-d", "-s", "one", "-x", "80", "-y", "24", terminals.program("shown"))
        beside = terminals.tmux(
            "split-window", "-d", "-P", "-F", "#{pane_id}", "-t", "one", terminals.program("beside")
        )
        terminals.tmux("new-window", "-d", "-t", "one", terminals.program("hidden"))
        assert focus(terminals, "shown") is False, "nobody is attached"
        window = terminals.xterm("around", *terminals.attach("one"))
        until(lambda: terminals.tmux("list-clients"), "no client")
        terminals.until_active(window)
        found = {name: focus(terminals, name) for name in ("shown", "beside", "hidden")}
        assert found == {"shown": True, "beside": False, "hidden": False}
        terminals.tmux("select-pane", "-t", beside)
        assert (focus(terminals, "shown"), focus(terminals, "beside")) == (False, True)
        other = terminals.xterm("other")
        terminals.until_active(other)
        assert focus(terminals, "beside") is False


@pytest.mark.parametrize("asks", [True, False])
def test_tmux_knows_it_where_it_asks_its_terminal_for_it(
    tmp_path: Path, need: Callable[..., None], *, asks: bool
) -> None:
    """In a terminal whose window is not certain: it does not name its display to what it starts."""
    need(*PROGRAMS, "tmux")
    with desktop(tmp_path) as terminals:
        terminals.tmux("new-session", "-d", "-s", "one", "-x", "80", "-y", "24", terminals.program("shown"))
        terminals.tmux("set", "-s", "focus-events", "on" if asks else "off")
        hides = ("env", "-u", "DISPLAY", "-u", "WINDOWID")
        window = terminals.xterm("around", *hides, *terminals.attach("one"))
        until(lambda: terminals.tmux("list-clients"), "no client")
        other = terminals.xterm("other")
        terminals.until_active(other)
        expected: dict[str, bool | None] = (
            {"away": False, "there": True} if asks else {"away": None, "there": None}
        )
        until(lambda: focus(terminals, "shown") is expected["away"], "focus is elsewhere")
        activate(terminals, window)
        until(lambda: focus(terminals, "shown") is expected["there"], "focus is here")


def test_a_window_of_kitty(tmp_path: Path, need: Callable[..., None]) -> None:
    need(*PROGRAMS, "kitty")
    with desktop(tmp_path) as terminals:
        kitty = terminals.kitty("one")
        terminals.kitty_tab("two")
        terminals.until_active(kitty)
        until(lambda: focus(terminals, "one"), "it has focus")
        assert focus(terminals, "two") is False
        other = terminals.xterm("other")
        terminals.until_active(other)
        until(lambda: focus(terminals, "one") is False, "it has none")


class Watched:
    """A session that waits for approval in a terminal, and who is due to hear of it."""

    def __init__(self, terminals: Terminals, session: LiveSession) -> None:
        self._terminals = terminals
        self.now = datetime.now(UTC)
        status = SessionStatus(status="approval", since=self.now, evidence="hook")
        self._session = replace(session, status=status)
        self._memory = SessionMemory(since=self.now - timedelta(minutes=1))

    def shown(self, after: timedelta = timedelta(0)) -> int:
        self.now += after
        look = SessionsLook(at=self.now, sessions=(self._session,))
        state = State(settings=Settings(table=SETTINGS, values={}), sessions=look)
        found = sessions_due(self._memory, {}, state, self.now, ZONE, is_focused=self._is_focused)
        self._memory = found.memory
        return len(found.show)

    def _is_focused(self, session: LiveSession) -> bool | None:
        return is_focused(session, tools=system_tools(self._terminals.panel.environ))


def test_a_notice_is_held_back_until_the_person_looks_elsewhere(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    need(*PROGRAMS)
    with desktop(tmp_path) as terminals:
        one = terminals.xterm("one")
        terminals.until_active(one)
        watched = Watched(terminals, terminals.session("one"))
        assert watched.shown() == 0
        assert watched.shown(SETTLES) == 0, "the person looks at it"
        other = terminals.xterm("other")
        terminals.until_active(other)
        assert watched.shown(timedelta(seconds=5)) == 1
        activate(terminals, one)
        assert watched.shown(timedelta(seconds=5)) == 0
