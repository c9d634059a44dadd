"""The names of rollouts and of the locks beside them, and what a rollout's first line says."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from providers.codex.logs.wire import text_or_none
from providers.codex.sessions.lines import Payload, decoded, kind_of
from providers.host.files import open_regular

_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ROLLOUT = re.compile(
    rf"(?P<home>.+?)[/\\](?:sessions[/\\]\d{{4}}[/\\]\d\d[/\\]\d\d|archived_sessions)[/\\]"
    rf"(?P<name>rollout-(?P<at>\d{{4}}-\d\d-\d\dT\d\d-\d\d-\d\d)-(?P<id>{_ID})(?:_{_ID})?\.jsonl)"
)
LOCKS = "thread-writer-locks"
_LOCK = re.compile(rf"(?P<home>.+?)[/\\]{LOCKS}[/\\](?P<id>{_ID})\.lock")
_HEAD = 1 << 20
"""Bytes. The first line has the model's instructions, 20 KB in 0.171."""


class SessionFile(Struct, frozen=True):
    """A file of a session: in which home, of which session. `name` is empty for a lock; a thread that was
    reverted has several rollouts, of which the one with the last name is written.
    """

    home: str
    id: str
    name: str = ""


class FirstLine(Struct, frozen=True):
    """What the first line of a rollout says. `root` is the session that the person started, `parent` the one
    that started this subagent.
    """

    id: str | None = None
    root: str | None = None
    parent: str | None = None
    name: str | None = None
    cwd: str | None = None
    version: str | None = None
    originator: str | None = None
    at: datetime | None = None


def file_of(path: str) -> SessionFile | None:
    """None for any other file, of which a program has dozens open."""
    return _file_of(path) if path.endswith((".jsonl", ".lock")) else None


@lru_cache(maxsize=4096)
def _file_of(path: str) -> SessionFile | None:
    rollout = _ROLLOUT.fullmatch(path)
    if rollout:
        return SessionFile(rollout["home"], rollout["id"], rollout["name"])
    lock = _LOCK.fullmatch(path)
    return SessionFile(lock["home"], lock["id"]) if lock else None


def first_line(path: str) -> FirstLine:
    """All None while nothing is written, and where it cannot be read."""
    try:
        status = os.stat(path)
    except OSError:
        return FirstLine()
    if not status.st_size:
        return FirstLine()
    try:
        return _read(path, status.st_ino)
    except (OSError, _NotWhole):
        return FirstLine()


class _NotWhole(Exception):
    """The first line is still being written."""


@lru_cache(maxsize=4096)
def _read(path: str, _inode: int) -> FirstLine:
    """Once for each file."""
    with open_regular(Path(path)) as file:
        line = file.readline(_HEAD)
    if not line.endswith(b"\n") and len(line) < _HEAD:
        raise _NotWhole
    known = decoded(line, *kind_of(line))
    if known is None or known.type != "session_meta":
        return FirstLine()
    payload = known.payload
    return FirstLine(
        id=text_or_none(payload.id),
        root=text_or_none(payload.session_id),
        parent=text_or_none(payload.parent_thread_id) or _spawned_by(payload.source),
        name=_name(payload),
        cwd=text_or_none(payload.cwd),
        version=text_or_none(payload.cli_version),
        originator=text_or_none(payload.originator),
        at=known.timestamp.astimezone(UTC),
    )


def _spawn(source: Any) -> dict[str, Any]:
    """source.subagent.thread_spawn; `source` is a plain string for most sessions."""
    for name in ("subagent", "thread_spawn"):
        source = source.get(name) if isinstance(source, dict) else None
    return source if isinstance(source, dict) else {}


def _spawned_by(source: Any) -> str | None:
    return text_or_none(_spawn(source).get("parent_thread_id"))


def _name(payload: Payload) -> str | None:
    """Its task's, or what Codex calls it."""
    spawn = _spawn(payload.source)
    path = text_or_none(payload.agent_path) or text_or_none(spawn.get("agent_path"))
    if path is not None:
        return path.rsplit("/", 1)[-1] or None
    return text_or_none(payload.agent_nickname) or text_or_none(spawn.get("agent_nickname"))
