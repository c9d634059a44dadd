"""Processes as a test wants them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec import Struct

from providers.domain.processes import OpenFile, Process


class Fake(Struct, kw_only=True):
    """`environ` is None where the system hides it, as `files` are."""

    pid: int
    parent: int = 1
    started: float = 0.0
    name: str = "codex"
    command: tuple[str, ...] = ("codex",)
    environ: dict[str, str] | None = {}
    folder: str | None = "/home/dev/project"
    files: tuple[OpenFile, ...] | None = ()


class FakeTable:
    """A ProcessTable. All processes but those that hide it have a PATH."""

    def __init__(self, *running: Fake) -> None:
        self._running = {each.pid: each for each in running}
        self.processes: Mapping[int, Process] = {
            each.pid: Process(each.pid, each.parent, each.started, each.name) for each in running
        }

    def command(self, pid: int) -> tuple[str, ...]:
        return self._running[pid].command

    def environment(self, pid: int, names: Collection[str]) -> Mapping[str, str]:
        environ = self._running[pid].environ
        if environ is None:
            return {}
        return {name: value for name, value in ({"PATH": "/bin"} | environ).items() if name in names}

    def folder(self, pid: int) -> str | None:
        return self._running[pid].folder

    def memory(self, pid: int) -> int | None:
        return None

    def open_files(self, pids: Collection[int]) -> Mapping[int, tuple[OpenFile, ...]]:
        known = {pid: self._running[pid].files for pid in pids}
        return {pid: files for pid, files in known.items() if files is not None}

    def ports(self, pids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        return {}


def uuid(number: int) -> str:
    return f"01a227d4-8aec-7eb0-877b-{number:012}"


def rollout(
    home: Path, session: str, *, day: str = "2026/11/29", segment: str = "", at: str = "15-02-00"
) -> Path:
    tail = f"_{segment}" if segment else ""
    return home / "sessions" / day / f"rollout-{day.replace('/', '-')}T{at}-{session}{tail}.jsonl"


def lock(home: Path, session: str) -> Path:
    return home / "thread-writer-locks" / f"{session}.lock"


def written(*paths: Path) -> tuple[OpenFile, ...]:
    return tuple(OpenFile(str(path), writes=True) for path in paths)
