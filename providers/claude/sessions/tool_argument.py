"""The main argument of a tool's call, in one short line without secrets: never a text of a prompt or of a file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from providers.host.shown_command import shown_argument

_FILES = ("file_path", "notebook_path", "path")
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "Bash": ("command",),
    "BashOutput": ("bash_id",),
    "Edit": _FILES,
    "Glob": ("pattern",),
    "Grep": ("pattern",),
    "KillShell": ("shell_id",),
    "LS": _FILES,
    "MultiEdit": _FILES,
    "NotebookEdit": _FILES,
    "PowerShell": ("command",),
    "Read": _FILES,
    "Skill": ("skill", "command"),
    "Task": ("subagent_type",),
    "Agent": ("subagent_type",),
    "WebFetch": ("url",),
    "WebSearch": ("query",),
    "Write": _FILES,
}
"""Of each tool; what others are given is not known, so nothing of it is shown."""


def main_argument(tool: str, given: Mapping[str, Any], clis: Collection[str] = ()) -> str | None:
    """Of a command that calls one of these `clis`, what `shown_argument` shows."""
    for name in _ARGUMENTS.get(tool, ()):
        value = given.get(name)
        if isinstance(value, str) and value:
            if name in _FILES:
                value = re.split(r"[/\\]", value.rstrip("/\\"))[-1]
            return shown_argument(value, clis=clis) or None
    return None
