"""What a session does, of its log, its hooks and its processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.codex.sessions.finder import CodexSessions
from providers.codex.sessions.reader import LiveRollout
from providers.domain.live import SessionStatus, Status, Task
from providers.domain.processes import ProcessTable
from providers.sessions import FoundSession, HookRecord
from tests.providers.codex.sessions.fakes import Fake, FakeTable, uuid
from tests.providers.codex.sessions.lines import (
    SESSION,
    START,
    aborted,
    call,
    context,
    ended,
    event,
    meta,
    output,
    script,
    started,
)

AGENT = 100
ALONE = FakeTable(Fake(pid=AGENT))
BEGUN = (meta(), started(), context())
RUN = call(2, "exec_command", cmd="make")
ESCALATED = call(2, "exec_command", cmd="make", sandbox_permissions="require_escalated")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def tool(call_id: str = "c1", *, after: float = 2.1, session: str = SESSION, **more: Any) -> Fake:
    environ = {"CODEX_TOOL_CALL_ID": call_id, "CODEX_THREAD_ID": session}
    whole: dict[str, Any] = {
        "pid": 101,
        "parent": AGENT,
        "started": at(after).timestamp(),
        "environ": environ,
    } | more
    return Fake(**whole, name="make", command=("make",))


def found(**more: Any) -> FoundSession:
    about: dict[str, Any] = {"home": Path("/home"), "id": SESSION, "pid": AGENT, "is_running": True}
    return FoundSession(**about | more)


def status(
    *lines: bytes,
    later: float = 30,
    table: ProcessTable = ALONE,
    hook: HookRecord | None = None,
    subagents: Mapping[str, SessionStatus] | None = None,
    of: FoundSession | None = None,
    sessions: CodexSessions | None = None,
) -> SessionStatus:
    reader = LiveRollout()
    for each in lines:
        reader.feed(each)
    facts = reader.facts if lines else None
    sessions = sessions or CodexSessions()
    return sessions.status(of or found(), facts, hook, subagents or {}, table, at(later))


def test_before_its_first_prompt_it_is_idle() -> None:
    shown = status(of=found(since=at(0)))
    assert (shown.status, shown.since, shown.evidence) == ("idle", at(0), "process")


def test_while_the_model_answers_it_works() -> None:
    shown = status(*BEGUN, later=9999)
    assert (shown.status, shown.since, shown.task, shown.evidence) == ("working", at(1), None, "log")


@pytest.mark.parametrize("called", [RUN, ESCALATED])
def test_a_tool_with_a_process_runs(called: bytes) -> None:
    shown = status(*BEGUN, called, table=FakeTable(Fake(pid=AGENT), tool()))
    assert (shown.status, shown.evidence) == ("working", "process")
    assert shown.task == Task(tool="exec_command", argument="make", since=at(2))


def test_a_tool_without_a_process_waits_for_approval() -> None:
    shown = status(*BEGUN, RUN, later=4)
    assert (shown.status, shown.since, shown.evidence) == ("approval", at(2), "process")
    assert shown.task == Task(tool="exec_command", argument="make", since=at(2))


def test_at_first_its_process_may_still_come() -> None:
    shown = status(*BEGUN, RUN, later=3.9)
    assert (shown.status, shown.look_again) == ("working", True)


def test_the_process_of_a_script_has_an_id_of_its_own() -> None:
    """In Code Mode. An older one is a terminal in the background, another thread's is a subagent's."""
    called = script(2, 'await tools.exec_command({cmd: "make"})')
    own = tool("exec-4c1f")
    assert status(*BEGUN, called, table=FakeTable(Fake(pid=AGENT), own)).status == "working"
    for other in (tool("exec-4c1f", after=-60), tool("exec-4c1f", session=uuid(2)), tool("c0")):
        assert status(*BEGUN, called, table=FakeTable(Fake(pid=AGENT), other)).status == "approval"


def test_a_script_that_may_wait_for_a_timer_works() -> None:
    assert status(*BEGUN, script(2, "await new Promise(r => setTimeout(r, 9000))")).status == "working"


def test_between_the_end_of_a_process_and_its_line_nobody_is_asked() -> None:
    sessions = CodexSessions()
    running = FakeTable(Fake(pid=AGENT), tool())
    assert status(*BEGUN, RUN, later=20, table=running, sessions=sessions).status == "working"
    shown = status(*BEGUN, RUN, later=22, sessions=sessions)
    assert (shown.status, shown.look_again) == ("working", True)
    assert (
        status(*BEGUN, RUN, later=25, sessions=sessions).status == "approval"
    )  # once more, without the sandbox


def test_after_a_command_of_a_script_the_next_one_may_still_come() -> None:
    called = script(2, 'await tools.exec_command({cmd: "a"}); await tools.exec_command({cmd: "b"})')
    done = event(60, "item_completed", item={"type": "CommandExecution", "id": "exec-1"})
    assert status(*BEGUN, called, done, later=61).status == "working"
    assert status(*BEGUN, called, done, later=62).status == "approval"


def test_where_the_system_hides_environments_what_began_after_the_call_is_its() -> None:
    for after, expected in ((2.1, "working"), (-9, "approval")):
        hidden = tool(after=after, environ=None)
        assert status(*BEGUN, RUN, table=FakeTable(Fake(pid=AGENT), hidden)).status == expected


def test_the_tools_of_older_versions_have_no_ids() -> None:
    """0.45 and 0.60. The host of Code Mode begins with the first script, and is no tool."""
    old = tool(environ={"CODEX_HOME": "/home/dev/.codex"})
    assert status(*BEGUN, RUN, table=FakeTable(Fake(pid=AGENT), old)).status == "working"
    host = Fake(pid=101, parent=AGENT, started=at(2.1).timestamp(), name="codex-code-mode")
    assert status(*BEGUN, RUN, table=FakeTable(Fake(pid=AGENT), host)).status == "approval"


def test_without_a_certain_owner_the_log_alone_counts() -> None:
    shown = status(*BEGUN, ESCALATED, of=found(pid=None))
    assert (shown.status, shown.evidence) == ("working", "log")


def test_one_of_two_calls_waits() -> None:
    other = call(2, "exec_command", "c2", cmd="ls")
    one_runs = FakeTable(Fake(pid=AGENT), tool("c2"))
    assert status(*BEGUN, ESCALATED, other, table=one_runs).status == "approval"
    assert status(*BEGUN, RUN, other, table=one_runs).status == "working"  # it may wait for the other's end


@pytest.mark.parametrize(
    "called",
    [
        call(2, "wait_agent", timeout_ms=9),
        call(2, "sleep", duration_ms=9),
        call(2, "mcp__ologs__get", query="x"),
        call(2, "spawn_agent", task_name="helper"),
    ],
)
def test_a_tool_within_the_program_works(called: bytes) -> None:
    assert status(*BEGUN, called).status == "working"


def test_where_nobody_is_asked_a_tool_works() -> None:
    assert status(meta(), started(), context(1, "never"), ESCALATED).status == "working"


def test_a_question() -> None:
    asked = call(2, "request_user_input", questions=[])
    shown = status(*BEGUN, asked, later=2)
    assert (shown.status, shown.task) == ("waiting", Task(tool="request_user_input", since=at(2)))
    assert status(*BEGUN, asked, output(5, "{}")).status == "working"


def test_a_question_for_later_waits_when_the_turn_has_ended() -> None:
    said = {"type": "AgentMessage", "id": "c1", "questions": [{}]}
    asked = event(2, "item_completed", item=said)
    assert status(*BEGUN, asked).status == "working"
    assert status(*BEGUN, asked, ended(3)).status == "waiting"
    assert status(*BEGUN, asked, ended(3), started(9), ended(10)).status == "idle"


@pytest.mark.parametrize("last", [ended(9), aborted(9)])
def test_a_turn_that_ended_is_idle_whatever_runs(last: bytes) -> None:
    """After Esc a tool's process may live on."""
    shown = status(*BEGUN, RUN, last, table=FakeTable(Fake(pid=AGENT), tool()))
    assert (shown.status, shown.since, shown.task) == ("idle", at(9), None)


def test_a_run_is_done_when_its_turn_is() -> None:
    run = found(kind="exec")
    assert status(*BEGUN, of=run).status == "working"
    shown = status(*BEGUN, ended(9), of=run)
    assert (shown.status, shown.since) == ("done", at(9))


def test_killed() -> None:
    shown = status(*BEGUN, RUN, of=found(is_running=False, pid=None))
    assert (shown.status, shown.since) == ("done", at(2))


@pytest.mark.parametrize("called", [RUN, ESCALATED, call(2, "request_user_input")])
def test_resumed_after_it_was_killed_in_a_turn(called: bytes) -> None:
    """Codex says "interrupted" then, and writes nothing down before the next prompt."""
    shown = status(*BEGUN, called, of=found(held_since=at(20)))
    assert (shown.status, shown.since, shown.task) == ("idle", at(2), None)
    assert status(*BEGUN, called, of=found(held_since=at(2.2))).status != "idle"
    assert status(*BEGUN, called, started(21), of=found(held_since=at(20))).status == "working"


def test_a_run_that_resumes_a_session_has_only_begun() -> None:
    run = found(kind="exec", held_since=at(20))
    assert status(*BEGUN, ended(9), of=run).status == "working"
    assert status(*BEGUN, RUN, of=run).status == "working"
    assert status(*BEGUN, ended(9), started(21), ended(22), of=run).status == "done"


def test_nobody_can_tell() -> None:
    assert status(*BEGUN, RUN, of=found(is_running=None, pid=None)).status == "unknown"
    assert status(of=found(is_running=None, pid=None)).status == "unknown"


@pytest.mark.parametrize(
    ("below", "of_parent"),
    [
        ("approval", "approval"),
        ("waiting", "waiting"),
        ("working", "working"),
        ("done", "idle"),
        ("idle", "idle"),
    ],
)
def test_a_parent_is_as_busy_as_its_subagents(below: Status, of_parent: Status) -> None:
    subagents = {"one": SessionStatus(status=below), "two": SessionStatus(status="done")}
    assert status(*BEGUN, ended(9), subagents=subagents).status == of_parent
    waits = call(2, "wait_agent", timeout_ms=9)
    expected = of_parent if of_parent in ("approval", "waiting") else "working"
    assert status(*BEGUN, waits, subagents=subagents).status == expected
    run = found(kind="exec")
    assert status(*BEGUN, ended(9), subagents=subagents, of=run).status == (
        "done" if of_parent == "idle" else of_parent
    )


def test_a_subagent_is_done_when_its_turn_is() -> None:
    assert status(*BEGUN, ended(9), of=found(parent=uuid(2))).status == "done"


def hook(what: Status, seconds: float, name: str | None = None) -> HookRecord:
    return HookRecord(status=what, at=at(seconds), tool=name)


def test_a_hook_knows_it_at_once() -> None:
    shown = status(*BEGUN, ESCALATED, later=2.5, hook=hook("approval", 2.2, "Bash"))
    assert (shown.status, shown.evidence, shown.since) == ("approval", "hook", at(2))
    assert shown.task == Task(tool="Bash", argument="make", since=at(2))


def test_an_approved_tool_runs_although_the_hook_s_record_stays() -> None:
    running = FakeTable(Fake(pid=AGENT), tool(after=9))
    assert status(*BEGUN, ESCALATED, hook=hook("approval", 2.2), table=running).status == "working"


def test_a_script_with_a_command_that_runs_and_one_that_waits() -> None:
    """Which a hook alone knows: the second one of a script, while the first goes on."""
    called = script(2, 'await tools.exec_command({cmd: "serve"}); await tools.exec_command({cmd: "push"})')
    serves = tool("exec-1", after=2.1)
    both = FakeTable(Fake(pid=AGENT), serves, tool("exec-2", after=9.5, pid=102))
    one = FakeTable(Fake(pid=AGENT), serves)
    assert status(*BEGUN, called, hook=hook("approval", 9.0), table=one).status == "approval"
    assert status(*BEGUN, called, hook=hook("approval", 9.0), table=both).status == "working"
    assert status(*BEGUN, called, table=one).status == "working"


def test_a_tool_that_left_its_parent_runs() -> None:
    away = FakeTable(Fake(pid=AGENT), tool(parent=1))
    assert status(*BEGUN, RUN, table=away).status == "working"
    other = tool(parent=1, environ={})
    assert status(*BEGUN, RUN, table=FakeTable(Fake(pid=AGENT), other)).status == "approval"


def test_a_hook_about_a_tool_within_the_program() -> None:
    called = call(2, "mcp__ologs__get", query="x")
    assert status(*BEGUN, called, hook=hook("approval", 2.2, "mcp__ologs__get")).status == "approval"


@pytest.mark.parametrize("lines", [(RUN, output(5, "ok")), (call(2, "wait_agent"),), ()])
def test_a_hook_s_record_that_is_old_or_of_a_subagent_is_none(lines: Sequence[bytes]) -> None:
    assert status(*BEGUN, *lines, hook=hook("approval", 2.5)).status == "working"


@pytest.mark.parametrize("what", ["idle", "done"])
def test_a_hook_never_ends_a_turn_that_is_open(what: Status) -> None:
    assert status(*BEGUN, hook=hook(what, 9)).status == "working"


def test_a_prompt_that_is_not_in_the_log_yet() -> None:
    shown = status(*BEGUN, ended(9), hook=hook("working", 20))
    assert (shown.status, shown.since, shown.evidence) == ("working", at(20), "hook")
    assert status(*BEGUN, ended(9), hook=hook("working", 1)).status == "idle"
