"""A real Codex whose turns a guard warns, stops and lets pass."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.left_behind import at_work, until
from tests.real.billed_codex import TOOL
from tests.real.codex_threads import SECONDS, Threads, threads
from tests.real.guarded import Guard
from tests.real.terminals import Terminal, terminal
from tests.real.test_app_server import NEWEST

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")

EVENTS = (
    *(
        "SessionStart",
        "PreModelRequest",
        "PostModelRequest",
        "PreToolUse",
        "PermissionRequest",
        "PostToolUse",
    ),
    *("PreCompact", "PostCompact", "SubagentStart", "SubagentStop", "Stop", "Interrupt", "SessionEnd"),
)
"""All but the one that stops it."""
STOPPED = "tankful: Codex has 5 % of the 5h limit left, less than 10 %. It resets"
WARNED = "tankful: Codex has 20 % of the 5h limit left. It resets"


class Guarded:
    def __init__(self, person: Threads) -> None:
        self.person = person
        self.guard = Guard(person.folder, "codex", "~/home")
        person.environ |= self.guard.environ | {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self.set("UserPromptSubmit", "PreToolUse")

    def set(self, *events: str, arguments: str = "") -> None:
        hooks = self.guard.hooks(*events, arguments=arguments)
        (self.person.home / "hooks.json").write_text(json.dumps(hooks))

    def execs(
        self, *arguments: str, trusted: bool = False, name: str = "exec"
    ) -> subprocess.CompletedProcess[str]:
        trust = () if trusted else ("--dangerously-bypass-hook-trust",)
        done = subprocess.run(
            [str(self.person.program), name, "--skip-git-repo-check", *trust, *arguments],
            env=self.person.environ,
            cwd=self.person.work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Failed" not in done.stderr
        return done

    @property
    def ran(self) -> int:
        """How often the tool has run."""
        path = self.person.work / "ran.txt"
        return len(path.read_text().split()) if path.exists() else 0

    def outputs(self) -> list[Any]:
        """Of tools, as the model got them."""
        asked = self.person.models.asked[-1]["input"]
        return [item["output"] for item in asked if item["type"] == "function_call_output"]


@pytest.fixture
def guarded(cli: Callable[[str, str], Path], tmp_path: Path) -> Iterator[Guarded]:
    with threads(cli("@openai/codex", NEWEST), tmp_path / "person") as person:
        yield Guarded(person)
        until(lambda: at_work(person.folder) == [], "something is left behind", 20)


def test_exec_is_let_pass_warned_and_stopped_and_goes_on(guarded: Guarded) -> None:
    guard, models = guarded.guard, guarded.person.models
    guarded.execs(TOOL)
    assert (len(models.served), guarded.ran) == (2, 1)
    assert "its-output" in str(guarded.outputs())
    guard.has_left(20)
    guarded.execs(TOOL)
    assert (len(models.served), guarded.ran) == (4, 2)
    assert WARNED not in json.dumps(models.asked)  # it is for the person, whom exec shows nothing
    until(lambda: len(guard.notices) == 1, "the person was not warned")
    guard.has_left(5)
    stopped = guarded.execs(TOOL, name="e")
    assert (len(models.served), guarded.ran) == (4, 2)
    assert "hook: UserPromptSubmit Blocked" in stopped.stderr
    until(lambda: len(guard.notices) == 2, "the person never heard why")
    assert {each["title"] for each in guard.notices} == {"Codex has little left", "Codex was stopped"}
    guard.is_reset()
    assert guarded.execs("resume", "--last", TOOL).stdout == "Answer 6.\n"
    assert guarded.ran == 3


@pytest.mark.parametrize("left", [60, 20, 5])
def test_at_every_event_it_is_understood_or_silent(guarded: Guarded, left: float) -> None:
    """Codex drops an answer with a member that it does not know there, and says that the hook failed."""
    guarded.set(*EVENTS)
    guarded.guard.has_left(left)
    done = guarded.execs(TOOL)
    assert guarded.ran == 1
    assert "its-output" in str(guarded.outputs())
    assert "hook: PostToolUse" in done.stderr
    assert "hook: Stop" in done.stderr


def test_a_running_turn_loses_nothing(guarded: Guarded) -> None:
    """Codex cannot be stopped there: the model hears of it, once, beside what its tools say."""
    guarded.set("PreToolUse")
    guarded.guard.has_left(5)
    guarded.execs(TOOL)
    assert guarded.ran == 1
    assert "its-output" in str(guarded.outputs())
    assert json.dumps(guarded.person.models.asked[-1]["input"]).count(STOPPED) == 1


def test_calls_are_refused_where_the_person_chose_that(guarded: Guarded) -> None:
    guarded.set("PreToolUse", arguments="--refuse-calls")
    guarded.guard.has_left(5)
    guarded.execs(TOOL)
    assert guarded.ran == 0
    assert STOPPED in str(guarded.outputs())


def test_on_its_screen(guarded: Guarded) -> None:
    person, guard = guarded.person, guarded.guard
    config = person.home / "config.toml"
    config.write_text(config.read_text().replace("gpt-5.5", "gpt-6.2-sol"))  # it offers no newer one
    guard.has_left(5)
    # Without its daemon, which would outlive the test.
    with terminal([str(person.program), "--no-daemon"], person.environ, person.work) as screen:
        _trust(screen)
        screen.enters("please begin")
        screen.until(
            lambda: "Blocked by hook" in screen.text and STOPPED in screen.text, "it was not stopped"
        )
        assert person.models.served == []
        guard.has_left(20)
        screen.enters("please go on")
        screen.until(lambda: "Answer 1." in screen.text, "it did not go on")
        assert WARNED in screen.text
        guard.has_left(60)
        screen.enters("and once more")
        screen.until(lambda: screen.text.count("Answer") == 2, "it did not go on")
        assert screen.text.count("tankful:") == 2
        screen.enters("/quit")
        until(lambda: at_work(person.folder) == [], "it never ended", 20)
    assert guard.notices == []
    assert _doctor(guarded) == ["trusted", "trusted"]
    guarded.set("UserPromptSubmit", "PreToolUse", arguments="--min-left 20")
    assert _doctor(guarded) == ["modified", "modified"]
    guarded.set("UserPromptSubmit", "PreToolUse")
    guard.has_left(5)
    served = len(person.models.served)
    assert "Blocked" in guarded.execs("trusted by now", trusted=True).stderr
    assert len(person.models.served) == served


def test_on_its_screen_by_its_daemon(guarded: Guarded) -> None:
    """As Codex starts by itself: the daemon runs the hooks, and outlives the screen."""
    person, guard = guarded.person, guarded.guard
    config = person.home / "config.toml"
    config.write_text(config.read_text().replace("gpt-5.5", "gpt-6.2-sol"))
    guard.has_left(5)
    try:
        with terminal([str(person.program)], person.environ, person.work) as screen:
            _trust(screen)
            screen.enters("please begin")
            screen.until(lambda: STOPPED in screen.text, "it was not stopped")
            guard.has_left(60)
            screen.enters("please go on")
            screen.until(lambda: "Answer" in screen.text, "it did not go on")
    finally:
        _end_all(person.folder)
    assert guard.notices == []


def _end_all(folder: Path) -> None:
    """What has to do with this folder of the test's own."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get("HOME") == str(folder):
                process.kill()


def test_doctor_says_that_codex_skips_it(guarded: Guarded) -> None:
    before = sorted(guarded.person.home.rglob("*"))
    assert _doctor(guarded) == ["untrusted", "untrusted"]
    assert sorted(guarded.person.home.rglob("*")) == before
    guarded.guard.has_left(5)
    guarded.execs("not trusted", trusted=True)
    assert len(guarded.person.models.served) == 1  # in silence


def _doctor(guarded: Guarded) -> list[str]:
    """How Codex judges the hooks."""
    person = guarded.person
    path = f"{person.program.parent}:{person.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "tray.cli", "doctor", "--json"],
        env=person.environ | {"PATH": path},
        cwd=person.work,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    (guard,) = json.loads(done.stdout)["providers"][0]["guards"]
    assert guard["events"] == ["UserPromptSubmit", "PreToolUse"]
    return list(guard["trusts"])


def _trust(screen: Terminal) -> None:
    """Codex discards what is typed before it reads: so until it has heard."""
    screen.until(lambda: "Trust all and continue" in screen.text, "it never asked for trust")
    until(lambda: _typed(screen, "2", "› 2."), "it cannot be told to trust", SECONDS)
    screen.types("\r")
    screen.until(lambda: "Ask Codex" in screen.text, "it never asked for a prompt")


def _typed(screen: Terminal, key: str, expected: str) -> bool:
    screen.types(key)
    try:
        screen.until(lambda: expected in screen.text, "", 2)
    except AssertionError:
        return False
    return True
