"""Whether a tool call runs: by the processes of the program that runs its session.

Each process of a tool has the id of its call in `CODEX_TOOL_CALL_ID` (0.171). In Code Mode that is an id of its
own, `exec-` and a UUID, which the log only names when the command has ended; there a process counts that began
after the call. So does one without an id: as Codex 0.45 and 0.60 start them, and where the system hides it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

from msgspec import Struct

from providers.domain.process_tree import children_of, tree
from providers.domain.processes import ProcessTable
from providers.sessions import FoundSession, OpenCall

_LATELY = timedelta(seconds=5)
_MOST = 256
_CLOCKS = 0.5
"""Seconds by which a process may seem to be older than the call that started it: it is dated in ticks."""
_CALL = "CODEX_TOOL_CALL_ID"
_THREAD = "CODEX_THREAD_ID"
_ASKED = (_CALL, _THREAD)
_OF_SCRIPT = "exec-"
_HELPER = "codex-code-mode"


class ToolRun(Struct, frozen=True):
    """`has_process` is "lately" where it had one a moment ago: the program writes down the end of a process
    shortly after it. `began_at` is when its newest process did.
    """

    has_process: Literal["yes", "no", "lately", "unknown"]
    began_at: datetime | None = None


class ToolRuns:
    """Remembers from look to look which calls ran."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], datetime] = {}

    def look(self, call: OpenCall, found: FoundSession, table: ProcessTable, now: datetime) -> ToolRun:
        key = found.id, call.id
        if found.pid is None:  # whose processes these are is not known
            return ToolRun("unknown")
        began = max(_began(call, found.id, found.pid, table), default=None)
        if began is not None:
            self._seen.pop(key, None)
            self._seen[key] = now
            while len(self._seen) > _MOST:
                del self._seen[next(iter(self._seen))]
            return ToolRun("yes", datetime.fromtimestamp(began, UTC))
        seen = self._seen.get(key)
        return ToolRun("no" if seen is None or now - seen >= _LATELY else "lately")


def _began(call: OpenCall, session: str, pid: int, table: ProcessTable) -> Iterator[float]:
    """When each process of the call did."""
    called = call.task.since.timestamp() - _CLOCKS if call.task.since else 0
    below = {*tree(pid, children_of(table.processes))} - {pid}
    # One that went into the background has left its parent.
    later = {each.pid for each in table.processes.values() if each.started >= called}
    for each in below | later:
        process = table.processes[each]
        own = table.environment(each, _ASKED)
        if own.get(_CALL) == call.id:
            yield process.started
        elif each not in later or process.name.startswith(_HELPER):
            continue
        elif _CALL not in own:
            if each in below:
                yield process.started
        elif own[_CALL].startswith(_OF_SCRIPT) and own.get(_THREAD) == session:
            yield process.started
