"""The rows of an audit as JSON, schema `tankful.audit/1`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from providers.domain.audit import AuditRow, CountedUse, UsedTokens, totals
from tray.engine.document_values import as_time, as_usd


def as_data(rows: Sequence[AuditRow], now: datetime) -> dict[str, Any]:
    """The shape of `tankful audit --json`. Differences are ours less theirs; what is not known is null.

    `totals` are of sessions and threads; days have the same use once more, and a sum in `by_kind`, as each kind.
    """
    kinds = sorted({(row.provider, row.what) for row in rows})
    return {
        "schema": "tankful.audit/1",
        "generated_at": as_time(now),
        "rows": [_row(row) for row in rows],
        "totals": _totals([row for row in rows if row.what != "day"]),
        "by_kind": [
            {"provider": provider, "what": what}
            | _totals([row for row in rows if (row.provider, row.what) == (provider, what)])
            for provider, what in kinds
        ],
    }


def _totals(rows: Sequence[AuditRow]) -> dict[str, Any]:
    every = totals(rows)
    return {
        "rows": every.rows,
        "equal": every.equal,
        "unexplained": every.unexplained,
        "not_reported": every.not_reported,
        "ledger": _counted(every.counted),
        "reported": _used(every.reported),
        "difference": _used(every.difference),
    }


def _row(row: AuditRow) -> dict[str, Any]:
    counted, reported = row.counted, row.reported
    used = {"tokens": None, "usd": None} if reported.used is None else _used(reported.used)
    if (theirs := reported.by_server) is not None:
        used |= {"usd": as_usd(theirs.usd), "usd_is_estimate": theirs.is_estimate} | {
            "input_tokens": theirs.input_tokens,
            "cache_read_tokens": theirs.cache_read_tokens,
            "output_tokens": theirs.output_tokens,
        }
    return {
        "provider": row.provider,
        "what": row.what,
        "id": row.id,
        "account": row.account,
        "project": counted.project,
        "last_at": as_time(counted.last_at),
        "ledger": _counted(counted),
        "reported": {"by": reported.by, "asked_at": as_time(reported.asked_at)} | used,
        "difference": None if row.difference is None else _used(row.difference),
        "explained": row.explained,
        "causes": list(row.causes),
        "unexplained_tokens": row.unexplained_tokens,
        "why": reported.why,
    }


def _counted(counted: CountedUse) -> dict[str, Any]:
    parts = {"on_lines": _used(counted.on_lines), "not_on_lines": _used(counted.not_on_lines)}
    return _used(counted.whole) | parts


def _used(used: UsedTokens) -> dict[str, Any]:
    return {"tokens": used.tokens, "usd": as_usd(used.usd)}
