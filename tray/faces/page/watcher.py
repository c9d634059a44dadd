"""Hears what others write: the engine its snapshot, whoever counts the ledger. One thread for all open pages."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tray.engine import published
from tray.engine.detached import ENGINE_LOCK
from tray.faces.bars.changes import FileChanges, PeerGone, stamp
from tray.faces.bars.keeper import SHORT_SECONDS, Keeper
from tray.faces.bars.watch import LOOK_SECONDS, until_another

if TYPE_CHECKING:
    from tray.engine.published import Document

SHOWN_SECONDS = 300.0
"""Ages and countdowns in a page are as old as that, at most."""
LEDGER = ("ledger.sqlite3", "ledger.sqlite3-wal")


class PageWatcher:
    """`on_snapshot` and `on_ledger` are called from its thread, and must not block.

    Where nobody keeps the snapshot up to date, an engine beside us does, as long as this runs.
    """

    def __init__(
        self,
        folder: str,
        on_snapshot: Callable[[], None],
        on_ledger: Callable[[], None],
        keeper: Callable[[str], Keeper] = Keeper,
    ) -> None:
        self._folder = folder
        self._on_snapshot = on_snapshot
        self._on_ledger = on_ledger
        self._keeper = keeper
        self._seen, self._seen_ledger = stamp(os.path.join(folder, published.FILE)), self._ledger()
        self._hears_end, self._end = os.pipe()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, seconds: float = 1.0) -> None:
        os.close(self._end)
        self._thread.join(seconds)

    def _run(self) -> None:
        with (
            self._keeper(self._folder) as keeper,
            FileChanges(self._folder, (published.FILE, ENGINE_LOCK, *LEDGER), self._hears_end) as changes,
        ):
            try:
                self._follow(keeper, changes)
            except PeerGone:
                return

    def _follow(self, keeper: Keeper, changes: FileChanges) -> None:
        file = os.path.join(self._folder, published.FILE)
        snapshot = published.read(self._folder)
        shown_until = time.monotonic() + _meant_for(snapshot)
        changed = frozenset[str]()
        while True:
            if (found := stamp(file)) != self._seen or time.monotonic() >= shown_until:
                snapshot, self._seen = published.read(self._folder), found
                shown_until = time.monotonic() + _meant_for(snapshot)
                self._on_snapshot()
            if (found_ledger := self._ledger()) != self._seen_ledger:
                self._seen_ledger = found_ledger
                self._on_ledger()
            keeper.look(snapshot)
            # A lock is reported as closed a moment before it is free.
            soon = SHORT_SECONDS if ENGINE_LOCK in changed else LOOK_SECONDS
            changed = changes.wait(max(0.0, min(soon, keeper.due, shown_until - time.monotonic())))

    def _ledger(self) -> tuple[object, ...]:
        return tuple(stamp(os.path.join(self._folder, name)) for name in LEDGER)


def _meant_for(snapshot: Document | None) -> float:
    """For how many seconds a page made of the snapshot is right: until a window resets or a value is stale."""
    seconds = until_another(snapshot, time.time())
    return seconds if seconds < LOOK_SECONDS else SHOWN_SECONDS
