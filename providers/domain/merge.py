"""Merges the readings of one account: in each lane the newest wins. Pure, and independent of their order.

A lane that no source reports any more is dropped only once a source that reports all of its kind omits it;
until then its last value stays, with its age.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import Struct

from providers.domain import rules
from providers.domain.limits import (
    REFRESH_EVERY,
    Credits,
    DayTokens,
    RateWindow,
    Reading,
    ResetCredits,
    Sourced,
    Spend,
)

T = TypeVar("T")
PREFERRED_FOR = timedelta(hours=1)
"""How much older a value may be and still be preferred to one that is a last resort."""


class Merged(Struct, frozen=True, kw_only=True):
    """The merged readings. `limits_known` is True if some source reported all windows.

    `limit_reached_at` is when a server reported that it accepts no requests for now, None if the last report
    says otherwise or there is none.
    """

    windows: tuple[Sourced[RateWindow], ...]
    credits: Sourced[Credits] | None
    spend: Sourced[Spend] | None
    resets: Sourced[ResetCredits] | None
    limit_reached_at: datetime | None
    plan: str | None
    email: str | None
    tokens: tuple[DayTokens, ...]
    limits_known: bool


def merge(readings: Iterable[Reading]) -> Merged:
    """The newest value of each lane; of two simultaneous readings the one whose source sorts first."""
    newest_first = sorted(readings, key=_newest_first)
    before_last_resort = _with_last_resort_behind(newest_first, "credits")
    windows = _windows(newest_first)
    plan = next((reading.plan for reading in newest_first if reading.plan), None)
    email = next((reading.email for reading in newest_first if reading.email), None)
    return Merged(
        windows=windows,
        credits=_newest(before_last_resort, "credits", lambda reading: reading.credits),
        spend=_newest(newest_first, "spend", lambda reading: reading.spend),
        resets=_newest(newest_first, "resets", lambda reading: reading.resets),
        limit_reached_at=_limit_reached_at(newest_first),
        plan=plan,
        email=email,
        tokens=next((reading.tokens for reading in newest_first if reading.tokens), ()),
        limits_known=any("windows" in reading.speaks_for for reading in newest_first),
    )


def prune(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """The readings that still contribute a lane among those of their source, newest first.

    Dropping the others changes no later merge, be it of all sources or of a single one.
    """
    kept: list[Reading] = []
    covered_by: dict[str, set[str]] = {}
    for reading in sorted(readings, key=_newest_first):
        covered = covered_by.setdefault(reading.source, set())
        lanes = {*reading.speaks_for, *_lanes(reading, covered)} - covered
        if lanes:
            kept.append(reading)
            covered |= lanes
    return tuple(kept)


def of_last_owner(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Drops the readings from before the email address changed, newest first: for a login without one of its own.

    Readings between the last of the one owner and the first of the other may belong to either: they are dropped.
    """
    kept = sorted(readings, key=_newest_first)
    owner = next((reading.email for reading in kept if reading.email), "").lower()
    for place, reading in enumerate(kept):
        if reading.email and reading.email.lower() != owner:
            kept = kept[:place]
            while not kept[-1].email:
                kept.pop()
            break
    return tuple(kept)


def is_stale(
    fetched_at: datetime, resets_at: datetime | None, now: datetime, every: timedelta = REFRESH_EVERY
) -> bool:
    """Too old to act on: older than ten minutes and than two refreshes, or of a window that has ended."""
    age = (now - fetched_at).total_seconds()
    return rules.is_stale(age, seconds_until(resets_at, now), every.total_seconds())


def seconds_until(at: datetime | None, now: datetime) -> float | None:
    """Negative if it is past, None if unknown."""
    return None if at is None else (at - now).total_seconds()


def _newest_first(reading: Reading) -> tuple[float, str, str]:
    return -reading.fetched_at.timestamp(), reading.source, repr(reading)


def _lanes(reading: Reading, covered: set[str]) -> Iterable[str]:
    """The lanes of a reading that no newer reading, complete in that kind, supersedes."""
    if "windows" not in covered:
        yield from (f"window {window.id}" for window in reading.windows)
    if reading.credits is not None:
        yield "credits"
    if reading.spend is not None:
        yield "spend"
    if reading.resets is not None:
        yield "resets"
    if reading.limit_reached is not None:
        yield "limit reached"
    if reading.plan:
        yield "plan"
    if reading.email:
        yield "email"
    if reading.tokens:
        yield "tokens"


def _windows(newest_first: list[Reading]) -> tuple[Sourced[RateWindow], ...]:
    lanes: dict[str, Sourced[RateWindow]] = {}
    for reading in newest_first:
        for window in reading.windows:
            lanes.setdefault(
                window.id, Sourced(value=window, source=reading.source, fetched_at=reading.fetched_at)
            )
        if "windows" in reading.speaks_for:
            break
    return tuple(sorted(lanes.values(), key=_in_order))


def _in_order(lane: Sourced[RateWindow]) -> tuple[bool, str, timedelta, str]:
    """Account windows first, shortest first; then those of models and features, grouped."""
    window = lane.value
    part = "" if window.scope == "account" else window.id.rpartition(":")[0]
    return window.scope != "account", part, window.duration or timedelta.max, window.id


def _with_last_resort_behind(newest_first: list[Reading], lane: str) -> list[Reading]:
    """Those that are a last resort for this lane come after the others that are not much older."""
    latest = max((reading.fetched_at for reading in newest_first), default=None)
    return sorted(
        newest_first,
        key=lambda reading: (
            latest is not None and latest - reading.fetched_at > PREFERRED_FOR,
            lane in reading.last_resort,
        ),
    )


def _newest(
    newest_first: list[Reading], lane: str, value_of: Callable[[Reading], T | None]
) -> Sourced[T] | None:
    """The newest value of a lane; None once a source that reports all of that lane omits it."""
    for reading in newest_first:
        value = value_of(reading)
        if value is not None:
            return Sourced(value=value, source=reading.source, fetched_at=reading.fetched_at)
        if lane in reading.speaks_for:
            return None
    return None


def _limit_reached_at(newest_first: list[Reading]) -> datetime | None:
    for reading in newest_first:
        if reading.limit_reached is not None:
            return reading.fetched_at if reading.limit_reached else None
    return None
