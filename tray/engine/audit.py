"""What the providers' own programs and servers report, beside what is counted here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, tzinfo

from providers.domain.audit import AuditRow, CountedUse, audited
from providers.source import Provider
from tray.engine.costs import Costs
from tray.engine.scope import Scope
from tray.engine.server_audit import ServerAudit


def audit_rows(
    scope: Scope, costs: Costs, providers: Iterable[Provider], servers: ServerAudit
) -> list[AuditRow]:
    """All rows of these providers, as far as logs are counted. Raises LedgerError."""
    return [row for each in providers for row in _rows(scope, costs, each, servers)]


def _rows(scope: Scope, costs: Costs, provider: Provider, servers: ServerAudit) -> Iterator[AuditRow]:
    """A kind of row is a line: what is counted and what is reported, by the id of the row."""
    homes = [home.path for home in scope.log_homes_of(provider)]
    if provider.reported_sessions is not None:
        found = costs.ledger.audit_sessions(provider.id, homes, provider.reported_sessions)
        yield from audited(provider.id, "session", *found)
    yield from servers.rows(provider)


def used_within(
    rows: Iterable[AuditRow], since: date | None, until: date | None, zone: tzinfo
) -> list[AuditRow]:
    """Those last used on one of these local days; all of them without a bound."""
    if since is None and until is None:
        return list(rows)
    days = since or date.min, until or date.max
    return [
        row
        for row in rows
        if (
            days[0].isoformat() <= row.id <= days[1].isoformat()
            if row.what == "day"
            else was_used_within(row.counted, since, until, zone)
        )
    ]


def was_used_within(counted: CountedUse, since: date | None, until: date | None, zone: tzinfo) -> bool:
    """Whether it was last used on one of these local days; so is anything without a bound."""
    if since is None and until is None:
        return True
    at = counted.last_at
    return at is not None and (since or date.min) <= at.astimezone(zone).date() <= (until or date.max)
