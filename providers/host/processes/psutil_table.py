"""The processes of macOS and Windows, by psutil. It does not say of an open file whether it is written, so each
system has a way of its own to ask for open files.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec

from providers.domain.processes import OpenFile, Process
from providers.host.processes.asked_files import AskedFiles

PortsOf = Callable[[Any, Mapping[int, Any]], Mapping[int, tuple[int, ...]]]
"""By psutil, of these of its processes."""

_WHOLE_LOOKS = 5
_YOUNG_SECONDS = 3.0
_ATTRIBUTES = ("ppid", "name", "create_time")


class _Seen:
    """What was read of a process; `found` is psutil's own of it. `is_young`: it may yet become another program,
    as one does that was started a moment ago.
    """

    __slots__ = ("command", "environment", "found", "is_young", "process")

    def __init__(self, process: Process, found: Any, *, is_young: bool) -> None:
        self.process = process
        self.found = found
        self.is_young = is_young
        self.command: tuple[str, ...] | None = None
        self.environment: dict[str, str | None] = {}


class PsutilProcesses:
    """`psutil` is the module. With `uid` others' processes are absent; where a system has no such thing, most of
    them say nothing anyway.

    A look asks only whether the processes that it knows are still the same ones, and all else of the new ones;
    one in `_WHOLE_LOOKS` asks everything of all: parents and names change seldom.
    """

    def __init__(
        self,
        psutil: Any,
        files: AskedFiles,
        ports: PortsOf,
        uid: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._psutil = psutil
        self._clock = clock
        self._files = files
        self._ports = ports
        self._attributes = [*_ATTRIBUTES, *(["uids"] if uid is not None else [])]
        self._uid = uid
        self._seen: dict[int, _Seen] = {}
        self._others: set[int] = set()
        self._looks = 0

    def look(self) -> PsutilTable:
        before, self._seen = self._seen, {}
        is_whole = self._looks % _WHOLE_LOOKS == 0
        self._looks += 1
        pids = set(self._psutil.pids())
        self._others = set() if is_whole else self._others & pids
        for pid in sorted(pids - self._others):
            # psutil remembers when a process started, and asks again only here: its number may be another's now.
            seen = before.get(pid)
            if seen is not None and not seen.found.is_running():
                seen = None
            if seen is None or seen.is_young or is_whole:
                seen = self._asked(pid, seen)
            if seen is not None:
                self._seen[pid] = seen
        return PsutilTable(self._psutil, self._seen, self._files, self._ports)

    def _asked(self, pid: int, seen: _Seen | None) -> _Seen | None:
        """None for one that is not shown."""
        try:
            found = self._psutil.Process(pid) if seen is None else seen.found
            about = found.as_dict(self._attributes)
        except (self._psutil.Error, OSError):  # it has just ended
            return None
        if about["create_time"] is None or not self._is_shown(about):
            self._others.add(pid)
            return None
        process = Process(pid, about["ppid"] or 0, about["create_time"], about["name"] or "")
        is_same = seen is not None and msgspec.structs.replace(seen.process, parent=process.parent) == process
        if seen is None or seen.is_young or not is_same:
            return _Seen(process, found, is_young=self._clock() - process.started < _YOUNG_SECONDS)
        seen.process = process
        return seen

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
            environ = self._asked(seen.found.environ) or {}  # also where it is denied: it would be each time
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
