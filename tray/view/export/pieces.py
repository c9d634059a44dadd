"""An export from the ledger to bytes: which rows, and who writes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, tzinfo
from itertools import chain
from typing import Literal

from msgspec import Struct

from providers.domain import project
from providers.ledger.ledger import Ledger
from providers.ledger.rows import LimitRow, Origin, Values
from providers.ledger.spans import day_span
from providers.ledger.windows import WindowRecord
from tray.engine import published
from tray.engine.salt import private_salt
from tray.engine.scope import Scope
from tray.engine.window_figures import KEPT
from tray.view.export import limits, openmetrics, responses, written
from tray.view.export.calendar import calendar
from tray.view.export.redact import Redaction
from tray.view.export.table import Table

What = Literal["responses", "days", "limits", "windows"]


class Wanted(Struct, frozen=True, kw_only=True):
    """What is exported: several things in one format that can hold them, of local days, both included.
    `machine` is the name of this one.
    """

    what: tuple[What, ...]
    format: Literal["csv", "jsonl", "prometheus", "ics"]
    zone: tzinfo
    since: date | None = None
    until: date | None = None
    provider: str | None = None
    redact: bool = False
    machine: str = ""


class Pieces:
    """Made from the ledger as it is counted by then."""

    def __init__(self, scope: Scope, ledger: Ledger, wanted: Wanted) -> None:
        self._scope = scope
        self._ledger = ledger
        self._wanted = wanted
        self._since, self._until = day_span(wanted.since, wanted.until, wanted.zone)
        names = ledger.names()
        owners, self._titles = _published(str(scope.folders.state))
        self._owners = {**names.accounts, **owners}
        self._hidden = Redaction(project.names(names.projects))
        if wanted.redact:
            salt = private_salt(scope.folders.state)
            self._hidden = Redaction(project.names(names.projects), salt, scope.rates().published)

    def made(self) -> Iterator[bytes]:
        """Raises LedgerError."""
        match self._wanted.format:
            case "csv":
                return written.as_csv(self._table(self._wanted.what[0]))
            case "jsonl":
                return written.as_json_lines(self._table(self._wanted.what[0]))
            case "prometheus":
                return self._metrics()
            case "ics":
                return self._calendar()

    def _table(self, what: What) -> Table:
        match what:
            case "responses":
                return responses.responses(self._billed(), self._naming())
            case "days":
                return responses.days(self._billed(), self._naming())
            case "limits":
                return limits.limits(self._limit_rows(), self._owners, self._hidden)
            case "windows":
                records = list(self._windows())
                uses = self._ledger.limits.uses(records, self._scope.folders.cache / KEPT)
                return limits.windows(records, self._owners, self._hidden, uses)

    def _billed(self) -> Iterator[tuple[Origin, Values]]:
        """Of the homes that `tankful cost` adds up."""
        homes = {
            each.id: [home.path for home in self._scope.log_homes_of(each)]
            for each in self._scope.chosen(self._wanted.provider)
        }
        return self._ledger.responses(self._since, self._until, homes)

    def _naming(self) -> responses.Naming:
        labels = {
            home.path: home.label
            for each in self._scope.chosen(self._wanted.provider)
            for home in self._scope.log_homes_of(each)
        }
        return responses.Naming(self._wanted.zone, labels, self._hidden, self._wanted.machine)

    def _limit_rows(self) -> Iterator[LimitRow]:
        return (
            row for row in self._ledger.limits.rows(self._since, self._until) if self._is_wanted(row.account)
        )

    def _windows(self) -> Iterator[WindowRecord]:
        found = self._ledger.limits.windows(
            self._since or datetime.min.replace(tzinfo=UTC), self._until or datetime.max.replace(tzinfo=UTC)
        )
        return (record for record in found if self._is_wanted(record.account))

    def _is_wanted(self, account: str) -> bool:
        return self._wanted.provider in (None, self._owners.get(account))

    def _metrics(self) -> Iterator[bytes]:
        parts: list[Iterator[bytes]] = []
        if "responses" in self._wanted.what:
            parts.append(self._counters())
        if "limits" in self._wanted.what:
            parts.append(openmetrics.gauges(self._limit_rows, self._owners, self._hidden))
        return chain(*parts, [openmetrics.END])

    def _counters(self) -> Iterator[bytes]:
        """From the first response on, whatever was asked for, and of all homes: they are all-time sums."""
        provider = self._wanted.provider
        now = self._scope.clock()
        epochs = {(each.provider, each.account, each.model): each.epoch for each in self._ledger.counters()}
        span = (
            0 if self._since is None else int(self._since.timestamp()),
            int(min(self._until or now, now).timestamp()),
        )
        billed = (row for row in self._ledger.responses() if provider in (None, row[0].provider))
        return openmetrics.counters(billed, epochs, self._hidden, span)

    def _calendar(self) -> Iterator[bytes]:
        """Those to come, unless past days were asked for."""
        since = self._since or self._scope.clock()
        return calendar(self._windows(), self._titles, self._hidden, since, self._until)


def _published(state_folder: str) -> tuple[dict[str, str], dict[tuple[str, str], tuple[str, str]]]:
    """The provider of each account, and the titles of provider and window by account and window, as last
    published: of accounts that have no logs here, too.
    """
    owners: dict[str, str] = {}
    titles: dict[tuple[str, str], tuple[str, str]] = {}
    try:
        document = published.read(state_folder) or {"providers": []}
        for account in document["providers"]:
            if account["account"]:
                ident = account["account"]["id"]
                owners[ident] = account["provider"]
                for window in account["windows"]:
                    titles[ident, window["id"]] = account["title"], window["title"]
    except published.DAMAGED:  # the next round rewrites it
        return {}, {}
    return owners, titles
