"""What was logged of the windows of each account, and what one percent of them is worth, for `usage --json`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from providers.domain.cost import TOKEN_CLASSES, Tally
from providers.domain.window_value import PercentSpread, PercentWorth
from providers.host.faults import log_fault, logger_of
from providers.ledger.database import LedgerError
from providers.ledger.ledger import Ledger
from providers.ledger.window_use import WindowUse, worth_of
from providers.ledger.windows import WindowRecord
from tray.engine.document_values import as_time, as_usd
from tray.engine.scope import Scope

_log = logger_of(__name__)

KEPT = "window-use.json"
"""In the cache folder."""
Uses = Mapping[tuple[str, str], Sequence[WindowUse]]
"""By account and window, oldest first."""


def recent_uses(scope: Scope, ledger: Ledger, accounts: Collection[str]) -> Uses:
    """Those of the last weeks of these accounts. None where they cannot be read. Never raises."""
    found: dict[tuple[str, str], list[WindowUse]] = {}
    try:
        uses = ledger.limits.recent_uses(accounts, scope.clock(), scope.folders.cache / KEPT)
    except LedgerError:  # shown when logs are counted
        return {}
    except Exception as error:  # noqa: BLE001 - it must not cost the limits
        log_fault(_log, "could not read what was logged of the windows", error)
        return {}
    for use in uses:
        found.setdefault((use.record.account, use.record.window), []).append(use)
    return found


def is_over(record: WindowRecord, now: datetime) -> bool:
    return record.ended_at is not None or (record.resets_at is not None and record.resets_at <= now)


def worth(uses: Sequence[WindowUse], now: datetime) -> PercentWorth:
    """What one percent of such a window is worth, by those that are over."""
    return worth_of(each for each in uses if is_over(each.record, now))


def with_uses(document: dict[str, Any], uses: Uses, now: datetime) -> dict[str, Any]:
    """The document of `tankful usage --json` with what was logged of each window, where that is known."""
    providers = [_account(entry, uses, now) for entry in document["providers"]]
    return {**document, "providers": providers}


def _account(entry: dict[str, Any], uses: Uses, now: datetime) -> dict[str, Any]:
    ident = entry["account"] and entry["account"]["id"]
    windows = [window | _of_window(uses.get((ident, window["id"]), ()), now) for window in entry["windows"]]
    return {**entry, "windows": windows}


def _of_window(uses: Sequence[WindowUse], now: datetime) -> dict[str, Any]:
    if not uses:
        return {}
    newest, found = uses[-1], worth(uses, now)
    logged = {} if is_over(newest.record, now) else {"logged": logged_data(newest)}
    return {**logged, **({"usd_per_percent": worth_data(found)} if found.usd is not None else {})}


def logged_data(use: WindowUse) -> dict[str, Any]:
    """`elsewhere_percent` is how much of what was used rose while nothing was logged here."""
    return {
        "since": as_time(use.record.starts_at),
        **tally_data(use.total),
        "seen_percent": round(use.rise.percent, 3),
        "elsewhere_percent": round(use.rise.elsewhere, 3),
    }


def tally_data(tally: Tally) -> dict[str, Any]:
    """`usd` leaves out the `unpriced` responses, and is None where none has a price."""
    return {
        "responses": tally.responses,
        **{f"{each.name}_tokens": getattr(tally.usage, f"{each.name}_tokens") for each in TOKEN_CLASSES},
        "total_tokens": tally.usage.total_tokens,
        "usd": as_usd(tally.usd),
        "unpriced": tally.unpriced,
    }


def worth_data(found: PercentWorth) -> dict[str, Any] | None:
    if found.usd is None:
        return None
    by_model = {model: spread_data(each) for model, each in found.by_model.items()}
    return {**spread_data(found.usd), "by_model": by_model}


def spread_data(spread: PercentSpread) -> dict[str, Any]:
    return {
        "median": as_usd(spread.median),
        "low": as_usd(spread.low),
        "high": as_usd(spread.high),
        "windows": spread.windows,
    }
