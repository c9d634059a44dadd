"""A real Claude Code whose turns a guard warns, stops and lets pass."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.left_behind import at_work, until
from tests.real.billed_claude import DELEGATE, TOOLS, TURN
from tests.real.claude_sessions import SECONDS, Sessions, sessions
from tests.real.guarded import Guard
from tests.real.test_claude import NOTES, PACKAGE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")

EVENTS = (
    *("SessionStart", "PermissionRequest", "Notification", "SubagentStart", "SubagentStop"),
    *("PreCompact", "Stop", "StopFailure", "SessionEnd"),
)
STOPPED = "tankful: Claude has 5 % of the 5h limit left, less than 10 %. It resets"
WARNED = "tankful: Claude has 20 % of the 5h limit left. It resets"


class Guarded:
    def __init__(self, person: Sessions) -> None:
        self.person = person
        self.guard = Guard(person.folder, "claude", "~/.claude")
        person.environ |= self.guard.environ
        hooks = self.guard.hooks("UserPromptSubmit", "PreToolUse")
        settings = {"permissions": {"allow": ["Bash", "Agent"]}, **hooks}
        (person.home / "settings.json").write_text(json.dumps(settings))

    def prints(self, prompt: str, *arguments: str) -> dict[str, Any]:
        done = subprocess.run(
            [str(self.person.program), "-p", *arguments, "--output-format", "json"],
            env=self.person.environ,
            cwd=self.person.work,
            input=prompt,
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
        )
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return found

    @property
    def turns(self) -> int:
        return len([each for each in self.person.model.served if each.purpose == TURN])

    @property
    def ran(self) -> int:
        """How many tools have run."""
        path = self.person.work / "ran.txt"
        return len(path.read_text().split()) if path.exists() else 0

    def runs_low(self, words: str) -> None:
        """While the model answers a prompt with these words."""
        self.person.model.listener = lambda news: self.guard.has_left(5) if words in news else None

    def asked(self) -> str:
        return json.dumps(self.person.model.asked[-1]["messages"])


@pytest.fixture
def guarded(cli: Callable[[str, str], Path], tmp_path: Path) -> Iterator[Guarded]:
    with sessions(cli(PACKAGE, NOTES), tmp_path / "person") as person:
        yield Guarded(person)
        until(lambda: at_work(person.folder) == [], "something is left behind", 20)


def test_prompts_of_p(guarded: Guarded) -> None:
    assert guarded.prints(TOOLS)["terminal_reason"] == "completed"
    assert (guarded.turns, guarded.ran) == (2, 2)
    guarded.guard.has_left(20)
    assert guarded.prints(TOOLS)["terminal_reason"] == "completed"
    assert (guarded.turns, guarded.ran) == (4, 4)
    assert WARNED not in guarded.asked()
    until(lambda: len(guarded.guard.notices) == 1, "the person was not warned")
    assert guarded.guard.notices[0]["title"] == "Claude has little left"
    guarded.guard.has_left(5)
    assert STOPPED in guarded.prints("once more")["result"]
    assert guarded.turns == 4
    assert len(guarded.guard.notices) == 1  # the result gives the reason
    guarded.guard.is_reset()
    assert guarded.prints("once more")["terminal_reason"] == "completed"


def test_a_turn_of_p_is_stopped_between_tools_and_goes_on(guarded: Guarded) -> None:
    guarded.runs_low(TOOLS)
    stopped = guarded.prints(TOOLS)
    assert (stopped["terminal_reason"], stopped["result"]) == ("hook_stopped", "")
    assert (guarded.turns, guarded.ran) == (1, 2)  # both tools of the answer have run
    until(lambda: len(guarded.guard.notices) == 1, "the person never heard why")
    assert guarded.guard.notices[0]["title"] == "Claude was stopped"
    guarded.guard.is_reset()
    guarded.person.model.listener = lambda _news: None
    assert guarded.prints("go on", "--resume", stopped["session_id"])["terminal_reason"] == "completed"
    assert guarded.turns == 2
    assert guarded.asked().count('"type": "tool_result"') == 2


@pytest.mark.parametrize("left", [20, 5])
def test_at_every_other_event_it_is_understood_or_silent(guarded: Guarded, left: float) -> None:
    """A turn that cannot be stopped there ends as it would have without a guard."""
    hooks = guarded.guard.hooks(*EVENTS)
    settings = {"permissions": {"allow": ["Bash", "Agent"]}, **hooks}
    (guarded.person.home / "settings.json").write_text(json.dumps(settings))
    guarded.guard.has_left(left)
    assert guarded.prints(TOOLS)["terminal_reason"] == "completed"
    assert (guarded.turns, guarded.ran) == (2, 2)
    assert STOPPED not in guarded.asked()
    assert "claude hook of ~/.claude: " in guarded.guard.log


def test_a_finished_subagent_is_not_forgotten(guarded: Guarded) -> None:
    """It works in the background; the notification of its end begins a turn, which is stopped."""
    guarded.runs_low("Say done.")
    stopped = guarded.prints(DELEGATE)
    assert STOPPED in stopped["result"]
    served = guarded.turns
    guarded.guard.is_reset()
    guarded.person.model.listener = lambda _news: None
    guarded.prints("go on", "--resume", stopped["session_id"])
    assert guarded.turns == served + 1
    assert "<task-notification>" in guarded.asked()


def test_on_its_screen(guarded: Guarded) -> None:
    person, guard = guarded.person, guarded.guard
    guard.has_left(5)
    with person.screen() as screen:
        screen.enters("please begin")
        screen.until(lambda: STOPPED in screen.text, "it was not stopped")
        screen.until(lambda: screen.text.count("please begin") == 2, "the prompt was not handed back")
        assert guarded.turns == 0
        guard.has_left(20)
        screen.types("\r")
        screen.until(lambda: "Answer" in screen.text, "it did not go on")
        assert f"UserPromptSubmit says: {WARNED}" in screen.text
        guarded.runs_low(TOOLS)
        screen.enters(TOOLS)
        screen.until(lambda: "hook stopped" in screen.text and guarded.ran == 2, "it was not stopped")
        turns = guarded.turns
        guard.has_left(60)
        guarded.person.model.listener = lambda _news: None
        screen.enters("go on now")
        screen.until(
            lambda: guarded.turns == turns + 1 and screen.text.count("Answer") == 2, "it did not go on"
        )
        person.leaves(screen)
    assert guard.notices == []
