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
        self._file = file
        self._counting = Lock()
        self.is_marked = False
        """Whether a report met damage, or the file could not be copied for it: the next count looks."""
        self.is_copied = True
        self.damaged_files: list[Path] = []
        """What is salvaged when it is created: the file, once it is known to be damaged."""
        self._begin()
        if file is not None:
            with suppress(OSError):
                self._copy_if_whole(file)

    def _begin(self) -> None:
        # The name is shared by the connections of a process, and the content lives as long as one of them.
        self._uri = f"file:/tankful-{uuid.uuid4().hex}?vfs=memdb"
        held = self.connect(0)
        weakref.finalize(self, held.close)

    def start_over(self) -> None:
        """Empty; the next to open it takes over what its damaged file still tells."""
        self.damaged_files = [self._file] if self._file is not None else []
        self.is_marked, self.is_copied = False, True
        self._begin()

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
        return "in memory" if self._file is None else str(self._file)

    def _copy_if_whole(self, file: Path) -> None:
        """Raises OSError; this is empty then."""
        try:
            self._copy(file)
        except sqlite3.Error as error:
            code = error.sqlite_errorcode & 0xFF if hasattr(error, "sqlite_errorcode") else 0
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                self.is_marked, self.is_copied = True, False

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
            else:
                self.is_marked, self.is_copied = True, False
