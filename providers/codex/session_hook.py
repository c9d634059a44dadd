"""What the hooks of Codex say of its sessions.

Facts (0.171.0, by running it): PermissionRequest runs right before the dialog, and not for `request_user_input`,
of which PreToolUse tells. An interrupted turn has Interrupt and no Stop. A subagent's calls have an `agent_id` and
the session id of its root. The hook's parent is Codex itself, or a shell that Codex started.
"""

from __future__ import annotations

from providers.domain.hook_call import text_of
from providers.domain.hooked_status import HookedStatus, tool_name

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_QUESTION = "request_user_input"
_PROGRAM = "codex"
_OF_TURNS = {"UserPromptSubmit": "working", "Stop": "idle", "Interrupt": "idle", "SessionEnd": "done"}


def read(sent: dict[str, Any]) -> HookedStatus | None:
    event, session = text_of(sent, "hook_event_name"), text_of(sent, "session_id")
    agent, tool = text_of(sent, "agent_id"), tool_name(sent)
    if not session:
        return None
    if event == "PermissionRequest":
        return HookedStatus(session, "approval", tool=tool, agent=agent)
    if event == "PreToolUse" and tool == _QUESTION:
        return HookedStatus(session, "waiting", tool=tool, agent=agent)
    if event == "PostToolUse":
        return HookedStatus(session, "working", tool=tool, agent=agent, ends=True)
    if event in _OF_TURNS and not agent:
        return HookedStatus(session, _OF_TURNS[event])
    return None


def process(_environ: Mapping[str, str], parents: Sequence[tuple[int, str]]) -> int | None:
    return next((pid for pid, name in parents if name == _PROGRAM), None)
