"""Who is signed in where, and what is known of them: reads that may hang have a timeout."""

from __future__ import annotations

from datetime import datetime
from threading import Thread

from msgspec.structs import replace

from providers.domain.errors import TimedOut
from providers.domain.limits import AccountUsage
from providers.host.files import stamp
from providers.ledger.ledger import Ledger
from providers.polling.account_pages import ask_for_pages
from providers.polling.account_store import AccountStore
from providers.polling.accounts import ask_only, find_targets, known_of, look_at
from providers.polling.poll import Mode
from providers.polling.targets import Target
from providers.source import Home, Login, Provider
from tray.engine import history
from tray.engine.bounded import Bounded
from tray.engine.scope import Scope
from tray.engine.settings import Settings
from tray.engine.settings_table import WORK_DAYS

READ_SECONDS = 2.0


class AccountReader:
    """Thread-safe. A login or local source that hangs does not block the others."""

    def __init__(self, scope: Scope, memory: AccountStore, ledger: Ledger) -> None:
        self._scope = scope
        self._memory = memory
        self._ledger = ledger
        self._bounded = Bounded()
        self._providers = {each.id: self._patient(each) for each in scope.providers}

    def targets(self, settings: Settings) -> tuple[Target, ...]:
        """Who is signed in where, of the providers that are switched on."""
        chosen = self._scope.chosen(settings=settings)
        providers = [self._providers[each.id] for each in chosen if each.source_ids]
        now = self._scope.clock()
        return find_targets(providers, self._scope.environ, self._memory, now, settings=settings.providers)

    def read_all(self, targets: list[Target], settings: Settings) -> tuple[AccountUsage, ...]:
        """All in parallel, each as `read` does."""
        read: dict[str, AccountUsage] = {}

        def read_one(target: Target) -> None:
            read[target.key] = self.read(target, settings)

        threads = [Thread(target=read_one, args=(target,), name="look", daemon=True) for target in targets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return tuple(read.values())

    def read(self, target: Target, settings: Settings) -> AccountUsage:
        """The stored readings of the account and those of its local sources, except for sources that hang."""
        file = str(self._memory.file_of(target.key))
        while True:
            before = stamp(file)
            saved = known_of(target, self._memory, self._scope.clock)
            usage = self._bounded.run(
                f"look:{target.key}",
                READ_SECONDS,
                lambda: look_at(target, self._memory, self._scope.clock),
                otherwise=saved,
            )
            if stamp(file) == before:  # else an answer came meanwhile, and must not be undone
                return self._with_history(usage, settings)

    def ask(self, target: Target, mode: Mode, settings: Settings) -> AccountUsage:
        """What is known after its servers and programs were asked, as far as `mode` lets them be."""
        ask_only(target, self._memory, self._scope.clock, mode)
        return self.read(target, settings)

    def ask_for_pages(self, target: Target, settings: Settings) -> AccountUsage | None:
        """What is known after its account pages were asked for; None where none came."""
        if not ask_for_pages(target, self._memory, self._scope.clock):
            return None
        return self.read(target, settings)

    def _with_history(self, usage: AccountUsage, settings: Settings) -> AccountUsage:
        work_days = settings.get(WORK_DAYS)
        return history.note(self._ledger, usage, self._scope.clock(), self._scope.zone, work_days)

    def _patient(self, provider: Provider) -> Provider:
        """The same one, whose logins are waited for only so long: a keyring may be asking the person."""

        def read_login(home: Home, now: datetime) -> Login:
            late = Login(error=TimedOut("The login could not be read in time."))
            name = f"login:{home.id}"
            return self._bounded.run(
                name, READ_SECONDS, lambda: provider.read_login(home, now), otherwise=late
            )

        return replace(provider, read_login=read_login)
