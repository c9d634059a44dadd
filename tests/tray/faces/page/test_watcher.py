"""What the page hears of: the snapshot, the ledger, a moment at which the same means something else."""

from __future__ import annotations

import json
import time
from math import ceil
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self

import pytest

from providers.host.atomic import write_whole
from tray.engine.iso_time import iso
from tray.engine.published import FILE, SCHEMA
from tray.faces.page.watcher import LEDGER, PageWatcher


class NoKeeper:
    """Starts no engine."""

    due = 60.0

    def __init__(self, _folder: str) -> None:
        self.looked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Nothing to end."""

    def look(self, _snapshot: object) -> None:
        self.looked += 1


class Heard:
    def __init__(self, folder: Path) -> None:
        self.snapshot, self.ledger = Event(), Event()
        self.watcher = PageWatcher(
            str(folder),
            self.snapshot.set,
            self.ledger.set,
            NoKeeper,  # type: ignore[arg-type]
        )


def publish(folder: Path, **window: Any) -> None:
    windows = [window] if window else []
    document = {"schema": SCHEMA, "providers": [{"windows": windows, "refresh_seconds": 300}]}
    write_whole(folder / FILE, json.dumps(document).encode())


@pytest.fixture
def heard(tmp_path: Path) -> Any:
    publish(tmp_path)
    made = Heard(tmp_path)
    made.watcher.start()
    yield made
    made.watcher.close()


def test_a_snapshot_and_a_ledger_are_heard_of_each_alone(heard: Heard, tmp_path: Path) -> None:
    publish(tmp_path)
    assert heard.snapshot.wait(10)
    assert not heard.ledger.is_set()
    heard.snapshot.clear()
    (tmp_path / LEDGER[0]).write_bytes(b"another")
    assert heard.ledger.wait(10)
    assert not heard.snapshot.is_set()


def test_a_window_that_resets_changes_the_page_without_a_new_snapshot(tmp_path: Path) -> None:
    now = time.time()
    resets = ceil(now + 1)
    publish(tmp_path, resets_at=iso(resets), fetched_at=iso(now))
    made = Heard(tmp_path)
    made.watcher.start()
    try:
        assert made.snapshot.wait(10)
        assert time.time() >= resets
    finally:
        made.watcher.close()
