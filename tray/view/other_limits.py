"""What other machines read of the limits, beside what was read here: each account once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced, UsageSnapshot
from tray.engine.exported_limits import LimitReading
from tray.view.window_names import window_name

_MINUTES = {"session": 300, "weekly": 10080, "monthly": 43200}
_UNKNOWN_LENGTH = timedelta(days=1)


def with_readings(
    snapshot: UsageSnapshot, readings: Iterable[LimitReading], titles: Mapping[str, str], now: datetime
) -> UsageSnapshot:
    """The snapshot, in which each window has the newest of its readings; those that have reset since say nothing.

    A reading is as old as the last change of its window: exports name no later one. `titles` are those of the
    providers, by id. Accounts that are not signed in here come last.
    """
    by_account: dict[tuple[str, str], dict[str, LimitReading]] = {}
    for reading in readings:
        if reading.time <= now and not _is_over(reading, now):
            windows = by_account.setdefault((reading.provider, reading.account), {})
            held = windows.get(reading.window_id)
            if held is None or held.time < reading.time:
                windows[reading.window_id] = reading
    accounts = [
        _with(account, by_account.pop((account.provider, account.account.id), {}))
        if account.account is not None
        else account
        for account in snapshot.accounts
    ]
    accounts += [
        AccountUsage(
            provider=provider,
            title=titles.get(provider, provider),
            homes=(),
            key=f"{provider}:{account}",
            account=Account(id=account),
            windows=tuple(_sourced(windows[ident], None) for ident in sorted(windows)),
            limits_known=True,
        )
        for (provider, account), windows in sorted(by_account.items())
    ]
    return replace(snapshot, accounts=tuple(accounts))


def _is_over(reading: LimitReading, now: datetime) -> bool:
    if reading.resets_at is not None:
        return reading.resets_at <= now
    return now - reading.time >= (_length(reading.window_id) or _UNKNOWN_LENGTH)


def _with(account: AccountUsage, newer: Mapping[str, LimitReading]) -> AccountUsage:
    """A window that this machine has not seen is new, or else one that the server has stopped sending."""
    known = {each.value.id: each for each in account.windows}
    read_at = max((each.fetched_at for each in account.windows), default=None)
    return replace(account, windows=(*_replaced(known, newer), *_added(known, newer, read_at)))


def _replaced(
    known: Mapping[str, Sourced[RateWindow]], newer: Mapping[str, LimitReading]
) -> Iterator[Sourced[RateWindow]]:
    for ident, own in known.items():
        reading = newer.get(ident)
        yield own if reading is None or reading.time <= own.fetched_at else _sourced(reading, own.value)


def _added(
    known: Mapping[str, Sourced[RateWindow]], newer: Mapping[str, LimitReading], read_at: datetime | None
) -> Iterator[Sourced[RateWindow]]:
    for ident, reading in sorted(newer.items()):
        if ident not in known and (read_at is None or reading.time > read_at):
            yield _sourced(reading, None)


def _sourced(reading: LimitReading, own: RateWindow | None) -> Sourced[RateWindow]:
    ident = reading.window_id
    window = own or RateWindow(
        id=ident, title=window_name(ident), used_percent=reading.used_percent, duration=_length(ident)
    )
    return Sourced(
        value=replace(window, used_percent=reading.used_percent, resets_at=reading.resets_at),
        source=reading.source,
        fetched_at=reading.time,
    )


def _length(window: str) -> timedelta | None:
    """By its id, as the contract has it: `weekly`, `window:90`, `model:opus:weekly`."""
    length = window.rpartition(":")[2]
    minutes = _MINUTES.get(length) or (int(length) if length.isascii() and length.isdecimal() else 0)
    return timedelta(minutes=minutes) if 0 < minutes < 10**7 else None
