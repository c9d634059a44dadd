"""What the definitions of tools share: JSON schemas as plain data, and the error of a tool."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from typing import Any

    Document = dict[str, Any]


FROM_LOGS = "local logs, at API prices"


class ToolFailed(Exception):
    """A call that has no answer; str() is a sentence for the agent."""


def record(**properties: Document) -> Document:
    """An object with these members, all of them always there; others may be added."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def objects(items: Document) -> Document:
    return {"type": "array", "items": items}


def nullable(kind: str, description: str | None = None) -> Document:
    about = {} if description is None else {"description": description}
    return {"type": [kind, "null"], **about}
