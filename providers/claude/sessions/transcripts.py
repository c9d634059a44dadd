"""Where the transcript of a session is, and those of its subagents: by its id, never by a folder or a time.

Facts (2.1.332): `projects/<project>/<session>.jsonl`, written from the first prompt on. The project's folder is
named after the one in which the session began, and the transcript stays there when it is resumed elsewhere.
Those of its subagents are below `<session>/subagents/`, of workflows one folder deeper; beside each,
`.meta.json` names the kind of agent. The memory of a project is in its folder's `memory`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from providers.host.files import Stamp, read_small, stamp

_PROJECTS = "projects"
_NOT_PLAIN = re.compile(r"[^a-zA-Z0-9]")
_MOST_PROJECTS = 5000
_MOST_FILES = 2000
_AGAIN = timedelta(seconds=10)
"""A session without a transcript is looked for in all projects only so often: it will be in the one of its
folder.
"""
_SUBAGENT = re.compile(r"agent-([0-9A-Za-z_-]{1,80})\.jsonl", re.ASCII)
_META_LIMIT = 1 << 16
_KIND = re.compile(r"[\w:.-]{1,30}(?: [\w:.-]{1,30})?", re.ASCII)
"""What looks like the name of a kind of agent, and not like a sentence of a prompt."""


class _Meta(Struct, rename="camel"):
    agent_type: Any = None


class AgentLog(Struct, frozen=True):
    """A subagent's transcript; `kind` is that of the agent, None if unknown. `stamp` is that of the file."""

    id: str
    path: Path
    stamp: Stamp
    kind: str | None = None


class TranscriptFolders:
    """Remembers where each transcript was found."""

    def __init__(self) -> None:
        self._found: dict[tuple[Path, str], Path] = {}
        self._missed: dict[tuple[Path, str], datetime] = {}
        self._kinds: dict[Path, str | None] = {}

    def of(self, home: Path, session: str, cwd: str | None, now: datetime) -> Path | None:
        """The transcript of a session that works in `cwd`; None while there is none."""
        key = home, session
        known = self._found.get(key)
        if known is not None and os.path.exists(known):
            return known
        found = self._find(home, session, cwd, now)
        if found is not None:
            self._found[key] = found
        return found

    def keep(self, sessions: Mapping[tuple[Path, str], object]) -> None:
        """Forget all others."""
        self._found = {key: path for key, path in self._found.items() if key in sessions}
        self._missed = {key: at for key, at in self._missed.items() if key in sessions}

    def _find(self, home: Path, session: str, cwd: str | None, now: datetime) -> Path | None:
        name, projects = f"{session}.jsonl", home / _PROJECTS
        if cwd:
            likely = project_folder(home, cwd) / name
            if os.path.exists(likely):
                return likely
        missed = self._missed.get((home, session))
        if missed is not None and timedelta(0) <= now - missed < _AGAIN:
            return None
        self._missed[home, session] = now
        return next(
            (
                path
                for each in _names(projects, _MOST_PROJECTS)
                if os.path.exists(path := projects / each / name)
            ),
            None,
        )

    def subagents(self, transcript: Path) -> tuple[AgentLog, ...]:
        """Those of a session, the newest first."""
        folder = transcript.with_suffix("") / "subagents"
        logs = [
            AgentLog(match[1], path, stamp(str(path)), self._kind(path))
            for path in _below(folder)
            if (match := _SUBAGENT.fullmatch(path.name))
        ]
        return tuple(sorted(logs, key=lambda log: (log.stamp or (0,), log.id), reverse=True))

    def _kind(self, log: Path) -> str | None:
        """Read once: it does not change."""
        if log not in self._kinds:
            if len(self._kinds) >= _MOST_FILES:
                self._kinds.clear()
            self._kinds[log] = _read_kind(log.with_suffix(".meta.json"))
        return self._kinds[log]


def project_folder(home: Path, cwd: str) -> Path:
    """Of the sessions that began in this folder."""
    return home / _PROJECTS / _NOT_PLAIN.sub("-", cwd)


def memory_files(transcript: Path) -> int | None:
    """How many files of memory its project has; None where the folder cannot be read."""
    folder = transcript.parent / "memory"
    if not os.path.isdir(folder):
        return 0
    try:
        return sum(name.endswith(".md") for name in _names(folder, _MOST_FILES))
    except OSError:
        return None


def _below(folder: Path) -> Iterator[Path]:
    """The files there, and in the folders of its workflows."""
    names = _names(folder, _MOST_FILES)
    yield from (folder / name for name in names)
    if "workflows" in names:
        for each in _names(folder / "workflows", _MOST_FILES):
            yield from (
                folder / "workflows" / each / name
                for name in _names(folder / "workflows" / each, _MOST_FILES)
            )


def _names(folder: Path, most: int) -> list[str]:
    try:
        return sorted(os.listdir(folder))[:most]
    except OSError:
        return []


def _read_kind(path: Path) -> str | None:
    try:
        kind = msgspec.json.decode(read_small(path, _META_LIMIT), type=_Meta).agent_type
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return kind if isinstance(kind, str) and _KIND.fullmatch(kind) else None
