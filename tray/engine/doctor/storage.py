"""What tankful keeps on this machine: ledger, settings, folders, log, and whether an engine runs on them."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from providers.host.files import open_regular, short
from providers.ledger import health
from providers.ledger.database import LedgerError
from providers.ledger.quarantine import is_emptied
from tray.engine import detached, published
from tray.engine.doctor.facts import EngineFacts, FolderFacts, LedgerFacts, LogFacts, SettingsFacts
from tray.engine.log_entries import settings_problem
from tray.engine.log_file import FILE, LARGEST
from tray.engine.scope import Scope

TRANSITIONS = 10
_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (INFO|WARNING|ERROR) (\S.*)")
_LONGEST = 300


def engine(state_folder: Path) -> EngineFacts:
    """Whether one runs, as far as its lock says, and who published last."""
    running = None if sys.platform == "win32" else detached.is_owned(str(state_folder))
    document = published.read(str(state_folder)) or {}
    owner = document.get("owner")
    owner = owner if isinstance(owner, dict) else {}
    kind, pid = owner.get("kind"), owner.get("pid")
    return EngineFacts(
        running=running,
        kind=kind if kind in ("tray", "headless", "watch", "command") else None,
        pid=pid if isinstance(pid, int) else None,
        published_at=_time(document.get("generated_at")),
    )


def ledger(path: Path, providers: Sequence[str]) -> LedgerFacts:
    size = health.size_of(path)
    if not size:
        lost = "It is empty, although logs were counted." if is_emptied(path) else None
        return LedgerFacts(path=short(path), exists=os.path.exists(path), error=lost)
    try:
        found = health.check(path, providers)
    except LedgerError as error:
        return LedgerFacts(path=short(path), exists=True, bytes=size, error=str(error))
    return LedgerFacts(
        path=short(path),
        exists=True,
        bytes=found.size,
        files=found.files,
        complete=found.complete,
        sound=found.sound,
        damage_met=found.damage_met,
        has_checksums=found.has_checksums,
        checked=round(found.scrub.checked, 3),
        scrub_ended=found.scrub.ended,
        removed=found.scrub.removed,
        removed_at=found.scrub.removed_at,
    )


def settings(scope: Scope) -> SettingsFacts:
    path = scope.settings_file
    problem = scope.settings().problem
    return SettingsFacts(
        path=short(path),
        exists=os.path.exists(path),
        problem=None if problem is None else settings_problem(problem),
    )


def folders(scope: Scope) -> tuple[FolderFacts, ...]:
    own = scope.folders
    named = (("settings", own.settings), ("state", own.state), ("cache", own.cache))
    return tuple(_folder(name, path) for name, path in named)


def log(state_folder: Path) -> LogFacts:
    """Its last lines; lines in another format are never shown."""
    path = state_folder / FILE
    lines = [*_lines(path.with_name(f"{FILE}.1")), *_lines(path)]
    transitions = [f"{at} {text}" for at, level, text in lines if level != "ERROR"]
    faults = [at for at, level, _ in lines if level == "ERROR"]
    return LogFacts(
        path=short(path),
        exists=os.path.exists(path),
        mode=_mode(path),
        transitions=tuple(transitions[-TRANSITIONS:]),
        faults=len(faults),
        last_fault=faults[-1] if faults else None,
    )


def _folder(name: str, path: Path) -> FolderFacts:
    exists = os.path.isdir(path)
    return FolderFacts(
        name=name, path=short(path), exists=exists, mode=_mode(path), writable=_is_writable(path)
    )


def _is_writable(path: Path) -> bool:
    """Whether files can be created in it; of one that is not there, whether it can be created."""
    there = next((each for each in (path, *path.parents) if os.path.lexists(each)), path)
    if not os.path.isdir(there) or not os.access(there, os.W_OK | os.X_OK):
        return False
    return not _is_read_only(there)


def _is_read_only(path: Path) -> bool:
    """Also correct for root, who may write anywhere else."""
    if sys.platform == "win32":
        return False
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def _mode(path: Path) -> str | None:
    if sys.platform == "win32":
        return None
    try:
        return f"{stat.S_IMODE(path.stat().st_mode):04o}"
    except OSError:
        return None


def _lines(path: Path) -> list[tuple[str, str, str]]:
    try:
        with open_regular(path) as file:
            text = file.read(2 * LARGEST).decode(errors="replace")
    except OSError:
        return []
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return [(line[1], line[2], _shown(line[3])) for line in found if line]


def _shown(text: str) -> str:
    return "".join(sign for sign in text[:_LONGEST] if sign.isprintable())


def _time(text: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else None
