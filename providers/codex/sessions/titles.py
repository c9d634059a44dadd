"""The names of threads, which the person or a model gave them: `session_index.jsonl` of a home (0.171).

Lines are appended, {"id", "thread_name", "updated_at"}; the last one of a thread counts.
"""

from __future__ import annotations

from os import SEEK_END
from pathlib import Path

import msgspec
from msgspec import Struct

from providers.domain.typed import json_decoder
from providers.host.files import Stamp, open_regular, stamp

_INDEX = "session_index.jsonl"
_MOST = 1 << 20
"""Bytes of its end: ten thousand names."""


class _Named(Struct):
    id: str
    thread_name: str


_decode = json_decoder(_Named).decode


class ThreadTitles:
    """Remembers the index of each home, until it is written again."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Stamp, dict[str, str]]] = {}

    def of(self, home: Path) -> dict[str, str]:
        """By the ids of the threads."""
        path = home / _INDEX
        now = stamp(str(path))
        before, titles = self._known.get(home, (None, {}))
        if now != before:
            titles = _read(path) if now else {}
            self._known[home] = now, titles
        return titles


def _read(path: Path) -> dict[str, str]:
    titles: dict[str, str] = {}
    try:
        with open_regular(path) as file:
            file.seek(max(0, file.seek(0, SEEK_END) - _MOST))
            lines = file.read(_MOST).split(b"\n")
    except OSError:
        return {}
    for line in lines:
        try:
            named = _decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError):  # the first one may be cut off
            continue
        titles[named.id] = named.thread_name
    return titles
