"""Codex's windows and names, shared by all its sources.

A window is identified by its duration, never by the slot it was sent in: a plan with only a weekly limit has it
in the slot where others have their five hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.limits import LONGEST_RESET, RateWindow, furthest_reset
from providers.domain.scalars import percent

_LONGEST_MINUTES = 10_000_000
_NAME = re.compile(r"[\w .+-]{1,40}")
_NO_SLUG = re.compile(r"[^a-z0-9_.]+")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_LENGTHS = frozenset({"session", "daily", "weekly", "monthly"})
_OF_LIMITS = frozenset({"rate", "usage", "limit", "limits", "window", "quota"})
_OWN_LIMIT = "codex"
_UNKNOWN = "unknown"


class _Length(Struct, frozen=True):
    """A length with a name of its own, from the shortest to the longest of its kind, in minutes."""

    shortest: float
    longest: float
    id: str
    title: str

    def nearest(self, minutes: float) -> float:
        return min(max(minutes, self.shortest), self.longest)

    def is_meant_by(self, minutes: float) -> bool:
        """Within 2 %: 0.3x-0.4x wrote 299 and 10079 minutes, the endpoint has sent 17940 and 604740 seconds."""
        return abs(self.nearest(minutes) - minutes) <= 0.02 * self.nearest(minutes)


_NAMED = (
    _Length(300, 300, "session", "5h"),
    _Length(1_440, 1_440, "window:1440", "1d"),
    _Length(10_080, 10_080, "weekly", "Weekly"),
    _Length(28 * 1_440, 31 * 1_440, "monthly", "Monthly"),  # calendar months, and their mean of 730 hours
)


def window(
    used_percent: float, minutes: float | None, resets_at: datetime | None, now: datetime
) -> RateWindow | None:
    """A window from the values sent; 0 for a duration means that it is unknown. None for an invalid percentage.

    A negative one says nothing: a server's mistake is not shown as an untouched window.
    """
    if percent(used_percent) is None:
        return None
    length = _length(minutes)
    ident, title = (length.id, length.title) if length else (f"window:{_UNKNOWN}", "Limit")
    lasts = duration(minutes)
    near = resets_at is not None and -LONGEST_RESET <= resets_at - now <= furthest_reset(lasts)
    return RateWindow(
        id=ident,
        title=title,
        used_percent=used_percent,
        duration=lasts,
        resets_at=resets_at if near else None,
    )


def duration(minutes: float | None) -> timedelta | None:
    """How long a window is that was sent with a length of so many minutes; None if that is unknown."""
    length = _length(minutes)
    return timedelta(minutes=length.nearest(round(minutes or 0))) if length else None


def of_model(found: RateWindow, metered: Any, shown_as: Any) -> RateWindow | None:
    """The window of a model with limits of its own: `model:codex_bengalfox:weekly`, titled by the model's name.

    `metered` is the metered feature (`metered_feature`, `limitId`), `shown_as` the display name (`limit_name`,
    `limitName`); either may be missing. None where neither is valid.
    """
    slug = _slug(metered) or _slug(shown_as)
    return None if slug is None else _part(found, f"model:{slug}", name(shown_as) or slug)


def of_feature(found: RateWindow, key: str) -> RateWindow:
    """The window that a server sends under a key of its own.

    `code_review_rate_limit` → `code_review:weekly`, "Code review Weekly"; one of unknown length is titled by its
    key alone, `workspace_shared_limit` → "Workspace shared limit", and so is one whose key names its length.
    """
    stem = key.removesuffix("_rate_limit")
    words = stem.replace("_", " ").strip()
    shown_as = words[:1].upper() + words[1:]
    part = _part(found, stem, shown_as)
    has_length = not _LENGTHS.isdisjoint(words.split())
    return replace(part, title=shown_as) if has_length or not found.duration else part


def names_length(key: str) -> bool:
    """Whether a key names nothing but a length: `monthly_limit` limits no feature, but the account."""
    words = set(key.split("_"))
    return bool(words & _LENGTHS) and words <= _LENGTHS | _OF_LIMITS


def of_person(found: RateWindow) -> RateWindow:
    """A member's own spend cap within their workspace."""
    return replace(found, id="individual", title="Spend cap")


def is_of_account(limit_id: Any, limit_name: Any) -> bool:
    """Whether limits are the account's own: those of a model have its name, or an id like `codex_bengalfox`.

    The account's id is "codex", and "premium" on plans with credits.
    """
    if limit_id is None or limit_id == _OWN_LIMIT:
        return True
    return isinstance(limit_id, str) and not limit_name and not limit_id.startswith(f"{_OWN_LIMIT}_")


def one_of_each(windows: Iterable[RateWindow]) -> tuple[RateWindow, ...]:
    """Of two windows of the same duration the one with less left: it is the one that blocks.

    Of two whose duration is unknown nothing says that they are the same: both stay.
    """
    tightest: dict[str, RateWindow] = {}
    for sent in windows:
        found = sent if sent.duration or not sent.id.endswith(f":{_UNKNOWN}") else _numbered(sent, tightest)
        other = tightest.get(found.id)
        if other is None or found.used_percent > other.used_percent:
            tightest[found.id] = found
    return tuple(sorted(tightest.values(), key=lambda found: found.duration or timedelta.max))


def plan(raw: Any) -> str | None:
    """The plan's name; None for an invalid one: it is shown, stored and logged, and could contain anything."""
    return name(raw)


def name(raw: Any) -> str | None:
    """A name, as of a plan or a model; None for an invalid one, for the same reason."""
    return raw if isinstance(raw, str) and _NAME.fullmatch(raw) and raw.strip() else None


def email(raw: Any) -> str | None:
    """The address; None for an invalid one, for the same reason."""
    if isinstance(raw, str) and len(raw) <= 254 and raw.isprintable() and _EMAIL.fullmatch(raw):
        return raw
    return None


def _length(minutes: float | None) -> _Length | None:
    """The name of a length; None if it is unknown."""
    if not minutes or not isfinite(minutes) or not 0.5 < minutes < _LONGEST_MINUTES:
        return None
    named = next((length for length in _NAMED if length.is_meant_by(minutes)), None)
    if named is not None:
        return named
    whole = round(minutes)
    days, rest = divmod(whole, 1440)
    hours, left = divmod(whole, 60)
    title = f"{days}d" if not rest else f"{hours}h" if not left else f"{whole}m"
    return _Length(whole, whole, f"window:{whole}", title)


def _numbered(found: RateWindow, others: dict[str, RateWindow]) -> RateWindow:
    """With a number, where another one of unknown length has its id."""
    number = 1
    ident = found.id
    while ident in others:
        number += 1
        ident = f"{found.id}-{number}"
    return found if number == 1 else replace(found, id=ident, title=f"{found.title} {number}")


def _slug(raw: Any) -> str | None:
    """A name as used in a window's id: lower case, with a dash for anything but letters, digits, _ and dots."""
    named = name(raw)
    return (_NO_SLUG.sub("-", named.lower()).strip("-.") or None) if named else None


def _part(found: RateWindow, lane: str, shown_as: str) -> RateWindow:
    which = found.id.removeprefix("window:")
    return replace(found, id=f"{lane}:{which}", title=f"{shown_as} {found.title}")
