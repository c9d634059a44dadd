from __future__ import annotations

from typing import Any

import pytest

from providers.claude import hook
from providers.domain.hook_call import HookCall

TEXT = "tankful: little is left."
STOPPED = {"continue": False, "stopReason": TEXT}
NOT_STOPPED = (
    "SessionStart",
    "Stop",
    "SubagentStop",
    "PermissionRequest",
    "Notification",
    "SessionEnd",
    "News",
)


def call(event: str, **more: Any) -> HookCall:
    return HookCall(event, "session", "prompt", **more)


def test_reads_a_call() -> None:
    sent = {"hook_event_name": "UserPromptSubmit", "session_id": "s", "prompt_id": "p", "prompt": "hello"}
    found = hook.read(sent, {})
    assert found is not None
    assert (found.event, found.session, found.turn, found.agent) == ("UserPromptSubmit", "s", "p", False)
    assert not found.notification
    notified = hook.read(sent | {"prompt": "<task-notification>\n<task-id>a</task-id>"}, {})
    assert notified is not None
    assert notified.notification


@pytest.mark.parametrize("sent", [{}, {"hook_event_name": []}, {"prompt": "hello"}])
def test_what_names_no_event_is_no_call(sent: dict[str, Any]) -> None:
    assert hook.read(sent, {}) is None


@pytest.mark.parametrize("event", ["PreToolUse", "PostToolUse"])
def test_a_turn_ends_after_the_tools_of_an_answer(event: str) -> None:
    found = hook.stop(call(event), TEXT, refuse=False)
    assert found is not None
    assert found.output == STOPPED


def test_a_prompt_is_handed_back() -> None:
    found = hook.stop(call("UserPromptSubmit"), TEXT, refuse=False)
    assert found is not None
    assert found.output == {"decision": "block", "reason": TEXT}
    assert found.always_seen


def test_a_notification_of_the_program_stays_in_the_transcript() -> None:
    found = hook.stop(call("UserPromptSubmit", notification=True), TEXT, refuse=False)
    assert found is not None
    assert found.output == STOPPED


@pytest.mark.parametrize("event", NOT_STOPPED)
def test_nothing_else_is_stopped(event: str) -> None:
    assert hook.stop(call(event), TEXT, refuse=False) is None


def test_warnings_are_for_persons() -> None:
    found = hook.warn(call("UserPromptSubmit"), TEXT, urgent=False)
    assert found is not None
    assert found.output == {"systemMessage": TEXT}
    assert hook.warn(call("PreToolUse", agent=True), TEXT, urgent=True) is None
    assert hook.warn(call("SessionStart"), TEXT, urgent=True) is None


def test_only_its_own_screen_shows_reasons() -> None:
    about = call("PreToolUse")
    assert hook.shows_reasons(about, {"CLAUDE_CODE_ENTRYPOINT": "cli"}, list)
    assert not hook.shows_reasons(about, {"CLAUDE_CODE_ENTRYPOINT": "sdk-cli"}, list)
