"""Which terminal is asked for what, by fakes of their programs; tests/real/test_terminals.py has real ones."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.domain.live import LiveSession
from providers.domain.processes import Process
from tests.providers.live.fakes import FakeTable
from tests.tray.view.sessions.sample import IDLE
from tray.desktop.terminals import tools as terminal_tools
from tray.desktop.terminals.front import FoundTerminal, bring_to_front
from tray.desktop.terminals.kitty import Kitty
from tray.desktop.terminals.program import TerminalProgram
from tray.desktop.terminals.terminal import BroughtTerminal, TerminalFocus
from tray.desktop.terminals.tools import TerminalTools, system_tools
from tray.desktop.terminals.wezterm import WezTerm

EMULATOR, SHELL, AGENT = 10, 20, 30
SESSION = replace(IDLE, pid=AGENT, owner_certain=True, kind="")
TTYS = {SHELL: "/dev/pts/5", AGENT: "/dev/pts/5"}
KITTY = [{"id": 1, "tabs": [{"windows": [{"id": 4, "pid": 11}, {"id": 7, "pid": SHELL}]}]}]
WEZTERM = [{"pane_id": 0, "tty_name": "/dev/pts/4"}, {"pane_id": 3, "tty_name": "/dev/pts/5"}]


class Programs:
    """What each command line of a terminal's program prints, by a part of it; None where it fails."""

    def __init__(self, **answers: str | None) -> None:
        self.answers = answers
        self.calls: list[tuple[str, ...]] = []

    def run(self, command: Sequence[str], _environ: Mapping[str, str]) -> str | None:
        self.calls.append(tuple(command))
        for part, answer in self.answers.items():
            if part.replace("_", "-") in command:
                return answer
        return ""

    def tools(self, ttys: Mapping[int, str] = TTYS) -> TerminalTools:
        return TerminalTools(environ={}, find=lambda name: name, run=self.run, tty_of=ttys.get)

    @property
    def done(self) -> list[str]:
        """Without the questions."""
        return [
            " ".join(each)
            for each in self.calls
            if not {"ls", "list", "list-panes", "list-clients"} & {*each}
        ]


def process(pid: int, parent: int) -> Process:
    return Process(pid=pid, parent=parent, started=0.0, name="x")


def brought(
    programs: Programs,
    environ: Mapping[str, str],
    session: LiveSession = SESSION,
    ttys: Mapping[int, str] = TTYS,
    **more: Mapping[str, str],
) -> FoundTerminal:
    table = FakeTable(
        process(EMULATOR, 1),
        process(SHELL, EMULATOR),
        process(AGENT, SHELL),
        process(40, 1),
        environments={AGENT: environ, 40: more.get("client", {})},
    )
    return bring_to_front(session, look=lambda: table, tools=programs.tools(ttys))


def test_kitty() -> None:
    programs = Programs(ls=json.dumps(KITTY))
    assert brought(programs, {"KITTY_LISTEN_ON": "unix:/run/kitty"}) == FoundTerminal(
        names=("kitty",), is_raised=True
    )
    assert programs.done == ["kitty @ --to unix:/run/kitty focus-window --match id:7"]


def test_kitty_over_a_network_is_not_asked() -> None:
    programs = Programs(ls=json.dumps(KITTY))
    assert brought(programs, {"KITTY_LISTEN_ON": "tcp:10.0.0.1:9"}) == FoundTerminal()
    assert programs.calls == []


def test_wezterm() -> None:
    programs = Programs(list=json.dumps(WEZTERM))
    found = brought(programs, {"WEZTERM_UNIX_SOCKET": "/run/wezterm", "WEZTERM_PANE": "0"})
    assert found == FoundTerminal(names=("WezTerm",))
    assert programs.done == ["wezterm cli --no-auto-start activate-pane --pane-id 3"]


def test_a_window_that_its_terminal_cannot_raise_is_raised_by_the_desktop() -> None:
    class Desktop:
        variables = ()

        def bring(self, _program: TerminalProgram, _tools: TerminalTools) -> BroughtTerminal:
            return BroughtTerminal(name="its window")

        def focus(self, _program: TerminalProgram, _tools: TerminalTools) -> TerminalFocus | None:
            return None

    programs = Programs(list=json.dumps(WEZTERM))
    table = FakeTable(
        process(SHELL, 1), process(AGENT, SHELL), environments={AGENT: {"WEZTERM_UNIX_SOCKET": "/w"}}
    )
    found = bring_to_front(
        SESSION, look=lambda: table, tools=programs.tools(), kinds=(Kitty(), WezTerm(), Desktop())
    )
    assert found == FoundTerminal(names=("WezTerm",), is_raised=True)


@pytest.mark.parametrize(("program", "name"), [("iTerm.app", "iTerm2"), ("Apple_Terminal", "Terminal")])
def test_terminals_of_macos(program: str, name: str) -> None:
    programs = Programs(osascript="shown\n")
    assert brought(programs, {"TERM_PROGRAM": program}) == FoundTerminal(names=(name,), is_raised=True)
    assert len(programs.calls) == 1
    assert f'application "{name}" is not running' in programs.calls[0][2]
    assert programs.calls[0][3] == "/dev/pts/5"
    assert brought(Programs(osascript="none\n"), {"TERM_PROGRAM": program}) == FoundTerminal()


PANES = "/dev/pts/4\t%1\t$0\n/dev/pts/5\t%2\t$0\n"
TMUX = {"TMUX": "/run/tm,ux,123,0", "KITTY_LISTEN_ON": "unix:/run/another"}


def test_tmux_in_kitty() -> None:
    """The kitty of the client counts, not the one in which the server was once started."""
    programs = Programs(
        list_panes=PANES,
        list_clients="0\t5\t$1\t41\t/dev/pts/8\n0\t3\t$0\t40\t/dev/pts/9\n1\t9\t$0\t42\t\n",
        ls=json.dumps([{"tabs": [{"windows": [{"id": 2, "pid": 40}]}]}]),
    )
    ttys = {**TTYS, 40: "/dev/pts/9"}
    found = brought(programs, TMUX, ttys=ttys, client={"KITTY_LISTEN_ON": "unix:/run/kitty"})
    assert found == FoundTerminal(names=("tmux", "kitty"), is_raised=True)
    assert programs.done == [
        "tmux -S /run/tm,ux select-window -t %2 ; select-pane -t %2 ; switch-client -c /dev/pts/9 -t $0",
        "kitty @ --to unix:/run/kitty focus-window --match id:2",
    ]


def test_tmux_in_a_terminal_that_cannot_be_raised() -> None:
    programs = Programs(list_panes=PANES, list_clients="0\t3\t$0\t40\t/dev/pts/9\n")
    assert brought(programs, TMUX, ttys={**TTYS, 40: "/dev/pts/9"}) == FoundTerminal(names=("tmux",))


def test_tmux_without_a_client() -> None:
    programs = Programs(list_panes=PANES, list_clients="")
    assert brought(programs, TMUX) == FoundTerminal(attach=("tmux", "-S", "/run/tm,ux", "attach", "-t", "$0"))
    assert programs.done == []


def test_a_client_that_draws_the_panes_itself_cannot_be_switched() -> None:
    programs = Programs(list_panes=PANES, list_clients="1\t9\t$0\t42\t\n")
    assert brought(programs, TMUX) == FoundTerminal()


@pytest.mark.parametrize("tmux", ["", ",1,0", "relative,1,0", "-x,1,0", "/run/tmux"])
def test_a_socket_that_is_none_is_not_asked(tmux: str) -> None:
    programs = Programs(list_panes=PANES)
    assert brought(programs, {"TMUX": tmux}) == FoundTerminal()
    assert programs.calls == []


EVERYTHING = {
    "TMUX": "/run/tmux,1,0",
    "KITTY_LISTEN_ON": "unix:/run/kitty",
    "WEZTERM_UNIX_SOCKET": "/run/wezterm",
    "TERM_PROGRAM": "iTerm.app",
}


@pytest.mark.parametrize(
    "answer", ["", "null", "{", "[1]", '[{"tabs": 3}]', '{"a": []}', "\t\t\t\n", "[" * 9999, None]
)
def test_answers_that_are_not_understood_change_nothing(answer: str | None) -> None:
    programs = Programs(ls=answer, list=answer, list_panes=answer, list_clients=answer, osascript=answer)
    assert brought(programs, EVERYTHING) == FoundTerminal()
    assert [each for each in programs.done if "osascript" not in each] == []


def test_a_tty_that_no_terminal_has_changes_nothing() -> None:
    """The variables were inherited from another terminal."""
    programs = Programs(ls=json.dumps(KITTY), list=json.dumps(WEZTERM), list_panes=PANES, osascript="none")
    ttys = {SHELL: "/dev/pts/77", AGENT: "/dev/pts/78"}
    assert brought(programs, EVERYTHING, ttys=ttys) == FoundTerminal()
    assert [each for each in programs.done if "osascript" not in each] == []


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
    programs = Programs(ls=json.dumps(KITTY), list=json.dumps(WEZTERM), list_panes=PANES)
    assert brought(programs, EVERYTHING, session) == FoundTerminal()
    assert programs.calls == []


def test_a_program_without_a_terminal_has_none() -> None:
    programs = Programs(ls=json.dumps(KITTY), list=json.dumps(WEZTERM), list_panes=PANES)
    assert brought(programs, EVERYTHING, ttys={}) == FoundTerminal()
    assert programs.calls == []


@pytest.mark.skipif(sys.platform == "win32", reason="has no such programs")
@pytest.mark.parametrize(
    ("code", "printed"), [("echo fine", "fine\n"), ("exit 3", None), ("exec sleep 60", None)]
)
def test_a_program_that_fails_or_hangs_is_given_up(
    code: str, printed: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal_tools, "SECONDS", 0.5 if "sleep" in code else 30.0)
    program = tmp_path / "tmux"
    program.write_text(f"#!/bin/sh\n{code}\n")
    program.chmod(0o700)
    tools = system_tools({"PATH": os.pathsep.join((str(tmp_path), os.environ["PATH"]))})
    found = tools.find("tmux")
    assert found == str(program)
    assert tools.run((found,), {}) == printed
    assert tools.run((str(tmp_path / "missing"),), {}) is None


@pytest.mark.skipif(sys.platform != "linux", reason="pty of Linux")
def test_the_tty_of_a_process_is_that_of_its_kernel(
    running_in_terminal: Callable[[], tuple[int, str]],
) -> None:
    """Also one that was opened after the first question."""
    tools = system_tools(os.environ)
    for _ in range(2):
        pid, tty = running_in_terminal()
        assert tools.tty_of(pid) == tty
    assert tools.tty_of(1 << 30) is None
