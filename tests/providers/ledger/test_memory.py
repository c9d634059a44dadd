"""A ledger that cannot be written goes on in memory, where it begins as a copy, and comes back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from providers.domain.cost import CostReport
from providers.ledger.changes import Shelf
from providers.ledger.database import LedgerQuarantined, LedgerUnwritable, opened
from providers.ledger.ledger import Ledger
from providers.ledger.memory import InMemory
from providers.ledger.prices.load import load_rates
from providers.ledger.quarantine import mark_damaged
from providers.ledger.refresh import refresh
from tests.providers.ledger.test_refresh import FIXTURES, FORMATS, copied, put, rollouts

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = date(2026, 11, 20)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return copied(FIXTURES / "plain", tmp_path)


def count(ledger: Ledger, home: Path) -> CostReport:
    rates = load_rates(home / "no prices", home / "none")
    ledger.refresh([Shelf(provider="codex", home=home, format=FORMATS["codex"])], rates)
    return ledger.report("codex", {home: "~"}, since=DAY, until=DAY, zone=UTC, now=NOW)


def in_the_way(tmp_path: Path) -> Path:
    """What no one may write, root included: there is a file where a folder should be."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "state" / "ledger.sqlite3"


def test_what_cannot_be_kept_is_counted_in_memory(tmp_path: Path, home: Path) -> None:
    kept = count(Ledger(tmp_path / "state" / "ledger.sqlite3"), home)
    ledger = Ledger(in_the_way(tmp_path))
    assert count(ledger, home) == kept
    assert kept.totals.responses
    assert ledger.problem == (
        f"Cannot create {tmp_path / 'file' / 'state'}: {tmp_path / 'file'} is a file. Move it away."
    )
    assert not ledger.is_kept
    assert ledger.is_complete("codex") is True
    assert count(ledger, home) == kept


def test_nothing_of_it_is_left(tmp_path: Path, home: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    ledger = Ledger(in_the_way(tmp_path))
    count(ledger, home)
    (tmp_path / "file").unlink()
    assert sorted(tmp_path.rglob("*")) == before


def test_it_goes_back_to_the_file_as_soon_as_that_can_be_written(tmp_path: Path, home: Path) -> None:
    path = in_the_way(tmp_path)
    ledger = Ledger(path)
    report = count(ledger, home)
    (tmp_path / "file").unlink()
    path.parent.mkdir(parents=True)
    assert count(ledger, home) == report
    assert ledger.is_kept
    assert ledger.problem is None
    assert count(Ledger(path), home) == report


def test_the_copy_has_what_deleted_logs_had(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    report = count(Ledger(path), home)
    for log in rollouts(home):
        log.unlink()
    memory = InMemory(path)
    with opened(memory) as db:
        (responses,) = db.execute("SELECT count(*) FROM responses").fetchone()
    assert responses == report.totals.responses


def test_a_copy_of_what_is_no_ledger_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    for content in (b"", b"no database" * 1000, b"SQLite format 3\0" + bytes(5000)):
        path.write_bytes(content)
        with opened(InMemory(path)) as db:
            assert db.execute("SELECT count(*) FROM logs").fetchone() == (0,)


def test_a_full_disk_in_the_middle_of_a_step_costs_nothing(tmp_path: Path, home: Path) -> None:
    """SQLite is told that the file may not grow, which it reports like a full disk."""

    def fill() -> None:
        with opened(path) as db:
            db.execute("PRAGMA max_page_count = 1")
            db.execute("CREATE TABLE more AS SELECT zeroblob(1000000)")

    path = tmp_path / "ledger.sqlite3"
    first = count(Ledger(path), home)
    with pytest.raises(LedgerUnwritable, match="the disk is full"):
        fill()
    log = rollouts(home)[0]
    put(log, log.read_bytes() + b"\n")
    assert count(Ledger(path), home) == first


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ledger.sqlite3")
    with opened(InMemory(tmp_path / "ledger.sqlite3")) as db:
        assert db.execute("SELECT count(*) FROM logs").fetchone() == (0,)


def test_others_do_not_see_it(tmp_path: Path) -> None:
    one, other = InMemory(), InMemory()
    with opened(one) as db, opened(one) as again, opened(other) as elsewhere:
        db.execute("INSERT INTO meta VALUES ('a', 'b')")
        count = "SELECT count(*) FROM meta WHERE name = 'a'"
        assert again.execute(count).fetchone() == (1,)
        assert elsewhere.execute(count).fetchone() == (0,)


def test_it_is_gone_when_nobody_has_it(tmp_path: Path) -> None:
    memory = InMemory()
    uri = memory._uri
    with opened(memory):
        pass
    del memory
    with closing(sqlite3.connect(uri, uri=True)) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    assert os.path.exists(tmp_path)


def shown(memory: InMemory) -> list[tuple[object, ...]]:
    with opened(memory) as db:
        return db.execute("SELECT at_ms, input, output, pico_usd FROM responses ORDER BY 1, 2").fetchall()


def damaged(path: Path, home: Path, damage: str) -> tuple[InMemory, list[tuple[object, ...]]]:
    """The copy in memory of a ledger that was counted and is damaged since, and its responses before."""
    count(Ledger(path), home)
    before = shown(InMemory(path))
    if damage:
        with closing(sqlite3.connect(path)) as db, db:
            db.execute(damage)
    else:
        path.write_text("no database at all" * 500)
    return InMemory(path), before


@pytest.mark.parametrize("damage", ["", "UPDATE homes SET path = path || 'x'"])
def test_a_damaged_ledger_that_cannot_be_replaced_is_counted_anew_in_memory(
    tmp_path: Path, home: Path, damage: str
) -> None:
    path = tmp_path / "state" / "ledger.sqlite3"
    memory, before = damaged(path, home, damage)
    if damage:
        mark_damaged(memory)  # as the first report does
    shelves = [Shelf(provider="codex", home=home, format=FORMATS["codex"])]
    rates = load_rates(home / "no prices", home / "none")
    with pytest.raises(LedgerQuarantined, match="cannot be replaced: counts of deleted logs may be missing"):
        refresh(memory, shelves, rates.pico_usd, rates=rates)
    refresh(memory, shelves, rates.pico_usd, rates=rates)
    assert shown(memory) == before
    assert list(path.parent.glob("*.broken-*")) == []


def test_the_responses_of_deleted_logs_come_along(tmp_path: Path, home: Path) -> None:
    memory, before = damaged(
        tmp_path / "state" / "ledger.sqlite3",
        home,
        "UPDATE meta SET value = '7' WHERE name = 'part_checksums'",
    )
    for rollout in rollouts(home):
        rollout.unlink()
    memory.start_over()
    assert before
    assert shown(memory) == before


def test_a_part_that_is_wrong_is_made_anew_in_memory(tmp_path: Path, home: Path) -> None:
    memory, before = damaged(
        tmp_path / "state" / "ledger.sqlite3", home, "UPDATE responses SET input = input + 1"
    )
    mark_damaged(memory)
    rates = load_rates(home / "no prices", home / "none")
    shelves = [Shelf(provider="codex", home=home, format=FORMATS["codex"])]
    refresh(memory, shelves, rates.pico_usd, rates=rates)
    assert shown(memory) == before
    assert not memory.is_marked
