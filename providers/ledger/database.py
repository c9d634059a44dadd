"""The ledger's file: created, upgraded, quarantined when damaged. SQLite, one writer, any number of readers."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from providers.host.holder import WaitListener
from providers.host.private import make_file, make_folder
from providers.host.storage import cannot_write, fault_of
from providers.ledger import message_checksums, row_checksums
from providers.ledger.damage import DamageFound
from providers.ledger.memory import InMemory
from providers.ledger.quarantine import (
    forget,
    is_emptied,
    mark_damaged,
    note_counted,
    quarantine,
    quarantined_files,
)
from providers.ledger.schema import APPLICATION_ID, SCHEMA

_WINDOWS_SINCE = 4  # the version from which on there is a log of windows
_CHECKSUMS_SINCE = 5  # the version from which on everything has a checksum

BUSY_SECONDS = 30.0
_LOOK_SECONDS = 0.01
_SYSTEM_ERRORS = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
}
"""What SQLite cannot do, and the system's usual reason where none is found by trying."""
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_IMPOSSIBLE = ("Could not decode", "integer overflow", "malformed", "too big")
"""What SQLite says of content that we never write."""
_DOUBTFUL = ("constraint failed", "no such table", "no such column")
"""What it says of a file that lost something, and of mistakes of ours: these cost no ledger."""

GARBLED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What content of another type than was written leads to. So do mistakes of ours."""


class LedgerError(Exception):
    """The ledger cannot be used now; str() is a sentence with its remedy. Its content is safe."""


class LedgerBusy(LedgerError):
    """Another process has it, and does not come to an end; what was counted before can be read."""


class LedgerDamaged(LedgerError):
    """A reader met damage, and left a mark: the next count checks the whole file, and repairs it."""


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
            _refuse_emptied(path)
        with closing(connect(path, busy_seconds)) as db, _damage_or_mistake(db, path):
            row_checksums.register(db, partial(mark_damaged, path))
            message_checksums.register(db)
            _prepare(db, path, repair=repair)
            if repair:
                note_counted(path)
            yield db
    except (sqlite3.Error, DamageFound, NotALedger) as error:
        if not is_damage(error):
            raise as_ledger_error(path, error) from error
        if not repair:
            mark_damaged(path)
            raise LedgerDamaged(f"The ledger {path} is damaged. The next scan will repair it.") from error
        raise LedgerQuarantined(_replaced(path)) from error
    except OSError as error:
        if not isinstance(path, Path):
            raise
        raise LedgerUnwritable(path, error) from error


class NotALedger(Exception):
    """The file belongs to another program."""


def connect(path: Path | InMemory, busy_seconds: float) -> sqlite3.Connection:
    if not isinstance(path, Path):
        return path.connect(busy_seconds)
    make_file(path)  # SQLite would make it readable by others, wait for a pipe, and follow any link
    return sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)


def _refuse_emptied(path: Path) -> None:
    if is_emptied(path):
        raise DamageFound("it is empty")


@contextmanager
def _damage_or_mistake(db: sqlite3.Connection, path: Path | InMemory) -> Iterator[None]:
    """A mistake of ours costs no ledger: what may be one is damage only where SQLite finds the file damaged. Else
    it is marked, for the next count to look at checksums, too.
    """
    try:
        yield
    except (*GARBLED, sqlite3.Error) as error:
        if isinstance(error, sqlite3.Error) and not _is_doubtful(error):
            raise
        if not _is_sound(db):
            raise DamageFound(str(error)) from error
        mark_damaged(path)
        raise


def _replaced(path: Path | InMemory) -> str:
    """The next attempt starts a new ledger; in a sentence, what becomes of the damaged one."""
    if isinstance(path, InMemory):
        path.start_over()
        return f"The ledger {path} is damaged and cannot be replaced: counts of deleted logs may be missing."
    try:
        if is_emptied(path):
            forget(path)
            return f"The ledger {path} was empty: counts of deleted logs are lost."
        quarantined = quarantine(path)
    except OSError as error:
        raise LedgerUnwritable(path, error) from error
    return (
        f"The ledger was damaged and has been quarantined as {quarantined}."
        " Keep that file: it has the counts of deleted logs."
    )


def is_damage(error: Exception) -> bool:
    """As opposed to a full disk, a lock, or a bug of ours, which say nothing about the file."""
    if isinstance(error, NotALedger | DamageFound):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _DAMAGED:
        return True
    return any(words in str(error) for words in _IMPOSSIBLE)


def _is_doubtful(error: sqlite3.Error) -> bool:
    return any(words in str(error) for words in _DOUBTFUL)


def _is_sound(db: sqlite3.Connection) -> bool:
    """Whether its tables are ours, and SQLite finds nothing wrong with them."""
    try:
        if _columns(db) != _columns_of_ours():
            return False
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            quoted = name.replace('"', '""')
            db.execute(f'SELECT * FROM "{quoted}" LIMIT 0').fetchall()  # noqa: S608 - its columns are text, too
        return bool(db.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
    except sqlite3.Error as error:
        return not is_damage(error)
    except UnicodeDecodeError:
        return False


def _columns(db: sqlite3.Connection) -> list[tuple[str, str]]:
    return db.execute(
        "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
        " AND t.name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
    ).fetchall()


def _columns_of_ours() -> list[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(";".join(SCHEMA))
        return _columns(db)


def as_ledger_error(path: Path | InMemory, error: sqlite3.Error | DamageFound | NotALedger) -> Exception:
    """What SQLite says of the file, with the system's own reason; a fault of ours stays what it is."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if isinstance(path, InMemory):
        return LedgerError(f"Cannot count in memory ({error}). Run it again.")
    if code in _SYSTEM_ERRORS:
        fault = fault_of(path) or OSError(_SYSTEM_ERRORS[code], os.strerror(_SYSTEM_ERRORS[code]))
        return LedgerUnwritable(path, fault)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LedgerBusy(f"The ledger {path} is locked by another program. Close that program.")
    return error


def _prepare(db: sqlite3.Connection, path: Path | InMemory, *, repair: bool) -> None:
    version, application, tables = _of_one_moment(db)
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
    _use_wal(db)
    with transaction(db):
        (version,) = db.execute("PRAGMA user_version").fetchone()  # another process may have been faster
        for step in SCHEMA[version:]:
            for statement in step.split(";"):
                db.execute(statement)
        if 0 < version < _WINDOWS_SINCE:
            from providers.ledger.window_log import fold_history

            fold_history(db)
        if 0 < version < _CHECKSUMS_SINCE:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('backfill', '1')")
        quarantined = quarantined_files(path) if isinstance(path, Path) else path.damaged_files
        if not version and quarantined:
            from providers.ledger.salvage import salvage  # few need it

            salvage(db, quarantined, APPLICATION_ID)
            # The damaged ledger had higher counters, in epochs that are lost with it: start with a later epoch.
            db.execute("INSERT INTO meta VALUES ('first epoch', ?)", (int(time.time()),))
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(SCHEMA)}")


def _of_one_moment(db: sqlite3.Connection) -> tuple[int, int, int]:
    """The version, the application and how many tables and indices there are: somebody may be creating them."""
    db.execute("BEGIN")
    try:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return version, application, tables
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _use_wal(db: sqlite3.Connection) -> None:
    """For this alone SQLite does not wait by itself: another process may be creating the same file."""
    (busy_ms,) = db.execute("PRAGMA busy_timeout").fetchone()
    ends = time.monotonic() + busy_ms / 1000
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= ends:
                raise
            time.sleep(_LOOK_SECONDS)
        else:
            return


def wait_for_writer(db: sqlite3.Connection, seconds: float, listener: WaitListener | None) -> None:
    """Before the first transaction, which would wait for another one without a word: the listener hears of one
    that takes longer than so many seconds.
    """
    if listener is None:
        return
    (usual,) = db.execute("PRAGMA busy_timeout").fetchone()
    db.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
    try:
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        listener("waiting for another program, which is writing to the ledger.")
    else:
        db.execute("ROLLBACK")
    finally:
        db.execute(f"PRAGMA busy_timeout = {usual}")


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
