"""Real terminals on a real display: the one in which a session runs comes to the front, and no other one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.domain.live import LiveSession
from tests.real.panel import Panel, bare_display, start_window_manager, until
from tests.real.session import DEADLINE
from tests.tray.view.sessions.sample import IDLE
from tray.desktop.terminals.front import FoundTerminal, bring_to_front
from tray.desktop.terminals.tools import system_tools

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="X11")
PROGRAMS = ("Xvfb", "dbus-daemon", "openbox", "xdotool", "xprop", "xterm")


class Terminals:
    """xterms and panes of tmux on a display, each with a program that stands for a session."""

    def __init__(self, panel: Panel, folder: Path) -> None:
        self.panel = panel
        self._folder = folder
        self._socket = str(folder / "tmux")
        self._kitty = f"unix:{folder}/kitty"

    def program(self, name: str) -> str:
        """A command that runs until it is ended, and says which process it is."""
        return f"echo $$ > {self._folder}/{name}; exec sleep 600"

    def session(self, name: str) -> LiveSession:
        file = self._folder / name
        pid = until(lambda: file.read_text().strip() if file.exists() else "", f"{name} was not started")
        return replace(IDLE, pid=int(pid), kind="")

    def xterm(self, name: str, *command: str) -> str:
        """Its window."""
        before = set(self.windows())
        self.panel.start("xterm", "-T", name, "-e", *(command or ("sh", "-c", self.program(name))))
        return until(lambda: next(iter(set(self.windows()) - before), None), f"{name} has no window")

    def kitty(self, name: str) -> str:
        """Its window."""
        self.panel.environ |= {"LIBGL_ALWAYS_SOFTWARE": "1", "KITTY_CACHE_DIRECTORY": str(self._folder)}
        before = set(self.windows())
        options = ("-o", "allow_remote_control=socket-only", "-o", "update_check_interval=0")
        command = ("kitty", "--config", "NONE", *options, "--listen-on", self._kitty)
        self.panel.start(*command, "sh", "-c", self.program(name))
        return until(lambda: next(iter(set(self.windows()) - before), None), "kitty has no window")

    def kitty_tab(self, name: str) -> None:
        """Behind the one that is shown."""
        remote = ("kitty", "@", "--to", self._kitty)
        until(lambda: self.panel._run(*remote, "ls"), "kitty does not listen")
        self.panel._run(*remote, "launch", "--type=tab", "--keep-focus", "sh", "-c", self.program(name))

    def end(self, name: str) -> None:
        """Of one that outlives its terminal."""
        os.kill(self.session(name).pid or 0, signal.SIGTERM)

    def windows(self) -> list[str]:
        listed = self.panel._run("xprop", "-root", "_NET_CLIENT_LIST").partition("#")[2]
        return [str(int(each, 16)) for each in listed.replace(",", " ").split() if each.startswith("0x")]

    def tmux(self, *arguments: str) -> str:
        command = ("tmux", "-S", self._socket, "-f", "/dev/null", *arguments)
        done = subprocess.run(
            command, env=self.panel.environ, capture_output=True, text=True, timeout=DEADLINE, check=True
        )
        return done.stdout.strip()

    def attach(self, session: str) -> tuple[str, ...]:
        return ("tmux", "-S", self._socket, "attach", "-t", session)

    def bring(self, name: str) -> FoundTerminal:
        return bring_to_front(self.session(name), tools=system_tools(self.panel.environ))

    def is_active(self, window: str) -> bool:
        shown = self.panel._run("xprop", "-root", "_NET_ACTIVE_WINDOW").rpartition("#")[2].strip()
        return shown.startswith("0x") and int(shown.split(",")[0], 16) == int(window)

    def until_active(self, window: str) -> None:
        until(lambda: self.is_active(window), f"window {window} is not active")


@contextmanager
def desktop(folder: Path) -> Iterator[Terminals]:
    with bare_display(folder / "desk") as panel:
        start_window_manager(panel)
        terminals = Terminals(panel, folder)
        try:
            yield terminals
        finally:
            subprocess.run(
                ("tmux", "-S", str(folder / "tmux"), "kill-server"),
                capture_output=True,
                timeout=DEADLINE,
                check=False,
            )
    assert panel.left_behind() == []


def test_an_xterm_comes_to_the_front(tmp_path: Path, need: Callable[..., None]) -> None:
    need(*PROGRAMS)
    with desktop(tmp_path) as terminals:
        one = terminals.xterm("one")
        other = terminals.xterm("other")
        terminals.until_active(other)
        assert terminals.bring("one").is_raised
        terminals.until_active(one)
        assert terminals.bring("other").is_raised
        terminals.until_active(other)


def test_a_terminal_that_was_started_in_another_is_not_that_one(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    """It inherits all variables; here one that names no window of its own, as some do."""
    need(*PROGRAMS, "script")
    with desktop(tmp_path) as terminals:
        inner = f"script -qec '{terminals.program('inner')}' /dev/null"
        terminals.xterm("outer", "sh", "-c", inner)
        other = terminals.xterm("other")
        terminals.until_active(other)
        assert terminals.bring("inner") == FoundTerminal()
        assert terminals.is_active(other)
        terminals.end("inner")  # `script` outlives its terminal


def test_a_terminal_that_does_not_name_its_window_has_only_one(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    need(*PROGRAMS)
    with desktop(tmp_path) as terminals:
        one = terminals.xterm("one", "env", "-u", "WINDOWID", "sh", "-c", terminals.program("one"))
        other = terminals.xterm("other")
        terminals.until_active(other)
        assert terminals.bring("one").is_raised
        terminals.until_active(one)


def test_a_pane_of_tmux_and_the_window_around_it(tmp_path: Path, need: Callable[..., None]) -> None:
    need(*PROGRAMS, "tmux")
    with desktop(tmp_path) as terminals:
        for name in ("first", "second"):
            terminals.tmux("new-session", "-d", "-s", name, "-x", "80", "-y", "24", terminals.program(name))
        hidden = terminals.tmux(
            "new-window", "-d", "-P", "-F", "#{pane_id}", "-t", "first", terminals.program("hidden")
        )
        terminals.tmux("split-window", "-d", "-t", hidden, terminals.program("beside"))
        around = {name: terminals.xterm(name, *terminals.attach(name)) for name in ("first", "second")}
        until(lambda: len(terminals.tmux("list-clients").splitlines()) == 2, "no clients")
        terminals.until_active(around["second"])
        found = terminals.bring("hidden")
        assert (found.names[0], found.is_raised) == ("tmux", True)
        terminals.until_active(around["first"])
        assert terminals.tmux("display-message", "-p", "-t", "first", "#{pane_id}") == hidden
        terminals.bring("beside")
        assert terminals.tmux("display-message", "-p", "-t", "first", "#{pane_id}") != hidden
        terminals.bring("second")
        terminals.until_active(around["second"])


def test_a_session_of_tmux_that_nobody_shows_takes_the_one_client(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    need(*PROGRAMS, "tmux")
    with desktop(tmp_path) as terminals:
        for name in ("first", "second"):
            terminals.tmux("new-session", "-d", "-s", name, "-x", "80", "-y", "24", terminals.program(name))
        assert terminals.bring("second").attach[:3] == ("tmux", "-S", str(tmp_path / "tmux"))
        terminals.xterm("around", *terminals.attach("first"))
        until(lambda: terminals.tmux("list-clients"), "no client")
        assert terminals.bring("second").is_raised
        assert terminals.tmux("list-clients", "-F", "#{client_session}") == "second"


def test_an_xterm_that_was_started_in_tmux_is_not_the_pane(tmp_path: Path, need: Callable[..., None]) -> None:
    """It has TMUX in its environment."""
    need(*PROGRAMS, "tmux")
    with desktop(tmp_path) as terminals:
        terminals.tmux("new-session", "-d", "-s", "first", "-x", "80", "-y", "24", terminals.program("first"))
        around = terminals.xterm("around", *terminals.attach("first"))
        before = set(terminals.windows())
        terminals.tmux("new-window", "-d", "-t", "first", f"xterm -e sh -c '{terminals.program('own')}'")
        own = until(lambda: next(iter(set(terminals.windows()) - before), None), "no window")
        terminals.until_active(own)
        terminals.bring("first")
        terminals.until_active(around)
        shown = terminals.tmux("display-message", "-p", "-t", "first", "#{pane_id}")
        found = terminals.bring("own")
        assert "tmux" not in found.names
        assert found.is_raised
        terminals.until_active(own)
        assert terminals.tmux("display-message", "-p", "-t", "first", "#{pane_id}") == shown
        terminals.tmux("kill-server")


def test_a_window_of_kitty(tmp_path: Path, need: Callable[..., None]) -> None:
    need(*PROGRAMS, "kitty")
    with desktop(tmp_path) as terminals:
        kitty = terminals.kitty("one")
        terminals.kitty_tab("two")
        other = terminals.xterm("other")
        terminals.until_active(other)
        assert terminals.bring("two") == FoundTerminal(names=("kitty",), is_raised=True)
        terminals.until_active(kitty)
