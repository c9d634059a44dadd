"""The ledger's file: created, upgraded, quarantined when damaged. SQLite, one writer, any number of readers."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from providers.host.private import make_file, make_folder
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
_LOCK_WAIT_SECONDS = 0.2
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class LedgerError(Exception):
    """The ledger cannot be used now; str() is a sentence with its remedy. Its content is safe."""


class LedgerQuarantined(LedgerError):
    """The file was damaged and has been moved away: the next attempt starts a new one."""


@contextmanager
def opened(
    path: Path, *, repair: bool = False, busy_seconds: float = BUSY_SECONDS
) -> Iterator[sqlite3.Connection]:
    """The ledger at `path`, created if missing; raises LedgerError.

    With `repair`, which needs the lock (`alone`), it is upgraded, and a file that is damaged or not a ledger is
    quarantined: renamed, and LedgerQuarantined raised, since it holds the counts of deleted logs. The next call
    starts a new file.
    """
    try:
        make_folder(path.parent)
        with closing(_connect(path, busy_seconds)) as db:
            _prepare(db, path, repair=repair)
            yield db
    except (sqlite3.Error, DamagedLedger, NotALedger) as error:
        if not _is_damage(error):
            raise _as_ledger_error(path, error) from error
        if not repair:
            raise LedgerError(f"The ledger {path} is damaged. The next scan will quarantine it.") from error
        quarantined = _quarantine(path)
        raise LedgerQuarantined(
            f"The ledger was damaged and has been quarantined as {quarantined}."
            " Keep that file: it has the counts of deleted logs."
        ) from error
    except OSError as error:
        raise LedgerError(f"Cannot use the ledger {path} ({error.strerror}). Check its folder.") from error


@contextmanager
def alone(path: Path, seconds: float) -> Iterator[None]:
    """Lets only one process scan at a time; raises LedgerError after waiting for that many seconds.

    The lock is SQLite's own, on an empty database beside the ledger: it ends with its process, on every system.
    """
    with closing(_locked(path.with_suffix(".lock"), time.monotonic() + seconds)):
        yield


def _locked(path: Path, until: float) -> sqlite3.Connection:
    try:
        make_folder(path.parent)
        lock = _connect(path, _LOCK_WAIT_SECONDS)
        try:
            _lock(lock, until)
        except BaseException:
            lock.close()
            raise
    except sqlite3.Error as error:
        if _is_damage(error):
            raise LedgerError(f"{path} is not a tankful lock file. Remove it.") from error
        raise _as_ledger_error(path, error) from error
    except OSError as error:
        raise LedgerError(f"Cannot write to {path.parent} ({error.strerror}). Check that folder.") from error
    return lock


def _lock(lock: sqlite3.Connection, until: float) -> None:
    """SQLite waits only briefly each time, because that wait cannot be interrupted."""
    while True:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            if time.monotonic() >= until:
                raise LedgerError(
                    "Another tankful is still scanning the logs. Try again later, or quit it."
                ) from None
        else:
            return


class NotALedger(Exception):
    """The file belongs to another program."""


class DamagedLedger(Exception):
    """The content of the file is not what was written to it."""


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    make_file(path)  # SQLite would make it readable by others, wait for a pipe, and follow any link
    return sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)


def _is_damage(error: Exception) -> bool:
    """As opposed to a full disk, a lock, or a bug of ours, which say nothing about the file."""
    if isinstance(error, NotALedger | DamagedLedger):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return (code is not None and code & 0xFF in _DAMAGED) or "Could not decode" in str(error)


def _as_ledger_error(path: Path, error: Exception) -> Exception:
    if not isinstance(error, sqlite3.OperationalError):
        return error
    if "full" in str(error):
        reason = "The disk is full. Free up space."
    elif "locked" in str(error):
        reason = "It is locked by another program. Close that program."
    else:
        reason = "Check the permissions of its folder."
    return LedgerError(f"Cannot use the ledger {path}. {reason}")


def _prepare(db: sqlite3.Connection, path: Path, *, repair: bool) -> None:
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
        if not version and (quarantined := _quarantined(path)):
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
