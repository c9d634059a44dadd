"""Which terminal has focus, by fakes of their programs; tests/real/test_terminal_focus.py has real ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from providers.domain.live import LiveSession
from tests.providers.live.fakes import FakeTable
from tests.tray.desktop.terminals.test_front import AGENT, EMULATOR, SESSION, SHELL, TTYS, Programs, process
from tray.desktop.terminals.focus import HOLDS, HOLDS_LATER, FocusFinder, is_focused
from tray.desktop.terminals.program import TerminalProgram
from tray.desktop.terminals.terminal import BroughtTerminal, TerminalFocus
from tray.desktop.terminals.tmux import Tmux
from tray.desktop.terminals.tools import TerminalTools
from tray.desktop.terminals.wezterm import WezTerm
from tray.desktop.terminals.windows_focus import is_at_the_front

CLIENT = 40
KITTY = {"KITTY_LISTEN_ON": "unix:/run/kitty"}
WEZTERM = {"WEZTERM_UNIX_SOCKET": "/run/wezterm"}
TMUX = {"TMUX": "/run/tm,ux,123,0"}


def focus(
    programs: Programs, environ: Mapping[str, str], session: LiveSession = SESSION, **more: Mapping[str, str]
) -> bool | None:
    table = FakeTable(
        process(EMULATOR, 1),
        process(SHELL, EMULATOR),
        process(AGENT, SHELL),
        process(CLIENT, 1),
        environments={AGENT: environ, CLIENT: more.get("client", {})},
    )
    tools = programs.tools({**TTYS, CLIENT: "/dev/pts/9"})
    return is_focused(session, look=lambda: table, tools=tools, platform="linux")


def kitty(
    *, frame: bool | None, tab: bool | None = True, window: bool | None = True, pid: int = SHELL
) -> str:
    def part(is_focused: bool | None) -> dict[str, bool]:
        return {} if is_focused is None else {"is_focused": is_focused}

    other = {"id": 4, "pid": 11, "is_focused": True}
    own = {"id": 7, "pid": pid, **part(window)}
    return json.dumps([{"id": 1, **part(frame), "tabs": [{"windows": [other, own], **part(tab)}]}])


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        (kitty(frame=True), True),
        (kitty(frame=False), False),
        (kitty(frame=True, tab=False), False),
        (kitty(frame=True, window=False), False),
        (kitty(frame=None), None),
        (kitty(frame=True, pid=99), None),
    ],
)
def test_kitty(printed: str, found: bool | None) -> None:
    programs = Programs(ls=printed)
    assert focus(programs, KITTY) is found
    assert programs.done == [], "nothing is changed"


def lsappinfo(pid: int, bundle: str = "com.example.other") -> dict[str, str]:
    return {"front": "ASN:0x0-0x1b01b:\n", "info": f'"pid"={pid}\n"CFBundleIdentifier"="{bundle}"\n'}


@pytest.mark.parametrize(
    ("pane", "front", "found"),
    [(3, EMULATOR, True), (3, 77, False), (0, EMULATOR, False), (3, None, None)],
)
def test_wezterm_on_macos_and_where_nobody_says_what_is_at_the_front(
    pane: int, front: int | None, found: bool | None
) -> None:
    panes = [{"pane_id": 0, "tty_name": "/dev/pts/4"}, {"pane_id": 3, "tty_name": "/dev/pts/5"}]
    programs = Programs(
        **{
            "list": json.dumps(panes),
            "list-clients": json.dumps([{"pid": EMULATOR, "focused_pane_id": pane}]),
        },
        **({} if front is None else lsappinfo(front)),
    )
    assert focus(programs, WEZTERM) is found


def test_wezterm_and_a_desktop_that_says_which_window_is_active() -> None:
    class Desktop:
        variables = ()

        def bring(self, _program: TerminalProgram, _tools: TerminalTools) -> BroughtTerminal | None:
            return None

        def focus(self, _program: TerminalProgram, _tools: TerminalTools) -> TerminalFocus:
            return TerminalFocus(is_focused=True)

    table = FakeTable(process(SHELL, 1), process(AGENT, SHELL), environments={AGENT: WEZTERM})
    panes = json.dumps([{"pane_id": 3, "tty_name": "/dev/pts/5"}])
    for pane, found in ((3, True), (2, False)):
        clients = json.dumps([{"pid": EMULATOR, "focused_pane_id": pane}])
        programs = Programs(**{"list": panes, "list-clients": clients})
        kinds = (WezTerm(), Desktop())
        tools = programs.tools()
        focused = is_focused(SESSION, look=lambda: table, tools=tools, kinds=kinds, platform="linux")
        assert focused is found


@pytest.mark.parametrize(
    ("program", "bundle"), [("iTerm.app", "com.googlecode.iterm2"), ("Apple_Terminal", "com.apple.Terminal")]
)
def test_terminals_of_macos(program: str, bundle: str) -> None:
    for tty, found in (("/dev/pts/5\n", True), ("/dev/pts/6\n", False), (None, None)):
        programs = Programs(**lsappinfo(1, bundle), **{"-e": tty})
        assert focus(programs, {"TERM_PROGRAM": program}) is found
    programs = Programs(**lsappinfo(1), **{"-e": "/dev/pts/5\n"})
    assert focus(programs, {"TERM_PROGRAM": program}) is False
    assert not any("-e" in each for each in programs.calls), "only what is at the front is asked"
    assert focus(Programs(front=""), {"TERM_PROGRAM": program}) is None


def tmux(*, window: str = "1", pane: str = "1", events: str = "1", clients: str = "") -> Programs:
    panes = f"/dev/pts/4\t$0\t1\t1\t{events}\n/dev/pts/5\t$0\t{window}\t{pane}\t{events}\n"
    return Programs(**{"list-panes": panes, "list-clients": clients, "ls": kitty(frame=True, pid=CLIENT)})


FOCUSED = f"0\t$0\t{CLIENT}\tattached,focused,UTF-8\t256,focus,title\n"
AWAY = f"0\t$0\t{CLIENT}\tattached,UTF-8\t256,focus,title\n"
SILENT = f"0\t$0\t{CLIENT}\tattached,focused,UTF-8\t256,title\n"


@pytest.mark.parametrize(
    ("programs", "found"),
    [
        (tmux(clients=FOCUSED), True),
        (tmux(clients=AWAY), False),
        (tmux(clients=SILENT), None),
        (tmux(clients=FOCUSED, events="0"), None),
        (tmux(clients=FOCUSED, window="0"), False),
        (tmux(clients=FOCUSED, pane="0"), False),
        (tmux(clients=AWAY + FOCUSED), True),
        (tmux(clients=AWAY + SILENT), None),
        (tmux(clients=FOCUSED.replace("$0", "$1")), False),
        (tmux(clients=FOCUSED.replace("0", "1", 1)), None),
        (tmux(clients=""), False),
    ],
)
def test_tmux_in_a_terminal_that_nobody_else_knows(programs: Programs, found: bool | None) -> None:
    assert focus(programs, TMUX) is found
    assert programs.done == []


@pytest.mark.parametrize("clients", [FOCUSED, AWAY, SILENT])
def test_tmux_in_a_terminal_that_knows_it_itself(clients: str) -> None:
    assert focus(tmux(clients=clients), TMUX, client=KITTY) is True
    away = tmux(clients=clients)
    away.answers["ls"] = kitty(frame=False, pid=CLIENT)
    assert focus(away, TMUX, client=KITTY) is False


def test_a_tmux_that_is_its_own_client_is_asked_a_few_times() -> None:
    """The kernel gave its number to another."""
    programs = tmux(clients=FOCUSED.replace(str(CLIENT), str(AGENT)))
    table = FakeTable(process(AGENT, 1), environments={AGENT: TMUX})
    found = is_focused(SESSION, look=lambda: table, tools=programs.tools(), kinds=(Tmux(),), platform="linux")
    assert found is True
    assert len(programs.calls) < 12


@pytest.mark.parametrize(
    "answer", ["", "null", "{", "[1]", '[{"tabs": 3}]', '{"a": []}', "\t\t\t\t\n", "[" * 9999, None]
)
def test_answers_that_are_not_understood_say_nothing(answer: str | None) -> None:
    names = ("ls", "list", "list-panes", "list-clients", "front", "info", "-e")
    everything = {**TMUX, **KITTY, **WEZTERM, "TERM_PROGRAM": "iTerm.app"}
    assert focus(Programs(**dict.fromkeys(names, answer)), everything) is None


@pytest.mark.parametrize(
    "session",
    [
        replace(SESSION, owner_certain=False),
        replace(SESSION, pid=None),
        replace(SESSION, pid=99),
        *(replace(SESSION, kind=kind) for kind in ("app", "background", "daemon")),
    ],
)
def test_without_certainty_nothing_is_asked(session: LiveSession) -> None:
    programs = Programs(ls=kitty(frame=True))
    assert focus(programs, KITTY, session) is None
    assert programs.calls == []


def windows(front: int | None, *names: tuple[int, int, str]) -> bool | None:
    table = FakeTable(*(replace(process(pid, parent), name=name) for pid, parent, name in names))
    return is_at_the_front(AGENT, table, lambda: front)


def test_windows() -> None:
    explorer, terminal = (5, 1, "explorer.exe"), (EMULATOR, 5, "WindowsTerminal.exe")
    host, shell, agent = (
        (11, EMULATOR, "OpenConsole.exe"),
        (SHELL, EMULATOR, "pwsh.exe"),
        (AGENT, SHELL, "node.exe"),
    )
    one = (explorer, terminal, host, shell, agent)
    assert windows(EMULATOR, *one) is True
    assert windows(EMULATOR, *one, (21, EMULATOR, "cmd.exe")) is None, "another tab"
    assert windows(5, *one) is None, "the taskbar"
    assert windows(77, *one) is None
    assert windows(None, *one) is None
    console = (explorer, (SHELL, 5, "cmd.exe"), agent, (31, SHELL, "conhost.exe"))
    assert windows(SHELL, *console) is True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.answer: bool | None = True
        self.asked = 0

    def ask(self, _session: LiveSession) -> bool | None:
        self.asked += 1
        return self.answer


def test_it_is_not_asked_at_each_change_while_a_notice_is_held_back() -> None:
    clock = Clock()
    finder = FocusFinder(clock.ask, monotonic=lambda: clock.now)
    assert finder(SESSION) is True
    clock.answer, clock.now = None, HOLDS - 0.1
    assert finder(SESSION) is True
    assert clock.asked == 1
    clock.now = HOLDS
    assert finder(SESSION) is None
    assert finder(SESSION) is None
    assert clock.asked == 3, "what is not held back is shown, so that it is asked once anyway"


def test_it_is_asked_more_seldom_of_a_terminal_that_is_looked_at_for_long() -> None:
    clock = Clock()
    finder = FocusFinder(clock.ask, monotonic=lambda: clock.now)
    for second in range(600):
        clock.now = float(second)
        assert finder(SESSION) is True
    assert clock.asked <= 60 / HOLDS + 540 / HOLDS_LATER + 2


def test_one_that_hangs_says_nothing_and_hangs_once() -> None:
    release, asked = threading.Event(), []

    def ask(session: LiveSession) -> bool:
        asked.append(session)
        return release.wait(30)

    finder = FocusFinder(ask, seconds=0.05)
    assert [finder(SESSION), finder(SESSION)] == [None, None]
    assert len(asked) == 1
    release.set()
    for thread in threading.enumerate():
        if thread.name == "focus":
            thread.join(30)


def test_one_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def ask(_session: LiveSession) -> bool:
        raise ValueError("odd")

    assert FocusFinder(ask)(SESSION) is None
    assert "could not find out which terminal has focus" in caplog.text
