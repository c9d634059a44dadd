"""Processes, records and transcripts as a test wants them; shapes of Claude Code 2.1.332."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from providers.claude.sessions.identity import Host
from providers.domain.processes import OpenFile, Process
from tests.fake_anthropic import milliseconds

NOW = datetime(2026, 11, 29, 15, 0, tzinfo=UTC)
BOOT = int(NOW.timestamp()) - 100_000
DOMAIN = "linux:0123456789abcdef0123456789abcdef:pid:[4026531836]"
CWD = "/home/dev/project"


class Fake(Struct, kw_only=True):
    """`environ` is None where the system hides it."""

    pid: int
    parent: int = 1
    started: float = NOW.timestamp() - 600
    name: str = "claude"
    command: tuple[str, ...] = ("claude",)
    environ: dict[str, str] | None = {}


class FakeTable:
    """A ProcessTable. All processes but those that hide it have a PATH. `asked` are whose commands were read."""

    def __init__(self, *running: Fake) -> None:
        self._running = {each.pid: each for each in running}
        self.asked: list[int] = []
        self.processes: Mapping[int, Process] = {
            each.pid: Process(each.pid, each.parent, each.started, each.name) for each in running
        }

    def command(self, pid: int) -> tuple[str, ...]:
        self.asked.append(pid)
        return self._running[pid].command

    def environment(self, pid: int, names: Collection[str]) -> Mapping[str, str]:
        environ = self._running[pid].environ
        if environ is None:
            return {}
        return {name: value for name, value in ({"PATH": "/bin"} | environ).items() if name in names}

    def folder(self, pid: int) -> str | None:
        return CWD

    def memory(self, pid: int) -> int | None:
        return None

    def open_files(self, pids: Collection[int]) -> Mapping[int, tuple[OpenFile, ...]]:
        return {}

    def ports(self, pids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        return {}


def session_id(number: int) -> str:
    return f"0f0e5d7c-1111-4222-8333-{number:012}"


def record(session: str, pid: int, *, began: float = 600, **changes: Any) -> dict[str, Any]:
    """The record of a process that started `began` seconds ago, as soon as it had a status."""
    at = NOW.timestamp() - began
    content = {
        "pid": pid,
        "sessionId": session,
        "cwd": CWD,
        "startedAt": round(1000 * (at + 0.3)),
        "procStart": str(round(100 * (at - BOOT))),
        "version": "2.1.332",
        "kind": "interactive",
        "entrypoint": "cli",
        "pidDomain": DOMAIN,
        "name": "what-it-is-called",
        "status": "idle",
        "updatedAt": milliseconds(NOW),
        "statusUpdatedAt": milliseconds(NOW),
    }
    return {name: value for name, value in (content | changes).items() if value is not None}


def write_record(home: Path, session: str, pid: int, **changes: Any) -> Path:
    path = home / "sessions" / f"{pid}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record(session, pid, **changes)))
    return path


def write_transcript(home: Path, session: str, *lines: bytes, project: str = "-home-dev-project") -> Path:
    path = home / "projects" / project / f"{session}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def make_host(folder: Path) -> Host:
    """The machine of DOMAIN, booted at BOOT."""
    proc, etc = folder / "proc", folder / "etc"
    (proc / "self/ns").mkdir(parents=True, exist_ok=True)
    etc.mkdir(exist_ok=True)
    (proc / "stat").write_text(f"cpu  1 2 3\nbtime {BOOT}\nprocesses 7\n")
    (etc / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    namespace = proc / "self/ns/pid"
    if not namespace.is_symlink():
        namespace.symlink_to("pid:[4026531836]")
    return Host("linux", proc, etc)
