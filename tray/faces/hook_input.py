"""What a CLI sends to its hook: JSON on standard input. The standard library alone."""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from typing import Any

SIZE_LIMIT = 1 << 24
"""The output of a tool is in it."""
_CHUNK = 1 << 16


def read_input() -> dict[str, Any]:
    """The JSON object on stdin, {} where there is none; read to its end, or the CLI's write would fail."""
    read = bytearray()
    content: object = None
    try:
        while content is None and (part := _read_chunk()):
            if len(read) <= SIZE_LIMIT:
                read += part
            if part[-4:].rstrip().endswith(b"}") and not _has_more():
                content = _parse(read)
    except OSError:  # closed
        pass
    content = content or _parse(read)
    return content if isinstance(content, dict) else {}


def _read_chunk() -> bytes:
    """Blocks also on a pipe that is set to non-blocking."""
    try:
        return os.read(0, _CHUNK)
    except BlockingIOError:
        import select

        select.select([0], [], [])
        return os.read(0, _CHUNK)


def _has_more() -> bool:
    """Whether more is there already: a writer may leave the pipe open behind what it sent."""
    import select

    return bool(select.select([0], [], [], 0)[0]) if sys.platform != "win32" else False


def _parse(read: bytearray) -> object:
    """None for what is no JSON, or too much."""
    if len(read) > SIZE_LIMIT:
        return None
    try:
        return json.loads(read)
    except (ValueError, RecursionError):
        return None
