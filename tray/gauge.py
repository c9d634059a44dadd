"""The providers with this person's folders, clock and zone around them: what each command and the tray ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

from msgspec.structs import replace

from providers.ledger.pricing import load_rates
from providers.ledger.report import cost_report, scan_start
from providers.memory import Memory
from providers.models import CostReport, LogCount, UsageSnapshot
from providers.outside.paths import Folders
from providers.pipeline import Mode
from providers.registry import PROVIDERS
from providers.source import Home, Provider
from providers.usage import take_usage
from tray.store import CostStore, cost_key, home_cost

DAYS = 30


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

    def usage(self, mode: Mode, *, provider: str | None = None, source: str | None = None) -> UsageSnapshot:
        """Limits, credits and the last counted cost of every account; never waits for a count."""
        chosen = [each for each in self._providers if provider in (None, each.id)]
        snapshot = take_usage(chosen, self._environ, self._memory, self.clock, mode=mode, only_source=source)
        return self.with_costs(snapshot)

    def with_costs(self, snapshot: UsageSnapshot) -> UsageSnapshot:
        """The same snapshot with what is counted by now."""
        today = self._today()
        accounts = tuple(
            replace(account, cost=self._costs.summary(account.provider, account.homes, today))
            for account in snapshot.accounts
        )
        return replace(snapshot, accounts=accounts)

    def count(self) -> None:
        """Count the last 30 days of all logs and keep the figures; raises OSError when they cannot be kept."""
        today = self._today()
        since = today - timedelta(days=DAYS - 1)
        costs = {}
        for provider in self._providers:
            homes = provider.find_homes(self._environ)
            count = provider.count(homes, scan_start(since, self.zone, self.clock()))
            for home in homes:
                own = tuple(response for response in count.responses if response.home == home.path)
                files = {home.path: count.files_by_home.get(home.path, 0)}
                alone = LogCount(responses=own, files_by_home=files)
                report = self._report(alone, (home,), since, today, self.zone)
                costs[cost_key(provider.id, home.label)] = home_cost(report, today)
        self._costs.keep(costs)

    def cost(
        self, since: date, until: date, zone: tzinfo, *, provider: str | None = None
    ) -> dict[str, CostReport]:
        """Tokens and cost of the local days `since`..`until` in `zone`, by provider; waits for the count."""
        reports = {}
        for each in self._providers:
            if provider in (None, each.id):
                homes = each.find_homes(self._environ)
                count = each.count(homes, scan_start(since, zone, self.clock()))
                reports[each.id] = self._report(count, homes, since, until, zone)
        return reports

    def homes(self, provider: str | None = None) -> tuple[Home, ...]:
        chosen = [each for each in self._providers if provider in (None, each.id)]
        return tuple(home for each in chosen for home in each.find_homes(self._environ))

    def provider_ids(self) -> tuple[str, ...]:
        return tuple(provider.id for provider in self._providers)

    def source_ids(self) -> tuple[str, ...]:
        return tuple(source.id for provider in self._providers for source in provider.sources)

    def _report(
        self, count: LogCount, homes: Sequence[Home], since: date, until: date, zone: tzinfo
    ) -> CostReport:
        return cost_report(
            count,
            {home.path: home.label for home in homes},
            load_rates(),
            since=since,
            until=until,
            zone=zone,
            now=self.clock(),
        )

    def _today(self) -> date:
        return self.clock().astimezone(self.zone).date()
