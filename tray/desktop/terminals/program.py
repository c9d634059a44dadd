"""A program in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from providers.domain.processes import ProcessTable

_DEEPEST = 64


class TerminalProgram(Struct, frozen=True, kw_only=True):
    """`parents` are the processes that started it, itself first, and `ttys` their terminals, where they have one.
    `environ` has the variables that terminals set.
    """

    pid: int
    parents: tuple[int, ...]
    ttys: Mapping[int, str]
    environ: Mapping[str, str]

    @property
    def tty(self) -> str | None:
        return self.ttys.get(self.pid)

    def is_shown_by(self, emulator: int) -> bool:
        """Whether this process made its terminal: what it started first is in that one, too."""
        if self.tty is None or emulator not in self.parents[1:]:
            return False
        return self.ttys.get(self.parents[self.parents.index(emulator) - 1]) == self.tty


def program_of(
    pid: int, table: ProcessTable, tty_of: Callable[[int], str | None], variables: tuple[str, ...]
) -> TerminalProgram | None:
    """None where it has ended."""
    parents: list[int] = []
    at = pid
    while at in table.processes and at not in parents and len(parents) < _DEEPEST:
        parents.append(at)
        at = table.processes[at].parent
    if not parents:
        return None
    ttys = {each: tty for each in parents if (tty := tty_of(each)) is not None}
    return TerminalProgram(
        pid=pid, parents=tuple(parents), ttys=ttys, environ=table.environment(pid, variables)
    )
