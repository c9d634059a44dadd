"""Lines of a transcript, as Claude Code 2.1.332 writes them; nobody's words."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.providers.claude.sessions.fakes import CWD, NOW, session_id

SESSION = session_id(1)


def at(seconds: float) -> str:
    return (NOW + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def line(kind: str, seconds: float = 0, **members: Any) -> bytes:
    common = {
        "parentUuid": None,
        "isSidechain": False,
        "type": kind,
        "timestamp": at(seconds),
        "entrypoint": "cli",
        "cwd": CWD,
        "sessionId": SESSION,
        "version": "2.1.332",
        "gitBranch": "main",
    }
    return json.dumps(common | members, separators=(",", ":")).encode()


def prompt(text: str = "please", seconds: float = 0, **members: Any) -> bytes:
    return line("user", seconds, message={"role": "user", "content": text}, **members)


def answer(
    *blocks: dict[str, Any],
    stop: str | None = "end_turn",
    sent: int = 1000,
    seconds: float = 1,
    **members: Any,
) -> bytes:
    usage = {"input_tokens": 10, "cache_read_input_tokens": sent - 30, "cache_creation_input_tokens": 20}
    message = {
        "model": "claude-opus-5-5",
        "id": f"msg_{seconds}",
        "role": "assistant",
        "content": list(blocks) or [{"type": "text", "text": "An answer."}],
        "stop_reason": stop,
        "usage": usage | {"output_tokens": 5},
    }
    given = members.pop("message", {})
    return line("assistant", seconds, message=message | given, **({"effort": "high"} | members))


def call(
    tool: str = "Bash",
    number: int = 1,
    given: dict[str, Any] | None = None,
    seconds: float = 1,
    **members: Any,
) -> bytes:
    asked = {"command": "make check"} if given is None else given
    block = {"type": "tool_use", "id": f"toolu_{number}", "name": tool, "input": asked}
    return answer(block, stop="tool_use", seconds=seconds, **members)


def result(number: int = 1, seconds: float = 2, **members: Any) -> bytes:
    block = {"tool_use_id": f"toolu_{number}", "type": "tool_result", "content": "out", "is_error": False}
    return line("user", seconds, message={"role": "user", "content": [block]}, **members)


def ended(seconds: float = 3, **members: Any) -> bytes:
    return line("system", seconds, subtype="turn_duration", durationMs=3000, **members)


def interrupted(seconds: float = 3) -> bytes:
    text = {"type": "text", "text": "[Request interrupted by user for tool use]"}
    return line("user", seconds, message={"role": "user", "content": [text]}, interruptedMessageId="msg_1")


def notification(task: str = "a1", seconds: float = 4) -> bytes:
    text = f"<task-notification>\n<task-id>{task}</task-id>\n<status>completed</status>\n</task-notification>"
    return prompt(text, seconds, origin={"kind": "task-notification"}, turnOrigin="task_notification")
