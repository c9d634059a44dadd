"""One session with its subagents, as its log and its processes show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from providers.domain.live import SessionStatus
from providers.domain.project import canonical
from providers.domain.session_figures import SessionKey
from providers.live.tail import Tail
from providers.sessions import FoundSession, SessionFacts, SessionFinder
from providers.source import Home, Provider


class Candidate(Struct, frozen=True, kw_only=True):
    """A session that is there, or was until a moment ago: `ended` is then when it was last seen running."""

    provider: Provider
    finder: SessionFinder
    home: Home
    found: FoundSession
    ended: datetime | None = None

    @property
    def key(self) -> SessionKey:
        return SessionKey(self.provider.id, self.home.path, self.found.id)


class ObservedSession(Struct, frozen=True, kw_only=True):
    candidate: Candidate
    status: SessionStatus
    facts: SessionFacts = SessionFacts()
    tail: Tail | None = None
    subagents: tuple[ObservedSession, ...] = ()

    @property
    def found(self) -> FoundSession:
        return self.candidate.found

    @property
    def last_at(self) -> datetime | None:
        """The time of the log's newest line; of one without, when the log was written."""
        return self.facts.last_at or (self.tail.modified if self.tail else None)

    @property
    def project(self) -> str | None:
        """The folder that it was started in."""
        folder = self.found.cwd or self.facts.cwd
        return canonical(folder) if folder else None

    @property
    def cwd(self) -> str | None:
        """The folder that it works in now."""
        return self.facts.cwd or self.found.cwd

    def all(self) -> Iterator[ObservedSession]:
        """This one and all below it."""
        yield self
        for each in self.subagents:
            yield from each.all()


Observe = Callable[[Candidate, tuple[ObservedSession, ...]], ObservedSession]
"""Makes one of a candidate and its observed subagents."""


def families(candidates: Sequence[Candidate], observe: Observe) -> list[ObservedSession]:
    """The sessions that a person started, each above its subagents; a subagent without its parent stands alone."""
    known = {each.key: each for each in candidates}
    below: dict[SessionKey, list[Candidate]] = {}
    tops: list[Candidate] = []
    for each in candidates:
        parent = _parent(each, known)
        below.setdefault(parent, []).append(each) if parent else tops.append(each)

    def observed(one: Candidate) -> ObservedSession:
        return observe(one, tuple(map(observed, below.get(one.key, ()))))

    return [observed(each) for each in tops]


def _parent(one: Candidate, known: Mapping[SessionKey, Candidate]) -> SessionKey | None:
    """None for one that has none here, and where the names go in a circle."""
    path = [one.key]
    while (above := _above(known[path[-1]])) in known:
        if above in path:
            return None
        path.append(above)
    return path[1] if len(path) > 1 else None


def _above(one: Candidate) -> SessionKey:
    return SessionKey(one.provider.id, one.home.path, one.found.parent or "")
