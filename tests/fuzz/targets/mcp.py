"""What a client of `tankful mcp` says, line by line."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from tests.fuzz import mutate
from tests.fuzz.run import Target, require
from tests.tray.faces.mcp.test_protocol import META, line
from tray.faces.mcp.server import Server

SAMPLES = b"\n".join(
    (
        line("initialize", params={"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {}}),
        line("notifications/initialized", None),
        line("server/discover", "a", params={"_meta": META}),
        line("tools/list", 2, params={"_meta": {"progressToken": 0}}),
        line("tools/call", 3, params={"name": "limits", "arguments": {"provider": "codex"}, "_meta": META}),
        line("tools/call", 4, params={"name": "cost", "arguments": {"days": 7, "by": "day"}}),
        line("notifications/cancelled", None, params={"requestId": 3, "reason": "enough"}),
        line("ping", 5),
    )
)


def targets(_folder: Path) -> tuple[Target, ...]:
    return (Target(name="mcp", make=mutate.of_lines([SAMPLES]), check=_check),)


def _check(content: bytes) -> None:
    """Each line has one answer at most, which is JSON on a line of its own."""
    out = io.BytesIO()
    server = Server(out, _tool)
    lines = content.split(b"\n")
    for each in lines:
        server.take(each)
    server.linger(5.0)
    answers = out.getvalue().splitlines()
    require(len(answers) <= len(lines), f"{len(answers)} answers to {len(lines)} lines")
    for each in answers:
        message = json.loads(each)
        require(message["jsonrpc"] == "2.0" and ("result" in message) != ("error" in message), f"{each!a}")


def _tool(_name: str, arguments: dict[str, Any], _commands: object) -> dict[str, Any]:
    return {"content": [], "structuredContent": arguments, "isError": False}
