"""A line for tankful.log from who has no time to import `logging`: the standard library alone."""

from __future__ import annotations

import os
import time

from providers.domain.visible import visible

FILE = "tankful.log"
_LARGEST = 1 << 19
_LONGEST = 400


def append(state_folder: str, level: str, text: str, now: float) -> None:
    """Raises OSError. Nothing is written where the file has grown large, since its owner alone rotates it."""
    flags = (
        os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    )
    file = os.open(os.path.join(state_folder, FILE), flags, 0o600)
    try:
        if os.fstat(file).st_size < _LARGEST:
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
            line = visible(text).replace("\n", " ")[:_LONGEST]
            os.write(file, f"{at} {level} {line}\n".encode(errors="replace"))
    finally:
        os.close(file)
