"""The files beside a ledger that tell of damage: a mark, damaged ledgers, and that this one had content."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from providers.host.private import make_file
from providers.ledger.memory import InMemory


def mark_damaged(path: Path | InMemory) -> None:
    """The next count checks all of it. Where no mark can be left, it goes on in memory, with one there."""
    if isinstance(path, InMemory):
        path.is_marked = True
        return
    with suppress(OSError):
        make_file(_mark(path))


def is_marked(path: Path | InMemory) -> bool:
    return path.is_marked if isinstance(path, InMemory) else os.path.exists(_mark(path))


def unmark(path: Path | InMemory) -> None:
    if isinstance(path, InMemory):
        path.is_marked = False
        return
    with suppress(OSError):
        _mark(path).unlink(missing_ok=True)


def note_counted(path: Path | InMemory) -> None:
    """From now on this ledger has content."""
    if isinstance(path, Path):
        with suppress(OSError):
            make_file(_counted(path))


def is_emptied(path: Path) -> bool:
    """Whether it is empty although it had content: SQLite would take it for a new one. One that was removed is."""
    try:
        size = os.stat(path).st_size
    except FileNotFoundError:
        with suppress(OSError):
            os.unlink(_counted(path))
        return False
    except OSError:
        return False
    return not size and os.path.exists(_counted(path))


def forget(path: Path) -> None:
    """That it had content, once that was said. Raises OSError."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    _counted(path).unlink(missing_ok=True)
    unmark(path)


def quarantined_files(path: Path) -> list[Path]:
    """The damaged ledgers beside this one, newest first."""
    return sorted(path.parent.glob(f"{path.stem}.broken-*{path.suffix}"), reverse=True)


def quarantine(path: Path) -> Path:
    """Nothing is deleted: the damaged file stays beside the new one. Raises OSError."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    quarantined = path.with_name(f"{path.stem}.broken-{stamp}{path.suffix}")
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        if os.path.exists(file):
            file.replace(quarantined.with_name(quarantined.name + suffix))
    return quarantined


def _mark(path: Path) -> Path:
    return path.with_suffix(".damaged")


def _counted(path: Path) -> Path:
    return path.with_suffix(".counted")
