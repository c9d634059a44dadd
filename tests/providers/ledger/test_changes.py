"""A process that remembers its last look and one that begins find the same changes, whoever counted last."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from providers.ledger.changes import Remembered, Shelf
from providers.ledger.refresh import refresh
from tests.providers.ledger.test_scanners import Documents

DOCUMENTS = Documents()
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["write", "touch", "remove", "move", "count", "count anew"]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=12,
)


def count(folder: Path, remembered: Remembered) -> None:
    shelf = Shelf(provider="fake", home=folder / "home", format=DOCUMENTS)
    bad = refresh(folder / "ledger.sqlite3", [shelf], lambda _: 0, remembered=remembered)
    assert bad == {}


def stored(folder: Path) -> dict[str, tuple[int, ...]]:
    """What is known of the logs that exist, by path."""
    with closing(sqlite3.connect(folder / "ledger.sqlite3")) as db:
        rows = db.execute("SELECT path, inode, size, mtime_ns FROM logs WHERE gone = 0").fetchall()
        assert len(rows) == len({row[0] for row in rows})
        return {path: tuple(stamp) for path, *stamp in rows}


def outputs(folder: Path) -> set[int]:
    with closing(sqlite3.connect(folder / "ledger.sqlite3")) as db:
        return {row[0] for row in db.execute("SELECT output FROM responses")}


def on_disk(folder: Path) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for path in (folder / "home").rglob("*.json"):
        status = path.stat()
        found[str(path)] = status.st_ino, status.st_size, status.st_mtime_ns
    return found


@settings(max_examples=20, deadline=None)
@given(DEEDS)
def test_all_changes_are_found(deeds: list[tuple[str, int, int]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        remembered = Remembered()
        for number, (deed, one, other) in enumerate([*deeds, ("count", 0, 0), ("count anew", 0, 0)]):
            path = folder / f"home/threads/{one}/{other}.json"
            target = folder / f"home/archive/{one}/{other}.json"
            if deed == "write":
                DOCUMENTS.write(path, path.name, {str(number): number})
            elif deed == "touch" and path.exists():
                os.utime(path, (number, number))
            elif deed == "remove":
                path.unlink(missing_ok=True)
            elif deed == "move" and path.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
            elif deed.startswith("count"):
                count(folder, remembered if deed == "count" else Remembered())
                assert stored(folder) == on_disk(folder)
                there = {n for path in on_disk(folder) for n in DOCUMENTS.load(path)[1].values()}
                assert there <= outputs(folder)


def test_a_log_that_is_to_be_read_again_is_read_by_whoever_looks(tmp_path: Path) -> None:
    path = tmp_path / "home/threads/a.json"
    DOCUMENTS.write(path, "a", {"1": 10})
    remembered = Remembered()
    count(tmp_path, remembered)
    count(tmp_path, remembered)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as db, db:
        db.execute("UPDATE logs SET mtime_ns = -1")
        db.execute("UPDATE meta SET value = '1' WHERE name = 'generation'")
    count(tmp_path, Remembered())
    assert stored(tmp_path) == on_disk(tmp_path)
