"""A real Claude Code whose hooks record what it waits for."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.left_behind import at_work
from tests.real.claude_sessions import SECONDS, Sessions, sessions
from tests.real.live_claude import LiveModel, Play
from tests.real.recorded import Recorder, pressed
from tests.real.test_claude import NOTES, PACKAGE
from tests.tray.faces.session_blocks import claude_block

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")

Cli = Callable[[str, str], Path]
HELD, ASK, QUESTION = "zz-held", "zz-ask", "zz-question"
OPTIONS = [{"label": label, "description": label} for label in ("One", "Two")]
QUESTIONS = [{"question": "Which?", "header": "Pick", "options": OPTIONS, "multiSelect": False}]
PLAYS = (
    Play(ASK, ((("Bash", {"command": "touch zz-asked", "description": "touch"}),),)),
    Play(QUESTION, ((("AskUserQuestion", {"questions": QUESTIONS}),),)),
)


class Person:
    def __init__(self, claude: Sessions, model: LiveModel) -> None:
        self.claude, self.model = claude, model
        self.recorder = Recorder(claude.folder)
        claude.environ |= self.recorder.environ
        (claude.home / "settings.json").write_text(claude_block(self.recorder.program))


@contextmanager
def person(cli: Cli, folder: Path) -> Iterator[Person]:
    model = LiveModel(*PLAYS)
    with sessions(cli(PACKAGE, NOTES), folder / "person", model) as claude:
        yield Person(claude, model)
        assert at_work(claude.folder) == []


def test_approvals_questions_and_turns(cli: Cli, tmp_path: Path) -> None:
    with person(cli, tmp_path) as dev:
        recorder = dev.recorder
        with dev.claude.screen("--permission-mode", "default") as screen:
            recorder.until(screen, "idle")
            dev.model.hold(HELD)
            screen.enters(HELD)
            recorder.until(screen, "working")
            dev.model.let(HELD)
            recorder.until(screen, "idle")
            screen.enters(ASK)
            recorder.until(screen, "approval", "Bash")
            screen.until(lambda: "Do you want to proceed?" in screen.text, "it never asked")
            assert recorder.shows("approval", "Bash")
            found = recorder.shown(dev.claude.environ)
            assert (found["status"], found["pid"], found["task"]["tool"]) == ("approval", screen.pid, "Bash")
            pressed(screen, "\r", lambda: "Do you want to proceed?" not in screen.text)
            recorder.until(screen, "idle")
            assert (dev.claude.work / "zz-asked").exists()
            screen.enters(QUESTION)
            recorder.until(screen, "waiting", "AskUserQuestion")
            screen.until(lambda: "Enter to select" in screen.text, "it never asked")
            pressed(screen, "1", lambda: "Enter to select" not in screen.text)
            recorder.until(screen, "idle")
            (record,) = recorder.records.values()
            assert record.pid == screen.pid
            dev.claude.leaves(screen)
        assert recorder.shows("done")
        ((provider, session),) = recorder.records
        assert provider == "claude"
        assert any(session in log.name for log in dev.claude.logs)
        assert "zz-" not in recorder.written(), "no word of a prompt, no command"


def test_where_nothing_can_be_recorded_it_works_as_ever(cli: Cli, tmp_path: Path) -> None:
    with person(cli, tmp_path) as dev:
        dev.recorder.state.write_text("a file in the way")
        done = subprocess.run(
            [str(dev.claude.program), "-p", "--output-format", "json"],
            env=dev.claude.environ,
            cwd=dev.claude.work,
            input=f"please {'x' * 300_000}",
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
        )
        found = json.loads(done.stdout.strip().splitlines()[-1])
        assert (found["subtype"], found["terminal_reason"]) == ("success", "completed")
        assert "hook" not in done.stderr
