"""What lies beside a transcript: those of its subagents, and the memory of its project.

Facts (2.1.332): subagents write `<session>/subagents/agent-<id>.jsonl`, those of a workflow one folder deeper, in
`workflows/<workflow>/`. Beside each, `.meta.json` names the kind of agent, and describes its task in words that
are shown nowhere. The files of a project's memory are in the `memory` of its folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from providers.domain import typed
from providers.host.files import Stamp, read_small, stamp

_MOST_FILES = 2000
_MOST_AGENTS = 32
_MOST_WORKFLOWS = 64
_AGENT = re.compile(r"agent-([0-9A-Za-z_-]{1,80})\.jsonl", re.ASCII)
_META_LIMIT = 1 << 16
_KIND = re.compile(r"[\w:.-]{1,30}(?: [\w:.-]{1,30})?", re.ASCII)
"""What looks like the name of a kind of agent, and not like a sentence of a prompt."""


class _Meta(Struct, rename="camel"):
    agent_type: Any = None


class AgentLog(Struct, frozen=True):
    """A subagent's transcript; `kind` is that of the agent, None if unknown."""

    id: str
    path: Path
    kind: str | None = None


class _Listed(Struct):
    stamps: tuple[Stamp, ...]
    logs: tuple[AgentLog, ...]


class SessionFolders:
    """Lists a folder again only when something in it came or went."""

    def __init__(self) -> None:
        self._agents: dict[Path, _Listed] = {}
        self._memories: dict[Path, tuple[Stamp, int | None]] = {}

    def agents(self, transcript: Path) -> tuple[AgentLog, ...]:
        """Of a session, the newest first when they were listed."""
        folder = transcript.with_suffix("") / "subagents"
        if not os.path.isdir(folder):
            return ()
        folders = [folder, *_workflows(folder)]
        stamps = tuple(stamp(str(each)) for each in folders)
        known = self._agents.get(transcript)
        if known is None or known.stamps != stamps:
            known = self._agents[transcript] = _Listed(stamps, _listed(folders))
        return known.logs

    def memory_files(self, transcript: Path) -> int | None:
        """How many files of memory its project has; None where the folder cannot be read."""
        folder = transcript.parent / "memory"
        now = stamp(str(folder))
        if now is None:
            return 0
        known = self._memories.get(folder)
        if known is None or known[0] != now:
            known = self._memories[folder] = now, _count(folder)
        return known[1]

    def keep(self, transcripts: Collection[Path]) -> None:
        """Forget what belongs to all others."""
        self._agents = {log: listed for log, listed in self._agents.items() if log in transcripts}
        memories = {log.parent / "memory" for log in transcripts}
        self._memories = {each: known for each, known in self._memories.items() if each in memories}


def _workflows(folder: Path) -> list[Path]:
    above = folder / "workflows"
    return [above / name for name in _names(above)[-_MOST_WORKFLOWS:]] if os.path.isdir(above) else []


def _listed(folders: Collection[Path]) -> tuple[AgentLog, ...]:
    dated = sorted((_dated(each) for each in _logs(folders)), reverse=True)
    return tuple(AgentLog(name, path, _kind(path)) for _, name, path in dated[:_MOST_AGENTS])


def _logs(folders: Collection[Path]) -> Iterator[tuple[str, Path]]:
    for folder in folders:
        for name in _names(folder):
            if match := _AGENT.fullmatch(name):
                yield match[1], folder / name


def _dated(log: tuple[str, Path]) -> tuple[int, str, Path]:
    written = stamp(str(log[1]))
    return written[0] if written else 0, *log


def _kind(log: Path) -> str | None:
    try:
        kind = typed.json_decode(read_small(log.with_suffix(".meta.json"), _META_LIMIT), _Meta).agent_type
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return kind if isinstance(kind, str) and _KIND.fullmatch(kind) else None


def _count(folder: Path) -> int | None:
    try:
        return sum(name.endswith(".md") for name in os.listdir(folder))
    except OSError:
        return None


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))[:_MOST_FILES]
    except OSError:
        return []
