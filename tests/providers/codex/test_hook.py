from __future__ import annotations

from typing import Any

import pytest

from providers.codex import hook
from providers.domain.hook_call import HookCall

TEXT = "tankful: little is left."
KNOWN = {
    "UserPromptSubmit": {"decision", "reason", "systemMessage", "hookSpecificOutput"},
    "PreToolUse": {"systemMessage", "hookSpecificOutput"},
    "PostToolUse": {"systemMessage", "hookSpecificOutput"},
    "Stop": {"systemMessage"},
}
"""What 0.171.0 takes; with any other member it drops the whole answer."""
EVENTS = (*KNOWN, "SessionStart", "SessionEnd", "PermissionRequest", "PreModelRequest", "Interrupt", "News")


def call(event: str, **more: Any) -> HookCall:
    return HookCall(event, "session", "turn", **more)


def test_reads_a_call() -> None:
    sent = {"hook_event_name": "PreToolUse", "session_id": "s", "turn_id": "t", "model": "gpt-5.5"}
    found = hook.read(sent, {})
    assert found is not None
    assert (found.event, found.session, found.turn, found.model) == ("PreToolUse", "s", "t", "gpt-5.5")
    assert not found.agent
    agent = hook.read(sent | {"agent_id": "a"}, {})
    assert agent is not None
    assert agent.agent


@pytest.mark.parametrize("sent", [{}, {"hook_event_name": 1}, {"hook_event_name": None}])
def test_what_names_no_event_is_no_call(sent: dict[str, Any]) -> None:
    assert hook.read(sent, {}) is None


def test_a_prompt_is_blocked_before_its_first_request() -> None:
    found = hook.stop(call("UserPromptSubmit"), TEXT, refuse=False)
    assert found is not None
    assert found.output == {"decision": "block", "reason": TEXT}


@pytest.mark.parametrize("event", EVENTS[1:])
def test_nothing_else_stops_a_turn(event: str) -> None:
    """Above all PostToolUse, where the reason would take the place of what the tool has printed."""
    assert hook.stop(call(event), TEXT, refuse=False) is None


def test_calls_are_refused_only_where_the_person_chose_that() -> None:
    found = hook.stop(call("PreToolUse"), TEXT, refuse=True)
    assert found is not None
    assert found.output["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert found.output["hookSpecificOutput"]["permissionDecisionReason"].startswith(TEXT)
    assert hook.stop(call("PostToolUse"), TEXT, refuse=True) is None


def test_a_subagents_task_is_as_a_call() -> None:
    task = call("UserPromptSubmit", agent=True)
    assert hook.stop(task, TEXT, refuse=False) is None
    assert hook.stop(task, TEXT, refuse=True) is not None
    assert hook.warn(task, TEXT, urgent=False) is None
    urgent = hook.warn(task, TEXT, urgent=True)
    assert urgent is not None
    assert list(urgent.output) == ["hookSpecificOutput"]


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("urgent", [True, False])
def test_a_warning_has_no_member_that_codex_does_not_know(event: str, urgent: bool) -> None:
    found = hook.warn(call(event), TEXT, urgent=urgent)
    assert (found is not None) == (event in KNOWN)
    if found is not None:
        assert found.output["systemMessage"] == TEXT
        assert set(found.output) <= KNOWN[event] - {"decision", "reason"}
        own = found.output.get("hookSpecificOutput")
        assert bool(own) == (urgent and event != "Stop")
        assert own is None or set(own) == {"hookEventName", "additionalContext"}
        assert own is None or own["hookEventName"] == event


def test_exec_shows_no_reason() -> None:
    about = call("UserPromptSubmit")
    for command in ("exec", "e", "review"):
        assert not hook.shows_reasons(about, {}, lambda: ["/usr/bin/codex", command, "do it"])  # noqa: B023
    assert hook.shows_reasons(about, {}, lambda: ["codex", "app-server", "--managed-daemon"])
    assert not hook.shows_reasons(about, {}, list)  # not known
