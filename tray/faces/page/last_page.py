"""The last tab and range: the page without any in its address goes there."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from providers.host.atomic import write_whole
from providers.host.files import read_small
from tray.faces.page import query
from tray.faces.page.query import PageQuery

FILE = "page.json"
MEMBERS = ("tab", "range", "from", "to")
_LARGEST = 4096


class LastPage:
    """In a file of the state folder. Thread-safe; never raises: what cannot be kept is not remembered."""

    def __init__(self, state: Path) -> None:
        self._file = state / FILE
        self._lock = Lock()
        self._kept: PageQuery | None = None

    @property
    def last(self) -> PageQuery:
        with self._lock:
            return self._read()

    def note(self, asked: PageQuery) -> None:
        """This is the last one."""
        last = _of(asked.given())
        with self._lock:
            if last == self._read():
                return
            self._kept = last
            with suppress(OSError):
                write_whole(self._file, json.dumps(last.given()).encode())

    def _read(self) -> PageQuery:
        if self._kept is None:
            members: Any = {}
            with suppress(OSError, ValueError, RecursionError):
                members = json.loads(read_small(self._file, _LARGEST))
            self._kept = _of(members if isinstance(members, dict) else {})
        return self._kept


def _of(members: dict[str, Any]) -> PageQuery:
    """Of valid members alone."""
    texts = {name: value for name in MEMBERS if isinstance(value := members.get(name), str)}
    return query.parse(query.parse(texts).given())
