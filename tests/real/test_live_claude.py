"""A look at the live sessions of a real Claude Code, against what its model, its tools and its screen know."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from providers.claude.descriptor import CLAUDE
from providers.claude.sessions.finder import ClaudeSessions
from providers.domain.live import LiveSession
from providers.source import Home
from tests.left_behind import at_work, until
from tests.programs import started
from tests.real.claude_sessions import Sessions, sessions
from tests.real.live_claude import (
    AGENT,
    ALLOWED,
    ASK,
    BOTH,
    CHILD,
    FAR,
    HELD,
    NEAR,
    PLAYS,
    QUESTION,
    RUN,
    SHELL,
    WAIT,
    WAITER,
    LiveModel,
    Play,
)
from tests.real.terminals import Terminal
from tests.real.test_claude import BEFORE_SAFE_MODE, NOTES, PACKAGE
from tests.real.timeline import Timeline, timeline

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")

Cli = Callable[[str, str], Path]
MANUAL = ("--permission-mode", "default")


class Person:
    """Somebody with a real Claude Code; `seen` is what tankful shows meanwhile."""

    def __init__(self, claude: Sessions, model: LiveModel, seen: Timeline, homes: list[Home]) -> None:
        self.claude, self.model, self.seen, self.homes = claude, model, seen, homes
        (claude.work / "wait.py").write_text(WAITER)
        (claude.home / "settings.json").write_text(json.dumps(ALLOWED))

    def screen(self, *arguments: str, folder: Path | None = None) -> AbstractContextManager[Terminal]:
        return self.claude.screen(*MANUAL, *arguments, folder=folder)

    @property
    def one(self) -> LiveSession:
        found = self.seen.session()
        assert found is not None
        return found

    @property
    def asks(self) -> str | None:
        """What waits for permission."""
        shown = self.one.status
        return shown.task.argument if shown.status == "approval" and shown.task else None

    def sees(self, screen: Terminal, status: str, tool: str | None = None) -> None:
        def is_so() -> bool:
            return self.seen.status == status and (tool is None or self.seen.tool == tool)

        screen.until(is_so, f"not seen as {status}, but as {self.seen.now}")

    def stays(self, screen: Terminal) -> None:
        """For a few looks more."""
        before = len(self.seen.looks)
        screen.until(lambda: len(self.seen.looks) > before + 5, "nobody looks")

    def moment(self, name: str) -> float:
        """When the tool began or ended, 0 if not yet."""
        try:
            return float((self.claude.work / name).read_text() or 0)
        except FileNotFoundError:
            return 0


@contextmanager
def person(cli: Cli, folder: Path, version: str = NOTES) -> Iterator[Person]:
    model = LiveModel(*PLAYS)
    provider = replace(CLAUDE, sessions=ClaudeSessions())
    with sessions(cli(PACKAGE, version), folder / "person", model) as claude:
        homes = [Home(provider="claude", path=claude.home, label="~/.claude")]
        try:
            with timeline(provider, homes) as seen:
                yield Person(claude, model, seen, homes)
            assert at_work(claude.folder) == []
        finally:
            claude.is_killed()
            # Its daemon has its sockets there, and leaves them when it is killed.
            daemon = hashlib.sha256(str(claude.home).encode()).hexdigest()[:8]
            shutil.rmtree(f"/tmp/cc-daemon-{os.getuid()}/{daemon}", ignore_errors=True)
        assert not any(look.problems for _, _, look in seen.looks)


def test_a_turn_of_each_kind(cli: Cli, tmp_path: Path) -> None:
    with person(cli, tmp_path) as dev, dev.screen() as screen:
        dev.sees(screen, "idle")
        assert (dev.one.turns, dev.one.kind, dev.one.owner_certain) == (None, "", True)

        dev.model.hold(HELD)
        screen.enters(HELD)
        dev.sees(screen, "working")
        screen.until(lambda: dev.model.waits(HELD), "the model was never asked")
        dev.stays(screen)
        dev.model.let(HELD)
        dev.sees(screen, "idle")
        (begun, _, _), (ended, _, _) = dev.model.log
        assert dev.seen.between(begun, ended) == {"working"}

        screen.enters(RUN)
        dev.sees(screen, "working", "Bash")
        assert dev.one.status.task is not None
        assert dev.one.status.task.argument == WAIT
        screen.until(lambda: dev.moment("begun") > 0, "the tool never began")
        dev.stays(screen)
        (dev.claude.work / "go").touch()
        dev.sees(screen, "idle")
        assert dev.seen.between(dev.moment("begun"), dev.moment("ended")) == {"working"}

        screen.enters(ASK)
        dev.sees(screen, "approval", "Bash")
        asked = time.time()
        screen.until(lambda: "Do you want to proceed?" in screen.text, "it never asked")
        dev.stays(screen)
        typed = time.time()
        screen.types("\r")
        dev.sees(screen, "idle")
        assert dev.seen.between(asked, typed) == {"approval"}
        assert (dev.claude.work / "asked").exists()

        screen.enters(QUESTION)
        dev.sees(screen, "waiting", "AskUserQuestion")
        screen.until(lambda: "Enter to select" in screen.text, "it never asked")
        dev.stays(screen)
        screen.types("1")
        dev.sees(screen, "idle")
        screen.until(lambda: dev.one.turns == 4, f"{dev.one.turns} turns")
        dev.claude.leaves(screen)
        screen.until(lambda: dev.seen.status == "done", "never seen as done")


def test_the_call_that_waits_is_named(cli: Cli, tmp_path: Path) -> None:
    """Of two calls, first the one and then the other; and one of an agent."""
    with person(cli, tmp_path) as dev, dev.screen() as screen:
        dev.sees(screen, "idle")
        screen.enters(BOTH)
        for command in ("touch first", "touch second"):
            screen.until(lambda: dev.asks == command, f"not {command}, but {dev.seen.now}")  # noqa: B023
            screen.until(lambda: "Do you want to proceed?" in screen.text, "it never asked")
            dev.stays(screen)
            assert dev.asks == command
            screen.types("\r")
        dev.sees(screen, "idle")
        screen.enters(NEAR)
        screen.until(lambda: dev.asks == "touch below", f"but {dev.seen.now}")
        [agent] = dev.one.subagents
        assert agent.status == "approval"
        screen.until(lambda: "Do you want to proceed?" in screen.text, "it never asked")
        dev.stays(screen)
        screen.types("\r")
        dev.sees(screen, "idle")
        dev.claude.leaves(screen)


def test_what_an_agent_in_the_background_asks(cli: Cli, tmp_path: Path) -> None:
    """Its session's turn may have ended by then."""
    with person(cli, tmp_path) as dev, dev.screen() as screen:
        dev.sees(screen, "idle")
        screen.enters(FAR)
        screen.until(lambda: "Do you want to proceed?" in screen.text, "it never asked")
        screen.until(lambda: dev.asks == "touch below", f"but {dev.seen.now}")
        dev.stays(screen)
        assert dev.asks == "touch below"
        assert [each.status for each in dev.one.subagents] == ["approval"]
        screen.types("\r")
        dev.sees(screen, "idle")
        assert [each.status for each in dev.one.subagents] == ["done"]
        dev.claude.leaves(screen)


def test_another_session_in_the_same_program(cli: Cli, tmp_path: Path) -> None:
    """/clear ends one and begins another; and a session in a tool of a session is one of its own."""
    with person(cli, tmp_path) as dev, dev.screen() as screen:
        dev.claude.says(screen, "one")
        dev.sees(screen, "idle")
        first = dev.one.id
        screen.enters("/clear")
        screen.until(lambda: running(dev) - {first} != set(), "it is not seen")
        [second] = running(dev)
        assert status(dev, first) == "done"
        assert status(dev, second) == "idle"
        nested = f"{dev.claude.program} -p {HELD}"
        dev.model.plays = (Play(RUN, ((("Bash", {"command": nested, "description": "d"}),),)),)
        dev.model.hold(f'"text": "{HELD}"')
        screen.enters(RUN)
        screen.until(lambda: "Do you want to proceed?" in screen.text, "it never asked")
        dev.stays(screen)
        screen.types("\r")
        screen.until(lambda: len(running(dev)) == 2, f"but {dev.seen.now}")
        [third] = running(dev) - {second}
        screen.until(lambda: status(dev, second) == status(dev, third) == "working", "not both work")
        pids = {each.id: each.pid for each in dev.seen.now.sessions}
        assert pids[second] == screen.pid
        assert pids[third] not in (None, screen.pid)
        dev.model.let(f'"text": "{HELD}"')
        screen.until(lambda: status(dev, third) == "done", "never seen as done")
        screen.until(lambda: status(dev, second) == "idle", "never seen as idle")
        dev.claude.leaves(screen)


def test_esc_is_seen_at_once(cli: Cli, tmp_path: Path) -> None:
    """While a tool runs, and before anything was answered, of which no line tells."""
    with person(cli, tmp_path) as dev, dev.screen() as screen:
        screen.enters(RUN)
        dev.sees(screen, "working", "Bash")
        screen.until(lambda: dev.moment("begun") > 0, "the tool never began")
        screen.types("\x1b")
        dev.sees(screen, "idle")
        (dev.claude.work / "go").touch()
        dev.model.hold(HELD)
        screen.enters(HELD)
        screen.until(lambda: dev.model.waits(HELD), "the model was never asked")
        dev.sees(screen, "working")
        screen.types("\x1b")
        dev.sees(screen, "idle")
        dev.model.let(HELD)
        screen.until(lambda: HELD in screen.text, "the prompt is not put back")
        screen.types("\x15")
        screen.until(lambda: HELD not in screen.text, "the prompt cannot be removed")
        dev.claude.leaves(screen)


def test_what_works_in_the_background_keeps_the_session_working(cli: Cli, tmp_path: Path) -> None:
    with person(cli, tmp_path) as dev, dev.screen() as screen:
        dev.model.hold(CHILD)
        screen.enters(AGENT)
        screen.until(lambda: dev.claude.lines('"subtype":"turn_duration"') == 1, "the turn never ended")
        dev.sees(screen, "working")
        dev.stays(screen)
        [agent] = dev.one.subagents
        assert (agent.name, agent.status) == ("general-purpose", "working")
        dev.model.let(CHILD)
        dev.sees(screen, "idle")
        (begun, _, _), (ended, _, _) = dev.model.log
        assert dev.seen.between(begun, ended) == {"working"}
        screen.until(lambda: dev.claude.lines('"subtype":"turn_duration"') == 2, "it was never notified")
        dev.sees(screen, "idle")
        screen.until(lambda: dev.one.subagents[0].status == "done", "never seen as done")

        screen.enters(SHELL)
        screen.until(lambda: dev.claude.lines('"subtype":"turn_duration"') == 3, "the turn never ended")
        screen.until(lambda: dev.moment("begun") > 0, "the shell never began")
        dev.stays(screen)
        (dev.claude.work / "go").touch()
        screen.until(lambda: dev.moment("ended") > 0, "the shell never ended")
        dev.sees(screen, "idle")
        assert dev.seen.between(dev.moment("begun"), dev.moment("ended")) == {"working"}
        dev.claude.leaves(screen)


def test_a_killed_program_is_done(cli: Cli, tmp_path: Path) -> None:
    """Its record stays, and says that it waits."""
    with person(cli, tmp_path) as dev:
        with dev.screen() as screen:
            screen.enters(ASK)
            dev.sees(screen, "approval", "Bash")
            dev.claude.is_killed()
            dev.sees(screen, "done")
            dev.stays(screen)
            assert (dev.one.pid, dev.one.owner_certain) == (None, False)
        [record] = (dev.claude.home / "sessions").glob("*.json")
        assert '"status":"waiting"' in record.read_text()


def test_an_agent_of_a_killed_program_does_not_run_on(cli: Cli, tmp_path: Path) -> None:
    """Its transcript ends within a turn, and the next program of the session works."""
    with person(cli, tmp_path) as dev:
        dev.model.hold(CHILD)
        with dev.screen() as screen:
            screen.enters(AGENT)
            screen.until(lambda: dev.model.waits(CHILD), "the agent never began")
            screen.until(lambda: [each.status for each in dev.one.subagents] == ["working"], "it is not seen")
            session = dev.one.id
            dev.claude.is_killed()
        dev.model.let(CHILD)
        with dev.screen("--resume", session) as screen:
            dev.sees(screen, "idle")
            dev.model.hold(HELD)
            screen.enters(HELD)
            screen.until(lambda: dev.model.waits(HELD), "the model was never asked")
            dev.sees(screen, "working")
            dev.stays(screen)
            assert [each.status for each in dev.one.subagents] == ["done"]
            dev.model.let(HELD)
            dev.sees(screen, "idle")
            dev.claude.leaves(screen)


def test_one_that_prints_is_done_when_it_has(cli: Cli, tmp_path: Path) -> None:
    with person(cli, tmp_path) as dev:
        dev.model.hold(HELD)
        command = [str(dev.claude.program), "-p", HELD]
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        options: dict[str, Any] = {"env": dev.claude.environ, "cwd": dev.claude.work, **streams}
        with started(command, **options) as process:
            until(lambda: dev.model.waits(HELD), "the model was never asked")
            until(lambda: dev.seen.status == "working", "never seen as working")
            assert (dev.one.kind, dev.one.pid) == ("exec", process.pid)
            dev.model.let(HELD)
            process.wait(60)
        until(lambda: dev.seen.status == "done", "never seen as done")
        (begun, _, _), (ended, _, _) = dev.model.log
        assert dev.seen.between(begun, ended) <= {None, "working"}


def test_one_that_a_program_talks_to(cli: Cli, tmp_path: Path) -> None:
    """As an editor or a script does, which answers for the person."""
    with person(cli, tmp_path) as dev:
        streams = ("--input-format", "stream-json", "--output-format", "stream-json", "--verbose")
        command = [str(dev.claude.program), "-p", *streams, "--permission-prompt-tool", "stdio"]
        options: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        options |= {"stdin": subprocess.PIPE, "env": dev.claude.environ, "cwd": dev.claude.work}
        with started(command, text=True, **options) as process:
            assert process.stdin is not None
            for prompt, *expected in (("one", "idle", None), (ASK, "approval", "Bash")):
                message = {"type": "user", "message": {"role": "user", "content": prompt}}
                asked = len(dev.model.served)
                process.stdin.write(json.dumps(message) + "\n")
                process.stdin.flush()
                until(lambda: len(dev.model.served) > asked, "the model was never asked", 60)  # noqa: B023
                until(
                    lambda: [dev.seen.status, dev.seen.tool] == expected,  # noqa: B023
                    f"never seen as {expected}",
                    60,
                )
            assert (dev.one.kind, dev.one.pid) == ("exec", process.pid)
            process.stdin.close()
            process.wait(60)
        until(lambda: dev.seen.status == "done", "never seen as done")


def test_two_in_one_folder_of_which_one_is_old(cli: Cli, tmp_path: Path) -> None:
    """The old one is resumed from another folder, and began first: whatever was in order would be wrong."""
    with person(cli, tmp_path) as dev:
        old = dev.claude.prints("one")
        [log] = dev.claude.logs
        os.utime(log, (time.time() - 1e6,) * 2)
        elsewhere = dev.claude.work / "elsewhere"
        elsewhere.mkdir()
        dev.claude.trusts(elsewhere)
        with dev.screen() as young, dev.screen("--resume", old, folder=elsewhere) as resumed:
            young.until(lambda: len(running(dev)) == 2, "not both are seen")
            dev.model.hold(HELD)
            resumed.enters(HELD)
            resumed.until(lambda: dev.model.waits(HELD), "the model was never asked")
            resumed.until(lambda: status(dev, old) == "working", "never seen as working")
            [other] = running(dev) - {old}
            assert status(dev, other) == "idle"
            pids = {each.id: each.pid for each in dev.seen.now.sessions}
            assert pids == {old: resumed.pid, other: young.pid}
            dev.model.let(HELD)
            resumed.until(lambda: status(dev, old) == "idle", "never seen as idle")
            assert dev.claude.logs == [log]
            resumed.enters("/exit")
            resumed.until(lambda: status(dev, old) == "done", "never seen as done")
            dev.claude.leaves(young)


def test_in_two_homes(cli: Cli, tmp_path: Path) -> None:
    with person(cli, tmp_path) as dev, dev.screen() as screen, second_home(dev).screen(*MANUAL) as second:
        screen.until(lambda: len(running(dev)) == 2, "not both are seen")
        second.enters(ASK)
        second.until(lambda: statuses(dev) == {"~/.claude": "idle", "~/.other": "approval"}, "not both")
        second.types("\x1b")
        second.until(lambda: statuses(dev)["~/.other"] == "idle", "never seen as idle")
        for each in (screen, second):
            each.enters("/exit")
        second.until(lambda: set(statuses(dev).values()) == {"done"}, "never seen as done")
        screen.until(lambda: at_work(dev.claude.folder) == [], "they never ended")


def test_a_background_session_waits_where_nobody_looks(cli: Cli, tmp_path: Path) -> None:
    """Its daemon, its terminal's host and the spare process for the next one are no sessions."""
    with person(cli, tmp_path) as dev:
        dev.claude.runs("--bg", *MANUAL, ASK)
        until(
            lambda: (dev.seen.status, dev.seen.tool) == ("approval", "Bash"),
            f"never seen as such: {dev.seen.now}",
            60,
        )
        assert dev.one.kind == "background"
        assert dev.one.owner_certain
        dev.claude.runs("stop", dev.one.id[:8])
        until(lambda: dev.seen.status == "done", "never seen as done", 60)
        dev.claude.is_killed()


def test_what_a_session_used_is_what_its_model_served(cli: Cli, tmp_path: Path) -> None:
    with person(cli, tmp_path) as dev, dev.screen() as screen:
        dev.claude.says(screen, "one")
        dev.sees(screen, "idle")
        usage = dev.model.served[-1].usage
        sent = sum(usage[f"{each}_tokens"] for each in ("input", "cache_read_input", "cache_creation_input"))
        screen.until(lambda: dev.one.context_tokens == sent, f"not {sent}, but {dev.one.context_tokens}")
        assert dev.one.model == dev.model.served[-1].model
        assert (dev.one.effort, dev.one.version) == (dev.model.served[-1].effort, NOTES)
        assert (dev.one.turns, dev.one.compactions) == (1, 0)
        screen.enters("/compact")
        screen.until(lambda: dev.one.compactions == 1, "the compaction is not seen")
        screen.until(lambda: dev.one.context_tokens is None, "the context is not known to be empty")
        assert dev.one.turns == 1
        dev.claude.leaves(screen)


def test_a_refusal_ends_the_turn(cli: Cli, tmp_path: Path) -> None:
    with person(cli, tmp_path) as dev, dev.screen() as screen:
        dev.sees(screen, "idle")
        dev.model.refuses = 9
        screen.enters("one")
        screen.until(lambda: dev.claude.lines('"rate_limit"') > 0, "it was never refused")
        dev.sees(screen, "idle")
        dev.claude.leaves(screen)


def test_a_look_changes_nothing_and_shows_nobodys_words(cli: Cli, tmp_path: Path) -> None:
    words = "a word that nobody else would write: zzyzx"
    with person(cli, tmp_path) as dev, dev.screen() as screen:
        dev.claude.says(screen, words)
        dev.sees(screen, "idle")
        with stopped(screen.pid):  # it writes something itself now and then
            before = contents(dev.claude.home)
            dev.stays(screen)
            assert contents(dev.claude.home) == before
        shown = str(dev.seen.now)
        assert "zzyzx" not in shown
        assert "Answer" not in shown
        dev.claude.leaves(screen)


def test_of_an_old_version_it_says_what_is_certain(cli: Cli, tmp_path: Path) -> None:
    """2.1.30 writes nothing about itself, and its tools do not know their session."""
    with person(cli, tmp_path, BEFORE_SAFE_MODE) as dev, dev.screen() as screen:
        screen.enters(RUN)
        screen.until(lambda: dev.moment("begun") > 0, "the tool never began")
        screen.until(lambda: dev.seen.status == "unknown", f"never seen as unknown: {dev.seen.now}")
        assert (dev.one.pid, dev.one.owner_certain) == (None, False)
        (dev.claude.work / "go").touch()
        screen.until(lambda: dev.moment("ended") > 0, "the tool never ended")
        dev.claude.is_killed()


def second_home(dev: Person) -> Sessions:
    """Of the same person."""
    other = dev.claude.with_home(dev.claude.folder / ".other")
    (other.home / "settings.json").write_text(json.dumps(ALLOWED))
    dev.homes.append(Home(provider="claude", path=other.home, label="~/.other"))
    return other


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def statuses(dev: Person) -> dict[str, str]:
    """By the label of the home."""
    return {each.home: each.status.status for each in dev.seen.now.sessions}


def contents(home: Path) -> dict[str, tuple[int, bytes]]:
    """But for its plugins, which another process of it installs."""
    found: dict[str, tuple[int, bytes]] = {}
    for folder, folders, names in os.walk(home):
        if "plugins" in folders:
            folders.remove("plugins")
        for path in filter(Path.is_file, (Path(folder, name) for name in names)):
            found[str(path)] = path.stat().st_mtime_ns, path.read_bytes()
    return found


def running(dev: Person) -> set[str]:
    return {each.id for each in dev.seen.now.sessions if each.pid is not None}


def status(dev: Person, session: str) -> str | None:
    found = dev.seen.session(session)
    return found.status.status if found else None
