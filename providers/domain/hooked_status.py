"""What a call of a CLI's hook says of a session: plain objects for a fast path, without imports.

`providers/<id>/session_hook.py` knows the events of each CLI:

    read(sent)                     the HookedStatus in the JSON on stdin, None where it says nothing of a session
    process(environ, parents)      the process of the CLI, None if not known; `parents` are the pids and names of
                                   the processes above the hook, the nearest first
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from typing import Any

_LONGEST_TOOL = 80


class HookedStatus:
    """`status` is one of `providers.domain.live`, `tool` the name of the tool that waits for the person. `agent`
    is the id of the subagent that it is about, "" for the session itself. With `ends` it is only so if what was
    recorded before is that this tool waits: it has run since.
    """

    __slots__ = ("agent", "ends", "session", "status", "tool")

    def __init__(
        self, session: str, status: str, *, tool: str | None = None, agent: str = "", ends: bool = False
    ) -> None:
        self.session = session
        self.status = status
        self.tool = tool
        self.agent = agent
        self.ends = ends


def tool_name(sent: dict[str, Any]) -> str | None:
    """The name alone, whatever else it may hold."""
    name = sent.get("tool_name")
    if not isinstance(name, str) or not name.isprintable():
        return None
    return name[:_LONGEST_TOOL] or None
