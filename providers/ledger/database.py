"""The ledger's file: made, brought up to date, set aside when damaged. SQLite, one writer, any readers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

APPLICATION_ID = 0x74616E6B  # "tank"
SCHEMA = (
    """
    CREATE TABLE homes(id INTEGER PRIMARY KEY, provider TEXT NOT NULL, path TEXT NOT NULL,
        UNIQUE(provider, path));
    CREATE TABLE logs(id INTEGER PRIMARY KEY, home INTEGER NOT NULL, path TEXT NOT NULL,
        inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        offset INTEGER NOT NULL, tail BLOB NOT NULL, skipped INTEGER NOT NULL, whole INTEGER NOT NULL,
        gone INTEGER NOT NULL, judged INTEGER NOT NULL, part INTEGER NOT NULL, UNIQUE(home, path));
    CREATE INDEX logs_of_part ON logs(part);
    CREATE TABLE observations(log INTEGER PRIMARY KEY, observation BLOB NOT NULL);
    CREATE TABLE links(name INTEGER NOT NULL, log INTEGER NOT NULL, PRIMARY KEY(name, log)) WITHOUT ROWID;
    CREATE TABLE contexts(id INTEGER PRIMARY KEY, home INTEGER NOT NULL, session TEXT NOT NULL,
        root TEXT NOT NULL, project TEXT NOT NULL, model TEXT NOT NULL, effort TEXT NOT NULL,
        tier TEXT NOT NULL, originator TEXT NOT NULL,
        UNIQUE(home, session, model, effort, tier, root, project, originator));
    CREATE TABLE responses(at_ms INTEGER NOT NULL, key INTEGER NOT NULL, context INTEGER NOT NULL,
        part INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL,
        cache_write INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, output INTEGER NOT NULL,
        reasoning INTEGER NOT NULL, web_searches INTEGER NOT NULL, pico_usd INTEGER,
        PRIMARY KEY(at_ms, key, context)) WITHOUT ROWID;
    CREATE INDEX responses_of_part ON responses(part);
    CREATE TABLE limits(account TEXT NOT NULL, window TEXT NOT NULL, at_ms INTEGER NOT NULL,
        used_percent REAL NOT NULL, resets_ms INTEGER, source TEXT NOT NULL,
        PRIMARY KEY(account, window, at_ms)) WITHOUT ROWID;
    CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
)
"""Each entry brings the schema one version further; an entry that was released is never changed."""

BUSY_SECONDS = 30.0


class LedgerTrouble(Exception):
    """The ledger cannot be used now; str() is a sentence with its remedy. What it holds is safe."""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The ledger at `path`, made or brought up to date where needed; raises LedgerTrouble.

    A file that is no ledger, or a damaged one, is set aside under another name, and a new one begun.
    """
    with _classed(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            db = _connect(path)
        except _Unusable:
            _set_aside(path)
            db = _connect(path)
        with closing(db):
            yield db


class _Unusable(Exception):
    """The file is not a ledger that can be read."""


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _prepare(db, path)
    except sqlite3.OperationalError:
        db.close()
        raise
    except (sqlite3.DatabaseError, _Unusable) as error:
        db.close()
        if type(error) not in (sqlite3.DatabaseError, _Unusable):
            raise
        raise _Unusable from error
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and tables:
        raise _Unusable
    if version > len(SCHEMA):
        raise LedgerTrouble(f"{path} was written by a newer tankful: update this one, or remove the file.")
    db.execute("PRAGMA synchronous = NORMAL")
    if version == len(SCHEMA):
        return
    db.execute("PRAGMA journal_mode = WAL")
    with transaction(db):
        (version,) = db.execute("PRAGMA user_version").fetchone()  # another process may have been faster
        for step in SCHEMA[version:]:
            for statement in step.split(";"):
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(SCHEMA)}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


@contextmanager
def _classed(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            reason = "the disk is full: make room"
        elif "locked" in str(error):
            reason = "another program holds it: close that one"
        else:
            reason = f"{error}: check the folder's permissions"
        raise LedgerTrouble(f"The ledger {path} cannot be used, {reason}.") from error
    except sqlite3.DatabaseError as error:
        if type(error) is not sqlite3.DatabaseError:
            raise  # a mistake of ours says nothing of the file
        _set_aside(path)
        raise LedgerTrouble(
            f"The ledger {path} was damaged and is set aside; the next count begins anew."
        ) from error
    except OSError as error:
        raise LedgerTrouble(
            f"The ledger {path} cannot be used ({error.strerror}): check the folder."
        ) from error


def _set_aside(path: Path) -> None:
    """Nothing is thrown away: the damaged file stays beside the new one."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.replace(path.with_name(f"{path.stem}.broken-{stamp}{path.suffix}{suffix}"))
