"""What each found session is doing, by the end of its log, its hooks and its processes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from providers.domain.live import SessionStatus
from providers.domain.processes import ProcessTable
from providers.live.observed import Candidate, ObservedSession
from providers.live.problems import Problems
from providers.live.tail import Tail
from providers.sessions import HookRecord, SessionFacts

HookRecords = Mapping[tuple[str, str], HookRecord]
"""The newest record of each session, by provider and id."""

_READ = 2 << 20
"""Bytes. A look that read less counts on in the older parts of logs, so that each look stays light."""
_MOST = 256 << 20
"""Bytes, in a look that is the only one: a fifth of a second."""
_MOST_SUBAGENTS = 16
"""Of one session, of those that the finder found no process of."""


class Observer:
    """Keeps the tails of the logs from look to look. `clis` are the names of the CLIs' commands."""

    def __init__(self, problems: Problems, clis: Collection[str] = ()) -> None:
        self._problems = problems
        self._clis = clis
        self._tails: dict[Path, Tail] = {}
        self._used: dict[Path, Tail] = {}
        self._table: ProcessTable
        self._hooks: HookRecords = {}
        self._now: datetime

    def begin(self, table: ProcessTable, hooks: HookRecords, now: datetime) -> None:
        """A new look."""
        self._table, self._hooks, self._now = table, hooks, now
        self._used = {}

    def end(self, *, is_only: bool = False) -> None:
        """Forget the logs that nobody asked for in this look, and count on in the older parts of the others."""
        self._tails = self._used
        left = (_MOST if is_only else _READ) - sum(tail.read for tail in self._tails.values())
        for path, tail in self._tails.items():
            if left <= 0:
                break
            try:
                left -= tail.count_older(left)
            except OSError:
                continue  # it was readable a moment ago: the next look finds out why
            except Exception as error:  # noqa: BLE001 - it must not cost the others
                self._problems.count_failed(path, error)

    def observe(self, one: Candidate, below: tuple[ObservedSession, ...]) -> ObservedSession:
        """A session, of whose subagents some are observed already."""
        found = one.found
        below = (*below, *self._further(one, {each.found.id for each in below}))
        tail = self._tail(one)
        facts = tail.facts if tail else None
        if one.ended is not None or found.is_running is False:
            over = one.ended or (facts and facts.last_at) or (tail and tail.modified) or found.since
            status = SessionStatus(status="done", since=over, evidence="process")
        else:
            status = self._status(one, facts, {each.found.id: each.status for each in below})
            below = _asking(status, below)
        return ObservedSession(
            candidate=one, status=status, facts=facts or SessionFacts(), tail=tail, subagents=below
        )

    def _further(self, one: Candidate, known: set[str]) -> list[ObservedSession]:
        """Subagents that have a log, and nothing else."""
        try:
            found = one.finder.subagents(one.found)
        except Exception as error:  # noqa: BLE001 - they must not cost the session
            self._problems.session_failed(one, error)
            return []
        new = [each for each in found[:_MOST_SUBAGENTS] if each.id not in known]
        return [self.observe(replace(one, found=each), ()) for each in new]

    def _tail(self, one: Candidate) -> Tail | None:
        path = one.found.log
        if path is None:
            return None
        tail = self._used.get(path) or self._tails.get(path) or Tail(path, one.finder, clis=self._clis)
        if path not in self._used:
            self._used[path] = tail
            try:
                tail.look()
            except OSError as error:
                self._problems.unreadable(one, error)
            except Exception as error:  # noqa: BLE001 - it must not cost the other sessions
                self._problems.session_failed(one, error)
        return tail

    def _status(
        self, one: Candidate, facts: SessionFacts | None, below: Mapping[str, SessionStatus]
    ) -> SessionStatus:
        hook = self._hooks.get((one.provider.id, one.found.id))
        try:
            return one.finder.status(one.found, facts, hook, below, self._table, self._now)
        except Exception as error:  # noqa: BLE001 - it must not cost the other sessions
            self._problems.session_failed(one, error)
            return SessionStatus(status="unknown")


def _asking(status: SessionStatus, below: tuple[ObservedSession, ...]) -> tuple[ObservedSession, ...]:
    """The subagent whose call the person is asked about waits, too: where it is the only one with an open call, as
    a session does not say which of several it is.
    """
    calling = [each for each in below if each.status.status == "working" and each.status.task is not None]
    if status.status != "approval" or len(calling) != 1 or calling[0].status.task != status.task:
        return below
    asking = replace(calling[0], status=replace(calling[0].status, status=status.status))
    return tuple(asking if each is calling[0] else each for each in below)
