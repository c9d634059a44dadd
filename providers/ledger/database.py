"""The ledger's file: created, upgraded, quarantined when damaged. SQLite, one writer, any number of readers."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from providers.host.private import make_file, make_folder
from providers.host.storage import cannot_write, fault_of
from providers.ledger.memory import InMemory
from providers.ledger.salvage import salvage
from providers.ledger.window_log import fold_history

APPLICATION_ID = 0x74616E6B  # "tank"
SCHEMA = (
    """
    CREATE TABLE homes(id INTEGER PRIMARY KEY, provider TEXT NOT NULL, path TEXT NOT NULL,
        UNIQUE(provider, path));
    CREATE TABLE logs(id INTEGER PRIMARY KEY, home INTEGER NOT NULL, path TEXT NOT NULL,
        inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        offset INTEGER NOT NULL, before BLOB NOT NULL, skipped INTEGER NOT NULL, whole INTEGER NOT NULL,
        gone INTEGER NOT NULL, judged INTEGER NOT NULL, part INTEGER NOT NULL, last_ms INTEGER NOT NULL,
        UNIQUE(home, path));
    CREATE INDEX logs_of_part ON logs(part);
    CREATE INDEX unjudged_logs ON logs(home, gone, last_ms) WHERE judged = 0;
    CREATE TABLE observations(log INTEGER PRIMARY KEY, observation BLOB NOT NULL);
    CREATE TABLE links(name INTEGER NOT NULL, log INTEGER NOT NULL, PRIMARY KEY(name, log)) WITHOUT ROWID;
    CREATE TABLE contexts(id INTEGER PRIMARY KEY, home INTEGER NOT NULL, session TEXT NOT NULL,
        root TEXT NOT NULL, project TEXT NOT NULL, model TEXT NOT NULL, effort TEXT NOT NULL,
        tier TEXT NOT NULL, originator TEXT NOT NULL,
        UNIQUE(home, session, model, effort, tier, root, project, originator));
    CREATE TABLE responses(part INTEGER NOT NULL, at_ms INTEGER NOT NULL, key INTEGER NOT NULL,
        context INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL,
        cache_write INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, output INTEGER NOT NULL,
        reasoning INTEGER NOT NULL, web_searches INTEGER NOT NULL, pico_usd INTEGER,
        PRIMARY KEY(part, at_ms, key, context)) WITHOUT ROWID;
    CREATE TABLE parts(id INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL);
    CREATE TABLE limits(account TEXT NOT NULL, window TEXT NOT NULL, at_ms INTEGER NOT NULL,
        used_percent REAL NOT NULL, resets_ms INTEGER, source TEXT NOT NULL,
        PRIMARY KEY(account, window, at_ms)) WITHOUT ROWID;
    CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
    """
    ALTER TABLE parts ADD COLUMN summed INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE counters(id INTEGER PRIMARY KEY, provider TEXT NOT NULL, account TEXT NOT NULL,
        model TEXT NOT NULL, epoch INTEGER NOT NULL, responses INTEGER NOT NULL DEFAULT 0,
        input INTEGER NOT NULL DEFAULT 0, cache_read INTEGER NOT NULL DEFAULT 0,
        cache_write INTEGER NOT NULL DEFAULT 0, cache_write_1h INTEGER NOT NULL DEFAULT 0,
        output INTEGER NOT NULL DEFAULT 0, reasoning INTEGER NOT NULL DEFAULT 0, pico_usd INTEGER,
        UNIQUE(provider, account, model));
    CREATE TABLE sums(counter INTEGER NOT NULL, part INTEGER NOT NULL, responses INTEGER NOT NULL,
        input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
        cache_write_1h INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
        pico_usd INTEGER, PRIMARY KEY(counter, part)) WITHOUT ROWID;
    """,
    """
    CREATE TABLE contexts_with_accounts(id INTEGER PRIMARY KEY, home INTEGER NOT NULL, session TEXT NOT NULL,
        root TEXT NOT NULL, project TEXT NOT NULL, model TEXT NOT NULL, effort TEXT NOT NULL,
        tier TEXT NOT NULL, originator TEXT NOT NULL, account TEXT NOT NULL, not_on_lines INTEGER NOT NULL,
        UNIQUE(home, session, model, effort, tier, root, project, originator, account, not_on_lines));
    INSERT INTO contexts_with_accounts SELECT id, home, session, root, project, model, effort, tier, originator,
        '', 0 FROM contexts;
    DROP TABLE contexts;
    ALTER TABLE contexts_with_accounts RENAME TO contexts;
    CREATE TABLE logins(home INTEGER NOT NULL, since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,
        account TEXT NOT NULL, PRIMARY KEY(home, since_ms)) WITHOUT ROWID;
    """,
    """
    CREATE TABLE IF NOT EXISTS windows(account TEXT NOT NULL, window TEXT NOT NULL, starts_ms INTEGER NOT NULL,
        resets_ms INTEGER, used_percent REAL NOT NULL, seen_ms INTEGER NOT NULL, ended_ms INTEGER,
        reset_early INTEGER NOT NULL, redeemed INTEGER NOT NULL, moved INTEGER NOT NULL, moved_ms INTEGER,
        moved_from_ms INTEGER, spent_ms INTEGER, refused_ms INTEGER, credits_used TEXT,
        PRIMARY KEY(account, window, starts_ms)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS purses(account TEXT PRIMARY KEY, balance_ms INTEGER, balance TEXT,
        resets_ms INTEGER, resets INTEGER, expires_ms INTEGER, redeemed_ms INTEGER) WITHOUT ROWID;
    """,
)
"""Each entry upgrades the schema by one version; a released entry is never changed."""
_FOLDS = {4: fold_history}
"""What brings the rows of older versions into the tables of a new one."""

BUSY_SECONDS = 30.0
_SYSTEM_ERRORS = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
}
"""What SQLite cannot do, and the system's usual reason where none is found by trying."""
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class LedgerError(Exception):
    """The ledger cannot be used now; str() is a sentence with its remedy. Its content is safe."""


class LedgerQuarantined(LedgerError):
    """The file was damaged and has been moved away: the next attempt starts a new one."""


class LedgerUnwritable(LedgerError):
    """What is counted cannot be kept, as the system's `error` says."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(cannot_write(path.parent, error))
        self.error = error


@contextmanager
def opened(
    path: Path | InMemory, *, repair: bool = False, busy_seconds: float = BUSY_SECONDS
) -> Iterator[sqlite3.Connection]:
    """The ledger at `path`, created if missing; raises LedgerError.

    With `repair`, which needs the lock (`alone`), it is upgraded, and a file that is damaged or not a ledger is
    quarantined: renamed, and LedgerQuarantined raised, since it holds the counts of deleted logs. The next call
    starts a new file.
    """
    try:
        if isinstance(path, Path):
            make_folder(path.parent)
        with closing(connect(path, busy_seconds)) as db:
            _prepare(db, path, repair=repair)
            yield db
    except (sqlite3.Error, DamagedLedger, NotALedger) as error:
        if not isinstance(path, Path):
            raise LedgerError(f"Cannot count in memory ({error}). Run it again.") from error
        if not is_damage(error):
            raise as_ledger_error(path, error) from error
        if not repair:
            raise LedgerError(f"The ledger {path} is damaged. The next scan will quarantine it.") from error
        quarantined = _quarantine(path)
        raise LedgerQuarantined(
            f"The ledger was damaged and has been quarantined as {quarantined}."
            " Keep that file: it has the counts of deleted logs."
        ) from error
    except OSError as error:
        if not isinstance(path, Path):
            raise
        raise LedgerUnwritable(path, error) from error


class NotALedger(Exception):
    """The file belongs to another program."""


class DamagedLedger(Exception):
    """The content of the file is not what was written to it."""


def connect(path: Path | InMemory, busy_seconds: float) -> sqlite3.Connection:
    if not isinstance(path, Path):
        return path.connect(busy_seconds)
    make_file(path)  # SQLite would make it readable by others, wait for a pipe, and follow any link
    return sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)


def is_damage(error: Exception) -> bool:
    """As opposed to a full disk, a lock, or a bug of ours, which say nothing about the file."""
    if isinstance(error, NotALedger | DamagedLedger):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return (code is not None and code & 0xFF in _DAMAGED) or "Could not decode" in str(error)


def as_ledger_error(path: Path, error: sqlite3.Error | DamagedLedger | NotALedger) -> Exception:
    """What SQLite says of the file, with the system's own reason; a fault of ours stays what it is."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _SYSTEM_ERRORS:
        fault = fault_of(path) or OSError(_SYSTEM_ERRORS[code], os.strerror(_SYSTEM_ERRORS[code]))
        return LedgerUnwritable(path, fault)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LedgerError(f"The ledger {path} is locked by another program. Close that program.")
    return error


def _prepare(db: sqlite3.Connection, path: Path | InMemory, *, repair: bool) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and tables:
        raise NotALedger
    if version > len(SCHEMA):
        raise LedgerError(
            f"{path} was written by a newer version of tankful. Update tankful, or remove the file."
        )
    db.execute("PRAGMA synchronous = NORMAL")
    if version == len(SCHEMA):
        return
    if version and not repair:  # an older version may be using it
        raise LedgerError(
            f"{path} was written by an older version of tankful. The next scan will upgrade it."
        )
    db.execute("PRAGMA journal_mode = WAL")
    with transaction(db):
        (version,) = db.execute("PRAGMA user_version").fetchone()  # another process may have been faster
        for number, step in enumerate(SCHEMA[version:], version + 1):
            for statement in step.split(";"):
                db.execute(statement)
            if number in _FOLDS:
                _FOLDS[number](db)
        if not version and isinstance(path, Path) and (quarantined := _quarantined(path)):
            salvage(db, quarantined, APPLICATION_ID)
            # The damaged ledger had higher counters, in epochs that are lost with it: start with a later epoch.
            db.execute("INSERT INTO meta VALUES ('first epoch', ?)", (int(time.time()),))
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(SCHEMA)}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _quarantined(path: Path) -> list[Path]:
    """The damaged ledgers beside this one, newest first."""
    return sorted(path.parent.glob(f"{path.stem}.broken-*{path.suffix}"), reverse=True)


def _quarantine(path: Path) -> Path:
    """Nothing is deleted: the damaged file stays beside the new one."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    quarantined = path.with_name(f"{path.stem}.broken-{stamp}{path.suffix}")
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.replace(quarantined.with_name(quarantined.name + suffix))
    return quarantined
