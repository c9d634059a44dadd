"""A line for tankful.log from who has no time to import `logging`: the standard library alone."""

from __future__ import annotations

import os
import time

from providers.domain.visible import visible
from providers.host.private import open_to_write

FILE = "tankful.log"
_LARGEST = 1 << 19
_LONGEST = 400


def append(state_folder: str, level: str, text: str, now: float) -> None:
    """Raises OSError. Nothing is written where the file has grown large, since its owner alone rotates it."""
    file = open_to_write(os.path.join(state_folder, FILE), os.O_APPEND)
    try:
        if os.fstat(file).st_size < _LARGEST:
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
            line = visible(text).replace("\n", " ")[:_LONGEST]
            os.write(file, f"{at} {level} {line}\n".encode(errors="replace"))
    finally:
        os.close(file)
