"""How the ledger's file is, without a change to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from providers.ledger.database import LedgerError, opened
from providers.ledger.health import check, size_of


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite3"
    with opened(path, repair=True) as db:
        db.execute("INSERT INTO meta VALUES ('scan of codex', 'complete'), ('scan of claude', 'incomplete')")
        db.executemany(
            "INSERT INTO logs VALUES (?, 1, ?, 1, 1, 1, 1, x'', 0, 1, ?, 1, 1, 1, NULL)",
            ((number, f"log-{number}", number % 2) for number in range(1, 2001)),
        )
    return path


def test_one_that_is_well(ledger: Path) -> None:
    before = ledger.read_bytes()
    found = check(ledger, ("codex", "claude", "other"))
    assert (found.files, found.sound) == (1000, True)
    assert found.complete == {"codex": True, "claude": False, "other": None}
    assert found.size == size_of(ledger) >= len(before)
    assert ledger.read_bytes() == before


def test_a_check_that_takes_too_long_is_given_up(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.ledger.health._STEPS", 1)
    assert check(ledger, (), seconds=-1).sound is None


def test_a_page_that_was_overwritten(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'unjudged_logs'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
        (logs,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'logs_of_part'").fetchone()
    content = bytearray(ledger.read_bytes())
    for number in (page, logs):
        content[(number - 1) * size : number * size] = b"\xff" * size
    ledger.write_bytes(content)
    assert check(ledger, ()).sound is False


def test_no_ledger(tmp_path: Path) -> None:
    assert size_of(tmp_path / "none.sqlite3") == 0
    (tmp_path / "other.sqlite3").write_bytes(b"no database" * 100)
    with pytest.raises(LedgerError, match="damaged"):
        check(tmp_path / "other.sqlite3", ())
