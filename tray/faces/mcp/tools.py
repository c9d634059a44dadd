"""The tools that there are: a new one is a module with `DEFINITION` and `call`, and a line."""

from __future__ import annotations

import json

from providers.domain.visible import json_text
from tray.faces.mcp import cost, limits
from tray.faces.mcp.schema import ToolFailed

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from typing import Any

    from tray.faces.mcp.children import Commands

    Document = dict[str, Any]

_TOOLS = {module.DEFINITION["name"]: module for module in (limits, cost)}
_ANNOTATIONS: dict[str, bool] = {
    "readOnlyHint": True,
    "destructiveHint": False,
    "idempotentHint": True,
    "openWorldHint": False,
}
_LONGEST = 40  # characters of an argument
_TYPES: dict[str, type] = {"string": str, "integer": int}


def definitions() -> list[Document]:
    """As `tools/list` has them, always in this order."""
    return [{**module.DEFINITION, "annotations": _ANNOTATIONS} for module in _TOOLS.values()]


def is_known(name: object) -> bool:
    return isinstance(name, str) and name in _TOOLS


def call(name: str, arguments: Document, commands: Commands) -> Document:
    """The result of a known tool, also where it failed: that is for the agent to read. Raises Cancelled."""
    module = _TOOLS[name]
    try:
        _check(arguments, module.DEFINITION["inputSchema"]["properties"])
        found = module.call(arguments, commands)
    except ToolFailed as failure:
        return {"content": [{"type": "text", "text": str(failure)}], "isError": True}
    text = json_text(json.dumps(found, ensure_ascii=False, separators=(",", ":")))
    return {"content": [{"type": "text", "text": text}], "structuredContent": found, "isError": False}


def _check(arguments: Document, properties: Document) -> None:
    """Raises ToolFailed with a sentence by which an agent can do better."""
    for name, value in arguments.items():
        about = properties.get(name)
        if about is None:
            raise ToolFailed(
                f"There is no argument {name[:40]!r}. The arguments are {', '.join(properties)}."
            )
        if not isinstance(value, _TYPES[about["type"]]) or isinstance(value, bool):
            raise ToolFailed(f"`{name}` must be of type {about['type']}.")
        if isinstance(value, str) and not (
            value.isascii() and value.isprintable() and len(value) <= _LONGEST
        ):
            raise ToolFailed(f"`{name}` must be a short name.")
        if "enum" in about and value not in about["enum"]:
            raise ToolFailed(f"`{name}` must be one of {', '.join(about['enum'])}.")
        if "minimum" in about and not about["minimum"] <= value <= about["maximum"]:
            raise ToolFailed(f"`{name}` must be from {about['minimum']} to {about['maximum']}.")
