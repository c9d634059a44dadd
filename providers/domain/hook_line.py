"""How hooks of ours are recognized among others, and what they start."""

from __future__ import annotations

import re
import shlex
from typing import Any, Literal

from providers.domain.scalars import number

Purpose = Literal["guard", "sessions"]
"""guard: it stops an agent before a limit does. sessions: it records what a session is doing."""
_PURPOSES: dict[Purpose, re.Pattern[str]] = {
    "guard": re.compile(r"(?:^|\s)guard\s(?:.*\s)?--hook[\s=]"),
    "sessions": re.compile(r"(?:^|\s)hook\s+--for[\s=]"),
}
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_OF_SHELLS = re.compile(r"[$`(){}\[\];|&<>*?!\\]")


def purpose_of(command: object) -> Purpose | None:
    """That of a hook with this command line, by whatever path it is started; None for one that is not ours."""
    if not isinstance(command, str):
        return None
    return next((purpose for purpose, line in _PURPOSES.items() if line.search(command)), None)


def program_of(command: object) -> str | None:
    """The program that a command line starts, as it is written there; None where only a shell could tell."""
    try:
        words = shlex.split(command) if isinstance(command, str) else []
    except ValueError:
        return None
    program = next((word for word in words if not _ASSIGNMENT.match(word)), None)
    return None if program is None or _OF_SHELLS.search(program) else program


def timeout_of(entry: dict[str, Any], default: float) -> float:
    """Seconds that a CLI waits for the hook of this entry; `default` is how long where the entry does not say."""
    seconds = number(entry.get("timeout"))
    return default if seconds is None or seconds <= 0 else seconds
