"""What Claude Code writes about its own sessions: `sessions/<pid>.json`, one for each process that has one.

Facts (2.1.332): the file is written when the process starts, again whenever its status changes, and removed when
it ends; it outlives a process that was killed. `status` is absent at first, then one of busy, idle, waiting, and
shell (the turn has ended, a shell works in the background); `waitingFor` is what a waiting one shows. `procStart`
is the start of the process: clock ticks after boot on Linux, what `ps -o lstart` prints in UTC on macOS; on
Windows `procStartFt` is a FILETIME. `pidDomain` names the machine and the namespace that the pid belongs to.

Beside it lies `<pid>.<hash>.key`, a secret: it is never opened.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from providers.domain import typed
from providers.domain.live import Status
from providers.domain.scalars import moment
from providers.host.files import Stamp, is_of_another_user, raise_if_exhausted, read_small, stamp
from providers.sessions import OwnRecord

FOLDER = "sessions"
_NAME = re.compile(r"[1-9]\d{0,9}\.json", re.ASCII)
_SESSION = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)
_MOST = 1000
_MOST_WATCHED = 64
_LIMIT = 1 << 18  # bytes: the program reads no larger one either

_WAITS: dict[object, Status] = {
    "permission prompt": "approval",
    "sandbox request": "approval",
    "worker request": "approval",
    "goal proposal": "approval",
}
"""What else it waits for is an answer: "input needed"."""
_DIALOG = "dialog open"
"""Such as /model, and questions at the start: the program itself counts it as none that is worth a notice."""
_STATUSES: dict[object, Status] = {"busy": "working", "shell": "working", "idle": "idle"}


class _File(Struct, rename="camel"):
    session_id: Any = None
    pid: Any = None
    cwd: Any = None
    version: Any = None
    kind: Any = None
    entrypoint: Any = None
    started_at: Any = None
    proc_start: Any = None
    proc_start_ft: Any = None
    pid_domain: Any = None
    spare: Any = None
    status: Any = None
    status_updated_at: Any = None
    updated_at: Any = None
    waiting_for: Any = None


class SessionRecord(Struct, frozen=True, kw_only=True):
    """One process and its session. `started` is the text by which the program knows the start of the process, ""
    if there is none; `since` is when the record was first written, `written` when last.
    """

    pid: int
    session: str
    kind: str = ""
    entrypoint: str = ""
    cwd: str | None = None
    version: str | None = None
    started: str = ""
    domain: str = ""
    is_spare: bool = False
    since: datetime | None = None
    written: datetime | None = None
    own: OwnRecord | None = None
    is_of_another_user: bool = False


class Records:
    """Those of several homes; a file is read again only when it was written."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Stamp, SessionRecord | None]] = {}
        self._found: dict[Path, tuple[SessionRecord, ...]] = {}

    def look(self, homes: Sequence[Path]) -> dict[Path, tuple[SessionRecord, ...]]:
        """By home; only those that have the folder. Of one that cannot be read now, as it was before: whether
        the processes still run is known without it.
        """
        found: dict[Path, tuple[SessionRecord, ...]] = {}
        known, self._known = self._known, {}
        for home in homes:
            try:
                names = _names(home / FOLDER)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise_if_exhausted(error)
                if home in self._found:
                    found[home] = self._found[home]
                continue
            records = (self._read(str(home / FOLDER / name), known) for name in names)
            found[home] = tuple(record for record in records if record is not None)
        self._found = found
        return found

    def _read(self, path: str, known: dict[str, tuple[Stamp, SessionRecord | None]]) -> SessionRecord | None:
        """What a file says that is being written right now is what it said before."""
        now = stamp(path)
        before = known.get(path, (None, None))
        if now is None:
            return None
        self._known[path] = before if before[0] == now else (now, _decoded(path) or before[1])
        return self._known[path][1]


def record_paths(home: Path) -> tuple[str, ...]:
    """The folder, and a few files in it."""
    folder = home / FOLDER
    try:
        names = _names(folder)
    except OSError as error:
        raise_if_exhausted(error)
        names = []
    return (str(folder), *(str(folder / name) for name in names[-_MOST_WATCHED:]))


def kind_of(entrypoint: str | None) -> str:
    """As in LiveSession: what programs start, a script, an editor or an app, is no terminal's."""
    if entrypoint == "cli" or not entrypoint:
        return ""
    return "app" if entrypoint.startswith(("claude-desktop", "claude-vscode", "local-agent")) else "exec"


def _names(folder: Path) -> list[str]:
    """Raises OSError."""
    return sorted(name for name in os.listdir(folder) if _NAME.fullmatch(name))[:_MOST]


def _decoded(path: str) -> SessionRecord | None:
    """None for a file that is torn, or that is of another shape."""
    try:
        file = typed.json_decode(read_small(Path(path), _LIMIT), _File)
    except OSError as error:
        raise_if_exhausted(error)
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    pid = int(Path(path).stem)
    if not isinstance(file.session_id, str) or not _SESSION.fullmatch(file.session_id):
        return None
    if file.pid not in (None, pid):
        return None
    return SessionRecord(
        pid=pid,
        session=file.session_id,
        kind=_text(file.kind),
        entrypoint=_text(file.entrypoint),
        cwd=_text(file.cwd) or None,
        version=_text(file.version) or None,
        started=_text(file.proc_start) or _text(file.proc_start_ft),
        domain=_text(file.pid_domain),
        is_spare=file.spare is True,
        since=moment(file.started_at),
        written=moment(file.updated_at) or moment(file.status_updated_at) or moment(file.started_at),
        own=_own(file),
        is_of_another_user=is_of_another_user(path),
    )


def _own(file: _File) -> OwnRecord | None:
    status = _STATUSES.get(_text(file.status))
    waits_for = ""
    if file.status == "waiting":
        waits_for = _text(file.waiting_for)
        status = _WAITS.get(waits_for, "waiting")
    if status is None:
        return None
    return OwnRecord(status=status, since=moment(file.status_updated_at), is_dialog=waits_for == _DIALOG)


def _text(raw: Any) -> str:
    return raw if isinstance(raw, str) and len(raw) <= 4096 else ""
