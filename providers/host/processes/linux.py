"""The processes of Linux, straight from /proc.

A look reads one `stat` of each process (8 µs on Linux 6.18, a fifth of what psutil takes); everything else is
read when it is asked for. What cannot change until a process starts another program is kept for the next look.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

import msgspec

from providers.domain.processes import OpenFile, Process
from providers.host.files import raise_if_exhausted
from providers.host.processes.linux_ports import ListeningSockets, diagnosed

_PROC = "/proc"
_MOST_BYTES = 1 << 14
"""Of a command: a prompt may be an argument, and nobody needs all of it."""
_MOST_ENVIRONMENT = 1 << 18
_MOST_FILES = 4096
_NO_FILES = (b"/dev/", b"/proc/", b"/sys/", b"/memfd:")
_DELETED = b" (deleted)"
_KERNEL_THREAD = 0x00200000
_PORTS_LOOKS = 5
"""After so many looks a process is asked again for its sockets although no new one listens: it may have closed
one that another process still has.
"""
_CLOCK_SET = 2.0
"""Seconds, by which it was set and not only corrected."""


def _clock() -> float:
    """When the clock was zero: it changes when the clock is set, and not by suspending."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


class _Known:
    """What was read of a process. `identity` is when it started, its name, and where in memory its arguments and
    its environment are, which changes when it starts another program.
    """

    __slots__ = ("command", "environment", "identity", "ports", "ports_age", "ports_of", "process")

    def __init__(self, process: Process, identity: tuple[bytes, bytes, list[bytes]]) -> None:
        self.process = process
        self.identity = identity
        self.command: tuple[str, ...] | None = None
        self.environment: dict[str, str | None] = {}
        self.ports: tuple[int, ...] = ()
        self.ports_of: Mapping[bytes, int] | None = None
        self.ports_age = 0


class LinuxProcesses:
    """Those of one user; others' are absent. `root` is where proc is mounted; only of the real one the kernel can
    be asked for sockets. All raise OSError where no file can be opened: it is not that they ended.
    """

    def __init__(
        self, root: str = _PROC, uid: int | None = None, clock: Callable[[], float] = _clock
    ) -> None:
        self._root = root
        self._uid = os.geteuid() if uid is None else uid
        self._ticks_per_second = os.sysconf("SC_CLK_TCK")
        self._page = os.sysconf("SC_PAGE_SIZE")
        self._clock = clock
        self._set_at = 0.0
        self._boot: float | None = None
        self._known: dict[int, _Known] = {}
        self._sockets = ListeningSockets(root, self._uid, diagnosed if root == _PROC else None)

    def look(self) -> LinuxTable:
        self._keep_time()
        before, self._known = self._known, {}
        for name in _names(self._root):
            pid = int(name)
            known = before.get(pid)
            # Of one that is new, first whose it is: that is cheaper than its `stat`.
            if (known is not None or self._is_ours(name)) and (
                text := _content(f"{self._root}/{name}/stat", 2048, at_once=True)
            ):
                self._add(pid, text, known)
        return LinuxTable(self._root, self._known, self._sockets, self._page)

    def _keep_time(self) -> None:
        """When the system booted, once: it moves with the clock, and `started` must not. But when that is set, as
        after a virtual machine was paused, `started` must compare to what is written down from then on.
        """
        set_at = self._clock()
        if self._boot is None or abs(set_at - self._set_at) > _CLOCK_SET:
            self._boot, self._set_at = _boot_time(self._root), set_at
            self._known = {}

    def _is_ours(self, name: str) -> bool:
        try:
            return os.stat(f"{self._root}/{name}").st_uid == self._uid
        except OSError:
            return False

    def _add(self, pid: int, text: bytes, known: _Known | None) -> None:
        # The name may hold blanks and parentheses; after it: state, parent, …, flags at 6, threads at 17, start
        # at 19.
        end = text.rfind(b")")
        fields = text[end + 2 :].split(b" ", 20)
        if len(fields) < 21 or (fields[0] in b"ZX" and int(fields[17]) < 2):
            return
        if int(fields[6]) & _KERNEL_THREAD:
            return
        parent, ticks = int(fields[1]), fields[19]
        identity = (ticks, text[text.find(b"(") + 1 : end], fields[20].rsplit(b" ", 5)[1:5])
        if known is None or known.identity != identity:
            if known is not None and not self._is_ours(str(pid)):
                return
            started = (self._boot or 0.0) + int(ticks) / self._ticks_per_second
            known = _Known(Process(pid, parent, started, os.fsdecode(identity[1])), identity)
        elif known.process.parent != parent:  # that one ended
            known.process = msgspec.structs.replace(known.process, parent=parent)
        self._known[pid] = known


class LinuxTable:
    """One look at them: a ProcessTable."""

    def __init__(self, root: str, known: dict[int, _Known], sockets: ListeningSockets, page: int) -> None:
        self._root = root
        self._known = known
        self._sockets = sockets
        self._page = page
        self._processes = {pid: each.process for pid, each in known.items()}
        self._memory: dict[int, int | None] = {}
        self._folders: dict[int, str | None] = {}
        self._links: dict[int, list[tuple[str, bytes]] | None] = {}
        self._files: dict[int, tuple[OpenFile, ...]] = {}
        self._listening: Mapping[bytes, int] | None = None

    @property
    def processes(self) -> Mapping[int, Process]:
        return self._processes

    def command(self, pid: int) -> tuple[str, ...]:
        known = self._known.get(pid)
        if known is None:
            return ()
        if known.command is None:
            text = _content(f"{self._root}/{pid}/cmdline", _MOST_BYTES)
            if not text:  # not yet, or not any more
                return ()
            known.command = tuple(os.fsdecode(each) for each in text.removesuffix(b"\0").split(b"\0"))
        return known.command

    def environment(self, pid: int, names: Collection[str]) -> Mapping[str, str]:
        known = self._known.get(pid)
        if known is None:
            return {}
        kept = known.environment
        if not all(name in kept for name in names):
            text = _content(f"{self._root}/{pid}/environ", _MOST_ENVIRONMENT)
            if text:
                kept.update((name, _variable(text, name)) for name in names)
        return {name: value for name in names if (value := kept.get(name)) is not None}

    def folder(self, pid: int) -> str | None:
        if pid not in self._known:
            return None
        if pid not in self._folders:
            try:
                self._folders[pid] = os.fsdecode(
                    os.readlink(os.fsencode(f"{self._root}/{pid}/cwd")).removesuffix(_DELETED)
                )
            except OSError:
                self._folders[pid] = None
        return self._folders[pid]

    def memory(self, pid: int) -> int | None:
        if pid not in self._known:
            return None
        if pid not in self._memory:
            fields = _content(f"{self._root}/{pid}/statm", 128, at_once=True).split(b" ", 2)
            self._memory[pid] = int(fields[1]) * self._page if len(fields) == 3 else None
        return self._memory[pid]

    def open_files(self, pids: Collection[int]) -> Mapping[int, tuple[OpenFile, ...]]:
        found = {}
        for pid in pids:
            if pid not in self._files:
                links = self._links_of(pid)
                if links is None:
                    continue
                self._files[pid] = tuple(
                    file for fd, link in links if (file := self._open_file(pid, fd, link)) is not None
                )
            found[pid] = self._files[pid]
        return found

    def ports(self, pids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        if self._listening is None:
            self._listening = self._sockets.read()
        found = {}
        for pid in pids:
            known = self._known.get(pid)
            if known is None:
                continue
            if known.ports_of is not self._listening or known.ports_age >= _PORTS_LOOKS:
                ports: set[int] = set()
                if self._listening:
                    links = self._links_of(pid)
                    if links is None:
                        continue
                    ports = {self._listening[link] for _, link in links if link in self._listening}
                known.ports, known.ports_of, known.ports_age = tuple(sorted(ports)), self._listening, 0
            known.ports_age += 1
            found[pid] = known.ports
        return found

    def _links_of(self, pid: int) -> list[tuple[str, bytes]] | None:
        """Its file descriptors and what they lead to; None where the system does not say."""
        if pid not in self._links:
            self._links[pid] = _links(f"{self._root}/{pid}/fd") if pid in self._known else None
        return self._links[pid]

    def _open_file(self, pid: int, fd: str, link: bytes) -> OpenFile | None:
        if not link.startswith(b"/") or link.startswith(_NO_FILES):
            return None
        if link.endswith(_DELETED) and not os.path.lexists(link):
            return None
        return OpenFile(os.fsdecode(link), _writes(f"{self._root}/{pid}", fd))


def _names(root: str) -> list[str]:
    try:
        return [name for name in os.listdir(root) if name.isdecimal()]
    except OSError as error:  # there is no /proc
        raise_if_exhausted(error)
        return []


def _content(path: str, most: int, *, at_once: bool = False) -> bytes:
    """At most so many bytes; none if it cannot be read. `at_once`: those that the first read gives."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise_if_exhausted(error)
        return b""
    try:
        content = os.read(file, most)
        while not at_once and len(content) < most and (more := os.read(file, most - len(content))):
            content += more
        return content
    except OSError:  # it has just ended
        return b""
    finally:
        os.close(file)


def _links(folder: str) -> list[tuple[str, bytes]] | None:
    links = []
    try:
        for fd in os.listdir(folder)[:_MOST_FILES]:
            with suppress(FileNotFoundError):  # closed since
                links.append((fd, os.readlink(f"{folder}/{fd}".encode())))
    except OSError as error:
        raise_if_exhausted(error)
        return None
    return links


def _writes(process: str, fd: str) -> bool | None:
    """By the permissions of the link, which are those of the descriptor (proc_pid_fd(5))."""
    try:
        mode = os.lstat(f"{process}/fd/{fd}").st_mode
    except OSError:
        return None
    if stat.S_IMODE(mode) & 0o077:  # no real ones, as in a sandbox that imitates Linux
        flags = re.search(rb"flags:\s*([0-7]+)", _content(f"{process}/fdinfo/{fd}", 1024))
        return None if flags is None else int(flags[1], 8) & os.O_ACCMODE != os.O_RDONLY
    return mode & stat.S_IWUSR != 0


def _variable(environment: bytes, name: str) -> str | None:
    start = b"\0" + os.fsencode(name) + b"="
    at = (b"\0" + environment).find(start)
    if at < 0:
        return None
    return os.fsdecode(environment[at + len(start) - 1 :].split(b"\0", 1)[0])


def _boot_time(root: str) -> float:
    """In seconds since the epoch, as psutil has it."""
    found = re.search(rb"^btime (\d+)", _content(f"{root}/stat", 1 << 20), re.MULTILINE)
    return float(found[1]) if found else 0.0
