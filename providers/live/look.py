"""All live sessions at one moment: from the processes, by the providers' finders and the ends of their logs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from providers.domain.live import LiveSession, McpServer, SessionsLook
from providers.domain.processes import Processes, ProcessTable
from providers.domain.session_figures import SessionFigures, SessionKey
from providers.ledger.database import LedgerError
from providers.live.compose import Accounts, Extras, HomeAccount, composed, in_order, question
from providers.live.costs import NoCosts, SessionCosts
from providers.live.observed import Candidate, ObservedSession, families
from providers.live.observer import HookRecords, Observer
from providers.live.problems import Problems
from providers.live.recent import SHOWN_FOR, RecentSessions
from providers.source import Home, Provider

_SOON = timedelta(seconds=2)

LookedAt = Sequence[tuple[Provider, Sequence[Home]]]
"""The providers that the person uses, with all their homes."""


class LookContext(Struct, frozen=True, kw_only=True):
    """What the rest of the project knows: what hooks recorded, who is signed in where, and whether the person
    wants to see titles.
    """

    hooks: HookRecords = {}
    accounts: Accounts = {}
    with_titles: bool = False


class SessionLook:
    """Remembers what it read, so that the next look only reads what is new. For one thread at a time."""

    def __init__(
        self, homes: Callable[[], LookedAt], processes: Processes, costs: SessionCosts | None = None
    ) -> None:
        self._homes = homes
        self._processes = processes
        self._costs = costs or NoCosts()
        self._problems = Problems()
        self._observer = Observer(self._problems)
        self._recent = RecentSessions()

    def look(self, now: datetime, known: LookContext = LookContext()) -> SessionsLook:  # noqa: B008 - frozen
        """Never raises for what a provider, a session or the ledger does: that is a sentence in `problems`."""
        self._problems.begin()
        table = self._processes.look()
        candidates, servers, unknown = self._find(table, now)
        self._observer.begin(table, known.hooks, now)
        current = self._recent.with_ended(candidates, now, unknown)
        observed = [each for each in families(current, self._observer.observe) if not _is_over(each, now)]
        self._observer.end()
        figures = self._figures(observed, known.accounts, now)
        sessions = [self._composed(each, table, known, figures, now) for each in observed]
        return SessionsLook(
            at=now,
            sessions=in_order(sessions),
            mcp_servers=tuple(servers),
            counted_at=self._costs.counted_at,
            problems=tuple(self._problems.sentences),
            next_look=_SOON if any(each.status.look_again for each in sessions) else None,
        )

    def _find(
        self, table: ProcessTable, now: datetime
    ) -> tuple[list[Candidate], list[McpServer], frozenset[str]]:
        """The sessions, the servers, and the providers of which nothing was found out."""
        candidates: list[Candidate] = []
        servers: list[McpServer] = []
        unknown: list[str] = []
        for provider, homes in self._homes():
            if provider.sessions is None:
                continue
            by_path = {home.path: home for home in homes}
            try:
                found = provider.sessions.find([*by_path], table, now)
            except Exception as error:  # noqa: BLE001 - it must not cost the sessions of the others
                self._problems.provider_failed(provider, error)
                unknown.append(provider.id)
                continue
            candidates += [
                Candidate(provider=provider, finder=provider.sessions, home=by_path[each.home], found=each)
                for each in found.sessions
            ]
            servers += [
                McpServer(pid=each.pid, name=each.name, provider=provider.id) for each in found.servers
            ]
        return candidates, servers, frozenset(unknown)

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

    def _composed(
        self,
        one: ObservedSession,
        table: ProcessTable,
        known: LookContext,
        figures: Mapping[SessionKey, SessionFigures],
        now: datetime,
    ) -> LiveSession:
        pid = one.found.pid
        extras = Extras(
            rss=None if pid is None else table.memory(pid),
            figures=figures.get(one.candidate.key),
            account=known.accounts.get(one.candidate.home.path, HomeAccount()),
        )
        return composed(one, extras, now, with_title=known.with_titles)


def _is_over(one: ObservedSession, now: datetime) -> bool:
    """Whether it ended so long ago, or at a time so unknown, that nobody wants to see it."""
    if one.found.is_running is not False:
        return False
    return one.status.since is None or now - one.status.since >= SHOWN_FOR
