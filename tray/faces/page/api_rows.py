"""Windows, sessions and single responses as JSON, for the filters of an address."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import Struct

from providers.ledger.rollup.singles import NoCursor
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import limit_accounts
from tray.faces.page.parts import pager
from tray.faces.page.refusal import RefusedRequest
from tray.view.cost_document import tally_data
from tray.view.export.pieces import Pieces, Wanted

PAGE = 100
_ANY = 10**12
"""More than there are."""


def windows(data: PageData) -> dict[str, Any]:
    """The rows of `tankful export --what windows` of these days, provider and account, and of the accounts that
    are signed in to the home.
    """
    chosen = data.selection
    wanted = Wanted(
        what=("windows",),
        format="jsonl",
        zone=data.zone,
        since=chosen.since,
        until=chosen.until,
        provider=chosen.provider,
    )
    lines = b"".join(Pieces(data.scope, data.costs.ledger, wanted).made()).splitlines()
    rows = [row for line in lines if (row := json.loads(line))]
    if chosen.account is not None:
        rows = [row for row in rows if row.get("account") == chosen.account]
    if chosen.home is not None:
        signed_in = {each.id for each in limit_accounts(data)}
        rows = [row for row in rows if row.get("account") in signed_in]
    return _document("windows", rows, total=None)


def sessions(data: PageData) -> dict[str, Any]:
    """Those that a person started, the last one first; `page` of the address counts from 1."""
    first = pager(data.query, _ANY, PAGE).first
    rows, total = data.rollup.sessions(data.selection, offset=first, limit=PAGE)
    listed = [_members(row, "tally") | tally_data(row.tally) for row in rows]
    return _document("sessions", listed, total=total)


def responses(data: PageData, after: str) -> dict[str, Any]:
    """The newest first; `older`, if any, is what the next page has as `after`."""
    try:
        found = data.rollup.responses(data.selection, after, PAGE)
    except NoCursor:
        raise RefusedRequest(400, "There is no response after this one.") from None
    rows = [
        _members(row, "usage") | msgspec.structs.asdict(row.usage) | {"total_tokens": row.usage.total_tokens}
        for row in found.rows
    ]
    return _document("responses", rows, total=found.total) | {"older": found.older}


def _document(name: str, rows: list[Any], *, total: int | None) -> dict[str, Any]:
    return {"schema": f"tankful.page-{name}/1", "total": len(rows) if total is None else total, name: rows}


def _members(row: Struct, but: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(row)
    del found[but]
    return found
