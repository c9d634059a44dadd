"""What a count stores of logs that it just read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.ledger import index
from providers.ledger.database import opened
from providers.ledger.index import LogEntry
from providers.ledger.log_checksums import sound_logs
from providers.ledger.log_writer import ReadLog, add_logs, number_logs, update_logs

HOME = Path("/home/dev/.codex")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with opened(tmp_path / "ledger.sqlite3", repair=True) as db:
        yield db


def log(
    db: sqlite3.Connection,
    name: str,
    *names: int,
    observation: bytes = b"seen",
    id_: int | None = None,
    replaces: int | None = None,
) -> ReadLog:
    entry = LogEntry(
        id=id_,
        replaces=replaces,
        path=f"{HOME}/{name}",
        stamp=(1, 2, 3),
        offset=len(observation),
        before=b"before",
        skipped=4,
        whole=index.WHOLE,
        observation=observation,
        names=frozenset(names),
        last_ms=5,
    )
    return ReadLog(HOME, index.home_id(db, "codex", HOME), entry)


def paths(db: sqlite3.Connection) -> dict[int, str]:
    return {number: Path(path).name for number, path in db.execute("SELECT id, path FROM logs")}


def test_new_logs_get_the_next_numbers_and_keep_their_order(db: sqlite3.Connection) -> None:
    _, first = number_logs(db, [log(db, "a"), log(db, "b")])
    add_logs(db, first, {})
    known, new = number_logs(db, [log(db, "c"), log(db, "a", id_=1), log(db, "d")])
    assert (list(known), list(new)) == ([1], [3, 4])
    add_logs(db, new, {})
    assert paths(db) == {1: "a", 2: "b", 3: "c", 4: "d"}


def test_what_is_stored_of_a_log_is_sound_whether_it_was_resolved_or_not(db: sqlite3.Connection) -> None:
    large = bytes(range(256)) * 300
    _, new = number_logs(db, [log(db, "a", 7, 8), log(db, "b", 8, observation=large), log(db, "c")])
    add_logs(db, new, {1: 1, 2: 1})
    sound, damaged = sound_logs(db, [1, 2, 3])
    assert not damaged
    assert sound[1] == (str(HOME), 4, b"before", 4, b"seen")
    assert sound[2][-1] == large
    assert db.execute("SELECT judged, part FROM logs ORDER BY id").fetchall() == [(1, 1), (1, 1), (0, 0)]
    assert index.linked(db, [8]) == {1, 2}


def test_a_log_that_has_grown_is_to_be_resolved_again_in_its_part(db: sqlite3.Connection) -> None:
    _, new = number_logs(db, [log(db, "a", 7)])
    add_logs(db, new, {1: 1})
    known, _ = number_logs(db, [log(db, "a", 8, observation=b"seen more", id_=1)])
    update_logs(db, known)
    sound, _ = sound_logs(db, [1])
    assert sound[1][-1] == b"seen more"
    assert db.execute("SELECT judged, part FROM logs").fetchall() == [(0, 1)]
    assert index.linked(db, [7]) == index.linked(db, [8]) == {1}


def test_a_deleted_log_yields_its_path_and_stays(db: sqlite3.Connection) -> None:
    _, new = number_logs(db, [log(db, "a")])
    add_logs(db, new, {1: 1})
    _, new = number_logs(db, [log(db, "a", observation=b"another", replaces=1)])
    add_logs(db, new, {})
    assert paths(db) == {1: "a#1", 2: "a"}
    assert db.execute("SELECT gone FROM logs ORDER BY id").fetchall() == [(1,), (0,)]
    sound, _ = sound_logs(db, [1, 2])
    assert [each[-1] for each in sound.values()] == [b"seen", b"another"]
