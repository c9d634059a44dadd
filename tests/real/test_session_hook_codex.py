"""A real Codex whose hooks record what it waits for."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.left_behind import at_work, until
from tests.real.billed_codex import serving
from tests.real.codex_threads import SECONDS, Threads
from tests.real.recorded import Recorder, pressed
from tests.real.scripted_codex import Held, Item, ScriptedModels, call
from tests.real.terminals import Terminal
from tests.real.terminals import terminal as in_terminal
from tests.real.test_app_server import NEWEST
from tests.real.test_guarded_codex import _end_all, _trust
from tests.tray.faces.session_blocks import codex_block

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")

MODEL = "mock-model"  # one that calls each tool itself
OPTIONS = [{"label": label, "description": label} for label in ("One", "Two")]
QUESTION = {"id": "q", "header": "Which", "question": "Which?", "options": OPTIONS}
ESCALATED = {"sandbox_permissions": "require_escalated", "justification": "zz-please"}
SCRIPT: dict[str, Sequence[Item | Held]] = {
    "ask": [call("exec_command", "c1", cmd="touch zz-asked", **ESCALATED)],
    "question": [call("request_user_input", "c2", questions=[QUESTION])],
    "stop": [call("exec_command", "c3", cmd="sleep 99")],
}


class Person:
    def __init__(self, codex: Threads, models: ScriptedModels) -> None:
        self.codex, self.models = codex, models
        self.recorder = Recorder(codex.folder)
        codex.environ |= self.recorder.environ | {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
        config = codex.home / "config.toml"
        asks = 'approval_policy = "on-request"\nsandbox_mode = "workspace-write"\n'
        text = asks + config.read_text().replace("gpt-5.5", MODEL)
        config.write_text(text + codex_block(self.recorder.program))

    def execs(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(self.codex.program), "exec", "--skip-git-repo-check", *arguments],
            env=self.codex.environ,
            cwd=self.codex.work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        assert "Failed" not in done.stderr
        return done


@pytest.fixture
def person(cli: Callable[[str, str], Path], tmp_path: Path) -> Iterator[Person]:
    with serving(ScriptedModels(SCRIPT)) as models:
        dev = Person(Threads(cli("@openai/codex", NEWEST), tmp_path / "person", models), models)
        yield dev
        until(lambda: at_work(dev.codex.folder) == [], "something is left behind", 20)


def test_approvals_questions_and_turns(person: Person) -> None:
    recorder = person.recorder
    # Without its daemon, which would outlive the test.
    command = [str(person.codex.program), "--no-daemon"]
    with in_terminal(command, person.codex.environ, person.codex.work) as screen:
        _trust(screen)
        assert recorder.status is None
        screen.enters("[[ask]] please")
        recorder.until(screen, "working")
        recorder.until(screen, "approval", "Bash")
        screen.until(lambda: "zz-please" in screen.text, "it never asked")
        assert recorder.shows("approval", "Bash")
        found = recorder.shown(person.codex.environ)
        assert (found["status"], found["status_from"], found["task"]["tool"]) == ("approval", "hook", "Bash")
        assert found["pid"] == next(iter(recorder.records.values())).pid
        pressed(screen, "y", lambda: "Would you like to run" not in screen.text)
        recorder.until(screen, "idle")
        _plans(screen)
        screen.enters("[[question]] please")
        recorder.until(screen, "waiting", "request_user_input")
        screen.until(lambda: "Which?" in screen.text, "it never asked")
        pressed(screen, "\r", lambda: "1/1 answered" in screen.text)
        recorder.until(screen, "idle")
        screen.enters("[[stop]] please")
        recorder.until(screen, "working")
        screen.until(lambda: any(each.prompt == "stop" for each in person.models.answered), "it never asked")
        pressed(screen, "\x1b", lambda: "interrupted" in screen.text)
        recorder.until(screen, "idle")
        (record,) = recorder.records.values()
        assert record.pid in {screen.pid, *_below(screen.pid)}
        screen.enters("/quit")
        until(lambda: at_work(person.codex.folder) == [], "it never ended", 20)
    assert recorder.shows("done")
    ((provider, session),) = recorder.records
    assert provider == "codex"
    assert any(session in log.name for log in person.codex.logs)
    assert "zz-" not in recorder.written(), "no word of a prompt, no command"


def test_by_the_daemon_that_runs_the_sessions_of_all_screens(person: Person) -> None:
    """As Codex starts by itself: the daemon runs the hooks, and no process tells whose tool waits."""
    recorder = person.recorder
    try:
        with in_terminal([str(person.codex.program)], person.codex.environ, person.codex.work) as screen:
            _trust(screen)
            screen.enters("[[ask]] please")
            recorder.until(screen, "approval", "Bash")
            screen.until(lambda: "zz-please" in screen.text, "it never asked")
            found = recorder.shown(person.codex.environ)
            assert (found["status"], found["status_from"]) == ("approval", "hook")
            pressed(screen, "y", lambda: "Would you like to run" not in screen.text)
            recorder.until(screen, "idle")
            assert recorder.shown(person.codex.environ)["status"] == "idle"
    finally:
        _end_all(person.codex.folder)


def _plans(screen: Terminal) -> None:
    """Questions belong to its plan mode."""
    screen.enters("/plan")
    screen.until(lambda: "Plan mode" in screen.text, "it does not plan")


def _below(pid: int) -> set[int]:
    import psutil

    return {each.pid for each in psutil.Process(pid).children(recursive=True)}


def test_a_run_is_recorded_from_its_prompt_to_its_end(person: Person) -> None:
    person.execs("--dangerously-bypass-hook-trust", "please")
    assert person.recorder.shows("done")


def test_doctor_says_that_codex_skips_it(person: Person) -> None:
    person.execs("not trusted")
    assert person.recorder.status is None  # in silence
    found = _doctor(person)
    assert set(found["trusts"]) == {"untrusted"}
    assert len(found["events"]) == 6


def test_where_nothing_can_be_recorded_it_works_as_ever(person: Person) -> None:
    person.recorder.state.write_text("a file in the way")
    done = person.execs("--dangerously-bypass-hook-trust", f"please {'x' * 100_000}")
    assert "hook: Stop" in done.stderr
    assert done.stdout == "Done.\n"


def _doctor(person: Person) -> dict[str, Any]:
    path = f"{person.codex.program.parent}:{person.codex.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "tray.cli", "doctor", "--json"],
        env=person.codex.environ | {"PATH": path},
        cwd=person.codex.work,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    (hook,) = json.loads(done.stdout)["providers"][0]["session_hooks"]
    found: dict[str, Any] = hook
    return found
