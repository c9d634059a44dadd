"""The hook protocol of Codex, as a guard speaks it.

Facts (0.171.0, by running it): a turn ends cleanly at UserPromptSubmit alone, before its first request. A tool's
hook can refuse that call, and the model goes on; PostToolUse that stops or blocks replaces the output of a tool
that has run, so it never does here. JSON with a member that Codex does not know is dropped, with the decision.
`codex exec` shows no reason.
"""

from __future__ import annotations

from providers.domain.hook_call import HookAnswer, HookCall, text_of

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

HOME_VARIABLE = "CODEX_HOME"
USUAL_HOME = "~/.codex"
CAN_REFUSE = True
_WITH_CONTEXT = ("UserPromptSubmit", "PreToolUse", "PostToolUse")
_WARNED_AT = (*_WITH_CONTEXT, "Stop")
_WITHOUT_SCREEN = ("exec", "e", "review")
_TO_THE_MODEL = "Finish the current step, then stop and tell the user why."


def read(sent: dict[str, Any], _environ: Mapping[str, str]) -> HookCall | None:
    event = text_of(sent, "hook_event_name")
    if not event:
        return None
    return HookCall(
        event,
        text_of(sent, "session_id"),
        text_of(sent, "turn_id"),
        agent=bool(text_of(sent, "agent_id")),
        model=text_of(sent, "model"),
    )


def stop(call: HookCall, text: str, *, refuse: bool) -> HookAnswer | None:
    """A prompt of the person's. A subagent's task is as a tool call: its parent would go on, and ask again."""
    if call.event == "UserPromptSubmit" and (refuse or not call.agent):
        return HookAnswer({"decision": "block", "reason": text})
    if call.event == "PreToolUse" and refuse:
        reason = f"{text} {_TO_THE_MODEL}".removesuffix(".")  # Codex adds one
        decision = {"permissionDecision": "deny", "permissionDecisionReason": reason}
        return HookAnswer({"hookSpecificOutput": {"hookEventName": call.event, **decision}})
    return None


def warn(call: HookCall, text: str, *, urgent: bool) -> HookAnswer | None:
    """The person reads it; where it is urgent the model does, too. Subagents have no person."""
    if call.event not in _WARNED_AT or (call.agent and not urgent):
        return None
    output: dict[str, Any] = {} if call.agent else {"systemMessage": text}
    if urgent and call.event in _WITH_CONTEXT:
        context = {"hookEventName": call.event, "additionalContext": f"{text} {_TO_THE_MODEL}"}
        output["hookSpecificOutput"] = context
    return HookAnswer(output) if output else None


def shows_reasons(_call: HookCall, _environ: Mapping[str, str], parents: Callable[[], Sequence[str]]) -> bool:
    """Whether a person sits before it: `codex exec` and `codex review` print no reason. `parents` are the words of
    the command that started the hook, none where they cannot be read.
    """
    words = parents()
    return bool(words) and not any(each in words for each in _WITHOUT_SCREEN)
