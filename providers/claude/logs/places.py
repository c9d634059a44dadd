"""Where the lines of one transcript belong: to a session, an agent of it, a project and an account."""

from __future__ import annotations

from providers.claude.logs.folders import path_parts, project_of
from providers.claude.logs.lines import TranscriptLine
from providers.claude.logs.transcript import Location

_AGENT = "agent-"  # begins the name of a subagent's transcript

_PlaceOf = tuple[object, ...]


class Places:
    """The locations in one transcript; `account` is that of its session, from the next line on."""

    def __init__(self, path: str, account: str = "") -> None:
        self._folder, self._root, self._name = path_parts(path)
        self.is_agents = self._name.startswith(_AGENT)
        self.account = account
        # Made anew only where the members change that it is made of: most lines have the place of the one before.
        self._last: Location | None = None
        self._last_of: _PlaceOf = ()

    def of(self, line: TranscriptLine) -> Location:
        """The same object again for the next line that belongs there."""
        is_sidechain = line.is_sidechain is True  # as `==` takes 1 for True
        session, asker, agent, cwd = line.session_id, line.request_session_id, line.agent_id, line.cwd
        place_of = session, agent, is_sidechain, cwd, line.forked_from, asker, self.account
        if self._last is None or place_of != self._last_of:
            copied = line.forked_from is not None or (isinstance(asker, str) and asker != session)
            self._last = self._make(copied, _text(session), _text(agent), is_sidechain, _text(cwd))
            self._last_of = place_of
        return self._last

    def of_session(self, session: object) -> Location:
        return self._make(False, _text(session), "", False, "")

    def _make(self, copied: bool, session: str, agent: str, sidechain: bool, cwd: str) -> Location:
        if self.is_agents:
            root = self._root or session
            session = agent or self._name.removeprefix(_AGENT)
        else:
            root = session = session or self._name
            if sidechain:
                session = agent or f"{root}/sidechain"  # not every line names its agent
        account = "" if copied else self.account
        return Location(copied, session, root, project_of(cwd, self._folder), account)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
