"""What single lines of a rollout say."""

from __future__ import annotations

import json

import pytest

from providers.codex.sessions.finder import CodexSessions
from providers.codex.sessions.reader import LiveRollout
from providers.sessions import OpenCall, SessionFacts
from tests.providers.codex.sessions.lines import (
    SESSION,
    aborted,
    call,
    context,
    ended,
    event,
    item,
    line,
    meta,
    output,
    script,
    started,
)

BEGUN = meta(), started(), context()
PROMPT = "why is it red? " * 200


def read(*lines: bytes) -> SessionFacts:
    reader = LiveRollout()
    for each in lines:
        reader.feed(each)
    return reader.facts


def open_call(*lines: bytes) -> OpenCall:
    (found,) = read(meta(), started(), context(), *lines).calls
    return found


def test_who_where_and_with_what() -> None:
    facts = read(meta(git={"branch": "main"}), started(), context())
    assert (facts.session, facts.thread, facts.branch, facts.version) == (SESSION, SESSION, "main", "0.171.0")
    assert (facts.model, facts.effort, facts.cwd) == ("gpt-6.2-sol", "medium", "/home/dev/project")
    assert (facts.context_window, facts.context_tokens) == (475000, None)
    assert facts.is_settled


def test_a_copied_history_is_not_the_session_s_own() -> None:
    other = line(0, "session_meta", id="other", session_id="other", cwd="/elsewhere", cli_version="0.1")
    assert read(meta(), other).session == SESSION


def test_how_full_the_context_is() -> None:
    last = {"input_tokens": 1304, "cached_input_tokens": 1000, "output_tokens": 57, "total_tokens": 1361}
    facts = read(
        started(), event(2, "token_count", info={"last_token_usage": last, "model_context_window": 9000})
    )
    assert (facts.context_tokens, facts.context_window) == (1304, 9000)
    compacted = {"input_tokens": 0, "total_tokens": 800}
    facts = read(started(), event(2, "token_count", info={"last_token_usage": compacted}))
    assert facts.context_tokens == 800
    assert read(started(), event(2, "token_count", info=None)).context_tokens is None


@pytest.mark.parametrize("last", [aborted(9), ended(9)])
def test_a_turn_that_ended_has_no_calls(last: bytes) -> None:
    facts = read(meta(), started(), context(), call(2, "exec_command", cmd="ls"), last)
    assert (facts.turn, facts.calls) == ("ended", ())


def test_an_account_that_has_reached_its_limit() -> None:
    """0.171. The message of such an error is for the person alone."""
    error = {"message": "", "codex_error_info": "usage_limit_exceeded"}
    over = event(9, "task_complete", last_agent_message=None, error=error)
    assert read(*BEGUN, over).is_refused
    assert not read(*BEGUN, over, started(10)).is_refused
    other = event(9, "task_complete", error=error | {"codex_error_info": {"other": 1}})
    assert not read(*BEGUN, other).is_refused
    assert not read(*BEGUN, ended(9)).is_refused


@pytest.mark.parametrize(
    ("called", "tool", "argument", "asks", "escalates"),
    [
        (call(2, "exec_command", cmd="bash -lc 'make test'"), "exec_command", "make test", False, None),
        (call(2, "shell", command=["bash", "-lc", "ls"]), "shell", "ls", False, None),
        (
            call(2, "exec_command", cmd="ls", sandbox_permissions="require_escalated"),
            *("exec_command", "ls", False, True),
        ),
        (call(2, "shell", command=["ls"], with_escalated_permissions=True), "shell", "ls", False, True),
        (call(2, "request_permissions", permissions={}), "request_permissions", None, False, True),
        (call(2, "request_user_input", questions=[]), "request_user_input", None, True, False),
        (call(2, "wait_agent", timeout_ms=9), "wait_agent", None, False, False),
        (call(2, "spawn_agent", task_name="helper", message="secret"), "spawn_agent", "helper", False, False),
        (call(2, "sleep", duration_ms=9), "sleep", None, False, False),
        (call(2, "view_image", path="/home/dev/a.png"), "view_image", "/home/dev/a.png", False, False),
        (call(2, "mcp__ologs__get", query="x"), "mcp__ologs__get", "x", False, None),
        (
            item(2, "local_shell_call", call_id="c1", action={"command": ["ls"]}),
            "local_shell",
            "ls",
            False,
            None,
        ),
        (
            item(
                2,
                "custom_tool_call",
                call_id="c1",
                name="apply_patch",
                input="*** Add File: src/a.py\n+secret",
            ),
            *("apply_patch", "a.py", False, None),
        ),
        (script(2, 'text(await tools.exec_command({cmd: "ls -l"}))'), "exec_command", "ls -l", False, None),
        (
            script(
                2, 'await tools.exec_command({"cmd": \'ls\', "sandbox_permissions": "require_escalated"})'
            ),
            *("exec_command", "ls", False, True),
        ),
        (script(2, "await tools.request_user_input({})"), "request_user_input", None, True, False),
        (script(2, "await new Promise(r => setTimeout(r, 5000))"), "exec", None, False, None),
        (
            script(2, 'await tools.exec_command({cmd: "ls"}); await tools.mcp__ologs__get({})'),
            *("exec_command", "ls", False, None),
        ),
        (
            script(2, 'await tools.apply_patch("*** Update File: b/c.py\\n")'),
            *("apply_patch", "c.py", False, None),
        ),
    ],
)
def test_a_call(
    called: bytes, tool: str, argument: str | None, *, asks: bool, escalates: bool | None
) -> None:
    found = open_call(called)
    assert (found.task.tool, found.task.argument) == (tool, argument)
    assert (found.asks, found.escalates, found.in_background) == (asks, escalates, False)


@pytest.mark.parametrize("by", [context(1, "never"), context(1, "on-request", approvals_reviewer="guardian")])
def test_where_nobody_is_asked(by: bytes) -> None:
    """As in `codex exec`, and where a model decides."""
    (found,) = read(
        meta(), started(), by, call(2, "exec_command", sandbox_permissions="require_escalated")
    ).calls
    assert found.escalates is False


def test_a_secret_in_a_command_is_not_shown() -> None:
    found = open_call(
        call(2, "exec_command", cmd="curl -H 'Authorization: Bearer sk-abcdefghijklmnop1234' x")
    )
    assert found.task.argument is not None
    assert "sk-abcd" not in found.task.argument


@pytest.mark.parametrize(
    "called",
    [
        call(2, "exec_command", cmd=f"echo '{PROMPT}' | fake -p"),
        call(2, "shell", command=["bash", "-lc", f"echo '{PROMPT}'\nfake -p"]),
        script(2, f"await tools.exec_command({{cmd: `echo '{PROMPT}'\\nfake -p`}})"),
    ],
)
def test_of_a_tool_that_calls_a_cli_no_prompt_is_shown(called: bytes) -> None:
    """However far behind the prompt the call is."""
    reader = LiveRollout(clis=("fake",))
    for each in (*BEGUN, called):
        reader.feed(each)
    (found,) = reader.facts.calls
    assert (found.task.argument or "").removesuffix(" …") == "… fake -p"


RUNNING = "Chunk ID: 5c2c75\nWall time: 1.0013 seconds\nProcess running with session ID 5882\nOutput:\n"


def test_a_command_that_goes_on_is_open_until_its_exit_is_reported() -> None:
    lines = [call(2, "exec_command", cmd="make"), output(3, RUNNING)]
    found = open_call(*lines)
    assert (found.task.argument, found.in_background) == ("make", True)
    lines.append(call(4, "write_stdin", "c2", session_id=5882, chars=""))
    waits = read(*lines).calls[-1]
    assert (waits.id, waits.task.argument, waits.escalates, waits.in_background) == (
        "c2",
        "make",
        False,
        False,
    )
    assert len(read(*lines, output(5, RUNNING, "c2")).calls) == 1
    assert read(*lines, output(5, "Chunk ID: 1\nProcess exited with code 0\n", "c2")).calls == ()
    item_of = {"type": "CommandExecution", "id": "c1", "process_id": "5882"}
    assert read(*lines, output(5, RUNNING, "c2"), event(6, "item_completed", item=item_of)).calls == ()


def test_what_a_tool_printed_says_nothing_of_it() -> None:
    printed = "Process exited with code 0\nOutput:\nProcess running with session ID 5882\n"
    assert read(*BEGUN, call(2, "exec_command", cmd="rg session"), output(3, printed)).calls == ()


def test_a_script_that_goes_on_may_still_ask() -> None:
    """The person sees the dialog of a script's command, while the model waits for the script."""
    code = 'await tools.exec_command({cmd: "make", sandbox_permissions: "require_escalated"})'
    lines = [script(2, code), output(3, "Script running with cell ID 1\nWall time 1.0 seconds\n")]
    found = read(*lines, call(4, "wait", "c2", cell_id="1")).calls[-1]
    assert (found.id, found.task.argument, found.escalates, found.task.since) == (
        *("c2", "make", True),
        open_call(*lines).task.since,
    )
    assert read(*lines, call(4, "wait", "c2", cell_id="1"), output(5, "Script completed", "c2")).calls == ()


def test_a_turn_without_events_of_its_own() -> None:
    """Up to 0.98."""
    said = event(1, "user_message", message="")
    old = line(2, "turn_context", cwd="/home/dev", model="gpt-5", approval_policy="on-request")
    assert read(meta(), said).turn == "open"
    lines = [meta(), said, old, call(3, "shell", command=["ls"]), output(4, "ok")]
    assert read(*lines).turn == "open"
    assert read(*lines, event(5, "agent_message", message="")).turn == "ended"
    assert (
        read(*lines, event(5, "agent_message", message=""), call(6, "shell", "c2", command=["ls"])).turn
        == "open"
    )


def test_several_messages_of_a_model_end_no_turn() -> None:
    spoken = [event(at, "agent_message", message="") for at in (3, 4)]
    assert read(meta(), started(), context(), *spoken).turn == "open"


def test_in_the_midst_of_a_turn_nothing_is_settled() -> None:
    facts = read(call(2, "exec_command", cmd="ls"))
    assert (facts.turn, facts.turn_since, facts.is_settled) == ("open", None, False)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"timestamp":"2026-11-29T15:00:00Z","type":"event_msg","payload":{"type":"task_started"',
        b'{"timestamp":"never","type":"event_msg","payload":{"type":"task_complete"}}',
        b'{"timestamp":"2026-11-29T15:00:00Z","type":"event_msg","payload":null}',
        line(5, "event_msg", type="item_completed", item=7),
        line(5, "event_msg", type="token_count", info=[1]),
        item(5, "function_call", name=7, call_id=None),
        item(5, "function_call", name="exec_command", call_id="c9", arguments="{"),
        item(5, "function_call_output", call_id=["c1"], output=None),
        line(5, "event_msg", type="task_started", deep=json.loads("[" * 400 + "]" * 400)),
    ],
)
def test_a_damaged_line_says_nothing(damaged: bytes) -> None:
    before = read(meta(), started(), context(), call(2, "exec_command", cmd="ls"))
    after = read(meta(), started(), context(), call(2, "exec_command", cmd="ls"), damaged)
    assert after.turn == before.turn
    assert before.calls[0] in after.calls or b"task_started" in damaged


def test_what_counts_in_a_line() -> None:
    sessions = CodexSessions()
    compacted = line(4, "compacted", message="", replacement_history=[{"type": "task_started"}])
    for each, expected in ((started(), (1, 0)), (compacted, (0, 1)), (ended(3), (0, 0)), (b"{", (0, 0))):
        assert sessions.counts(each) == expected
        assert expected == (0, 0) or any(text in each for text in sessions.counted)
