"""One more response at the end of the newest log, as while somebody works; taken back afterwards."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bench import claude_logs, codex_logs

_ONE_MORE = {"codex": codex_logs.one_more, "claude": claude_logs.one_more}


class Appending:
    def __init__(self, provider: str, home: Path) -> None:
        self._one_more = _ONE_MORE[provider]
        self._path = max(home.rglob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
        self._before = self._path.stat()
        self._number = 1_000_000  # no corpus has as many responses, by whose numbers their ids are made

    def append(self) -> None:
        self._number += 1
        with self._path.open("ab") as file:
            file.write(self._one_more(self._path, datetime.now(UTC), self._number))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.truncate(self._path, self._before.st_size)
        os.utime(self._path, ns=(self._before.st_atime_ns, self._before.st_mtime_ns))
