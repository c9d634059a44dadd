"""What a real Claude Code waits for: in notices of a tankful without a tray, by `notify.command`, and as a mark
in the tray.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.left_behind import at_work, until
from tests.programs import started
from tests.real.claude_sessions import Sessions, sessions
from tests.real.live_claude import ASK, PLAYS, QUESTION, LiveModel
from tests.real.live_codex import DEFAULT, live_codex, runs
from tests.real.panel import PROGRAMS, xfce_panel
from tests.real.scripted_codex import Script
from tests.real.terminals import Terminal
from tests.real.test_app_server import NEWEST
from tests.real.test_claude import NOTES, PACKAGE
from tests.real.test_icon import calls
from tests.tray.faces.published import ROOT
from tray.engine.notices.sessions.kinds import SETTLES

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")

Cli = Callable[[str, str], Path]


class Noted:
    """What a tankful without a tray has noted."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def notices(self) -> list[dict[str, Any]]:
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        return [json.loads(line) for line in lines]

    @property
    def kinds(self) -> list[str]:
        return [each["kind"] for each in self.notices]


@contextmanager
def noting(folder: Path, environ: dict[str, str]) -> Iterator[Noted]:
    folder.mkdir()
    note = folder / "note"
    note.write_text(f'#!/bin/sh\ncat >> "{folder}/noted"\n')
    note.chmod(0o755)
    (folder / "settings.toml").write_text(f'[notify]\ncommand = "{note}"\n')
    environ = environ | {"HOME": str(folder), "TANKFUL_HOME": str(folder)}
    command = [sys.executable, "-m", "tray.cli", "--headless"]
    with started(command, env=environ, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        until((folder / "state/snapshot.json").exists, "tankful never began")
        yield Noted(folder / "noted")
        process.send_signal(signal.SIGTERM)
        process.wait(20)


class Person:
    """Somebody with a real Claude Code."""

    def __init__(self, claude: Sessions, noted: Noted) -> None:
        self.claude = claude
        self._noted = noted

    def screen(self) -> Any:
        return self.claude.screen("--permission-mode", "default")

    def asks(self, screen: Terminal, prompt: str, until_shown: str) -> None:
        screen.enters(prompt)
        screen.until(lambda: until_shown in screen.text, "it never asked")

    def leaves(self, screen: Terminal) -> None:
        """Only tankful is left, which has this home in its environment."""
        screen.enters("/exit")
        screen.until(lambda: len(at_work(self.claude.folder)) <= 1, "it never ended")

    @property
    def has_run(self) -> bool:
        return (self.claude.work / "asked").exists()

    @property
    def notices(self) -> list[dict[str, Any]]:
        return self._noted.notices

    @property
    def kinds(self) -> list[str]:
        return self._noted.kinds


@contextmanager
def person(cli: Cli, folder: Path) -> Iterator[Person]:
    with sessions(cli(PACKAGE, NOTES), folder / "person", LiveModel(*PLAYS)) as claude:
        with noting(folder / "tankful", claude.environ | {"CODEX_HOME": str(folder / "none")}) as noted:
            yield Person(claude, noted)
        assert at_work(claude.folder) == []


def test_each_wait_has_one_notice_with_the_project_and_the_tool_alone(cli: Cli, tmp_path: Path) -> None:
    with person(cli, tmp_path) as dev, dev.screen() as screen:
        dev.asks(screen, ASK, "Do you want to proceed?")
        until(lambda: dev.kinds == ["approval"], "no notice of the permission")
        (found,) = dev.notices
        (log,) = dev.claude.logs
        assert found["title"] == "work waits for approval: Bash"
        assert (found["provider"], found["session"]) == ("claude", log.stem)
        assert not any(word in json.dumps(found) for word in (ASK, "touch", str(tmp_path)))
        time.sleep(2 * SETTLES.total_seconds())
        assert dev.kinds == ["approval"], "it was repeated"
        screen.types("\r")
        screen.until(lambda: dev.has_run, "the tool never ran")
        dev.asks(screen, QUESTION, "Enter to select")
        until(lambda: dev.kinds == ["approval", "question"], "no notice of the question")
        assert dev.notices[-1]["title"] == "work waits for your answer"
        screen.types("1")
        screen.until(lambda: "Enter to select" not in screen.text, "it was never answered")
        dev.leaves(screen)


def test_what_is_answered_at_once_has_none(cli: Cli, tmp_path: Path) -> None:
    with person(cli, tmp_path) as dev, dev.screen() as screen:
        dev.asks(screen, ASK, "Do you want to proceed?")
        time.sleep(1)  # a dialog that has just been opened takes no key
        screen.types("\r")
        screen.until(lambda: dev.has_run, "the tool never ran")
        time.sleep(3 * SETTLES.total_seconds())
        assert dev.kinds == []
        dev.leaves(screen)


def test_the_tray_has_a_mark_until_the_program_is_killed(
    cli: Cli, tmp_path: Path, need: Callable[..., None]
) -> None:
    """No file on the disk says that it was killed."""
    need(*PROGRAMS)
    with sessions(cli(PACKAGE, NOTES), tmp_path / "person", LiveModel(*PLAYS)) as claude:
        with xfce_panel(tmp_path / "desk") as desk:
            proxy = {key: text for key, text in claude.environ.items() if key not in ("HOME", "PATH", "TERM")}
            desk.environ |= proxy | {
                "TANKFUL_HOME": str(tmp_path / "own"),
                "CODEX_HOME": str(tmp_path / "no"),
            }
            with claude.screen("--permission-mode", "default") as screen:
                desk.start(sys.executable, "-m", "tray.cli", "--tray", cwd=ROOT)
                assert not calls(desk.settled()[0])
                screen.enters(ASK)
                until(lambda: calls(desk.settled()[0]), "no mark")
                os.kill(screen.pid, signal.SIGKILL)
                until(lambda: not calls(desk.settled()[0]), "the mark stays", seconds=60)
        assert desk.left_behind() == []


@pytest.mark.skipif(sys.platform != "linux", reason="the processes of Linux")
def test_a_tool_that_runs_for_long_has_none_and_one_that_waits_has_one(cli: Cli, tmp_path: Path) -> None:
    """Of Codex without hooks, whose log has the same lines for both: its processes tell."""
    program = cli("@openai/codex", NEWEST)
    script: Script = {
        "turn": [
            runs("sleep 20; echo one", "c1", DEFAULT),
            runs("echo two", "c2", DEFAULT, escalated=True),
        ]
    }
    with live_codex(program, tmp_path / "person", script) as codex:
        environ = codex.environ | {"CLAUDE_CONFIG_DIR": str(tmp_path / "none")}
        with noting(tmp_path / "tankful", environ) as noted, codex.terminal("--no-daemon") as terminal:
            terminal.enters("[[turn]] please")
            terminal.until(lambda: len(codex.models.answered) == 2, "the tool never ended")
            assert noted.kinds == []
            terminal.until(lambda: noted.kinds == ["approval"], "no notice")
            (found,) = noted.notices
            assert found["title"] == "work waits for approval: exec_command"
            assert found["provider"] == "codex"
            assert not any(word in json.dumps(found) for word in ("echo", "[[turn]]", str(tmp_path)))
            terminal.types("y")
            terminal.until(lambda: len(codex.models.answered) == 3, "the turn never ended")
            time.sleep(2 * SETTLES.total_seconds())
            assert noted.kinds == ["approval"]
    until(lambda: at_work(tmp_path) == [], "something is left behind")
