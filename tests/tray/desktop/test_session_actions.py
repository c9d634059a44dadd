"""What can be done about a session: its terminal in front, or the command that goes on with it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from providers.domain.live import LiveSession
from providers.host.files import Folders
from tests.tray.desktop.test_clipboard import FakeLauncher as Feeding
from tests.tray.desktop.test_opener import FakeLauncher as Opening
from tests.tray.engine.notices.states import NOW, ZONE
from tools.example_sessions import APPROVAL, DONE, QUESTION, look
from tools.example_states import state
from tray.desktop.actions import ActionFailed, Desk, act
from tray.desktop.autostart.switch import LoginSwitch
from tray.desktop.clipboard import Clipboard, ClipboardTool
from tray.desktop.opener import Opener
from tray.engine.scope import Scope
from tray.view.rows import Action
from tray.view.sessions.resume_command import resume_command


def scope_in(folder: Path, **environ: str) -> Scope:
    made = {"HOME": str(folder), "USERPROFILE": str(folder), **environ}
    return Scope(made, Folders(settings=folder, state=folder, cache=folder), ZONE, clock=lambda: NOW)


class Tools:
    def __init__(self, folder: Path, *, can: bool | None) -> None:
        scope = scope_in(folder, CODEX_HOME=str(folder / "codex"), CLAUDE_CONFIG_DIR=str(folder / "claude"))
        labels = {each.id: scope.homes_of(each)[0].label for each in scope.chosen()}
        self.sessions = [replace(each, home=labels[each.provider]) for each in (APPROVAL, QUESTION, DONE)]
        engine: Any = SimpleNamespace(snapshot=state(sessions=look(*self.sessions)), scope=scope)
        self.feeding, self.folder = Feeding(), folder
        self.shown: list[str] = []
        self.in_front: list[str] = []

        def bring(session: LiveSession) -> bool:
            self.in_front.append(session.id)
            return bool(can)

        self.desk = Desk(
            engine=engine,
            opener=Opener(None, Opening()),
            clipboard=Clipboard(ClipboardTool(("xclip",)), self.feeding),
            login=LoginSwitch(None),
            redraw=lambda: None,
            show_text=lambda _title, body: self.shown.append(body),
            stop=lambda: None,
            bring_to_front=None if can is None else bring,
        )

    def act(self, name: str, session: LiveSession) -> None:
        act(self.desk, Action(name, session.key))

    @property
    def copied(self) -> list[str]:
        return [data.decode() for _command, data, _extra in self.feeding.fed]

    def command(self, session: LiveSession) -> str:
        codex, claude = (f"{self.folder}/{name}" for name in ("codex", "claude"))
        words = {
            "codex": f"CODEX_HOME={codex} codex resume",
            "claude": f"CLAUDE_CONFIG_DIR={claude} claude --resume",
        }
        return f"cd {session.cwd} && {words[session.provider]} {session.id}"


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_command_is_copied(number: int, tmp_path: Path) -> None:
    tools = Tools(tmp_path, can=None)
    tools.act("copy-resume", tools.sessions[number])
    assert tools.copied == [tools.command(tools.sessions[number])]
    assert tools.shown == []
    assert not tools.desk.available.front


def test_its_terminal_is_brought_to_the_front(tmp_path: Path) -> None:
    tools = Tools(tmp_path, can=True)
    tools.act("front", tools.sessions[0])
    assert (tools.in_front, tools.copied, tools.shown) == ([APPROVAL.id], [], [])
    assert tools.desk.available.front


def test_where_that_cannot_be_done_the_command_is_copied_instead(tmp_path: Path) -> None:
    tools = Tools(tmp_path, can=False)
    tools.act("front", tools.sessions[0])
    assert tools.copied == [tools.command(tools.sessions[0])]
    assert tools.shown == [f"Its terminal cannot be brought to the front. Copied: {tools.copied[0]}"]


def test_nothing_is_done_to_a_program_that_may_be_another_sessions(tmp_path: Path) -> None:
    tools = Tools(tmp_path, can=True)
    tools.act("front", tools.sessions[2])
    assert tools.in_front == []
    assert tools.copied == [tools.command(tools.sessions[2])]


def test_a_session_that_is_no_longer_there(tmp_path: Path) -> None:
    tools = Tools(tmp_path, can=True)
    with pytest.raises(ActionFailed, match="no longer there"):
        tools.act("front", replace(APPROVAL, id="another"))


def test_a_home_that_is_not_known_any_more(tmp_path: Path) -> None:
    assert resume_command(replace(APPROVAL, home="~/elsewhere"), scope_in(tmp_path)) is None


def test_the_default_home_needs_no_variable(tmp_path: Path) -> None:
    scope = scope_in(tmp_path)
    (codex,) = (each for each in scope.chosen() if each.id == "codex")
    found = replace(QUESTION, home=scope.homes_of(codex)[0].label, cwd="/home/dev/my src")
    assert resume_command(found, scope, platform="linux") == (
        f"cd '/home/dev/my src' && codex resume {QUESTION.id}"
    )
    assert resume_command(replace(found, cwd=None), scope, platform="linux") == f"codex resume {QUESTION.id}"


def test_in_powershell(tmp_path: Path) -> None:
    scope = scope_in(tmp_path, CODEX_HOME=str(tmp_path / "codex"))
    (codex,) = (each for each in scope.chosen() if each.id == "codex")
    found = replace(QUESTION, home=scope.homes_of(codex)[0].label, cwd="C:\\it's")
    assert resume_command(found, scope, platform="win32") == (
        f"cd 'C:\\it''s'; $env:CODEX_HOME = '{tmp_path / 'codex'}'; codex resume '{QUESTION.id}'"
    )


@pytest.mark.parametrize("name", ["$(id)", "`id`", "a'; id; '", "-rf", "a b"])
def test_whatever_names_others_chose_is_one_word(name: str, tmp_path: Path) -> None:
    scope = scope_in(tmp_path)
    (codex,) = (each for each in scope.chosen() if each.id == "codex")
    found = replace(QUESTION, home=scope.homes_of(codex)[0].label, cwd=name, id=name)
    command = resume_command(found, scope, platform="linux")
    assert command is not None
    assert shlex.split(command) == ["cd", name, "&&", "codex", "resume", name]


@pytest.mark.skipif(sys.platform == "win32", reason="no such shell")
@pytest.mark.parametrize("name", ["a\nid", "a\x03id #\n", "\x1b[201~\\'é", "\u202eab", "\udc80"])
def test_what_is_pasted_presses_no_keys(name: str, tmp_path: Path) -> None:
    scope = scope_in(tmp_path)
    (codex,) = (each for each in scope.chosen() if each.id == "codex")
    found = replace(QUESTION, home=scope.homes_of(codex)[0].label, cwd=name)
    command = resume_command(found, scope, platform="linux")
    assert command is not None
    assert command.isprintable()
    shown = subprocess.run(
        ["bash", "-c", command.replace("cd ", "printf %s ")], capture_output=True, check=False
    )
    assert shown.stdout == os.fsencode(name)
