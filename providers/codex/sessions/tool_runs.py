"""Whether a tool call runs: by the processes of the program that runs its session.

Each process of a tool has the id of its call in `CODEX_TOOL_CALL_ID` (0.171). In Code Mode that is an id of its
own, `exec-` and a UUID, which the log only names when the command has ended; there a process counts that began
after the call. So does one without an id: as Codex 0.45 and 0.60 start them, and where the system hides it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from providers.codex.sessions.processes import descendants
from providers.domain.processes import ProcessTable
from providers.sessions import FoundSession, OpenCall

Run = Literal["yes", "no", "lately", "unknown"]
"""lately: it did a moment ago. The program writes down the end of a process shortly after it."""

_LATELY = timedelta(seconds=5)
_MOST = 256
_CLOCKS = 0.5
"""Seconds by which a process may seem to be older than the call that started it: it is dated in ticks."""
_CALL = "CODEX_TOOL_CALL_ID"
_THREAD = "CODEX_THREAD_ID"
_ASKED = (_CALL, _THREAD)
_OF_SCRIPT = "exec-"
_HELPER = "codex-code-mode"


class ToolRuns:
    """Remembers from look to look which calls ran."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], datetime] = {}

    def look(self, call: OpenCall, found: FoundSession, table: ProcessTable, now: datetime) -> Run:
        key = found.id, call.id
        if found.pid is None:  # whose processes these are is not known
            return "unknown"
        if _has_process(call, found.id, found.pid, table):
            self._seen.pop(key, None)
            self._seen[key] = now
            while len(self._seen) > _MOST:
                del self._seen[next(iter(self._seen))]
            return "yes"
        seen = self._seen.get(key)
        return "no" if seen is None or now - seen >= _LATELY else "lately"


def _has_process(call: OpenCall, session: str, pid: int, table: ProcessTable) -> bool:
    began = call.task.since.timestamp() - _CLOCKS if call.task.since else 0
    for below in descendants(pid, table):
        own = table.environment(below, _ASKED)
        process = table.processes[below]
        if own.get(_CALL) == call.id:
            return True
        if process.started < began or process.name.startswith(_HELPER):
            continue
        if _CALL not in own or (own[_CALL].startswith(_OF_SCRIPT) and own.get(_THREAD) == session):
            return True
    return False
