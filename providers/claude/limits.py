"""Claude's windows and names, shared by all its sources.

A window is identified by its name on the wire; that of a model or a product by its display name. A missing or
null value is no window: never 0 and never 100.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from providers.domain.limits import RateWindow, furthest_reset
from providers.domain.scalars import percent

_NAME = re.compile(r"(?=.*[A-Za-z0-9])[\w .+()/&,:'-]{1,40}")
_TIER = re.compile(r"_(\d{1,3}x)")


class Kind(Struct, frozen=True):
    """A window without its values: what it limits, and for how long, None if that is unknown."""

    id: str
    title: str
    duration: timedelta | None = None

    def window(self, used_percent: object, resets_at: datetime | None, now: datetime) -> RateWindow | None:
        """None for an invalid percentage; one that resets later than it can is without a reset."""
        used = percent(used_percent)
        if used is None:
            return None
        return RateWindow(
            id=self.id,
            title=self.title,
            used_percent=used,
            duration=self.duration,
            resets_at=resets_at if resets_at is not None and self.can_reset(resets_at, now) else None,
        )

    def can_reset(self, at: datetime, now: datetime) -> bool:
        """A reset further ahead than the window is long is an error, of the server or of a clock."""
        return at - now <= furthest_reset(self.duration)


FIVE_HOURS, DAY, WEEK, MONTH = timedelta(hours=5), timedelta(days=1), timedelta(days=7), timedelta(days=30)
SESSION = Kind("session", "5h", FIVE_HOURS)
WEEKLY = Kind("weekly", "Weekly", WEEK)
OAUTH_APPS = Kind("oauth_apps:weekly", "OAuth apps", WEEK)
_LENGTHS = {
    "five_hour": FIVE_HOURS,
    "session": FIVE_HOURS,
    "one_day": DAY,
    "daily": DAY,
    "seven_day": WEEK,
    "weekly": WEEK,
    "thirty_day": MONTH,
    "one_month": MONTH,
    "monthly": MONTH,
}
_WORDS = {FIVE_HOURS: "session", WEEK: "weekly", MONTH: "monthly"}
_NOTHING = ("", "all")
_OF_ACCOUNT = {
    FIVE_HOURS: SESSION,
    DAY: Kind("window:1440", "1d", DAY),
    WEEK: WEEKLY,
    MONTH: Kind("monthly", "Monthly", MONTH),
}


def model(name: str, duration: timedelta | None = WEEK) -> Kind:
    """The window of one model: `model:opus-5:weekly`."""
    return Kind(f"model:{_slug(name)}:{_length(duration)}", name, duration)


def surface(name: str, duration: timedelta | None = WEEK) -> Kind:
    """The window of one product that is no model: `surface:cowork:weekly`."""
    return Kind(f"surface:{_slug(name)}:{_length(duration)}", name, duration)


def named(key: str) -> Kind:
    """The window of an unknown member, by its name on the wire, which may include its length.

    `seven_day_claude_design` is the week of "Claude design"; `iguana_necktie`, of which we know nothing, is
    `surface:iguana_necktie:unknown`. A name that is only a length, such as `seven_day` or `weekly_all`, is
    that of the account's own window: `monthly_all` is its month.
    """
    duration, rest = _split(key)
    if duration is not None and rest in _NOTHING:
        return _OF_ACCOUNT[duration]
    if duration is None:
        return Kind(f"surface:{_slug(key)}:{_length(None)}", _readable(key))
    return surface(_readable(rest or key), duration)


def length_of(key: str) -> timedelta | None:
    """The length in a window's name; None where it has none."""
    return _split(key)[0]


def is_same(closer: str, wider: str) -> bool:
    """Whether two ids mean the same limit, the first named as closely or closer: "Opus 5" for "Opus"."""
    if closer == wider:
        return True
    parts = closer.split(":"), wider.split(":")
    if any(len(each) != 3 for each in parts):
        return False
    (_, name, length), (_, other, other_length) = parts
    return length == other_length and (name == other or name.startswith(f"{other}-"))


def is_name(text: str) -> bool:
    """Whether it can be shown and used in an id. It is stored and logged too: it could contain anything."""
    return _NAME.fullmatch(text) is not None


def in_order(windows: Iterable[RateWindow]) -> tuple[RateWindow, ...]:
    """Shorter windows first, those of the account before those of a model."""
    return tuple(
        sorted(
            windows, key=lambda found: (found.duration or timedelta.max, found.scope != "account", found.id)
        )
    )


def plan(subscription: object, tier: object) -> str | None:
    """`max` and `default_claude_max_20x` → `Max 20x`; None where no subscription is named."""
    if not isinstance(subscription, str) or not is_name(subscription):
        return None
    size = _TIER.search(tier) if isinstance(tier, str) else None
    name = subscription[:1].upper() + subscription[1:]
    return f"{name} {size[1]}" if size else name


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")


def _split(key: str) -> tuple[timedelta | None, str]:
    for word, duration in _LENGTHS.items():
        if key == word or key.startswith(f"{word}_"):
            return duration, key[len(word) + 1 :]
    return None, key


def _readable(key: str) -> str:
    return key.replace("_", " ").strip().capitalize()


def _length(duration: timedelta | None) -> str:
    """As the last part of an id."""
    if duration is None:
        return "unknown"
    return _WORDS.get(duration) or str(round(duration.total_seconds() / 60))
