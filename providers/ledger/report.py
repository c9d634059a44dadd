"""Billed responses to sums: by model, by local day, by home, with their price. Pure: clock and zone are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import fsum
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from msgspec import Struct

from providers.models import BilledResponse, Burn, CostReport, LogCount, Tally, TokenUsage

BURN_MINUTES = 180
UNKNOWN_MODEL = "unknown"
_Key = TypeVar("_Key", str, date)


class Priced(Protocol):
    """Whatever knows prices: `pricing.Rates`, or a fake."""

    def price(self, model: str, usage: TokenUsage, at: datetime) -> float | None: ...


class _Entry(Struct, frozen=True):
    """A response with all that it is sorted by."""

    at: datetime
    day: date
    model: str
    home: Path
    usage: TokenUsage
    usd: float | None


class _Sum:
    """Adds up entries, and prices at the end: a sum of floats must not depend on their order."""

    def __init__(self) -> None:
        self._count = 0
        self._counts = [0] * 6
        self._prices: list[float] = []

    def add(self, entry: _Entry) -> None:
        usage = entry.usage
        self._count += 1
        if entry.usd is not None:
            self._prices.append(entry.usd)
        counts = self._counts
        counts[0] += usage.input_tokens
        counts[1] += usage.cache_read_tokens
        counts[2] += usage.cache_write_tokens
        counts[3] += usage.cache_write_1h_tokens
        counts[4] += usage.output_tokens
        counts[5] += usage.reasoning_tokens

    def tally(self) -> Tally:
        fresh, read, write, write_1h, output, reasoning = self._counts
        usage = TokenUsage(
            input_tokens=fresh,
            cache_read_tokens=read,
            cache_write_tokens=write,
            cache_write_1h_tokens=write_1h,
            output_tokens=output,
            reasoning_tokens=reasoning,
        )
        priced = fsum(self._prices) if self._prices or not self._count else None
        return Tally(responses=self._count, usage=usage, usd=priced)


def scan_start(since: date, zone: tzinfo, now: datetime) -> datetime:
    """The moment from which logs must be counted for a report from `since` on: it also tells of this month and
    of the last hours."""
    month = now.astimezone(zone).date().replace(day=1)
    return min(_midnight(since, zone), _midnight(month, zone), now - timedelta(minutes=BURN_MINUTES))


def cost_report(
    count: LogCount,
    labels: Mapping[Path, str],
    rates: Priced,
    *,
    since: date,
    until: date,
    zone: tzinfo,
    now: datetime,
) -> CostReport:
    """Tokens and cost of the local days `since` to `until`; days without use are absent, `labels` name homes."""
    entries = [_entry(response, rates, zone) for response in count.responses]
    wanted = [entry for entry in entries if since <= entry.day <= until]
    unpriced = {entry.model for entry in wanted if entry.usd is None}
    return CostReport(
        since=since,
        until=until,
        totals=_tally(wanted),
        by_model=_by_model(wanted),
        by_day={day: _by_model(of_day) for day, of_day in _grouped((e.day, e) for e in wanted).items()},
        by_home={
            home: _tally(of_home)
            for home, of_home in _grouped((labels.get(e.home, str(e.home)), e) for e in wanted).items()
        },
        burn=_burn(entries, now),
        month_to_date_usd=_month_to_date(entries, now.astimezone(zone).date()),
        priced=_coverage(wanted),
        unpriced_models=tuple(sorted(unpriced)),
        files=count.files,
        skipped_lines=count.skipped_lines,
    )


def _entry(response: BilledResponse, rates: Priced, zone: tzinfo) -> _Entry:
    model = response.model
    return _Entry(
        at=response.at,
        day=response.at.astimezone(zone).date(),
        model=UNKNOWN_MODEL if model is None else model,
        home=response.home,
        usage=response.usage,
        usd=None if model is None else rates.price(model, response.usage, response.at),
    )


def _tally(entries: Iterable[_Entry]) -> Tally:
    total = _Sum()
    for entry in entries:
        total.add(entry)
    return total.tally()


def _by_model(entries: Iterable[_Entry]) -> dict[str, Tally]:
    return {model: _tally(own) for model, own in _grouped((e.model, e) for e in entries).items()}


def _grouped(keyed: Iterable[tuple[_Key, _Entry]]) -> dict[_Key, list[_Entry]]:
    groups: dict[_Key, list[_Entry]] = {}
    for key, entry in keyed:
        groups.setdefault(key, []).append(entry)
    return {key: groups[key] for key in sorted(groups)}


def _burn(entries: Iterable[_Entry], now: datetime) -> Burn | None:
    start = now - timedelta(minutes=BURN_MINUTES)
    recent = [entry for entry in entries if start < entry.at <= now]
    if not recent:
        return None
    used = _tally(recent)
    hours = BURN_MINUTES / 60
    return Burn(
        usd_per_hour=None if used.usd is None else used.usd / hours,
        tokens_per_hour=used.usage.total_tokens / hours,
        over_minutes=BURN_MINUTES,
    )


def _month_to_date(entries: Iterable[_Entry], today: date) -> float | None:
    month = (today.year, today.month)
    return _tally(entry for entry in entries if (entry.day.year, entry.day.month) == month).usd


def _coverage(entries: Iterable[_Entry]) -> Literal["full", "partial", "none"]:
    known = {entry.usd is not None for entry in entries}
    if False not in known:
        return "full"
    return "partial" if True in known else "none"


def _midnight(day: date, zone: tzinfo) -> datetime:
    """The first moment of a local day. Where clocks jump over midnight, the moment they jump."""
    try:
        return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
    except OverflowError:  # the first day of the calendar, east of Greenwich
        return datetime.min.replace(tzinfo=UTC)
