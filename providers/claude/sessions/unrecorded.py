"""Sessions of programs that write no record: by what the environment of their tools says, else by no evidence.

Facts: 2.1.30 writes none, and its tools know no session; 2.1.197 writes them. So where a home has none at all,
what was written in the project of a running program since that began is shown as a session that nobody owns.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from providers.claude.sessions.agents import Agent
from providers.claude.sessions.records import FOLDER
from providers.claude.sessions.tools import called_by
from providers.claude.sessions.transcripts import TranscriptFolders, project_folder
from providers.claude.variables import CONFIG
from providers.domain.processes import ProcessTable
from providers.host.answers import RealPaths
from providers.sessions import FoundSession

_YOUNG = 5.0
"""Seconds in which a program of a newer version has written its record."""
_MOST = 4
"""Of one folder, the newest ones."""


class UnrecordedSessions:
    """Remembers which session a program was last seen to work for."""

    def __init__(self, folders: TranscriptFolders, real: RealPaths) -> None:
        self._folders = folders
        self._real = real
        self._owned: dict[tuple[int, float], str] = {}

    def of(
        self, agents: Sequence[Agent], homes: Sequence[Path], table: ProcessTable, now: datetime
    ) -> Iterator[FoundSession]:
        """Those of these programs, which lack a record."""
        owned, self._owned = self._owned, {}
        for agent in agents:
            process = agent.process
            its_homes = homes_of(agent, homes, table, self._real)
            key, cwd = (process.pid, process.started), table.folder(process.pid)
            session = next(called_by(process.pid, table), None) or owned.get(key)
            found = self._owned_by(process.pid, session, cwd, its_homes, now) if session else None
            if session and found:
                self._owned[key] = session
                yield found
            elif cwd:
                yield from _unowned(cwd, process.started, its_homes)

    def _owned_by(
        self, pid: int, session: str, cwd: str | None, homes: Sequence[Path], now: datetime
    ) -> FoundSession | None:
        for home in homes:
            if log := self._folders.of(home, session, cwd, now):
                return FoundSession(home=home, id=session, log=log, pid=pid, is_running=True, cwd=cwd)
        return None


def lacks_record(agent: Agent, now: datetime) -> bool:
    """Whether this one, without a record, should have one by now, if its version writes any."""
    return agent.role == "session" and now.timestamp() - agent.process.started >= _YOUNG


def homes_of(agent: Agent, homes: Sequence[Path], table: ProcessTable, real: RealPaths) -> list[Path]:
    """Those that it may use: by its environment, all where that cannot be read."""
    known = table.environment(agent.process.pid, (CONFIG, "HOME"))
    if named := known.get(CONFIG):
        names = [named]
    elif user := known.get("HOME"):
        names = [os.path.join(user, each) for each in (".claude", ".config/claude")]
    else:
        return list(homes)
    by_name = {os.path.realpath(home): home for home in homes} | {str(home): home for home in homes}
    used = {by_name.get(name) or by_name.get(real.of(name) or "") for name in names}
    return [home for home in homes if home in used]


def _unowned(cwd: str, since: float, homes: Sequence[Path]) -> Iterator[FoundSession]:
    for home in homes:
        if os.path.isdir(home / FOLDER):
            continue
        logs = sorted(_written(project_folder(home, cwd), since), reverse=True)
        for _, name in logs[:_MOST]:
            log = project_folder(home, cwd) / name
            yield FoundSession(home=home, id=log.stem, log=log, is_running=None, cwd=cwd)


def _written(folder: Path, since: float) -> Iterator[tuple[float, str]]:
    """The transcripts that were written since then."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".jsonl") and not entry.name.startswith("agent-"):
                    written = entry.stat().st_mtime
                    if written >= since:
                        yield written, entry.name
    except OSError:
        return
