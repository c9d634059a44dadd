"""The limits outlive a damaged ledger, as far as it can be read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced
from providers.ledger.database import LedgerError, LedgerQuarantined, opened
from providers.ledger.ledger import Ledger

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVER = NOW - timedelta(days=9999), NOW + timedelta(days=9999)
PAGE = 4096


def fill(path: Path, weeks: int) -> None:
    ledger = Ledger(path)
    for number in range(weeks):
        at = NOW + number * timedelta(days=7)
        window = RateWindow(
            id="weekly",
            title="",
            used_percent=float(number % 90 + 5),
            duration=timedelta(days=7),
            resets_at=at + timedelta(days=6),
        )
        lane = Sourced(value=window, source="oauth", fetched_at=at)
        usage = AccountUsage(
            provider="codex", title="Codex", homes=(), account=Account(id="a1"), windows=(lane,)
        )
        ledger.limits.note(usage, at)


def damaged(path: Path, at: int, junk: bytes = b"\xff" * PAGE) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(at)
        file.write(junk)


def root_page(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        return int(page)


def replaced(path: Path) -> None:
    """As the next scan does it, which finds the damage."""
    with pytest.raises(LedgerQuarantined), opened(path, repair=True) as db:
        db.execute("SELECT count(*) FROM responses").fetchall()
    with opened(path, repair=True):
        pass


def test_the_history_and_the_log_are_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    fill(path, 20)
    windows, changes = Ledger(path).limits.windows(*EVER), Ledger(path).limits.changes("a1", EVER[0])
    damaged(path, (root_page(path, "responses") - 1) * PAGE)
    replaced(path)
    assert len(windows) == len(changes) == 20
    assert Ledger(path).limits.windows(*EVER) == windows
    assert Ledger(path).limits.changes("a1", EVER[0]) == changes
    (quarantined,) = tmp_path.glob("*.broken-*.sqlite3")
    assert quarantined.stat().st_size > PAGE, "it stays as it was"


def test_what_is_damaged_itself_is_lost_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    fill(path, 20)
    damaged(path, (root_page(path, "responses") - 1) * PAGE)
    damaged(path, (root_page(path, "limits") - 1) * PAGE)
    replaced(path)
    assert Ledger(path).limits.changes("a1", EVER[0]) == []
    assert len(Ledger(path).limits.windows(*EVER)) == 20


def test_rows_that_nobody_wrote_are_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    fill(path, 3)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE limits SET at_ms = 9999999999999999 WHERE at_ms = (SELECT max(at_ms) FROM limits)")
        db.execute(
            "UPDATE windows SET credits_used = 'much' WHERE starts_ms = (SELECT min(starts_ms) FROM windows)"
        )
    damaged(path, (root_page(path, "responses") - 1) * PAGE)
    replaced(path)
    assert len(Ledger(path).limits.changes("a1", EVER[0])) == 2
    assert len(Ledger(path).limits.windows(*EVER)) == 2


@pytest.mark.parametrize("junk", [b"not a database at all" * 400, b""], ids=["text", "nothing"])
def test_a_file_that_is_no_ledger_gives_nothing(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "ledger.sqlite3"
    (tmp_path / "ledger.broken-20260101T000000000000.sqlite3").write_bytes(junk)
    with opened(path, repair=True):
        pass
    assert Ledger(path).limits.windows(*EVER) == []


def test_another_programs_file_gives_nothing(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.broken-20260101T000000000000.sqlite3")) as db, db:
        db.execute("CREATE TABLE limits(account, window, at_ms, used_percent, resets_ms, source)")
        db.execute("INSERT INTO limits VALUES ('a1', 'session', 1, 2.0, NULL, 'theirs')")
    path = tmp_path / "ledger.sqlite3"
    with opened(path, repair=True):
        pass
    assert Ledger(path).limits.changes("a1", datetime(1970, 1, 1, tzinfo=UTC)) == []


def test_an_older_one_helps_where_the_last_is_none(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    fill(path, 4)
    damaged(path, (root_page(path, "responses") - 1) * PAGE)
    with pytest.raises(LedgerError, match="quarantined"), opened(path, repair=True) as db:
        db.execute("SELECT count(*) FROM responses").fetchall()
    (tmp_path / "ledger.broken-99990101T000000000000.sqlite3").write_bytes(b"no database " * 999)
    with opened(path, repair=True):
        pass
    assert len(Ledger(path).limits.windows(*EVER)) == 4
