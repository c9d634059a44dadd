"""A ledger in memory, of this process alone: for as long as its file cannot be written."""

from __future__ import annotations

import os
import sqlite3
import uuid
import weakref
from contextlib import closing, suppress
from pathlib import Path
from threading import Lock


class InMemory:
    """Stands where the path of a ledger may stand. It begins as a copy of the file, if that can be read whole."""

    def __init__(self, file: Path | None = None) -> None:
        # The name is shared by the connections of a process, and the content lives as long as one of them.
        self._uri = f"file:/tankful-{uuid.uuid4().hex}?vfs=memdb"
        self._counting = Lock()
        held = self.connect(0)
        weakref.finalize(self, held.close)
        if file is not None:
            with suppress(sqlite3.Error, OSError):
                self._copy(file)

    def connect(self, busy_seconds: float) -> sqlite3.Connection:
        return sqlite3.connect(
            self._uri, uri=True, timeout=busy_seconds, isolation_level=None, check_same_thread=False
        )

    def alone(self) -> Lock:
        """Held by the thread that counts."""
        return self._counting

    def exists(self) -> bool:
        return True

    def __str__(self) -> str:
        return "in memory"

    def _copy(self, file: Path) -> None:
        """Raises sqlite3.Error or OSError; this is empty then.

        Nothing is locked: the file may be on a system without locks. So what is in its WAL, which nobody may read
        without, is a reason to count anew. `backup` would copy that the file has a WAL, which a memory has not.
        """
        if not os.path.isfile(file):  # a pipe would keep us waiting
            return
        wal = file.with_name(f"{file.name}-wal")
        mode = "mode=ro" if os.path.exists(wal) and wal.stat().st_size else "mode=ro&immutable=1"
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?{mode}", uri=True, timeout=1)) as source:
            if source.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                source.execute("VACUUM INTO ?", (self._uri,))
