"""What a session is doing, of all that is known of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.claude.sessions.reader import SessionTranscript
from providers.claude.sessions.status import status_of
from providers.domain.live import SessionStatus, Status, Task
from providers.sessions import FoundSession, HookRecord, OwnRecord, SessionFacts
from tests.providers.claude.sessions.fakes import NOW, session_id
from tests.providers.claude.sessions.written import answer, call, ended, interrupted, prompt, result

ID = session_id(1)
LATER = NOW + timedelta(minutes=1)
AGENT = {"a1": SessionStatus(status="working", task=Task(tool="Grep"))}


def facts(*lines: bytes) -> SessionFacts:
    reader = SessionTranscript()
    for line in lines:
        reader.feed(line)
    return reader.facts


def own(status: Status) -> OwnRecord:
    return OwnRecord(status=status, since=NOW)


def session(
    record: Status | None = None, *, is_running: bool | None = True, parent: str | None = None
) -> FoundSession:
    return FoundSession(
        home=Path("/home/dev/.claude"),
        id=ID,
        pid=11 if is_running else None,
        is_running=is_running,
        parent=parent,
        record=own(record) if record else None,
    )


def status(
    found: FoundSession,
    *lines: bytes,
    hook: HookRecord | None = None,
    subagents: dict[str, SessionStatus] | None = None,
    has_tool: bool | None = None,
) -> SessionStatus:
    return status_of(found, facts(*lines), hook, subagents or {}, has_tool=has_tool, now=LATER)


def tool(one: SessionStatus) -> str | None:
    return one.task.tool if one.task else None


def test_a_dialog_is_told_from_a_tool_by_the_record_alone() -> None:
    lines = prompt(), call("Bash"), call("Read", 2)
    runs, asks = status(session("working"), *lines), status(session("approval"), *lines)
    assert (runs.status, tool(runs), runs.evidence) == ("working", "Read", "program")
    assert (asks.status, tool(asks), asks.evidence) == ("approval", "Bash", "program")
    assert asks.since == NOW


def test_the_hook_names_the_tool_that_waits() -> None:
    lines = prompt(), call("Bash"), call("Edit", 2, {"file_path": "/x/a.py"})
    now = HookRecord(status="approval", at=NOW - timedelta(milliseconds=100), tool="Edit")
    assert status(session("approval"), *lines, hook=now).task == Task(
        tool="Edit", argument="a.py", since=NOW + timedelta(seconds=1)
    )
    before = HookRecord(status="approval", at=NOW - timedelta(minutes=5), tool="Edit")
    assert tool(status(session("approval"), *lines, hook=before)) == "Bash"
    # A subagent's: its call is in another log.
    assert tool(status(session("approval"), prompt(), hook=now)) == "Edit"


def test_a_dialog_of_the_program_is_no_question() -> None:
    """/model, or a question at the start: the person opened it, or nothing works yet."""
    open_dialog = replace(session("waiting"), record=OwnRecord(status="waiting", since=NOW, is_dialog=True))
    assert status(open_dialog).status == "idle"
    assert status(open_dialog, prompt(), answer()).status == "idle"
    assert status(open_dialog, prompt()).status == "waiting"


def test_the_hook_of_another_process_says_nothing() -> None:
    hook = HookRecord(status="approval", at=LATER, tool="Edit", pid=7)
    assert status(session(), prompt(), call("Read"), hook=hook).status == "working"
    assert tool(status(session("approval"), prompt(), call("Read"), hook=hook)) == "Read"
    assert tool(status(session("approval"), prompt(), hook=replace(hook, pid=11))) == "Edit"


def test_an_agents_call_may_be_what_waits() -> None:
    """Of one in the foreground, whose own call is open, too: 2.1.197 has most of them there."""
    lines = prompt(), call("Agent", 1, {})
    assert tool(status(session("approval"), *lines, subagents=AGENT)) == "Grep"
    assert tool(status(session("approval"), *lines)) == "Agent"
    assert tool(status(session("approval"), *lines, call("Bash", 2), subagents=AGENT)) == "Bash"
    hook = HookRecord(status="approval", at=NOW, tool="Grep")
    assert status(session("approval"), *lines, hook=hook, subagents=AGENT).task == AGENT["a1"].task


def test_a_question_is_no_approval() -> None:
    one = status(session("waiting"), prompt(), call("Bash"), call("AskUserQuestion", 2, {}))
    assert (one.status, tool(one)) == ("waiting", "AskUserQuestion")


def test_a_question_may_be_called_a_permission() -> None:
    """2.1.197 does."""
    one = status(session("approval"), prompt(), call("AskUserQuestion", 1, {}))
    assert (one.status, tool(one)) == ("waiting", "AskUserQuestion")


def test_what_works_in_the_background_keeps_it_working() -> None:
    """The log says that the turn has ended."""
    lines = prompt(), call("Agent"), result(), answer(seconds=3), ended()
    one = status(session("working"), *lines, subagents=AGENT)
    assert (one.status, tool(one)) == ("working", "Grep")
    assert status(session("working"), *lines).task is None


def test_an_esc_is_in_the_record_at_once() -> None:
    """Of a prompt that was taken back, no line says so."""
    one = status(session("idle"), prompt())
    assert (one.status, one.task) == ("idle", None)


def test_an_ended_program_is_done_whatever_the_log_says() -> None:
    one = status(session(is_running=False), prompt(), call())
    assert (one.status, one.task, one.evidence) == ("done", None, "process")
    assert one.since == NOW + timedelta(seconds=1)


def test_of_another_machine_nothing_is_known() -> None:
    assert status(session(is_running=None), prompt(), call()).status == "unknown"


@pytest.mark.parametrize(
    ("lines", "has_tool", "expected"),
    [
        ((), None, "idle"),
        ((prompt(),), None, "working"),
        ((prompt(), call()), None, "working"),
        ((prompt(), call()), True, "working"),
        ((prompt(), call()), False, "approval"),
        ((prompt(), call("Edit")), False, "working"),
        ((prompt(), call(), result()), False, "working"),
        ((prompt(), call("AskUserQuestion", 1, {})), None, "waiting"),
        ((prompt(), answer()), None, "idle"),
        ((prompt(), answer(), ended()), None, "idle"),
        ((prompt(), call(), result(), interrupted()), None, "idle"),
    ],
)
def test_without_a_record_the_log_and_the_processes_say(
    lines: tuple[bytes, ...], has_tool: bool | None, expected: Status
) -> None:
    assert status(session(), *lines, has_tool=has_tool).status == expected


def test_without_a_record_agents_keep_it_working() -> None:
    lines = prompt(), answer(), ended()
    assert status(session(), *lines, subagents=AGENT).status == "working"
    assert status(session(), *lines, subagents={"a1": SessionStatus(status="done")}).status == "idle"


def test_a_command_that_was_just_called_may_still_start() -> None:
    lines = facts(prompt(), call())
    one = status_of(session(), lines, None, {}, has_tool=False, now=NOW + timedelta(seconds=1.5))
    assert (one.status, one.look_again) == ("working", True)


def test_without_a_record_the_hook_says_until_something_happens() -> None:
    hook = HookRecord(status="approval", at=NOW + timedelta(seconds=2), tool="Bash")
    asks = status(session(), prompt(), call(), hook=hook)
    assert (asks.status, tool(asks), asks.evidence) == ("approval", "Bash", "hook")
    after = status(session(), prompt(), call(), result(seconds=9), answer(seconds=9), hook=hook)
    assert (after.status, after.evidence) == ("idle", "log")


def test_a_subagent_that_has_answered_is_done() -> None:
    below = session(parent="p")
    works = status(below, prompt(), call("Grep", given={"pattern": "x"}))
    assert (works.status, works.task and works.task.argument) == ("working", "x")
    assert status(below, prompt(), answer()).status == "done"
    assert status(session(parent="p", is_running=False), prompt()).status == "done"
    assert status(session(parent="p", is_running=None), prompt()).status == "unknown"
