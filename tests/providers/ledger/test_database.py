"""A ledger that several create at once is one ledger, and nobody's mistake."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

from providers.ledger.database import LedgerError, opened
from providers.ledger.memory import InMemory


class Raced(InMemory):
    """Somebody else creates its content while one opens it: before statement `number` of that one."""

    def __init__(self, number: int) -> None:
        self._left = 0
        self.is_created = False
        super().__init__()
        self._left = number

    def connect(self, busy_seconds: float) -> sqlite3.Connection:
        db = super().connect(busy_seconds)
        if self._left:
            db.set_trace_callback(lambda _statement: self._count_down())
        return db

    def _count_down(self) -> None:
        self._left -= 1
        if self._left == 0:
            with suppress(LedgerError), opened(self, busy_seconds=0):
                self.is_created = True


def test_one_that_is_just_being_created_is_no_other_programs() -> None:
    ledgers = [Raced(number) for number in range(1, 9)]
    for ledger in ledgers:
        with opened(ledger, busy_seconds=0) as db:
            assert db.execute("SELECT count(*) FROM logs").fetchone() == (0,)
    assert any(ledger.is_created for ledger in ledgers)


def test_one_waits_for_another_that_is_creating_it(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        ending = threading.Timer(0.5, other.execute, ("ROLLBACK",))
        ending.start()
        try:
            with opened(file) as db:
                assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        finally:
            ending.join()
