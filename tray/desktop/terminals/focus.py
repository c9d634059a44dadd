"""Whether the person looks at the terminal of a session."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from threading import Lock

from msgspec import Struct

from providers.domain.live import LiveSession
from providers.domain.processes import ProcessTable
from providers.host.faults import log_fault, logger_of
from tray.desktop.terminals.front import KINDS, system_table
from tray.desktop.terminals.program import program_of
from tray.desktop.terminals.terminal import TerminalKind
from tray.desktop.terminals.tools import TerminalTools, system_tools
from tray.engine.bounded import Bounded

SECONDS = 5.0
"""The deadline of all questions about one session together."""
HOLDS = 4.0
"""For so many seconds it is not asked again: whoever has a notice to show asks at each change."""
HOLDS_LATER = 15.0
_LATER = 60.0
_DEEPEST = 4
_log = logger_of(__name__)


class _Held(Struct, frozen=True):
    since: float
    asked_at: float


class FocusFinder:
    """Answers within seconds, and never raises. Not for a thread that must not wait."""

    def __init__(
        self,
        ask: Callable[[LiveSession], bool | None] | None = None,
        *,
        seconds: float = SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask or is_focused
        self._seconds = seconds
        self._monotonic = monotonic
        self._bounded = Bounded()
        self._lock = Lock()
        self._held: dict[str, _Held] = {}

    def __call__(self, session: LiveSession) -> bool | None:
        now, key = self._monotonic(), session.key
        with self._lock:
            self._held = {each: held for each, held in self._held.items() if now - held.asked_at < _LATER}
            held = self._held.get(key)
        if held is not None:
            holds = HOLDS if held.asked_at - held.since < _LATER else HOLDS_LATER
            if now - held.asked_at < holds:
                return True
        found = self._found(session)
        with self._lock:
            if found:
                self._held[key] = _Held(held.since if held else now, now)
            else:
                self._held.pop(key, None)
        return found

    def _found(self, session: LiveSession) -> bool | None:
        try:
            return self._bounded.run("focus", self._seconds, lambda: self._ask(session), otherwise=None)
        except Exception as error:  # noqa: BLE001 - an odd terminal must not be the end of notices
            log_fault(_log, "could not find out which terminal has focus", error)
            return None


def is_focused(
    session: LiveSession,
    *,
    look: Callable[[], ProcessTable] | None = None,
    tools: TerminalTools | None = None,
    kinds: Sequence[TerminalKind] = KINDS,
    platform: str = sys.platform,
) -> bool | None:
    """None where it is not certain which terminal it has, or nobody says which one has focus."""
    if session.pid is None or not session.may_have_terminal:
        return None
    table = (look or system_table)()
    if platform == "win32":
        from tray.desktop.terminals.windows_focus import is_at_the_front

        return is_at_the_front(session.pid, table)
    return _is_focused(session.pid, table, tools or system_tools(os.environ), kinds, _DEEPEST)


def _is_focused(
    pid: int, table: ProcessTable, tools: TerminalTools, kinds: Sequence[TerminalKind], deepest: int
) -> bool | None:
    variables = tuple({name for kind in kinds for name in kind.variables})
    program = program_of(pid, table, tools.tty_of, variables)
    if program is None or not deepest:
        return None
    for kind in kinds:
        found = kind.focus(program, tools)
        if found is None:
            continue
        if found.around:
            known = [
                each.otherwise
                if (one := _is_focused(each.pid, table, tools, kinds, deepest - 1)) is None
                else one
                for each in found.around
            ]
            return True if True in known else None if None in known else False
        if found.is_focused is not None:
            return found.is_focused
    return None
