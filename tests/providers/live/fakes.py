"""A provider whose sessions the test decides, with logs of lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from providers.domain.live import SessionStatus, Task
from providers.domain.processes import OpenFile, Process, ProcessTable
from providers.sessions import (
    FoundServer,
    FoundSession,
    FoundSessions,
    HookRecord,
    OpenCall,
    SessionFacts,
    SessionReader,
)
from providers.source import Home, Provider
from tests.fake_provider import fake_provider

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


class FakeTable:
    """Nothing runs but what the test says."""

    def __init__(
        self,
        *running: Process,
        rss: Mapping[int, int] | None = None,
        commands: Mapping[int, tuple[str, ...]] | None = None,
        environments: Mapping[int, Mapping[str, str]] | None = None,
        ports: Mapping[int, tuple[int, ...]] | None = None,
    ) -> None:
        self.processes: Mapping[int, Process] = {each.pid: each for each in running}
        self.rss = rss or {}
        self.commands = commands or {}
        self.environments = environments or {}
        self.listening = ports or {}

    def command(self, pid: int) -> tuple[str, ...]:
        if pid not in self.processes:
            return ()
        return self.commands.get(pid, (self.processes[pid].name,))

    def environment(self, pid: int, names: Collection[str]) -> Mapping[str, str]:
        found = self.environments.get(pid, {})
        return {name: found[name] for name in names if name in found}

    def folder(self, pid: int) -> str | None:
        return None

    def memory(self, pid: int) -> int | None:
        return self.rss.get(pid)

    def open_files(self, pids: Collection[int]) -> Mapping[int, tuple[OpenFile, ...]]:
        return {}

    def ports(self, pids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        return {pid: self.listening.get(pid, ()) for pid in pids if pid in self.processes}


class FakeProcesses:
    def __init__(self, table: ProcessTable | None = None) -> None:
        self.table = table or FakeTable()

    def look(self) -> ProcessTable:
        return self.table


class FakeReader:
    """Lines are objects: {"model"}, {"turn": "open"}, {"turn": "ended"}, {"call"}, {"compacted"}, {"at"} …"""

    def __init__(self, clis: Collection[str] = ()) -> None:
        self.clis = clis
        self._facts = SessionFacts()
        self.fed: list[bytes] = []

    def feed(self, line: bytes) -> None:
        self.fed.append(line)
        said = _said(line)
        facts = self._facts
        if "at" in said:
            facts = replace(facts, last_at=datetime.fromisoformat(said["at"]))
        if "model" in said:
            facts = replace(facts, model=said["model"], is_settled=True)
        if "turn" in said:
            facts = replace(facts, turn=said["turn"], calls=(), turns=facts.turns + (said["turn"] == "open"))
        if "compacted" in said:
            facts = replace(facts, compactions=facts.compactions + 1)
        if "context" in said:
            facts = replace(facts, context_tokens=said["context"])
        if "kind" in said:
            facts = replace(facts, kind=said["kind"])
        if "title" in said:
            facts = replace(facts, title=said["title"])
        if "call" in said:
            facts = replace(
                facts, calls=(OpenCall(id="1", task=Task(tool=said["call"], argument=said.get("argument"))),)
            )
        self._facts = facts

    @property
    def facts(self) -> SessionFacts:
        return self._facts


def _said(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


class FakeSessions:
    """A SessionFinder."""

    counted: tuple[bytes, ...] = (b'"open"', b'"compacted"')
    needs_turn = False
    tool_variable = "FAKE_SESSION"

    def __init__(self) -> None:
        self.sessions: list[FoundSession] = []
        self.servers: list[FoundServer] = []
        self.below: dict[str, list[FoundSession]] = {}
        self.readers: list[FakeReader] = []
        self.failure: Exception | None = None
        self.asked: list[tuple[str, HookRecord | None, Mapping[str, SessionStatus]]] = []

    def find(self, homes: Sequence[Path], _table: ProcessTable, _now: datetime) -> FoundSessions:
        if self.failure:
            raise self.failure
        return FoundSessions(
            sessions=tuple(each for each in self.sessions if each.home in homes), servers=tuple(self.servers)
        )

    def reader(self, clis: Collection[str] = ()) -> SessionReader:
        self.readers.append(FakeReader(clis))
        return self.readers[-1]

    def counts(self, line: bytes) -> tuple[int, int]:
        said = _said(line)
        return int(said.get("turn") == "open"), int("compacted" in said)

    def subagents(self, found: FoundSession) -> Sequence[FoundSession]:
        return self.below.get(found.id, [])

    def status(
        self,
        found: FoundSession,
        facts: SessionFacts | None,
        hook: HookRecord | None,
        subagents: Mapping[str, SessionStatus],
        _table: ProcessTable,
        _now: datetime,
    ) -> SessionStatus:
        self.asked.append((found.id, hook, subagents))
        if found.id == "broken":
            raise KeyError(found.id)
        if hook is not None:
            return SessionStatus(status=hook.status, evidence="hook")
        if facts is None:
            return SessionStatus(status="idle")
        task = facts.calls[0].task if facts.calls else None
        status = SessionStatus(status="working" if facts.turn == "open" else "idle", task=task)
        return replace(status, look_again=task is not None)


def provider(*homes: Path, ident: str = "fake") -> tuple[Provider, FakeSessions, tuple[Home, ...]]:
    sessions = FakeSessions()
    made = replace(fake_provider(homes, ident=ident), sessions=sessions)
    return made, sessions, made.find_homes({})


def write(path: Path, *lines: object) -> None:
    """Append these lines."""
    with path.open("ab") as file:
        for line in lines:
            file.write(json.dumps(line).encode() + b"\n")
