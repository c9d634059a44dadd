"""Lines of rollouts, in the order of members in which Codex 0.171 writes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.providers.codex.sessions.fakes import uuid

START = datetime(2026, 11, 29, 15, 0, tzinfo=UTC)
SESSION, TURN = uuid(1), uuid(90)


def line(seconds: float, kind: str, **payload: Any) -> bytes:
    at = (START + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    whole = {"timestamp": at, "ordinal": int(seconds), "type": kind, "payload": payload}
    return json.dumps(whole, separators=(",", ":")).encode()


def event(seconds: float, kind: str, **payload: Any) -> bytes:
    return line(seconds, "event_msg", type=kind, **payload)


def item(seconds: float, kind: str, **payload: Any) -> bytes:
    return line(seconds, "response_item", type=kind, **payload)


def meta(seconds: float = 0, **payload: Any) -> bytes:
    about = {"session_id": SESSION, "id": SESSION, "cwd": "/home/dev/project", "originator": "codex-tui"}
    return line(seconds, "session_meta", **about, cli_version="0.171.0", **payload)


def started(seconds: float = 1) -> bytes:
    return event(seconds, "task_started", turn_id=TURN, model_context_window=475000)


def context(seconds: float = 1, policy: Any = "on-request", **payload: Any) -> bytes:
    about = {"turn_id": TURN, "cwd": "/home/dev/project", "approval_policy": policy}
    return line(seconds, "turn_context", **about, model="gpt-6.2-sol", effort="medium", **payload)


def ended(seconds: float) -> bytes:
    return event(seconds, "task_complete", turn_id=TURN)


def aborted(seconds: float) -> bytes:
    return event(seconds, "turn_aborted", turn_id=TURN, reason="interrupted")


def call(seconds: float, name: str, call_id: str = "c1", **arguments: Any) -> bytes:
    return item(seconds, "function_call", name=name, arguments=json.dumps(arguments), call_id=call_id)


def script(seconds: float, code: str, call_id: str = "c1") -> bytes:
    return item(seconds, "custom_tool_call", call_id=call_id, name="exec", input=code)


def output(seconds: float, text: Any, call_id: str = "c1") -> bytes:
    return item(seconds, "function_call_output", call_id=call_id, output=text)
