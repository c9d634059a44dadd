"""What is known of the ledger is known until it is written again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.ledger import index
from providers.ledger.database import opened
from providers.ledger.facts import fact, note_fact


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with opened(tmp_path / "ledger.sqlite3", repair=True) as db:
        index.note_writing(db)
        yield db


def test_it_holds_until_something_is_written(db: sqlite3.Connection) -> None:
    assert fact(db, "settled 1") is None
    note_fact(db, "settled 1", "all of them")
    assert (fact(db, "settled 1"), fact(db, "settled 2")) == ("all of them", None)
    index.note_writing(db)
    assert fact(db, "settled 1") is None


def test_a_newer_one_takes_its_place(db: sqlite3.Connection) -> None:
    note_fact(db, "settled 1", "")
    assert fact(db, "settled 1") == ""
    note_fact(db, "settled 1", "new")
    assert fact(db, "settled 1") == "new"


@pytest.mark.parametrize("value", ["", " ", "2000", "1 2000", "all of them"])
def test_a_damaged_one_is_not_known(db: sqlite3.Connection, value: str) -> None:
    note_fact(db, "settled 1", "3000")
    db.execute("UPDATE meta SET value = ? WHERE name = 'settled 1'", (value,))
    assert fact(db, "settled 1") is None


def test_where_nothing_can_be_written_it_is_not_known(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA query_only = 1")
    note_fact(db, "settled 1", "all of them")
    assert fact(db, "settled 1") is None
