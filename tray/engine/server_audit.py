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
    newest_first,
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
    """An account in its first home, or in the first whose login has no `error`."""

    provider: Provider
    home: Home
    identity: Identity
    key: str
    error: ProviderError | None = None


class _Counted(Struct, frozen=True):
    """What our ledger has of an account: the wanted sessions, and all days (UTC)."""

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
        """Of threads, the newest first, then of days. Raises LedgerError."""
        if provider.make_server_counter is None:
            return []
        now = self._scope.clock()
        accounts, signed_in = self._accounts(provider, now)
        known = {
            each.key: self._with_readings(each, self._store.read(each.key, now), now) for each in accounts
        }
        if self._ask is None and not any(each.sessions or each.days for each in known.values()):
            return []
        homes = [home.path for home in self._scope.log_homes_of(provider)]
        use = self._costs.ledger.accounts_use(provider.id, homes)
        counter = provider.server_counter  # which takes time to import
        if use is None or counter is None:
            return []
        threads, days = list[AuditRow](), list[AuditRow]()
        for each in accounts:
            counted = self._counted(each, use, signed_in)
            counts = known[each.key]
            if self._ask is not None:
                counts = self._after_asking(counter, each, counted.threads, now, self._ask)
            threads += _thread_rows(counter, each, counted, counts)
            began = self._costs.ledger.read(partial(first_heard, account=each.key), None)
            days += _day_rows(counter, each, counted, counts, began)
        return threads + days

    def _accounts(self, provider: Provider, now: datetime) -> tuple[list[_Account], dict[str, str]]:
        """Those that are signed in, and which of them is in which home, by its path."""
        found: dict[str, _Account] = {}
        signed_in: dict[str, str] = {}
        for home in self._scope.homes_of(provider):
            login = provider.read_login(home, now)
            if login.identity is None:
                self._tell(provider, login.error)
                continue
            key = account_key(home, login.identity)
            signed_in[str(home.path)] = key
            if key not in found or (found[key].error and not login.error):
                found[key] = _Account(provider, home, login.identity, key, login.error)
        return list(found.values()), signed_in

    def _counted(self, account: _Account, use: AccountsUse, signed_in: Mapping[str, str]) -> _Counted:
        """Sessions that are nobody's by their logs are of who is signed in to their home."""
        threads = {
            name: thread
            for name, thread in use.threads.items()
            if (thread.account or signed_in.get(thread.home)) == account.key and self._within(thread.use)
        }
        return _Counted(threads, use.days_of(account.key))

    def _after_asking(
        self,
        counter: ServerCounter,
        account: _Account,
        threads: Mapping[str, CountedThread],
        now: datetime,
        ask: ServerAsk,
    ) -> ServerCounts:
        """What the server is known to have counted, after it was asked."""
        try:
            with self._store.asking(account.key):
                counts = self._asked(counter, account, threads, now, ask)
                self._save(account.key, counts, ask)
                return counts
        except LockHeld as error:
            ask.tell(f"{account.provider.title}: {error}")
            return self._with_readings(account, self._store.read(account.key, now), now)
        except OSError as error:
            ask.tell(cannot_write(self._scope.folders.state, error))
            return self._asked(counter, account, threads, now, ask)

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
        self,
        counter: ServerCounter,
        account: _Account,
        threads: Mapping[str, CountedThread],
        now: datetime,
        ask: ServerAsk,
    ) -> ServerCounts:
        known = self._with_readings(account, self._store.read(account.key, now), now)
        own = self._scope.settings().providers.get(account.provider.id, DEFAULT_SETTINGS)
        question = Question(
            home=account.home,
            identity=account.identity,
            account_since=now,
            now=now,
            program=own.program,
            user_initiated=True,
        )
        answer = counter.count(question, worth_asking(threads, known.sessions, now, ask.most))
        self._tell(account.provider, answer.error)
        return known.with_answer(answer, threads, self._scope.clock())

    def _tell(self, provider: Provider, error: ProviderError | None) -> None:
        if self._ask is not None and error is not None:
            self._ask.tell(f"{provider.title}: {error.message} {error.remedy}")


def _thread_rows(
    counter: ServerCounter, account: _Account, counted: _Counted, known: ServerCounts
) -> list[AuditRow]:
    """Of those that have not grown since the server was asked."""
    reported = {
        name: reported_session(thread, known.sessions[name], counter.sessions_by)
        for name, thread in newest_first(counted.threads)
        if name in known.sessions and known.sessions[name].is_of(thread.use)
    }
    use = {name: thread.use for name, thread in counted.threads.items()}
    return audited(account.provider.id, "thread", use, reported, account.key)


def _day_rows(
    counter: ServerCounter, account: _Account, counted: _Counted, known: ServerCounts, began: datetime | None
) -> list[AuditRow]:
    """The newest first."""
    reported = {
        day.isoformat(): reported_day(day, each, _tokens(counted.days, day), began, counter.days_by)
        for day, each in sorted(known.days.items(), reverse=True)
    }
    use = {day.isoformat(): each for day, each in counted.days.items()}
    return audited(account.provider.id, "day", use, reported, account.key)


def _tokens(days: Mapping[date, CountedUse], day: date) -> int:
    return days[day].whole.tokens if day in days else 0
