"""Parses Codex's `/status` screen: in a box or not, on one line or wrapped.

    Account:                       dev@example.com (Pro)
    5h limit:                      [█████████████░░░░░░░] 63% left (resets 18:10)
    Weekly limit:                  [████████░░░░░░░░░░░░] 38% left
                                   (resets 11:41 PM on 22 Nov)
    Credits:                       151 credits                              or: Unlimited
    Monthly credit limit:          [██████████████░░░░░░] 68% left (resets 07:08 on 7 May)
                                   8,000 of 25,000 credits used
    GPT-5.3-Codex-Spark limit:                                              the next lines are this model's
    GPT-5.3-Codex-Spark 5h limit:  [██████████████████░░] 88% left (resets 18:40)
    Limits:                        data not available yet

Observed on 0.60-0.169. Up to 0.97 only the account's limits are shown. A line is parsed completely or not at
all: on a screen that is too small Codex truncates it without a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from msgspec import Struct

from providers.codex import balance, limits
from providers.domain.limits import Credits, RateWindow, furthest_reset

Outcome = Literal["limits", "later", "never", "too_old", "api_key", "nothing"]
"""Limits; retry soon; this account has none; only after a prompt; no ChatGPT login; another screen."""

_LABEL = re.compile(r"( {0,3})(\S.{0,60}?): *(?: (\S.*))?")
_ACCOUNT = re.compile(r"(\S+@\S+) \(([^()]+)\)")  # without its plan it may be truncated
_LIMIT = re.compile(r"(?:(.+?) )??(\d{1,3}h|Daily|Weekly|Monthly|Annual|Usage)? ?limit", re.IGNORECASE)
_SHARE = re.compile(r"(?:\[[^\]]*\] ?)?(\d{1,3})% left(?: \(resets ([^()]+)\))?")
_CREDITS = re.compile(r"(\d[\d,]*(?:\.\d+)?) credits")
_CAP = re.compile(r"(?:[A-Za-z]+ ){0,3}credit limit", re.IGNORECASE)
_CREDITS_USED = re.compile(r" ?[\d,.]+ of [\d,.]+ credits used$")
_RESET = re.compile(r"(\d{1,2}):(\d{2})(?: ([AP]M))?(?: on (\d{1,2}) ([A-Z][a-z]{2}))?")
_MINUTES = {"daily": 1_440, "weekly": 10_080, "monthly": 43_200, "annual": 525_600}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NO_LIMITS: dict[str, Outcome] = {
    "data not available yet": "later",
    "refresh requested; run /status again shortly.": "later",
    "not available for this account": "never",
    "send a message to load usage data": "too_old",
}
_STALE = "limits may be stale"
# A reset that was due a moment ago does not mean tomorrow's, and a clock may be slightly off.
_SLACK = timedelta(minutes=10)
# Codex shows limits that it read up to 15 minutes ago, and its zone may be off by an hour.
_JUST_PASSED = timedelta(hours=1)


class Status(Struct, frozen=True, kw_only=True):
    """A parsed screen. `complete` is True where all its limits were seen and parsed, and are no older than the
    screen; `stale` where it warns itself that newer numbers are pending.
    """

    outcome: Outcome
    windows: tuple[RateWindow, ...] = ()
    credits: Credits | None = None
    email: str | None = None
    plan: str | None = None
    complete: bool = False
    stale: bool = False
    dropped: tuple[str, ...] = ()


def parse_status(screen: str, now: datetime, zone: tzinfo) -> Status:
    """The last `/status` on this screen. `zone` is the one of its times; never raises."""
    begun, block = _last_block(screen)
    reader = _Reader(now, zone)
    for label, value in block:
        reader.take(label, value)
    return reader.status(begun=begun)


def _last_block(screen: str) -> tuple[bool, list[tuple[str, str]]]:
    """Labels and values of the last screen, and whether its beginning is visible."""
    begun = False
    block: list[tuple[str, str]] = []
    for label, value in _fields(screen):
        if label == "Model":
            begun, block = True, []
        block.append((label, value))
    return begun, block


def _fields(screen: str) -> Iterator[tuple[str, str]]:
    """Labels with their values; an indented line continues the value above it."""
    field: tuple[str, list[str]] | None = None
    for line in map(_unboxed, screen.splitlines()):
        labelled = _LABEL.fullmatch(line)
        indent = len(line) - len(line.lstrip())
        if labelled is None and field is not None and line and indent > 4:
            field[1].append(line.strip())
            continue
        if field is not None:
            yield field[0], " ".join(part for part in field[1] if part)
        field = (labelled[2], [labelled[3] or ""]) if labelled else None
    if field is not None:
        yield field[0], " ".join(part for part in field[1] if part)


def _unboxed(line: str) -> str:
    line = line.rstrip()
    return line[1:-1].rstrip() if len(line) > 1 and line[0] == "│" == line[-1] else line


class _Reader:
    """Takes the fields in order: a model's name may be on a line of its own above its limits."""

    def __init__(self, now: datetime, zone: tzinfo) -> None:
        self._now = now
        self._zone = zone
        self._outcome: Outcome = "nothing"
        self._model: str | None = None
        self._windows: list[RateWindow] = []
        self._of_models: list[RateWindow] = []
        self._credits: Credits | None = None
        self._email: str | None = None
        self._plan: str | None = None
        self._stale = False
        self._dropped: list[str] = []

    def take(self, label: str, value: str) -> None:
        if label == "Account":
            self._account(value)
        elif label == "Credits":
            self._model = None
            self._bought(value)
        elif label == "Limits":
            self._outcome = _NO_LIMITS.get(value, self._outcome)
        elif label == "Warning" and value.startswith(_STALE):
            self._stale = True
        elif _CAP.fullmatch(label):
            self._model = None
            self._cap(value)
        elif label.endswith("limit"):
            self._limit(label, value)

    def status(self, *, begun: bool) -> Status:
        seen = self._windows or self._of_models or self._credits is not None
        if seen and self._outcome != "later":
            self._outcome = "limits"
        return Status(
            outcome=self._outcome,
            windows=(*limits.one_of_each(self._windows), *limits.one_of_each(self._of_models)),
            credits=self._credits,
            email=self._email,
            plan=self._plan,
            complete=begun and self._outcome == "limits" and not (self._stale or self._dropped),
            stale=self._stale,
            dropped=tuple(dict.fromkeys(self._dropped)),
        )

    def _account(self, value: str) -> None:
        if value.startswith("API key"):
            self._outcome = "api_key"
        elif shown := _ACCOUNT.fullmatch(value):
            self._email = limits.email(shown[1])
            # Newer versions show a display name, "Pro 200": only a single word is the plan's id.
            self._plan = limits.plan(shown[2].lower()) if shown[2].isalpha() else None

    def _bought(self, value: str) -> None:
        if value == "Unlimited":
            self._credits = Credits(unlimited=True)
        elif shown := _CREDITS.fullmatch(value):
            with suppress(ValueError):
                shown_balance = shown[1].replace(",", "")
                self._credits = balance.bought({"has_credits": True, "balance": shown_balance})
        if self._credits is None:
            self._dropped.append("credits")

    def _limit(self, label: str, value: str) -> None:
        name = _LIMIT.fullmatch(label)
        if name is None or not (name[1] or name[2]):
            self._dropped.append("limit")
            return
        if not name[2] and not value:
            self._model = name[1]
            return
        found = self._window(name[2], value) if name[2] else None
        model = name[1] or self._model
        if found is None:
            self._dropped.append("limit")
        elif model is None:
            self._windows.append(found)
        elif (its := limits.of_model(found, None, model)) is not None:
            self._of_models.append(its)
        else:
            self._dropped.append("limit")

    def _cap(self, value: str) -> None:
        """A member's monthly credit limit in a workspace."""
        found = self._window("", _CREDITS_USED.sub("", value))
        if found is None:
            self._dropped.append("limit")
        else:
            self._windows.append(limits.of_person(found))

    def _window(self, length: str, value: str) -> RateWindow | None:
        shown = _SHARE.fullmatch(value)
        if shown is None or int(shown[1]) > 100:
            return None
        word = length.lower()
        minutes = int(word[:-1]) * 60 if word[:1].isdigit() else _MINUTES.get(word)
        resets_at = None
        if shown[2]:
            at_most = furthest_reset(limits.duration(minutes))
            resets_at = reset_time(shown[2], self._now, self._zone, at_most)
            if resets_at is None:
                self._dropped.append("reset")
        return limits.window(100.0 - int(shown[1]), minutes, resets_at, self._now)


def reset_time(shown: str, now: datetime, zone: tzinfo, at_most: timedelta) -> datetime | None:
    """The next such time, in UTC; None for an invalid one, or one beyond the length of the window.

    Known forms: `18:10`, `6:10 PM`, `23:41 on 22 Nov`, `11:41 PM on 22 Nov`. One without a day is today's, or
    tomorrow's once it is past; but one that has just passed is not a day ahead: then the next is unknown. One
    without a year likewise. Where clocks are put back an hour comes twice: the first that is still ahead is meant,
    and an hour that is left out is the one after it.
    """
    match = _RESET.fullmatch(shown)
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2])
    if match[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[3] == "PM" else 0)
    moments = list(_moments(_days(match[4], match[5], now.astimezone(zone)), hour, minute, zone))
    found = next((moment for moment in moments if moment >= now - _SLACK), None)
    if found is None or found > now + at_most:
        return None
    passed = any(now - _JUST_PASSED <= moment < now - _SLACK for moment in moments)
    return None if passed and not _is_today(found, now, zone) else found


def _moments(days: Iterator[datetime], hour: int, minute: int, zone: tzinfo) -> Iterator[datetime]:
    for day in days:
        for fold in (0, 1):
            with suppress(ValueError, OverflowError):  # 25:00, 29 Feb of a common year, the end of all years
                local = day.replace(hour=hour, minute=minute, second=0, microsecond=0, tzinfo=zone, fold=fold)
                yield local.astimezone(UTC)


def _is_today(moment: datetime, now: datetime, zone: tzinfo) -> bool:
    return moment.astimezone(zone).date() == now.astimezone(zone).date()


def _days(number: str | None, month: str | None, today: datetime) -> Iterator[datetime]:
    """The days that it may be, in their order."""
    bare = today.replace(tzinfo=None, fold=0)
    if number is None or month is None:
        for ahead in (-1, 0, 1):
            with suppress(OverflowError):
                yield bare + timedelta(days=ahead)
    elif month in _MONTHS:
        for year in (today.year - 1, today.year, today.year + 1):
            with suppress(ValueError):
                yield bare.replace(year=year, month=_MONTHS.index(month) + 1, day=int(number))
