"""The providers with this person's folders, clock and zone around them: what each command and the tray ask."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path

from msgspec.structs import replace

from providers.domain.cost import CostReport
from providers.domain.limits import EarlyReset, UsageSnapshot
from providers.host.files import Folders
from providers.ledger.database import LedgerSetAside, LedgerTrouble
from providers.ledger.ledger import Ledger
from providers.ledger.prices.pricing import Rates, load_rates
from providers.ledger.refresh import Progress, Shelf
from providers.ledger.report import span
from providers.polling.account_store import Memory
from providers.polling.accounts import homes_of, take_usage
from providers.polling.poll import Mode
from providers.registry import PROVIDERS
from providers.source import Home, Provider, ProviderSettings
from tray.engine.settings import Settings, SettingsFile
from tray.engine.state import TOLD_FOR
from tray.engine.store import NOTHING, CostStore, HomeCost, cost_key

DAYS = 30

Tell = Callable[[float], None]
"""Told the share of a scan that is done, 0..1."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Gauge:
    """Safe to be asked from several threads, and from several processes on the same folders."""

    def __init__(
        self,
        environ: Mapping[str, str],
        folders: Folders,
        zone: tzinfo,
        *,
        providers: Sequence[Provider] = PROVIDERS,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.folders = folders
        self.zone = zone
        self.clock = clock
        self._environ = environ
        self._providers = providers
        self._memory = Memory(folders.state)
        self._costs = CostStore(folders.cache)
        self._ledger = Ledger(folders.state / "ledger.sqlite3")
        sources = {each.id: each.source_ids for each in providers}
        self._settings = SettingsFile(folders.settings / "settings.toml", sources)

    def usage(self, mode: Mode, *, provider: str | None = None, source: str | None = None) -> UsageSnapshot:
        """Limits, credits and the last counted cost of every account; never waits for a count."""
        snapshot = take_usage(
            [each for each in self._chosen(provider) if each.source_ids],
            self._environ,
            self._memory,
            self.clock,
            mode=mode,
            only_source=source,
            settings=self.settings().providers,
        )
        if mode != "cached":
            self._note(snapshot)
        return self.with_costs(self._with_early_resets(snapshot))

    def settings(self) -> Settings:
        """What the person set, as it stands in their file now."""
        return self._settings.current()

    def with_costs(self, snapshot: UsageSnapshot) -> UsageSnapshot:
        """The same snapshot with what is counted by now."""
        today = self._today()
        accounts = tuple(
            replace(account, cost=self._costs.summary(account.provider, account.homes, today))
            for account in snapshot.accounts
        )
        return replace(snapshot, accounts=accounts)

    def count(self, tell: Tell | None = None) -> None:
        """Bring the ledger up to date and keep the figures of the last 30 days, of unfinished scans as well.

        Raises LedgerTrouble, also after a count that had to begin anew; OSError when the figures cannot be kept.
        """

        def half_way(share: float) -> None:
            with suppress(OSError):  # told at the end
                self._keep_costs(chosen, complete=False)
            if tell is not None:
                tell(share)

        chosen = self._chosen()
        unreadable, aside = self._refresh(chosen, half_way, self._usual_start())
        self._keep_costs(chosen, complete=not unreadable)
        if aside is not None:
            raise aside

    def cost(
        self,
        since: date,
        until: date,
        zone: tzinfo,
        *,
        provider: str | None = None,
        tell: Tell | None = None,
    ) -> tuple[dict[str, CostReport], LedgerSetAside | None]:
        """Tokens and cost of the local days `since`..`until` in `zone`, by provider; waits for the whole scan.

        Of several providers those that were never used here are left out. Beside the reports: what had to be set
        aside for them. Raises LedgerTrouble.
        """
        chosen = self._chosen(provider)
        start, _ = span(since, until, zone, self.clock())
        unreadable, aside = self._refresh(chosen, tell, min(start, self._usual_start()))
        reports = {
            each.id: replace(
                self._report(each, self._homes(each), since, until, zone),
                unreadable_files=unreadable.get(each.id, ()),
            )
            for each in chosen
        }
        usual = (since, until, zone) == (self._month_ago(), self._today(), self.zone)
        with suppress(OSError):  # the other faces show what they had
            self._keep_costs(chosen, complete=not unreadable, months=reports if usual else {})
        used = {name: report for name, report in reports.items() if report.files or report.totals.responses}
        there = {home.provider for home in self.homes(provider) if home.path.is_dir()}
        return used or {name: report for name, report in reports.items() if name in there}, aside

    def rates(self) -> Rates:
        """The prices that came with this version, under the person's own."""
        return load_rates(self.folders.settings / "prices.toml")

    def homes(self, provider: str | None = None) -> tuple[Home, ...]:
        return tuple(home for each in self._chosen(provider) for home in self._homes(each))

    def provider_ids(self) -> tuple[str, ...]:
        return tuple(provider.id for provider in self._providers)

    def source_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(ident for provider in self._providers for ident in provider.source_ids))

    def is_off(self, provider: str) -> bool:
        """Whether the person switched this provider off."""
        return not self._set(provider).enabled

    def _set(self, provider: str) -> ProviderSettings:
        return self.settings().providers.get(provider, ProviderSettings())

    def _chosen(self, provider: str | None = None) -> list[Provider]:
        return [each for each in self._providers if provider in (None, each.id) and not self.is_off(each.id)]

    def _homes(self, provider: Provider) -> tuple[Home, ...]:
        return homes_of(provider, self._environ, self._set(provider.id))

    def _with_early_resets(self, snapshot: UsageSnapshot) -> UsageSnapshot:
        known = [account.account.id for account in snapshot.accounts if account.account]
        early: dict[str, tuple[EarlyReset, ...]] = {}
        with suppress(LedgerTrouble):  # told when logs are counted
            early = self._ledger.early_resets(known, self.clock() - TOLD_FOR)
        accounts = tuple(
            replace(account, early_resets=early.get(account.account.id, ()) if account.account else ())
            for account in snapshot.accounts
        )
        return replace(snapshot, accounts=accounts)

    def _note(self, snapshot: UsageSnapshot) -> None:
        with suppress(LedgerTrouble):  # told when logs are counted; the limits are no worse for it
            self._ledger.note_limits(
                {account.account.id: account.windows for account in snapshot.accounts if account.account}
            )

    def _refresh(
        self, providers: Sequence[Provider], tell: Tell | None, since: datetime
    ) -> tuple[dict[str, tuple[str, ...]], LedgerSetAside | None]:
        """The logs that could not be read to their end, by provider; and whether it had to begin anew."""
        shelves = [
            Shelf(provider=each.id, home=home.path, format=each.logs)
            for each in providers
            for home in self._homes(each)
        ]

        def told(progress: Progress) -> None:
            if tell is not None:
                tell(progress.done / progress.total if progress.total else 1.0)

        try:
            return self._ledger.refresh(shelves, self.rates(), told, since=since), None
        except LedgerSetAside as aside:
            return self._ledger.refresh(shelves, self.rates(), told, since=since), aside

    def _keep_costs(
        self, providers: Sequence[Provider], *, complete: bool, months: Mapping[str, CostReport] = {}
    ) -> None:
        """Of all homes together, so that what stands in two of them counts in the first alone.

        `months` are reports of the last 30 days that were made already, by provider.
        """
        today = self._today()
        costs = {}
        for provider in providers:
            homes = self._homes(provider)
            counted = self._state_of(homes)
            if complete and self._costs.has(
                (cost_key(provider.id, home.label) for home in homes), counted, today
            ):
                continue
            month = months.get(provider.id) or self._report(
                provider, homes, self._month_ago(), today, self.zone
            )
            day = self._report(provider, homes, today, today, self.zone)
            for home in homes:
                costs[cost_key(provider.id, home.label)] = HomeCost(
                    day=today,
                    counted=counted,
                    today=day.by_home.get(home.label, NOTHING),
                    days_30=month.by_home.get(home.label, NOTHING),
                    priced=month.priced,
                    files=month.files_by_home.get(home.label, 0),
                    complete=complete,
                )
        if costs:
            self._costs.keep(costs)

    def _state_of(self, homes: Sequence[Home]) -> str:
        """Of all that the figures of these homes are made of: logs, prices, zone, and which homes they are."""
        parts = (
            self._ledger.generation(),
            self.rates().fingerprint,
            self.zone,
            *(home.path for home in homes),
        )
        return hashlib.sha256("\0".join(map(str, parts)).encode(errors="replace")).hexdigest()[:16]

    def _report(
        self, provider: Provider, homes: Sequence[Home], since: date, until: date, zone: tzinfo
    ) -> CostReport:
        labels: dict[Path, str] = {home.path: home.label for home in homes}
        return self._ledger.report(provider.id, labels, since=since, until=until, zone=zone, now=self.clock())

    def _usual_start(self) -> datetime:
        """Of the report that is always at hand, of the last 30 days."""
        start, _ = span(self._month_ago(), self._today(), self.zone, self.clock())
        return start

    def _month_ago(self) -> date:
        return self._today() - timedelta(days=DAYS - 1)

    def _today(self) -> date:
        return self.clock().astimezone(self.zone).date()
