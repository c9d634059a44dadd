"""Costs from local logs: the ledger, used with the user's homes, prices and time zone."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from providers.domain.cost import DEFAULT_DETAIL, CostReport, Counter, Detail
from providers.host.faults import log_fault, logger_of
from providers.host.files import stamp
from providers.host.holder import WaitListener
from providers.ledger.changes import Shelf
from providers.ledger.database import LedgerBusy, LedgerError, LedgerQuarantined
from providers.ledger.discover import FoundLogs
from providers.ledger.ledger import Ledger
from providers.ledger.quarantine import is_marked
from providers.ledger.refresh import ScanProgress
from providers.ledger.scan_lock import Patience
from providers.ledger.spans import span
from providers.source import Home, Provider
from tray.engine.cost_faults import ProviderFailed, failed, found_logs, retry_after_damage
from tray.engine.explained import Explanation
from tray.engine.scope import Scope

if TYPE_CHECKING:
    from providers.ledger.elsewhere import OtherMachines
    from tray.engine.count_child import CountChild  # a subprocess, which few need
    from tray.engine.home_costs import HomeCosts
    from tray.engine.state import HomeCost

DAYS = 30
_MANY_LOGS = 200
_MANY_BYTES = 64 << 20

Unreadable = dict[str, tuple[str, ...]]
"""Logs that could not be read completely, by provider."""


def as_counted(
    costs: Mapping[str, HomeCost], up_to_date: Callable[[str], bool] = lambda _home: True
) -> dict[str, HomeCost]:
    """With what that says of a home's id."""
    return {home: replace(cost, up_to_date=up_to_date(home)) for home, cost in costs.items()}


class Costs:
    """Safe to use from several threads, and from several processes on the same folders.

    A `child`, if given, runs the counts that have to read many logs.
    """

    def __init__(
        self, scope: Scope, child: CountChild | None = None, *, patience: Patience | None = None
    ) -> None:
        self._scope = scope
        self._child = child
        self._patience = patience
        self.ledger = Ledger(scope.folders.state / "ledger.sqlite3")
        self.explained = Explanation(scope.folders.state)
        """Whether the person knows of what is on no line of a log."""
        self._counted: object = None
        self.incomplete_logs: Unreadable = {}
        """Of the last count of this process."""
        self._has_counted = False
        """Whether a count has come to its end, be it that some logs could not be read."""
        self.counted_at: datetime | None = None
        """When the newest count of this process began that has come to its end."""

    @cached_property
    def _home_costs(self) -> HomeCosts:
        from tray.engine.home_costs import HomeCosts  # a report needs none of it

        return HomeCosts(self._scope, self.ledger, self.files, self._recount)

    def count(
        self, progress: Callable[[float], None] | None = None, waiting: WaitListener | None = None
    ) -> None:
        """Bring the ledger up to date, old logs too: what counters get later would look like the use of that day.

        `progress` gets the share that is done, 0-1, `waiting` for whom it waits.

        Raises LedgerError, also after a count that had to start over. Where no log has changed since the last
        count that went well, the ledger is not even opened: each time would write to the disk.
        """
        chosen, began = self._scope.chosen(), self._scope.clock()
        found = [(shelf, *found_logs(shelf)) for shelf in self._scope.shelves(chosen)]
        logs = self._depends_on(found)
        if logs is not None and not is_marked(self.files[0]) and (logs, self._file_number()) == self._counted:
            self._has_counted, self.counted_at = True, began
            return
        self._counted = None
        if self._child is not None and self.ledger.is_kept and self._is_large([each[1] for each in found]):
            self._child.run(progress or (lambda _share: None), waiting or (lambda _clause: None))
        self.incomplete_logs, quarantined = self._refresh(chosen, progress, None, waiting)
        self._has_counted, self.counted_at = True, began
        if quarantined is not None:
            raise quarantined
        if not self.incomplete_logs and all(self.ledger.is_complete(each.id) is not False for each in chosen):
            self._counted = logs, self._file_number()

    def count_all(
        self,
        provider: str | None = None,
        progress: Callable[[float], None] | None = None,
        waiting: WaitListener | None = None,
    ) -> LedgerError | None:
        """Count every log. Returns what a reader should know, as `report` does. Raises LedgerError."""
        try:
            _, problem = self._refresh(self._scope.chosen(provider), progress, None, waiting)
        except (LedgerBusy, ProviderFailed) as error:
            return error
        return problem

    def _recount(self) -> None:
        """The next count opens the ledger in any case."""
        self._counted = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that change whenever logs are counted."""
        path = self._scope.folders.state / "ledger.sqlite3"
        return path, path.with_name(f"{path.name}-wal")

    def close(self) -> None:
        """Stop a count that runs in the child."""
        if self._child is not None:
            self._child.close()

    def by_home(self) -> dict[str, HomeCost]:
        """The figures that faces show, as far as logs are counted, by the homes' ids. Raises LedgerError.

        Homes of a provider that was never counted are absent. Costs next to nothing for as long as nothing changes
        that the figures are made of. Before the first count of this process they are not up to date.
        """
        found = self._home_costs.newest()
        return found if self._has_counted else as_counted(found, lambda _home: False)

    def homes_read(self) -> frozenset[str]:
        """The ids of the homes whose logs have not changed since somebody counted them. Raises LedgerError."""
        return frozenset(
            home.id
            for provider in self._scope.chosen()
            for home, shelf in zip(
                self._scope.log_homes_of(provider), self._scope.shelves([provider]), strict=True
            )
            if self.ledger.all_read(shelf)
        )

    def counters(self) -> tuple[Counter, ...]:
        """All-time sums by provider, account and model; none while another process is writing them."""
        return self._home_costs.counters()

    @retry_after_damage
    def report(
        self,
        since: date,
        until: date,
        zone: tzinfo,
        *,
        provider: str | None = None,
        progress: Callable[[float], None] | None = None,
        waiting: WaitListener | None = None,
        detail: Detail = DEFAULT_DETAIL,
        others: OtherMachines | None = None,
    ) -> tuple[dict[str, CostReport], LedgerError | None]:
        """Tokens and cost of the local days `since`..`until` in `zone`, by provider; waits for the whole scan.
        With those that `others` counted in the time that `spans.span` says.

        Of several providers those that were never used here are left out. Beside the reports: what a reader should
        know of them, as that the ledger was quarantined, or that another process does not come to an end with its
        count: then they are what was counted last, and not `up_to_date`. Raises LedgerError.
        """
        chosen = self._scope.chosen(provider)
        start, end = span(since, until, zone, self._scope.clock(), detail)
        unreadable: Unreadable = {}
        problem: LedgerError | None
        try:
            unreadable, problem = self._refresh(chosen, progress, min(start, self._usual_start()), waiting)
        except (LedgerBusy, ProviderFailed) as error:
            problem = error
        reports: dict[str, CostReport] = {}
        if others is not None:
            homes = {each.id: [home.path for home in self._scope.log_homes_of(each)] for each in chosen}
            others.leave_out(self.ledger.responses(start, end, homes))
        for each in chosen:
            try:
                report = self._report(
                    each, self._scope.log_homes_of(each), since, until, zone, detail, others
                )
            except LedgerError:
                raise
            except Exception as error:  # noqa: BLE001 - it must not cost the figures of the others
                problem = failed(each, error)
                continue
            reports[each.id] = replace(
                report,
                unreadable_files=unreadable.get(each.id, ()),
                up_to_date=not isinstance(problem, LedgerBusy | ProviderFailed),
            )
        return self._without_unused(reports, provider), problem

    def _without_unused(self, reports: dict[str, CostReport], provider: str | None) -> dict[str, CostReport]:
        """Those of providers that were used here; if there are none, those that have a home."""
        used = {
            name: report
            for name, report in reports.items()
            if report.files or report.totals.responses or report.unreadable_files
        }
        existing = {home.provider for home in self._scope.homes(provider) if os.path.isdir(home.path)}
        return used or {name: report for name, report in reports.items() if name in existing}

    def _is_large(self, found: Sequence[FoundLogs]) -> bool:
        """Whether many of these logs, or very large ones, were never read. Not so of a damaged ledger: the person
        learns of its repair where it is counted.
        """
        try:
            held = self.ledger.logs_held()
        except LedgerError:
            return False
        count = sum(map(len, found))
        unread = count - held
        return unread > _MANY_LOGS or (
            unread == count and sum(sum(logs.sizes) for logs in found) > _MANY_BYTES
        )

    def _refresh(
        self,
        providers: Sequence[Provider],
        progress: Callable[[float], None] | None,
        since: datetime | None,
        waiting: WaitListener | None = None,
    ) -> tuple[Unreadable, LedgerQuarantined | None]:
        """The logs that could not be read completely, by provider; and the quarantined ledger, if any."""
        shelves, rates = self._scope.shelves(providers), self._scope.rates()

        def report(done: ScanProgress) -> None:
            if progress is not None:
                progress(done.done / done.total if done.total else 1.0)

        def count(some: list[Shelf]) -> Unreadable:
            return self.ledger.refresh(
                some, rates, report, since=since, patience=self._patience, waiting=waiting
            )

        try:
            return count(shelves), None
        except LedgerQuarantined as quarantined:
            return count(shelves), quarantined
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - the logs of one provider must not cost the figures of the others
            log_fault(logger_of(__name__), "could not count all logs at once", error)
        self._count_each(providers, lambda one: count([each for each in shelves if each.provider == one.id]))
        return {}, None

    def _count_each(self, providers: Sequence[Provider], count: Callable[[Provider], object]) -> None:
        """Raises ProviderFailed once all others are counted."""
        fault: ProviderFailed | None = None
        for each in providers:
            try:
                count(each)
            except LedgerError:
                raise
            except Exception as error:  # noqa: BLE001
                fault = failed(each, error)
        if fault is not None:
            raise fault

    def _depends_on(self, found: Sequence[tuple[Shelf, FoundLogs, Sequence[str]]]) -> object:
        """All that a count depends on beside the ledger; None where not all of it can be read. `found` are the
        logs of each shelf, and the unreadable paths.

        The hour is part of it: a ledger that others found damaged is opened, and repaired, within one.
        """
        hour = self._scope.clock().replace(minute=0, second=0, microsecond=0)
        if any(unreadable for _, _, unreadable in found):
            return None
        logs = [(shelf.provider, shelf.home, own) for shelf, own, _ in found]
        return hour, self._scope.today(), self._scope.rates().fingerprint, logs

    def _file_number(self) -> int | None:
        """Another where the ledger was replaced; None where it is gone."""
        found = stamp(str(self.files[0]))
        return found and found[2]

    def _report(
        self,
        provider: Provider,
        homes: Sequence[Home],
        since: date,
        until: date,
        zone: tzinfo,
        detail: Detail,
        others: OtherMachines | None,
    ) -> CostReport:
        labels = {home.path: home.label for home in homes}
        return self.ledger.report(
            provider.id,
            labels,
            since=since,
            until=until,
            zone=zone,
            now=self._scope.clock(),
            detail=detail,
            others=others,
        )

    def _usual_start(self) -> datetime:
        """Where the figures that are always available begin: 30 days ago."""
        start, _ = span(self._month_ago(), self._scope.today(), self._scope.zone, self._scope.clock())
        return start

    def _month_ago(self) -> date:
        return self._scope.today() - timedelta(days=DAYS - 1)
