"""All live sessions at one moment: from the processes, by the providers' finders and the ends of their logs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from providers.domain.live import GitState, LiveSession, SessionsLook
from providers.domain.processes import Processes, ProcessTable
from providers.domain.session_figures import SessionFigures, SessionKey
from providers.ledger.database import LedgerError
from providers.live.children import SessionChildren
from providers.live.compose import Accounts, Extras, HomeAccount, composed, in_order, question
from providers.live.costs import NoCosts, SessionCosts
from providers.live.git.states import GitStates
from providers.live.homes import HomeAnswers
from providers.live.observed import Candidate, ObservedSession, families
from providers.live.observer import HookRecords, Observer
from providers.live.problems import Problems
from providers.live.recent import RecentSessions
from providers.live.session_processes import ProcessFinder, SessionProcesses
from providers.sessions import RECENT, FoundServer
from providers.source import Home, Provider

_SOON = timedelta(seconds=2)

LookedAt = Sequence[tuple[Provider, Sequence[Home]]]
"""The providers that the person uses, with all their homes."""


class LookContext(Struct, frozen=True, kw_only=True):
    """What the rest of the project knows: what hooks recorded, who is signed in where, and whether the person
    wants to see titles. With `is_only` there will be no other look: the turns of long logs are counted in this
    one, rather than a slice with each.
    """

    hooks: HookRecords = {}
    accounts: Accounts = {}
    with_titles: bool = False
    is_only: bool = False


class _Found(Struct):
    """Of all providers; of the providers and homes that are `unknown` nothing was found out. `servers` are by
    provider.
    """

    candidates: list[Candidate] = []
    servers: list[tuple[str, FoundServer]] = []
    agents: set[int] = set()
    unknown: set[str | Path] = set()


class SessionLook:
    """Remembers what it read, so that the next look only reads what is new. For one thread at a time.

    `clis` are the names of the commands of all CLIs, also of those that the person does not use here.
    """

    def __init__(
        self,
        homes: Callable[[], LookedAt],
        processes: Processes,
        costs: SessionCosts | None = None,
        git: GitStates | None = None,
        clis: Collection[str] = (),
        answers: HomeAnswers | None = None,
    ) -> None:
        self._homes = homes
        self._answers = answers or HomeAnswers()
        self._processes = processes
        self._costs = costs or NoCosts()
        self._git = git or GitStates()
        self._problems = Problems()
        self._observer = Observer(self._problems, clis)
        self._recent = RecentSessions()
        self._process_finder = ProcessFinder(clis)

    def look(self, now: datetime, known: LookContext = LookContext()) -> SessionsLook:  # noqa: B008 - frozen
        """Never raises for what a provider, a session or the ledger does: that is a sentence in `problems`."""
        self._problems.begin()
        try:
            table = self._processes.look()
        except OSError as error:
            self._problems.no_processes(error)
            return SessionsLook(at=now, problems=tuple(self._problems.sentences))
        found = self._find(table, now)
        self._observer.begin(table, known.hooks, now)
        current = self._recent.with_ended(found.candidates, now, found.unknown)
        observed = [each for each in families(current, self._observer.observe) if not _is_over(each, now)]
        self._observer.end(is_only=known.is_only)
        processes = self._processes_of(observed, found, table)
        figures = self._figures(observed, known.accounts, now)
        git = self._git_of(observed)
        sessions = [
            session
            for each in observed
            if (session := self._composed(each, processes, figures, git, table, known, now)) is not None
        ]
        return SessionsLook(
            at=now,
            sessions=in_order(sessions),
            mcp_servers=processes.servers,
            orphans=processes.orphans,
            counted_at=self._costs.counted_at,
            problems=tuple(self._problems.sentences),
            logs=tuple(str(each.found.log) for each in observed if each.found.log and each.found.is_running),
            next_look=_SOON if any(each.status.look_again for each in sessions) else None,
        )

    def _find(self, table: ProcessTable, now: datetime) -> _Found:
        found = _Found()
        looked_at = self._homes()
        silent = self._answers.silent(looked_at)
        for provider, homes in looked_at:
            finder = provider.sessions
            if finder is None:
                continue
            by_path = {home.path: home for home in homes if home.path not in silent}
            for home in homes:
                if home.path in silent:
                    found.unknown.add(home.path)
                    if self._answers.hangs(home.path):
                        self._problems.home_hangs(home)
            try:
                own = finder.find([*by_path], table, now)
                found.candidates += [
                    Candidate(provider=provider, finder=finder, home=by_path[each.home], found=each)
                    for each in own.sessions
                ]
            except Exception as error:  # noqa: BLE001 - it must not cost the sessions of the others
                self._problems.provider_failed(provider, error)
                found.unknown.add(provider.id)
                continue
            found.servers += [(provider.id, each) for each in own.servers]
            found.agents |= own.agents
        return found

    def _composed(
        self,
        one: ObservedSession,
        processes: SessionProcesses,
        figures: Mapping[SessionKey, SessionFigures],
        git: Mapping[str, GitState | None],
        table: ProcessTable,
        known: LookContext,
        now: datetime,
    ) -> LiveSession | None:
        pid, key = one.found.pid, one.candidate.key
        try:
            extras = Extras(
                rss=None if pid is None else table.memory(pid),
                children=processes.children.get(key, SessionChildren()),
                git=git.get(one.cwd or ""),
                figures=figures.get(key),
                account=known.accounts.get(key.home, HomeAccount()),
            )
            return composed(one, extras, now, with_title=known.with_titles)
        except Exception as error:  # noqa: BLE001 - it must not cost the other sessions
            self._problems.session_failed(one.candidate, error)
            return None

    def _processes_of(
        self, observed: Sequence[ObservedSession], found: _Found, table: ProcessTable
    ) -> SessionProcesses:
        try:
            return self._process_finder.find(observed, found.agents, found.servers, found.unknown, table)
        except Exception as error:  # noqa: BLE001 - it must not cost the sessions
            self._problems.processes_failed(error)
            return SessionProcesses()

    def _git_of(self, observed: Iterable[ObservedSession]) -> Mapping[str, GitState | None]:
        """By folder."""
        happened: dict[str, tuple[object, ...]] = {}
        for each in observed:
            folder = each.cwd
            if folder is not None:
                happened[folder] = *happened.get(folder, ()), each.last_at
        try:
            return self._git.look(happened)
        except Exception as error:  # noqa: BLE001 - it must not cost the sessions
            self._problems.git_failed(error)
            return {}

    def _figures(
        self, observed: Iterable[ObservedSession], accounts: Accounts, now: datetime
    ) -> Mapping[SessionKey, SessionFigures]:
        asked = [each for one in observed if (each := question(one, accounts)) is not None]
        if not asked:
            return {}
        try:
            return self._costs.figures(asked, now)
        except LedgerError as error:
            self._problems.add(str(error))
        except Exception as error:  # noqa: BLE001 - it must not cost the sessions
            self._problems.figures_failed(error)
        return {}


def _is_over(one: ObservedSession, now: datetime) -> bool:
    """Whether it ended so long ago, or at a time so unknown, that nobody wants to see it."""
    if one.found.is_running is not False:
        return False
    return one.status.since is None or now - one.status.since >= RECENT
