"""The processes of macOS and Windows, by psutil. It does not say of an open file whether it is written, so each
system has a way of its own to ask for open files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec

from providers.domain.processes import OpenFile, Process
from providers.host.processes.asked_files import AskedFiles

PortsOf = Callable[[Any, Mapping[int, Any]], Mapping[int, tuple[int, ...]]]
"""By psutil, of these of its processes."""

_ATTRIBUTES = ("ppid", "name", "create_time")


class _Seen:
    """What was read of a process; `found` is psutil's own of it."""

    __slots__ = ("command", "environment", "found", "process")

    def __init__(self, process: Process, found: Any) -> None:
        self.process = process
        self.found = found
        self.command: tuple[str, ...] | None = None
        self.environment: dict[str, str | None] = {}


class PsutilProcesses:
    """`psutil` is the module. With `uid` others' processes are absent; where a system has no such thing, most of
    them say nothing anyway.
    """

    def __init__(self, psutil: Any, files: AskedFiles, ports: PortsOf, uid: int | None = None) -> None:
        self._psutil = psutil
        self._files = files
        self._ports = ports
        self._uid = uid
        self._seen: dict[int, _Seen] = {}

    def look(self) -> PsutilTable:
        before, self._seen = self._seen, {}
        attributes = [*_ATTRIBUTES, *(["uids"] if self._uid is not None else [])]
        for found in self._psutil.process_iter(attributes):
            about = found.info
            # psutil remembers when a process started, and asks again only here: its number may be another's now.
            if about["create_time"] is None or not self._is_shown(about) or not found.is_running():
                continue
            process = Process(found.pid, about["ppid"] or 0, about["create_time"], about["name"] or "")
            seen = before.get(process.pid)
            if seen is None or msgspec.structs.replace(seen.process, parent=process.parent) != process:
                seen = _Seen(process, found)
            seen.process = process
            self._seen[process.pid] = seen
        return PsutilTable(self._psutil, self._seen, self._files, self._ports)

    def _is_shown(self, about: Mapping[str, Any]) -> bool:
        return self._uid is None or (about["uids"] is not None and about["uids"].effective == self._uid)


class PsutilTable:
    """One look at them: a ProcessTable."""

    def __init__(self, psutil: Any, seen: dict[int, _Seen], files: AskedFiles, ports: PortsOf) -> None:
        self._psutil = psutil
        self._seen = seen
        self._asked_files = files
        self._ports_of = ports
        self._processes = {pid: each.process for pid, each in seen.items()}
        self._folders: dict[int, str | None] = {}
        self._memory: dict[int, int | None] = {}
        self._files: dict[int, tuple[OpenFile, ...] | None] = {}
        self._ports: dict[int, tuple[int, ...] | None] = {}

    @property
    def processes(self) -> Mapping[int, Process]:
        return self._processes

    def command(self, pid: int) -> tuple[str, ...]:
        seen = self._seen.get(pid)
        if seen is None:
            return ()
        if seen.command is None:
            words = self._asked(seen.found.cmdline)
            if not words:
                return ()
            seen.command = tuple(words)
        return seen.command

    def environment(self, pid: int, names: Collection[str]) -> Mapping[str, str]:
        seen = self._seen.get(pid)
        if seen is None:
            return {}
        if not all(name in seen.environment for name in names):
            environ = self._asked(seen.found.environ)
            if environ:
                seen.environment.update((name, environ.get(name)) for name in names)
        return {name: value for name in names if (value := seen.environment.get(name)) is not None}

    def folder(self, pid: int) -> str | None:
        if pid not in self._folders:
            seen = self._seen.get(pid)
            self._folders[pid] = (self._asked(seen.found.cwd) or None) if seen else None
        return self._folders[pid]

    def memory(self, pid: int) -> int | None:
        if pid not in self._memory:
            seen = self._seen.get(pid)
            memory = self._asked(seen.found.memory_info) if seen else None
            self._memory[pid] = memory.rss if memory is not None else None
        return self._memory[pid]

    def open_files(self, pids: Collection[int]) -> Mapping[int, tuple[OpenFile, ...]]:
        if missing := self._missing(pids, self._files):
            found = self._asked_files.of([self._processes[pid] for pid in missing])
            self._files.update((pid, found.get(pid)) for pid in missing)
        return {pid: files for pid in pids if (files := self._files.get(pid)) is not None}

    def ports(self, pids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        if missing := self._missing(pids, self._ports):
            found = self._ports_of(self._psutil, {pid: self._seen[pid].found for pid in missing})
            self._ports.update((pid, found.get(pid)) for pid in missing)
        return {pid: ports for pid in pids if (ports := self._ports.get(pid)) is not None}

    def _missing(self, pids: Collection[int], known: Mapping[int, object]) -> list[int]:
        return [pid for pid in pids if pid in self._seen and pid not in known]

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """None where the system does not say."""
        try:
            return ask()
        except (self._psutil.Error, OSError, UnicodeError):
            return None


def listening_ports(connections: Iterable[Any]) -> tuple[int, ...]:
    """Of psutil's list of connections."""
    return tuple(sorted({each.laddr.port for each in connections if each.status == "LISTEN"}))
