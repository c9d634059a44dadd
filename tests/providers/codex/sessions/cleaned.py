"""A rollout as a fixture: all lines in order, of each what says something about the present, and nobody's words.

python -m tests.providers.codex.sessions.cleaned ROLLOUT > recorded/NAME.jsonl
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FOLDER = "/home/dev/project"
KEPT = {
    *("type", "id", "session_id", "parent_thread_id", "originator", "cli_version", "source", "role"),
    *(
        "turn_id",
        "model",
        "effort",
        "approval_policy",
        "approvals_reviewer",
        "model_context_window",
        "reason",
    ),
    *("info", "call_id", "name", "namespace", "arguments", "input", "thread_id", "agent_path"),
}
OF_ITEM = {"type", "id", "process_id"}
OUTPUT = 120


def cleaned(line: str) -> str:
    read = json.loads(line)
    payload: dict[str, Any] = read["payload"]
    kept = {name: _member(name, value) for name, value in payload.items()}
    return json.dumps(
        read | {"payload": {name: value for name, value in kept.items() if value is not None}},
        separators=(",", ":"),
    )


def _member(name: str, value: Any) -> Any:
    match name:
        case "cwd":
            return FOLDER
        case "item":
            about = {each: member for each, member in value.items() if each in OF_ITEM}
            return about | ({"questions": [{}]} if value.get("questions") else {})
        case "output":
            return value[:OUTPUT] if isinstance(value, str) else [_shortened(each) for each in value]
        case "git":
            return {"branch": value["branch"]} if value and "branch" in value else None
    return value if name in KEPT else None


def _shortened(part: dict[str, Any]) -> dict[str, Any]:
    return part | {"text": part["text"][:OUTPUT]} if "text" in part else part


if __name__ == "__main__":
    for each in Path(sys.argv[1]).read_text().splitlines():
        print(cleaned(each))
