"""The hook protocol of Claude Code, as a guard speaks it.

Facts (2.1.332, by running it): `continue: false` at a tool lets all tools of that answer run to their end, records
their results and sends no further request; in a subagent it ends that subagent. At UserPromptSubmit a block puts
the prompt back into the input line, and nothing is sent. With `-p` nobody is shown why a tool's hook stopped it,
and a block is the result. At SessionStart and Stop nothing can be stopped.
"""

from __future__ import annotations

from providers.domain.hook_call import HookAnswer, HookCall, text_of

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

HOME_VARIABLE = "CLAUDE_CONFIG_DIR"
USUAL_HOME = "~/.claude"
CAN_REFUSE = False
_TOOLS = ("PreToolUse", "PostToolUse")
_WARNED_AT = ("UserPromptSubmit", *_TOOLS, "Stop")
_OF_THE_PROGRAM = "<task-notification>"
"""How a prompt begins that tells the model of a finished background task."""


def read(sent: dict[str, Any], _environ: Mapping[str, str]) -> HookCall | None:
    event = text_of(sent, "hook_event_name")
    if not event:
        return None
    return HookCall(
        event,
        text_of(sent, "session_id"),
        text_of(sent, "prompt_id"),
        agent=bool(text_of(sent, "agent_id")),
        notification=text_of(sent, "prompt").lstrip().startswith(_OF_THE_PROGRAM),
    )


def stop(call: HookCall, text: str, *, refuse: bool) -> HookAnswer | None:  # noqa: ARG001 - as every provider
    """A notification stays in the transcript, where the next turn finds it; a person's prompt is handed back."""
    if call.event in _TOOLS or (call.event == "UserPromptSubmit" and call.notification):
        return HookAnswer({"continue": False, "stopReason": text})
    if call.event == "UserPromptSubmit":
        return HookAnswer({"decision": "block", "reason": text}, always_seen=True)
    return None


def warn(call: HookCall, text: str, *, urgent: bool) -> HookAnswer | None:  # noqa: ARG001 - as every provider
    if call.event not in _WARNED_AT or call.agent:
        return None
    return HookAnswer({"systemMessage": text})


def shows_reasons(
    _call: HookCall,
    environ: Mapping[str, str],
    _parents: Callable[[], Sequence[str]],
) -> bool:
    """Whether a person sits before it; `claude -p` and programs that use Claude Code show no reason."""
    return not environ.get("CLAUDE_CODE_ENTRYPOINT", "").startswith("sdk")
