"""How a guard's hook is recognized among others, and what it starts."""

from __future__ import annotations

import re
import shlex
from typing import Any

from providers.domain.scalars import number

_GUARD = re.compile(r"(?:^|\s)guard\s(?:.*\s)?--hook[\s=]")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_OF_SHELLS = re.compile(r"[$`(){}\[\];|&<>*?!\\]")


def is_guard(command: object) -> bool:
    """Whether this command line of a hook is a guard's, by whatever path it is started."""
    return isinstance(command, str) and _GUARD.search(command) is not None


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
