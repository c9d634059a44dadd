"""What the providers' servers counted of sessions and days, beside what is counted here.

A server is asked for it only where the person wishes so, by their login in one of the homes of an account. What it
answered before is shown in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial

from msgspec import Struct

from providers.domain.audit import AuditRow, CountedUse, audited
from providers.domain.errors import ProviderError
from providers.domain.limits import Identity
from providers.domain.server_audit import (
    CountedThread,
    reported_day,
    reported_session,
    worth_asking,
)
from providers.host.file_lock import LockHeld
from providers.host.holder import WaitListener
from providers.host.storage import cannot_write
from providers.ledger.audit_accounts import AccountsUse, first_heard
from providers.polling.account_store import AccountStore
from providers.polling.homes import DEFAULT_SETTINGS
from providers.polling.server_counts import ServerCounts, ServerCountStore
from providers.source import Home, Provider, Question, ServerCounter, account_key
from tray.engine.costs import Costs
from tray.engine.scope import Scope

Within = Callable[[CountedUse], bool]


class ServerAsk(Struct, frozen=True):
    """How many sessions of each account the server may be asked for, and who hears of problems and of waiting."""

    most: int
    tell: WaitListener


class _Account(Struct, frozen=True):
    """An account in its first home that can be asked, with what is counted of it."""

    provider: Provider
    home: Home
    identity: Identity
    key: str
    threads: dict[str, CountedThread]
    days: dict[date, CountedUse]


class ServerAudit:
    """Rows of one provider; `within` says which sessions are wanted."""

    def __init__(self, scope: Scope, costs: Costs, ask: ServerAsk | None, within: Within) -> None:
        self._scope = scope
        self._costs = costs
        self._ask = ask
        self._within = within
        self._store = ServerCountStore(scope.folders.state, ask.tell if ask else None)

    def rows(self, provider: Provider) -> list[AuditRow]:
        """Raises LedgerError."""
        counter = provider.server_counter
        homes = [home.path for home in self._scope.log_homes_of(provider)]
        counted = None if counter is None else self._costs.ledger.accounts_use(provider.id, homes)
        if counter is None or counted is None:
            return []
        now = self._scope.clock()
        accounts = self._accounts(provider, counted, now)
        known = {each.key: self._known(counter, each, now) for each in accounts}
        return [
            *(row for each in accounts for row in self._thread_rows(counter, each, known[each.key])),
            *(row for each in accounts for row in self._day_rows(counter, each, known[each.key])),
        ]

    def _accounts(self, provider: Provider, counted: AccountsUse, now: datetime) -> list[_Account]:
        logins = [(home, provider.read_login(home, now)) for home in self._scope.homes_of(provider)]
        keys = {
            str(home.path): account_key(home, login.identity)
            for home, login in logins
            if login.identity is not None
        }
        found: dict[str, _Account] = {}
        for home, login in logins:
            if login.identity is None:
                self._tell(provider, login.error)
                continue
            key = keys[str(home.path)]
            if key in found:
                continue
            threads = {
                name: thread
                for name, thread in counted.threads.items()
                if (thread.account or keys.get(thread.home)) == key and self._within(thread.use)
            }
            found[key] = _Account(provider, home, login.identity, key, threads, counted.days_of(key))
        return list(found.values())

    def _known(self, counter: ServerCounter, account: _Account, now: datetime) -> ServerCounts:
        """What the server is known to have counted, after it was asked."""
        ask = self._ask
        if ask is None:
            return self._with_readings(account, self._store.read(account.key, now), now)
        try:
            with self._store.asking(account.key):
                counts = self._asked(counter, account, self._store.read(account.key, now), now, ask)
                self._save(account.key, counts, ask)
                return counts
        except LockHeld as error:
            ask.tell(f"{account.provider.title}: {error}")
            return self._store.read(account.key, now)
        except OSError as error:
            ask.tell(cannot_write(self._scope.folders.state, error))
            return self._asked(counter, account, self._store.read(account.key, now), now, ask)

    def _save(self, account: str, counts: ServerCounts, ask: ServerAsk) -> None:
        try:
            self._store.save(account, counts)
        except OSError as error:
            ask.tell(cannot_write(self._scope.folders.state, error))

    def _with_readings(self, account: _Account, counts: ServerCounts, now: datetime) -> ServerCounts:
        """With the days that came with limits."""
        for reading in AccountStore(self._scope.folders.state).account(account.key, now).readings:
            counts = counts.with_days(reading.tokens, reading.fetched_at)
        return counts

    def _asked(
        self, counter: ServerCounter, account: _Account, known: ServerCounts, now: datetime, ask: ServerAsk
    ) -> ServerCounts:
        known = self._with_readings(account, known, now)
        own = self._scope.settings().providers.get(account.provider.id, DEFAULT_SETTINGS)
        question = Question(
            home=account.home,
            identity=account.identity,
            account_since=now,
            now=now,
            program=own.program,
            user_initiated=True,
        )
        wanted = worth_asking(account.threads, known.sessions, now, ask.most)
        answer = counter.count(question, wanted)
        self._tell(account.provider, answer.error)
        return known.with_answer(answer, account.threads, now)

    def _tell(self, provider: Provider, error: ProviderError | None) -> None:
        if self._ask is not None and error is not None:
            self._ask.tell(f"{provider.title}: {error.message} {error.remedy}")

    def _thread_rows(self, counter: ServerCounter, account: _Account, known: ServerCounts) -> list[AuditRow]:
        reported = {
            name: reported_session(thread, known.sessions[name], counter.sessions_by)
            for name, thread in account.threads.items()
            if name in known.sessions and known.sessions[name].is_of(thread.use)
        }
        counted = {name: thread.use for name, thread in account.threads.items()}
        return audited(account.provider.id, "thread", counted, reported, account.key)

    def _day_rows(self, counter: ServerCounter, account: _Account, known: ServerCounts) -> list[AuditRow]:
        if not known.days:
            return []
        began = self._costs.ledger.read(partial(first_heard, account=account.key), None)
        reported = {
            day.isoformat(): reported_day(day, each, _tokens(account.days, day), began, counter.days_by)
            for day, each in sorted(known.days.items(), reverse=True)
        }
        counted = {day.isoformat(): use for day, use in account.days.items()}
        return audited(account.provider.id, "day", counted, reported, account.key)


def _tokens(days: Mapping[date, CountedUse], day: date) -> int:
    return days[day].whole.tokens if day in days else 0
