"""What was read of the windows last, in a file of the cache folder: without it, all of it is read again.

It is never an authority, and may be deleted at any time. What is missing, damaged, of another version or cannot be
written costs time and nothing else.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from providers.domain.typed import json_decoder
from providers.host.atomic import write_whole
from providers.host.files import read_small
from providers.ledger.window_use import Kept, WindowKept, WindowName

_MAKE = 1
"""Raised whenever what is kept is read in another way."""
_LARGEST = 16 << 20
_MOST = 4_000
"""Windows; the newest are kept."""


class _File(Struct, frozen=True):
    make: int
    windows: list[tuple[WindowName, WindowKept]]


def load(file: Path | None) -> Kept:
    if file is None:
        return {}
    try:
        found = _decoder().decode(read_small(file, _LARGEST))
    except (OSError, MemoryError, RecursionError, ValueError, msgspec.MsgspecError):
        return {}
    return dict(found.windows) if found.make == _MAKE else {}


def save(file: Path | None, before: Kept, found: Kept) -> None:
    """Those found, and those before that nobody has asked for this time. Nothing happens where it cannot be
    written, or nothing is new.
    """
    if file is None or all(before.get(name) == each for name, each in found.items()):
        return
    windows = sorted({**before, **found}.items(), key=lambda each: each[0][2])[-_MOST:]
    with suppress(OSError):
        write_whole(file, msgspec.json.encode(_File(_MAKE, windows)))


@cache
def _decoder() -> msgspec.json.Decoder[_File]:
    return json_decoder(_File)
