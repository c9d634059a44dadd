"""How a guard's hook is recognized among others."""

from __future__ import annotations

import re

_GUARD = re.compile(r"(?:^|\s)guard\s(?:.*\s)?--hook[\s=]")


def is_guard(command: object) -> bool:
    """Whether this command line of a hook is a guard's, by whatever path it is started."""
    return isinstance(command, str) and _GUARD.search(command) is not None
