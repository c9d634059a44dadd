from __future__ import annotations

from typing import Any

import pytest

from providers.claude.session_hook import process, read

CALL = {"session_id": "c0ffee", "cwd": "/work", "transcript_path": "/t.jsonl", "prompt_id": "p"}


def call(event: str, **more: Any) -> dict[str, Any]:
    return {"hook_event_name": event, **CALL, **more}


def status(sent: dict[str, Any]) -> tuple[str, str | None, str] | None:
    found = read(sent)
    return None if found is None else (found.status, found.tool, found.agent)


def test_turns() -> None:
    assert status(call("SessionStart", source="startup")) == ("idle", None, "")
    assert status(call("UserPromptSubmit", prompt="a secret")) == ("working", None, "")
    assert status(call("Stop", background_tasks=[])) == ("idle", None, "")
    assert status(call("StopFailure", error="rate_limit")) == ("idle", None, "")
    assert status(call("Notification", notification_type="idle_prompt")) == ("idle", None, "")
    assert status(call("SessionEnd", reason="other")) == ("done", None, "")


def test_a_turn_that_ends_while_work_goes_on_in_the_background_is_not_the_end() -> None:
    task = {"id": "b1", "type": "shell", "status": "running"}
    assert status(call("Stop", background_tasks=[task])) == ("working", None, "")


def test_who_waits_for_the_person() -> None:
    assert status(call("PermissionRequest", tool_name="Bash")) == ("approval", "Bash", "")
    assert status(call("PermissionRequest", tool_name="AskUserQuestion")) == (
        "waiting",
        "AskUserQuestion",
        "",
    )
    assert status(call("PermissionRequest", tool_name="Bash", agent_id="a")) == ("approval", "Bash", "a")


def test_a_tool_that_has_run_no_longer_waits() -> None:
    found = read(call("PostToolUse", tool_name="Bash", tool_response={"stdout": "secret"}))
    assert found is not None
    assert (found.status, found.tool, found.ends) == ("working", "Bash", True)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        call("PreToolUse", tool_name="Bash"),
        call("SessionStart", source="compact"),
        call("Notification", notification_type="permission_prompt"),
        call("Stop", agent_id="a"),
        {**call("Stop"), "session_id": None},
    ],
)
def test_what_says_nothing(sent: dict[str, Any]) -> None:
    assert read(sent) is None


def test_the_process_is_the_one_that_the_cli_names() -> None:
    assert process({"CLAUDE_PID": "4711"}, [(30, "sh")]) == 4711
    assert process({"CLAUDE_PID": "²"}, [(30, "sh"), (20, "claude")]) == 20
    assert process({"CLAUDE_PID": "9" * 5000}, []) is None
