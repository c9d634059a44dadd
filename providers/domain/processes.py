"""The processes of this machine, as one look at them shows: what a program that watches sessions needs, no
more.

Everything is best effort: what the system does not reveal (another user's process, one that just ended) is
absent or empty, never an error.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from msgspec import Struct


class Process(Struct, frozen=True, gc=False):
    """`pid` and `started` together identify a process for ever. `started` is in seconds since the epoch; `name`
    is the kernel's short one, which a program may change.
    """

    pid: int
    parent: int
    started: float
    name: str


class OpenFile(Struct, frozen=True, gc=False):
    """`writes` tells whether it is open for writing, None where the system does not say."""

    path: str
    writes: bool | None


class ProcessTable(Protocol):
    """The processes of the user at one moment. Whatever is asked about a process is read when it is first asked
    for, and only once.
    """

    @property
    def processes(self) -> Mapping[int, Process]:
        """All of them, by pid; what has ended is absent, also while its parent does not wait for it."""

    def command(self, pid: int) -> tuple[str, ...]:
        """Its arguments, the program first; () where they are not known. After some kilobytes they are cut."""

    def environment(self, pid: int, names: Collection[str]) -> Mapping[str, str]:
        """Those of these variables that it was started with. No others are kept: they may hold secrets."""

    def folder(self, pid: int) -> str | None:
        """Its current working directory."""

    def memory(self, pid: int) -> int | None:
        """Resident set size in bytes."""

    def open_files(self, pids: Collection[int]) -> Mapping[int, tuple[OpenFile, ...]]:
        """The files that these have open, and no devices, pipes and sockets; a process is absent where the system
        does not say. On Linux folders are among them.
        """

    def ports(self, pids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """The TCP ports on which these listen, ascending; a process is absent where the system does not say."""


class Processes(Protocol):
    """What remembers between looks that a process is not worth another one."""

    def look(self) -> ProcessTable:
        """Raises OSError where the system lets nothing be opened: so nobody knows what runs."""
