"""What a person sends to a real CLI, counted."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from providers.claude.logs.format import Transcripts
from providers.codex.logs.format import Rollouts
from providers.domain.cost import SentMessage
from providers.ledger.discover import Finders
from providers.logs import LogFormat, Observed
from tests.left_behind import at_work
from tests.real.billed_claude import DELEGATE, TOOLS
from tests.real.billed_codex import DELEGATE as SPAWN
from tests.real.claude_sessions import Sessions, sessions
from tests.real.codex_threads import threads
from tests.real.terminals import Terminal
from tests.real.test_app_server import NEWEST
from tests.real.test_claude import BEFORE_SAFE_MODE, NOTES, PACKAGE, VERSIONS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")

SLOWLY = "slowly"
"""In a prompt, it makes the model wait before its first answer."""
OLD_CODEX = ("0.42.0", "0.60.1")


def sent(fmt: LogFormat, home: Path) -> list[SentMessage]:
    logs, unreadable = Finders().finder(home, fmt).find()
    assert unreadable == []
    scanner = fmt.scanner()
    return fmt.resolve([Observed(home, scanner.scan(log.path).observation) for log in logs]).messages


def waits(person: Sessions) -> None:
    def listener(news: str) -> None:
        if SLOWLY in news and "tool_result" not in news:
            time.sleep(3)

    person.model.listener = listener


@pytest.mark.parametrize("version", [BEFORE_SAFE_MODE, *VERSIONS])
def test_prompts_of_claude(version: str, cli: Callable[[str, str], Path], tmp_path: Path) -> None:
    """Of a fork, a subagent and a command that is a prompt; none is for /compact."""
    with sessions(cli(PACKAGE, version), tmp_path / "person") as person:
        commands = person.work / ".claude/commands"
        commands.mkdir(parents=True)
        (commands / "mine.md").write_text("Do this: $ARGUMENTS\n")
        first = person.prints("one")
        person.prints("/mine two", "--resume", first)
        person.prints(DELEGATE, "--resume", first)
        person.prints("/compact", "--resume", first)
        person.prints("four", "--resume", first, "--fork-session")
        assert at_work(person.folder) == []
    found = sent(Transcripts(), person.home)
    assert len(found) == 4
    assert {each.context.project for each in found} == {str(person.work)}


def test_what_is_typed_on_claudes_screen(cli: Callable[[str, str], Path], tmp_path: Path) -> None:
    """A message that is handed over between two tools is an attachment, and no line of the user's."""
    with sessions(cli(PACKAGE, NOTES), tmp_path / "person") as person:
        waits(person)
        with person.screen("--allowedTools", "Bash") as screen:
            person.says(screen, "one")
            shell(person, screen, "echo two")
            before = person.lines('"subtype":"turn_duration"')
            screen.enters(f"{TOOLS} {SLOWLY}")
            screen.until(lambda: person.lines(SLOWLY) > 0, "it never began")
            screen.enters("handed over")
            screen.until(lambda: person.lines('"subtype":"turn_duration"') > before, "the turn never ended")
            screen.enters("/compact")
            screen.until(lambda: person.lines("compact_boundary") == 1, "it was never compacted")
            person.says(screen, "go on")
            person.leaves(screen)
    assert person.lines('"type":"queued_command"') == 1
    assert len(sent(Transcripts(), person.home)) == 4


def shell(person: Sessions, screen: Terminal, command: str) -> None:
    screen.types("!")
    screen.until(lambda: "shell mode" in screen.text, "it has no shell mode")
    screen.enters(command)
    screen.until(lambda: person.lines("bash-stdout") > 0, "it never ran")


@pytest.mark.parametrize("version", [*OLD_CODEX, NEWEST])
def test_prompts_of_codex(version: str, cli: Callable[[str, str], Path], tmp_path: Path) -> None:
    """Instructions and environment are added to each thread; none of them is a message."""
    with threads(cli("@openai/codex", version), tmp_path / "person") as person:
        (person.work / "AGENTS.md").write_text("Be kind.\n")
        for prompt in ("one", "two", "three"):
            person.executes(prompt)
        assert at_work(person.folder) == []
    found = sent(Rollouts(), person.home)
    assert len(found) == 3
    assert {each.context.project for each in found} == {str(person.work)}


def test_what_a_thread_of_codex_was_sent(cli: Callable[[str, str], Path], tmp_path: Path) -> None:
    """Also what was taken back; not what the model asked a subagent, nor a turn that only compacts."""
    with threads(cli("@openai/codex", NEWEST), tmp_path / "person") as person, person.server() as server:
        thread = server.ask("thread/start", cwd=str(person.work), model="gpt-6.2-sol")["thread"]["id"]
        server.turn(thread, SPAWN)
        server.until(lambda about: about["threadId"] != thread)
        second = server.turn(thread, "two")
        server.ask("thread/revert", threadId=thread, beforeTurnId=second)
        server.turn(thread, "three")
        fork = server.ask("thread/fork", threadId=thread)["thread"]["id"]
        server.turn(fork, "four")
    assert len(sent(Rollouts(), person.home)) == 4
