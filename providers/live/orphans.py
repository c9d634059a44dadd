"""What sessions left behind: processes of theirs that go on listening after they have ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec import Struct

from providers.domain.live import OrphanProcess
from providers.domain.processes import ProcessTable
from providers.domain.session_figures import SessionKey
from providers.live.children import SessionChildren
from providers.live.recent import is_unknown

MOST_REMEMBERED = 256


class _Former(Struct, frozen=True):
    """A child that listened when it was last seen; `project` is that of its session."""

    session: SessionKey
    project: str | None
    command: str


class OrphanTracker:
    """Remembers, from look to look, which processes listened for which session: in memory, those seen last."""

    def __init__(self) -> None:
        self._former: dict[tuple[int, float], _Former] = {}

    def look(
        self,
        children: Mapping[SessionKey, SessionChildren],
        projects: Mapping[SessionKey, str | None],
        unknown: Collection[str | Path],
        table: ProcessTable,
    ) -> tuple[OrphanProcess, ...]:
        """`projects` has all sessions that run, `children` what is known to be theirs; of the providers and
        homes in `unknown` nothing was found out.
        """
        owned = {child.pid for each in children.values() for child in each.shown}
        for key, found in children.items():
            for child in found.shown:
                process = table.processes.get(child.pid)
                if process is not None and child.ports:
                    former = _Former(key, projects.get(key), child.command)
                    self._former.pop((child.pid, process.started), None)
                    self._former[child.pid, process.started] = former
        self._forget(table)
        left = {
            pid: former
            for (pid, _), former in self._former.items()
            if pid not in owned and former.session not in projects and not is_unknown(former.session, unknown)
        }
        ports = table.ports(left) if left else {}
        return tuple(
            OrphanProcess(
                pid=pid,
                command=former.command,
                ports=ports[pid],
                provider=former.session.provider,
                session=former.session.id,
                project=former.project,
            )
            for pid, former in sorted(left.items())
            if ports.get(pid)
        )

    def _forget(self, table: ProcessTable) -> None:
        """Those that have ended, and the longest unseen where there are too many."""
        running = {
            key: former
            for key, former in self._former.items()
            if (process := table.processes.get(key[0])) is not None and process.started == key[1]
        }
        self._former = dict(list(running.items())[-MOST_REMEMBERED:])
