"""sessions.json in the state folder: the newest look at live sessions, for all faces of this machine.

It is there while a face shows sessions, and for no longer: `owner` is who looked. A reader takes it only while it
is young and its owner runs; what a process left behind when it was killed is nobody's present.
"""

from __future__ import annotations

import json
import os
import platform
from datetime import datetime, timedelta
from pathlib import Path

from providers.domain.live import SessionsLook
from providers.domain.short_hash import short_hash
from providers.host.atomic import write_whole
from providers.host.faults import logger_of
from providers.host.files import Stamp, is_of_another_user, read_small, stamp
from providers.host.process.running import is_running
from providers.host.storage import cannot_write
from tray.engine.live.document import as_document, look_of

FILE = "sessions.json"
_LARGEST = 1 << 24
_log = logger_of(__name__)


class SharedLook:
    """Used by one thread at a time. Never raises: where it cannot be written, each face looks itself."""

    def __init__(self, folder: Path, pid: int | None = None, host: str | None = None) -> None:
        self._file = folder / FILE
        name = platform.node() if host is None else host  # the folder may be on several machines
        self._owner = {"pid": os.getpid() if pid is None else pid, "host": short_hash(name)}
        self._is_failing = False
        self._known: tuple[Stamp, SessionsLook | None, object] = (None, None, None)

    def read(self, now: datetime, max_age: timedelta) -> SessionsLook | None:
        """One that is no older, whoever of this machine looked."""
        found = stamp(str(self._file))
        if found is None or found != self._known[0]:
            self._known = (found, *self._parsed())
        _, look, owner = self._known
        if look is None or not timedelta(0) <= now - look.at <= max_age or not self._is_running(owner):
            return None
        return look

    def _parsed(self) -> tuple[SessionsLook | None, object]:
        """The look and its owner; nothing of what another user put there."""
        if is_of_another_user(str(self._file)):
            return None, None
        try:
            content = json.loads(read_small(self._file, _LARGEST))
            return look_of(content), content.get("owner")
        except (OSError, ValueError, RecursionError):
            return None, None

    def write(self, look: SessionsLook) -> None:
        content = {**as_document(look), "owner": self._owner}
        try:
            write_whole(self._file, json.dumps(content, separators=(",", ":")).encode())
        except OSError as error:
            if not self._is_failing:
                _log.warning("%s is not written: %s", FILE, cannot_write(self._file.parent, error))
            self._is_failing = True
        else:
            self._is_failing = False
            self._known = (stamp(str(self._file)), look, self._owner)

    def remove(self) -> None:
        """Unless another process that still runs has written it."""
        try:
            owner = json.loads(read_small(self._file, _LARGEST)).get("owner")
        except OSError:
            return
        except (AttributeError, ValueError, RecursionError):
            owner = None
        if owner == self._owner or not self._is_running(owner):
            try:
                self._file.unlink(missing_ok=True)
            except OSError:  # on a disk that has become read-only: it is too old in a moment
                return

    def _is_running(self, owner: object) -> bool:
        if owner == self._owner:
            return True
        if not isinstance(owner, dict) or owner.get("host") != self._owner["host"]:
            return False
        pid = owner.get("pid")
        return type(pid) is int and 0 < pid < 1 << 31 and is_running(pid)
