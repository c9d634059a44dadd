"""What the engine does beside its own thread: each task may wait, and puts what came of it as events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from providers.ledger.database import LedgerError
from providers.polling.poll import Mode
from providers.polling.targets import Target
from providers.source import Provider
from tray.engine import counting, inbox, transitions
from tray.engine.account_reader import AccountReader
from tray.engine.costs import Costs
from tray.engine.incidents import StatusPages
from tray.engine.scope import Scope
from tray.engine.settings import Settings
from tray.engine.settings_writer import set_text


class Tasks:
    def __init__(
        self,
        scope: Scope,
        reader: AccountReader,
        costs: Costs,
        pages: StatusPages,
        put: Callable[[object], None],
    ) -> None:
        self._scope = scope
        self._reader = reader
        self._costs = costs
        self._pages = pages
        self._put = put

    def set(self, key: str, value: str) -> None:
        problem = set_text(self._scope.settings_file, self._scope.table, key, value)
        self._put(transitions.SettingSaved(problem))

    def survey(self, settings: Settings, known: Callable[[], Sequence[Target]]) -> None:
        """Who is signed in where; `known` are those that the engine knows by then."""
        targets = self._reader.targets(settings)
        keys = {target.key for target in known()}
        new = [target for target in targets if target.key not in keys]
        # All at once, so that nobody sees a part of them.
        self._put(inbox.Targets(targets, self._reader.read_all(new, settings)))

    def look(self, target: Target, settings: Settings) -> None:
        self._put(transitions.AccountRead(target.key, self._reader.read(target, settings)))

    def ask(self, target: Target, mode: Mode, settings: Settings) -> None:
        try:
            self._put(transitions.AccountRead(target.key, self._reader.ask(target, mode, settings)))
        finally:
            self._put(transitions.AskingEnded(target.key))

    def ask_for_pages(self, target: Target, settings: Settings) -> None:
        """Those of the account, after its limits."""
        if (usage := self._reader.ask_for_pages(target, settings)) is not None:
            self._put(transitions.AccountRead(target.key, usage))

    def read_pages(self, providers: Sequence[Provider], *, ask: bool) -> None:
        """`ask` is False where no request may be made: then what is too old to be true is dropped."""
        now = self._scope.clock()
        found = self._pages.read(providers, now) if ask else self._pages.known(providers, now)
        self._put(transitions.IncidentsRead(found))

    def read_costs(self) -> None:
        """What another process has counted, or the person has priced, since."""
        with suppress(LedgerError):
            costs = self._costs.by_home()
            self._put(transitions.CostsRead(costs, is_explained=bool(self._costs.explained)))

    def explained(self) -> None:
        """The person has seen what totals include."""
        self._costs.explained.first_time()
        self._put(transitions.Explained())

    def count(self) -> None:
        counting.count(self._costs, self._put)
