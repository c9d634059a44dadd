from __future__ import annotations

from typing import Any

import pytest

from providers.codex.session_hook import process, read

CALL = {
    "session_id": "0199",
    "cwd": "/work",
    "model": "gpt-5.5",
    "permission_mode": "default",
    "turn_id": "t",
}


def call(event: str, **more: Any) -> dict[str, Any]:
    return {"hook_event_name": event, **CALL, **more}


def status(sent: dict[str, Any]) -> tuple[str, str | None, str] | None:
    found = read(sent)
    return None if found is None else (found.status, found.tool, found.agent)


@pytest.mark.parametrize(
    ("event", "expected"),
    [("UserPromptSubmit", "working"), ("Stop", "idle"), ("Interrupt", "idle"), ("SessionEnd", "done")],
)
def test_turns(event: str, expected: str) -> None:
    assert status(call(event)) == (expected, None, "")
    assert status(call(event, agent_id="a")) is None, "of a subagent it says nothing of its session"


def test_who_waits_for_the_person() -> None:
    tool = {"tool_name": "Bash", "tool_input": {"command": "rm -rf /"}}
    assert status(call("PermissionRequest", **tool)) == ("approval", "Bash", "")
    assert status(call("PermissionRequest", **tool, agent_id="a")) == ("approval", "Bash", "a")
    assert status(call("PreToolUse", tool_name="request_user_input")) == ("waiting", "request_user_input", "")


def test_a_tool_that_has_run_no_longer_waits() -> None:
    found = read(call("PostToolUse", tool_name="Bash", tool_response="secret"))
    assert found is not None
    assert (found.status, found.tool, found.ends) == ("working", "Bash", True)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        call("PreToolUse", tool_name="Bash"),
        call("SessionStart", source="startup"),
        call("PreModelRequest"),
        {**call("Stop"), "session_id": ""},
        {**call("Stop"), "session_id": 17},
        {"hook_event_name": ["Stop"], "session_id": "0199"},
    ],
)
def test_what_says_nothing(sent: dict[str, Any]) -> None:
    assert read(sent) is None


def test_the_process_is_codex_whatever_shell_stands_between() -> None:
    assert process({}, [(30, "sh"), (20, "codex"), (10, "node")]) == 20
    assert process({}, [(30, "sh"), (20, "zsh")]) is None
    assert process({"CLAUDE_PID": "5"}, []) is None
