"""What is said of the sessions of a real Codex while it works, against the log of what its models answered."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from providers.codex.sessions.status import DIALOG_AFTER
from providers.domain.live import LiveSession, Task
from tests.left_behind import at_work
from tests.programs import ROOT, started
from tests.real.live_codex import DEFAULT, DIRECT, SETTLES, LiveCodex, Watch, live_codex, runs, until
from tests.real.scripted_codex import Held, Item, Script, call, message
from tests.real.terminals import Terminal
from tests.real.test_app_server import MIDDLE, NEWEST
from tests.tray.faces.published import Folder
from tray.engine.live import hook_records

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the processes of Linux")

QUESTION = {"id": "q", "header": "Which", "question": "Which?"}
OPTIONS = [{"label": "One", "description": "1"}, {"label": "Two", "description": "2"}]


@pytest.fixture
def program(cli: Callable[[str, str], Path], tmp_path: Path) -> Iterator[Path]:
    yield cli("@openai/codex", NEWEST)
    until(lambda: at_work(tmp_path) == [], "something is left behind", 20)


class Screen:
    """A terminal, and what is said of its session."""

    def __init__(self, terminal: Terminal, watch: Watch) -> None:
        self.terminal = terminal
        self.watch = watch

    @property
    def session(self) -> LiveSession | None:
        return next(iter(self.watch.sessions), None)

    def until(self, status: str, tool: str | None = None) -> float:
        """When it is shown to do this."""

        def shows() -> bool:
            now = self.session
            if now is None or now.status.status != status:
                return False
            return tool is None or (now.status.task is not None and now.status.task.tool == tool)

        try:
            self.terminal.until(shows, f"never {status} {tool}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.session}") from None
        return time.time()

    def waits(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        self.terminal.until(lambda: time.monotonic() >= ends, "")


def test_a_run_works_until_it_ends_and_is_done_at_once(program: Path, tmp_path: Path) -> None:
    script = {"run": [Held("first", (runs("sleep 3", "c1", DEFAULT),))]}
    with live_codex(program, tmp_path / "person", script) as codex:
        watch = Watch(codex.home)
        with watch.watching(), codex.executes("[[run]] please") as process:
            until(lambda: len(codex.models.requests) == 1, "it never asked")
            time.sleep(2)
            codex.models.releases("first")
            until(lambda: len(codex.models.answered) == 2, "it never ended")
            process.wait(20)
            ended = time.time()
            until(lambda: watch.seen[-1].at > ended + SETTLES, "nobody looks")
        asked, answered = codex.models.requests[0].at, codex.models.answered[1].at
        assert watch.statuses(asked, answered) == {"working"}
        assert watch.statuses(ended, time.time()) == {"done"}
        during = [
            each
            for seen in watch.seen
            if asked + SETTLES < seen.at and seen.ended < answered
            for each in seen.look.sessions
        ]
        (program_pid,) = {each.pid for each in during}
        assert {(each.kind, each.owner_certain, each.model, each.version) for each in during} == {
            ("exec", True, DEFAULT, NEWEST)
        }
        assert {
            each.status.task and (each.status.task.tool, each.status.task.argument) for each in during
        } == {
            None,
            ("exec_command", "sleep 3"),
        }
        assert program_pid != process.pid  # that one is Node.js, which waits for it
        (over,) = watch.sessions
        assert (over.pid, over.owner_certain) == (None, False)
        assert over.context_tokens == codex.models.served[-1].usage["input_tokens"]


@pytest.mark.parametrize("model", [DEFAULT, DIRECT])
def test_a_terminal_from_its_first_prompt_to_its_end(program: Path, tmp_path: Path, model: str) -> None:
    script: Script = {
        "turn": [
            Held("answer", (runs("sleep 4; echo one", "c1", model),)),
            runs("sleep 3; echo two", "c2", model, escalated=True),
        ],
        "stop": [runs("sleep 99", "c3", model)],
    }
    with live_codex(program, tmp_path / "person", script, model=model) as codex:
        watch = Watch(codex.home)
        with watch.watching(), codex.terminal("--no-daemon") as terminal:
            screen = Screen(terminal, watch)
            screen.until("idle")
            assert screen.session is not None
            assert (screen.session.owner_certain, screen.session.kind, screen.session.turns) == (
                True,
                "",
                None,
            )
            terminal.enters("[[turn]] please")
            screen.until("working")
            screen.waits(2)
            codex.models.releases("answer")
            screen.until("working", "exec_command")
            shown = screen.until("approval", "exec_command")
            screen.waits(2)
            yes = time.time()
            terminal.types("y")
            works = screen.until("working", "exec_command")
            screen.until("idle")
            asked = codex.models.requests
            assert watch.statuses(asked[0].at, codex.models.answered[1].at) == {"working"}
            assert watch.statuses(shown, yes) == {"approval"}
            assert watch.statuses(works, asked[2].at) == {"working"}
            assert shown >= codex.models.answered[1].at + DIALOG_AFTER.total_seconds()
            terminal.enters("[[stop]] please")
            screen.until("working", "exec_command")
            screen.waits(2)
            terminal.types("\x1b")
            stopped = screen.until("idle")
            screen.waits(2)
            assert any("sleep 99" in " ".join(each.cmdline()) for each in codex.processes()), (
                "its tool is to live on"
            )
            assert watch.statuses(stopped, time.time()) == {"idle"}
            assert screen.session.turns == 2
            for each in codex.programs():
                each.kill()
            until(lambda: {each.status.status for each in watch.sessions} == {"done"}, "it never ended")


def test_resumed_after_it_was_killed_in_a_turn(program: Path, tmp_path: Path) -> None:
    """Its log still ends with the open call."""
    with live_codex(program, tmp_path / "person", {"run": [runs("sleep 99", "c1", DEFAULT)]}) as codex:
        watch = Watch(codex.home)
        with watch.watching():
            with codex.executes("[[run]] please"):
                until(
                    lambda: [each.status.task is not None for each in watch.sessions] == [True],
                    "no tool runs",
                )
                for each in codex.programs():
                    each.kill()
                until(lambda: [each.status.status for each in watch.sessions] == ["done"], "it never ended")
            thread = watch.sessions[0].id
            time.sleep(1)  # nobody is as fast
            with codex.terminal("--no-daemon", "resume", thread) as terminal:
                screen = Screen(terminal, watch)
                resumed = screen.until("idle")
                screen.waits(4)
                assert watch.statuses(resumed, time.time()) == {"idle"}
                terminal.enters("and now")
                terminal.until(lambda: "Done." in terminal.text, "it never answers")
                screen.until("idle")
                assert [each.id for each in watch.sessions] == [thread]


def test_hooks_know_it_at_once(program: Path, tmp_path: Path) -> None:
    """Also that the tool runs, which no hook says: their record stays."""
    script = {"turn": [runs("sleep 4", "c1", DEFAULT, escalated=True)]}
    with live_codex(program, tmp_path / "person", script) as codex:
        own = Folder(tmp_path / "own")
        codex.environ |= {"TANKFUL_HOME": own.environ["TANKFUL_HOME"], "PYTHONPATH": str(ROOT)}
        command = f"{shlex.quote(sys.executable)} -m tray.cli hook --for codex"
        entry = {"hooks": [{"type": "command", "command": command, "timeout": 5}]}
        hooks = {event: [entry] for event in ("UserPromptSubmit", "PermissionRequest", "Stop")}
        (codex.home / "hooks.json").write_text(json.dumps({"hooks": hooks}))
        watch = Watch(codex.home, hooks=lambda now: hook_records.read(str(own.state), now))
        with watch.watching(), codex.terminal("--no-daemon", "--dangerously-bypass-hook-trust") as terminal:
            screen = Screen(terminal, watch)
            terminal.enters("[[turn]] please")
            shown = screen.until("approval", "Bash")
            assert screen.session is not None
            assert (screen.session.status.evidence, screen.session.status.task) == (
                "hook",
                Task(tool="Bash", argument="sleep 4", since=screen.session.status.since),
            )
            screen.waits(3)
            assert watch.statuses(shown, time.time()) == {"approval"}
            terminal.types("y")
            works = screen.until("working", "exec_command")
            idle = screen.until("idle")
            assert watch.statuses(works, idle - 0.5) == {"working"}
            (record,) = hook_records.read(str(own.state), datetime.now(UTC)).values()
            assert (record.status, record.pid) == ("idle", screen.session.pid)


def test_questions(program: Path, tmp_path: Path) -> None:
    script: Script = {
        "ask": [call("request_user_input", "c1", questions=[QUESTION | {"options": OPTIONS}])],
        "later": [
            call("request_user_input_async", "c2", questions=[{"title": "Which?", "options": ["A", "B"]}])
        ],
    }
    with live_codex(program, tmp_path / "person", script) as codex:
        watch = Watch(codex.home)
        with watch.watching(), codex.terminal("--no-daemon") as terminal:
            screen = Screen(terminal, watch)
            terminal.enters("[[later]] please")
            screen.until("waiting", "request_user_input_async")  # its turn has ended
            terminal.types("/plan")
            screen.waits(1)
            terminal.types("\r")
            terminal.until(lambda: "Plan mode" in terminal.text, "it does not plan")
            terminal.enters("[[ask]] please")
            asked = screen.until("waiting", "request_user_input")
            screen.waits(3)
            assert watch.statuses(asked, time.time()) == {"waiting"}
            terminal.types("\r")
            screen.until("idle")


def test_subagents_compaction_and_the_daemon(program: Path, tmp_path: Path) -> None:
    """As Codex starts by itself: a daemon runs the sessions, and goes on when the terminal is killed."""
    script: Script = {
        "wait": [
            _spawns("helper", "child", "c1"),
            call("wait_agent", "c2", "collaboration"),
        ],
        "child": [Held("child", (message("Done."),))],
        "later": [_spawns("second", "other", "c3")],
        "other": [runs("sleep 2", "c4", DEFAULT, escalated=True), Held("other", (message("Done."),))],
        "tool": [runs("sleep 99", "c5", DEFAULT)],
    }
    with live_codex(program, tmp_path / "person", script) as codex:
        watch = Watch(codex.home)
        with watch.watching(), codex.terminal() as terminal:
            screen = Screen(terminal, watch)
            screen.until("idle")
            terminal.enters("[[wait]] please")
            waits = screen.until("working", "wait_agent")
            screen.waits(3)
            assert watch.statuses(waits, time.time()) == {"working"}
            (session,) = watch.sessions
            assert [(each.name, each.status) for each in session.subagents] == [("helper", "working")]
            assert (session.kind, session.owner_certain) == ("daemon", True)
            codex.models.releases("child")
            screen.until("idle")
            terminal.enters("[[later]] please")
            screen.until("approval", "exec_command")  # of the subagent, while the parent's turn has ended
            terminal.types("y")
            works = screen.until("working")
            until(
                lambda: any(each.prompt == "other" and each.number == 1 for each in codex.models.requests), ""
            )
            screen.waits(2)
            assert watch.statuses(works, time.time()) == {"working"}
            codex.models.releases("other")
            screen.until("idle")
            (session,) = watch.sessions
            assert {each.name: each.status for each in session.subagents} == {
                "helper": "done",
                "second": "done",
            }
            assert session.compactions == 0
            terminal.types("/compact")
            screen.waits(1)
            terminal.types("\r")
            terminal.until(lambda: watch.sessions[0].compactions == 1, "it was never compacted")
            screen.until("idle")
            terminal.enters("[[tool]] please")
            screen.until("working", "exec_command")
            for each in codex.programs():
                if "app-server" not in each.cmdline():
                    each.kill()
            killed = time.time()
            until(lambda: watch.seen[-1].at > killed + 3, "nobody looks")
            assert watch.statuses(killed, time.time()) == {"working"}
            codex.kills("--managed-daemon")
            until(lambda: {each.status.status for each in watch.sessions} == {"done"}, "it never ended")
            codex.kills()


def test_two_in_one_folder_one_of_an_old_day_and_another_home(program: Path, tmp_path: Path) -> None:
    held: Script = {name: [Held(name, (message("Done."),))] for name in ("one", "two", "old")}
    other_script = {"other": [Held("other", (message("Done."),))]}
    with (
        live_codex(program, tmp_path / "person", {"first": [], **held}) as codex,
        live_codex(program, tmp_path / "second", other_script) as second,
    ):
        with codex.executes("[[first]] please") as process:
            process.wait(30)
        old = _moved_to_an_old_day(codex)
        watch = Watch(codex.home, second.home)
        with (
            watch.watching(),
            codex.executes("resume", old, "[[old]] please") as resumed,
            codex.executes("[[one]] please") as one,
            codex.executes("[[two]] please") as two,
            second.executes("[[other]] please") as other,
        ):
            until(
                lambda: len(codex.models.requests) == 4 and len(second.models.requests) == 1, "they never ask"
            )
            until(lambda: len([each for each in watch.sessions if each.status.status == "working"]) == 4, "")
            shown = {
                (each.home, _prompt(each.id, codex, second)): each.pid for each in watch.sessions if each.pid
            }
            assert shown == {
                ("home", name): each_of.programs(of=process.pid)[0].pid
                for name, process, each_of in (
                    ("old", resumed, codex),
                    ("one", one, codex),
                    ("two", two, codex),
                    ("other", other, second),
                )
            }
            two_pid = shown["home", "two"]
            assert two_pid is not None
            os.kill(two_pid, signal.SIGKILL)
            until(
                lambda: sorted(each.status.status for each in watch.sessions) == ["done", *["working"] * 3],
                "it was killed",
            )
            assert list((codex.home / "thread-writer-locks").glob("*-*.lock")), "its lock is to stay"


def test_the_session_of_an_app(program: Path, tmp_path: Path) -> None:
    """As a desktop app and editors run it."""
    with live_codex(program, tmp_path / "person", {"turn": [Held("turn", (message("Done."),))]}) as codex:
        watch = Watch(codex.home)
        with watch.watching(), codex.person.server() as server:
            thread = server.ask("thread/start", cwd=str(codex.person.work))["thread"]["id"]
            until(lambda: [each.id for each in watch.sessions] == [thread], "it is not found")
            assert [(each.kind, each.status.status) for each in watch.sessions] == [("app", "idle")]
            words = [{"type": "text", "text": "[[turn]] please"}]
            server.ask("turn/start", threadId=thread, input=words)
            until(lambda: watch.sessions[0].status.status == "working", "it never works")
            codex.models.releases("turn")
            server.until(lambda about: about["threadId"] == thread)
            until(lambda: watch.sessions[0].status.status == "idle", "its turn never ends")


def test_an_mcp_server_and_a_session_without_a_log(
    program: Path, cli: Callable[[str, str], Path], tmp_path: Path
) -> None:
    """0.60 serves as an MCP server, 0.171 no longer does."""
    script = {"run": [Held("run", (message("Done."),))]}
    with live_codex(program, tmp_path / "person", script) as codex:
        watch = Watch(codex.home)
        nothing = subprocess.DEVNULL
        with (
            watch.watching(),
            started(
                [str(cli("@openai/codex", MIDDLE)), "mcp-server"],
                env=codex.environ,
                cwd=codex.person.work,
                stdin=subprocess.PIPE,
                stdout=nothing,
                stderr=nothing,
            ),
            codex.executes("--ephemeral", "[[run]] please") as process,
        ):
            until(lambda: len(watch.sessions) == 1, "it is not found")
            (session,) = watch.sessions
            assert (session.status.status, session.kind, session.pid) == ("unknown", "exec", None)
            assert session.cwd == str(codex.person.work)
            (server,) = watch.seen[-1].look.mcp_servers
            assert (server.name, server.provider) == ("codex mcp-server", "codex")
            codex.models.releases("run")
            process.wait(20)
            until(lambda: watch.sessions == (), "it never ended")


def test_nothing_is_changed_in_a_home(program: Path, tmp_path: Path) -> None:
    with live_codex(program, tmp_path / "person", {"run": [runs("true", "c1", DEFAULT)]}) as codex:
        with codex.executes("[[run]] please") as process:
            process.wait(30)
        before = _files(codex.home)
        assert [each.status.status for each in Watch(codex.home).look()] == ["done"]
        assert _files(codex.home) == before


def _spawns(name: str, prompt: str, call_id: str) -> Item:
    return call("spawn_agent", call_id, "collaboration", task_name=name, message=f"[[{prompt}]] please")


def _files(home: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.lstat().st_mtime_ns, path.lstat().st_size) for path in home.rglob("*")}


def _moved_to_an_old_day(codex: LiveCodex) -> str:
    """The only thread's rollout; returns the thread's id. Without its index Codex finds it by the file."""
    (log,) = codex.person.logs
    folder = codex.home / "sessions/2025/01/31"
    folder.mkdir(parents=True)
    shutil.move(log, folder / f"rollout-2025-01-31{log.name[18:]}")
    for index in codex.home.glob("state_*"):
        index.unlink()
    return log.stem[-36:]


def _prompt(session: str, *persons: LiveCodex) -> str:
    """The newest prompt in the rollout of a session."""
    (log,) = [log for each in persons for log in each.person.logs if session in log.name]
    text = log.read_text()
    return max(("one", "two", "old", "other"), key=lambda name: text.rfind(f"[[{name}]]"))
