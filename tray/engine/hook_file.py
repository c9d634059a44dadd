"""A small file in which hooks of CLIs keep a JSON object, read with the standard library alone."""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from typing import Any

_LARGEST = 1 << 12


def read_object(path: str) -> dict[str, Any] | None:
    """None where there is none, and for what is damaged."""
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        content = json.loads(os.read(file, _LARGEST))
    except (OSError, ValueError, RecursionError):
        return None
    finally:
        os.close(file)
    return content if isinstance(content, dict) else None
