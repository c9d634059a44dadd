"""Parses the responses of ChatGPT's account pages.

    credit-usage-events          {data: [{date, product_surface, credit_amount, usage_id}]}
    daily-token-usage-breakdown  {units: "credits" | "percent", data_freshness_ts, data: [{date,
                                  product_surface_usage_values: {cli: n, …}, models: [{model, speed, credits}]}]}
    plan_limit_history           {data_as_of, periods: [{starts_at, ends_at, window_minutes, plan_type,
                                  used_basis_points, accounting_complete,
                                  breakdowns: [{dimension: "model", rows: [{key, basis_points}]}]}]}

As public code reads them in 2026; `data` and `periods` name the same list. A basis point is a hundredth of a
percent, and may have a fraction. Unknown members are ignored. A row without what makes it a row is dropped and
counted; within one, a surface or a model is dropped alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from providers.codex import balance
from providers.codex.shapes import members
from providers.domain.account_pages import (
    CreditDay,
    CreditsHistory,
    ModelUse,
    PastWindow,
    PlanLimitHistory,
    SurfaceDay,
    UsageBreakdown,
)
from providers.domain.scalars import flag, moment, number, percent, whole
from providers.host.secret import Secret

MOST_ROWS = 20_000
MOST_DAYS = 31
MOST_WINDOWS = 64
MOST_NAMES = 16
OTHER = "other"
_LISTS = ("data", "periods")
_NAME = re.compile(r"[\w][\w .:+/-]{0,39}")
_UNITS = ("credits", "percent")
_OLDEST, _AHEAD = timedelta(days=400), timedelta(days=2)
_LONGEST = timedelta(days=400)
_PLACES = 6
_MOST = 1e12
T = TypeVar("T")


class AccountPageAnswer:
    """A response: the account that it is about, as sent, and its page by each name.

    `token` is that of the request: a name that echoes it is dropped. The pages raise ValueError where a response
    has no list, or one of which nothing could be read.
    """

    def __init__(self, body: bytes, now: datetime, token: Secret | None, source: str) -> None:
        """Raises ValueError for anything but a JSON object."""
        try:
            sent = members(msgspec.json.decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            sent = None
        if sent is None:
            raise ValueError("no page")
        self._sent = sent
        self._now = now
        self._token = token
        self._source = source

    @property
    def account_id(self) -> Any:
        return self._sent.get("account_id")

    @property
    def user_id(self) -> Any:
        return self._sent.get("user_id")

    def credits_history(self) -> CreditsHistory:
        rows, dropped = self._rows(self._credit)
        sums: dict[date, dict[str, Decimal]] = {}
        for day, surface, used in _once(rows):
            of_day = sums.setdefault(day, {})
            of_day[surface] = of_day.get(surface, Decimal(0)) + used
        days = (CreditDay(day=day, surfaces=_few(surfaces)) for day, surfaces in sums.items())
        return CreditsHistory(
            source=self._source,
            fetched_at=self._now,
            days=_newest(days, lambda each: each.day, MOST_DAYS),
            dropped=dropped,
        )

    def usage_breakdown(self) -> UsageBreakdown:
        rows, dropped = self._rows(self._surfaces)
        units = self._name(self._sent.get("units"))
        return UsageBreakdown(
            source=self._source,
            fetched_at=self._now,
            units=units if units in _UNITS else None,
            days=_newest({row.day: row for row in rows}.values(), lambda each: each.day, MOST_DAYS),
            counted_until=self._counted_until("data_freshness_ts"),
            dropped=dropped,
        )

    def plan_limit_history(self) -> PlanLimitHistory:
        rows, dropped = self._rows(self._window)
        found = {(row.starts_at, row.ends_at): row for row in rows}
        return PlanLimitHistory(
            source=self._source,
            fetched_at=self._now,
            windows=_newest(found.values(), lambda each: (each.starts_at, each.ends_at), MOST_WINDOWS),
            counted_until=self._counted_until("data_as_of"),
            dropped=dropped,
        )

    def _rows(self, parse: Callable[[Mapping[str, Any]], T]) -> tuple[list[T], int]:
        """Those that could be parsed, and how many could not."""
        listed = next((sent for name in _LISTS if isinstance(sent := self._sent.get(name), list)), None)
        if listed is None:
            raise ValueError("no rows")
        found = []
        for raw in listed[:MOST_ROWS]:
            try:
                found.append(parse(members(raw) or {}))
            except ValueError:
                continue
        if listed and not found:
            raise ValueError("no row could be read")
        return found, len(listed) - len(found)

    def _credit(self, sent: Mapping[str, Any]) -> tuple[Any, ...]:
        """What tells the row from others, its day, its surface, its credits."""
        used = balance.amount(sent.get("credit_amount"))
        if used is None:
            raise ValueError("no amount")
        surface = self._name(sent.get("product_surface"))
        if surface is None and sent.get("product_surface") is not None:
            raise ValueError("no surface")
        ident = sent.get("usage_id")
        key = ident if isinstance(ident, str) and ident else None
        return key, self._day(sent.get("date")), surface or OTHER, used

    def _surfaces(self, sent: Mapping[str, Any]) -> SurfaceDay:
        named = sent.get("product_surface_usage_values")
        surfaces = {
            name: Decimal(str(value))
            for raw, sum_ in (named.items() if isinstance(named, dict) else ())
            if (name := self._name(raw)) is not None and (value := _amount(sum_)) is not None and value
        }
        listed = sent.get("models")
        models = [
            use
            for raw in (listed if isinstance(listed, list) else [])[:MOST_ROWS]
            if (use := self._model(members(raw) or {})) is not None
        ]
        if not isinstance(named, dict) and not models:
            raise ValueError("nothing was used, or nobody says")
        models.sort(key=lambda use: -use.amount)
        return SurfaceDay(
            day=self._day(sent.get("date")), surfaces=_few(surfaces), models=tuple(models[:MOST_NAMES])
        )

    def _model(self, sent: Mapping[str, Any]) -> ModelUse | None:
        model, amount = self._name(sent.get("model")), _amount(sent.get("credits"))
        if model is None or amount is None:
            return None
        return ModelUse(model=model, speed=self._name(sent.get("speed")), amount=round(amount, _PLACES))

    def _window(self, sent: Mapping[str, Any]) -> PastWindow:
        starts, ends = moment(sent.get("starts_at")), moment(sent.get("ends_at"))
        minutes = whole(sent.get("window_minutes"))
        if ends is None and starts is not None and minutes and 0 < minutes <= _LONGEST / timedelta(minutes=1):
            ends = starts + timedelta(minutes=minutes)
        used = _basis_points(sent.get("used_basis_points"))
        if starts is None or ends is None or used is None or not timedelta(0) < ends - starts <= _LONGEST:
            raise ValueError("no window")
        if not self._now - _OLDEST <= starts <= self._now + _AHEAD:
            raise ValueError("a window of another time")
        return PastWindow(
            starts_at=starts,
            ends_at=ends,
            used_percent=used,
            plan=self._name(sent.get("plan_type")),
            models=dict(list(self._shares(sent.get("breakdowns")))[:MOST_NAMES]),
            complete=flag(sent.get("accounting_complete")),
        )

    def _shares(self, raw: Any) -> Iterator[tuple[str, float]]:
        """By model, in percent of the window."""
        for breakdown in raw if isinstance(raw, list) else ():
            sent = members(breakdown) or {}
            rows = sent.get("rows")
            if sent.get("dimension") != "model" or not isinstance(rows, list):
                continue
            for row in map(members, rows[:MOST_ROWS]):
                name, share = (
                    self._name((row or {}).get("key")),
                    _basis_points((row or {}).get("basis_points")),
                )
                if name is not None and share is not None:
                    yield name, share

    def _name(self, raw: Any) -> str | None:
        if not isinstance(raw, str) or not _NAME.fullmatch(raw):
            return None
        return None if self._token is not None and self._token.reveal() in raw else raw

    def _day(self, raw: Any) -> date:
        at = moment(raw)
        if at is None or not self._now - _OLDEST <= at <= self._now + _AHEAD:
            raise ValueError("no day of the last year")
        return at.date()

    def _counted_until(self, member: str) -> datetime | None:
        at = moment(self._sent.get(member))
        return at if at is not None and self._now - _OLDEST <= at <= self._now + _AHEAD else None


def _once(rows: Iterable[tuple[Any, date, str, Decimal]]) -> Iterator[tuple[date, str, Decimal]]:
    """Without repeats: rows alike in all, by an id of the vendor's."""
    seen: set[tuple[Any, ...]] = set()
    for row in rows:
        if row[0] is not None and row in seen:
            continue
        seen.add(row)
        yield row[1:]


def _few(sums: Mapping[str, Decimal]) -> dict[str, float]:
    """The largest by their names; what is beyond MOST_NAMES in one sum."""
    ordered = sorted(sums.items(), key=lambda each: (-abs(each[1]), each[0]))
    kept, rest = dict(ordered[:MOST_NAMES]), ordered[MOST_NAMES:]
    if rest:
        kept[OTHER] = kept.get(OTHER, Decimal(0)) + sum((value for _, value in rest), Decimal(0))
    return {name: round(float(value), _PLACES) for name, value in kept.items()}


def _newest(rows: Iterable[T], at: Callable[[T], Any], most: int) -> tuple[T, ...]:
    return tuple(sorted(rows, key=at, reverse=True)[:most])


def _amount(raw: Any) -> float | None:
    """In credits or percent; None also for one that is too large to be added up."""
    value = number(raw)
    return value if value is not None and abs(value) <= _MOST else None


def _basis_points(raw: Any) -> float | None:
    """In percent."""
    points = number(raw)
    return None if points is None or percent(points / 100) is None else round(points / 100, 4)
