"""What a report shows is held against its checksums: its contexts, and no others."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.ledger.contexts import Contexts
from providers.ledger.damage import DamageFound
from providers.ledger.database import opened, transaction
from providers.ledger.verify import Verifier
from tests.providers.ledger.test_messages import message

ALL = "FROM (SELECT id AS context FROM contexts WHERE id < ?)"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with opened(tmp_path / "ledger.sqlite3", repair=True) as db:
        yield db


def store(db: sqlite3.Connection, *sessions: str) -> None:
    with transaction(db):
        Contexts(db, "codex").numbers_of_messages([message(0, session) for session in sessions])


@pytest.mark.parametrize(
    "session", ["s", "", "Zürich", "it's", "a\\b", 'both "', "line\nbreak", "nul\0", "\u200b"]
)
def test_what_was_stored_is_intact(db: sqlite3.Connection, session: str) -> None:
    store(db, session)
    Verifier().verify_contexts(db, [1])
    Verifier().verify_contexts_of(db, 9, (1, 1), ALL, (2,))


@pytest.mark.parametrize(
    "damage",
    [
        "session = 'S'",
        "session = CAST(session AS BLOB)",
        "account = x''",
        "session = session || char(0)",
        "session = session || char(0) || 'more'",
        "root = CAST(x'ff' AS TEXT)",
        "home = 'x'",
        "home = 1.5",
        "not_on_lines = 1",
        "checksum = NULL",
        "checksum = checksum + 1",
        "checksum = 'text'",
    ],
)
def test_any_damage_is_found(db: sqlite3.Connection, damage: str) -> None:
    store(db, "s", "t")
    db.execute(f"UPDATE contexts SET {damage} WHERE id = 2")
    for rows in (1, 9):
        with pytest.raises(DamageFound):
            Verifier().verify_contexts_of(db, rows, (1, 2), ALL, (3,))
    with pytest.raises(DamageFound):
        Verifier().verify_contexts(db, [1, 2])


def test_a_damaged_context_of_others_is_not_looked_at(db: sqlite3.Connection) -> None:
    store(db, "s", "t", "u")
    db.execute("UPDATE contexts SET session = 'x' WHERE id = 2")
    verifier, source = Verifier(), "FROM (SELECT id AS context FROM contexts WHERE id IN (?, ?))"
    for rows in (1, 9):
        verifier.verify_contexts_of(db, rows, (1, 3), source, (1, 3))
        with pytest.raises(DamageFound):
            verifier.verify_contexts_of(db, rows, (1, 2), source, (1, 2))
