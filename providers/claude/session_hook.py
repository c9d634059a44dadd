"""What the hooks of Claude Code say of its sessions.

Facts (2.1.332, by running it): PermissionRequest runs at once when a dialog opens, also for a question
(AskUserQuestion). Stop comes also while background work goes on, which it lists. No hook runs after an Esc. A
subagent's calls have an `agent_id` and the session id of its parent. CLAUDE_PID is the process of the CLI.
"""

from __future__ import annotations

from providers.domain.hook_call import text_of
from providers.domain.hooked_status import HookedStatus, tool_name

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_QUESTION = "AskUserQuestion"
_OF_TURNS = {"UserPromptSubmit": "working", "StopFailure": "idle", "SessionEnd": "done"}


def read(sent: dict[str, Any]) -> HookedStatus | None:
    event, session = text_of(sent, "hook_event_name"), text_of(sent, "session_id")
    agent, tool = text_of(sent, "agent_id"), tool_name(sent)
    if not session:
        return None
    if event == "PermissionRequest":
        return HookedStatus(session, "waiting" if tool == _QUESTION else "approval", tool=tool, agent=agent)
    if event == "PostToolUse":
        return HookedStatus(session, "working", tool=tool, agent=agent, ends=True)
    status = None if agent else _OF_TURNS.get(event) or _of_turn(event, sent)
    return None if status is None else HookedStatus(session, status)


def _of_turn(event: str, sent: dict[str, Any]) -> str | None:
    if event == "SessionStart" and text_of(sent, "source") != "compact":  # which is in the midst of a turn
        return "idle"
    if event == "Notification" and text_of(sent, "notification_type") == "idle_prompt":
        return "idle"
    if event == "Stop":
        return "working" if sent.get("background_tasks") else "idle"
    return None


def process(environ: Mapping[str, str], parents: Sequence[tuple[int, str]]) -> int | None:
    named = environ.get("CLAUDE_PID", "")
    if named.isascii() and named.isdecimal() and len(named) < 10:
        return int(named)
    return next((pid for pid, name in parents if name == "claude"), None)
