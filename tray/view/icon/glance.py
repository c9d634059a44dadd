"""What of a state the icon shows. Values are rounded to what can be seen, so that it is seldom drawn anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.blocked import blocked
from providers.domain.glyph import Glyph
from providers.domain.limits import AccountUsage, RateWindow, Sourced
from providers.domain.merge import is_stale
from providers.domain.rules import LOW_PERCENT
from providers.registry import PROVIDERS
from tray.engine.settings_table import ICON, SHOW_USED, WORK_DAYS
from tray.engine.state import State
from tray.view import format as fmt
from tray.view import words
from tray.view.accounts import accounts, at_a_glance, is_past, own_windows, tightness
from tray.view.level import Level, level
from tray.view.sessions import brief

Sign = Literal["none", "scarce", "blocked", "error", "incident", "stale", "unread"]

KEY = "tankful"
_STEP = 2.5  # percent of a bar: half a pixel of 22
_TICKS = 20  # places of the line that shows the time left
_MARKS = {provider.id: provider.mark for provider in PROVIDERS}


class Bar(Struct, frozen=True):
    """A window: percent left (None when it is not known), and which share of its time is left, 0-1."""

    left: float | None
    level: Level = "plenty"
    stale: bool = False
    time_left: float | None = None


_UNREAD = (Bar(None), Bar(None))


class Gauge(Struct, frozen=True):
    """One account: its provider's mark, its bars, and a sign of what is wrong.

    `percent` is drawn instead of the bars unless it is None: digits, in the colour of `level`. `waits`: a session
    waits for the person.
    """

    bars: tuple[Bar, ...] = _UNREAD
    mark: Glyph = Glyph()
    sign: Sign = "none"
    percent: str | None = None
    level: Level = "plenty"
    waits: bool = False


class Glance(Struct, frozen=True):
    """The content of a picture: one gauge, or two side by side. `used`: bars are filled with what is used."""

    gauges: tuple[Gauge, ...] = (Gauge(),)
    used: bool = False

    @property
    def attention(self) -> bool:
        """Whether a panel should not hide it: little is left, it is blocked, nothing can be known of it, or a
        session waits for the person.
        """
        return any(
            gauge.waits
            or gauge.sign in ("blocked", "error")
            or any(bar.level != "plenty" and (bar.left or 0) <= LOW_PERCENT for bar in gauge.bars)
            for gauge in self.gauges
        )


class NamedGlance(Struct, frozen=True):
    """An icon: its key, and the provider it is of, None where it is of all."""

    key: str
    glance: Glance
    provider: str | None = None


def glances(state: State, now: datetime, zone: tzinfo | None = UTC) -> tuple[NamedGlance, ...]:
    """The icons, one or more, by the setting of their style."""
    style = state.settings.get(ICON)
    found, waiting = _by_provider(state, now), _waiting(state)
    if style == "each" and len(found) > 1:
        # The first keeps its key whatever the style: a new icon can be added, one that goes costs a flicker.
        return tuple(
            NamedGlance(
                f"{KEY}:{usage.provider}" if number else KEY,
                _glance(state, (usage,), now, zone, waiting=_own(waiting, usage, found)),
                usage.provider,
            )
            for number, usage in enumerate(found)
        )
    if style == "both":
        return (NamedGlance(KEY, combined(state, now, zone)),)
    tightest = sorted(found, key=lambda usage: tightness(usage, now))[:1]
    return (NamedGlance(KEY, _glance(state, tightest, now, zone, digits=style == "number", waiting=waiting)),)


def _waiting(state: State) -> frozenset[str]:
    """The providers of the sessions that wait for the person."""
    return frozenset(session.provider for session in brief.waiting(state))


def _own(waiting: frozenset[str], usage: AccountUsage, shown: Sequence[AccountUsage]) -> frozenset[str]:
    """Those whose mark the icon of this account has: its own; the first icon also those that have none."""
    if usage is shown[0]:
        return waiting - {other.provider for other in shown[1:]}
    return waiting & {usage.provider}


def combined(state: State, now: datetime, zone: tzinfo | None = UTC) -> Glance:
    """Two providers side by side, in one picture."""
    return _glance(state, _by_provider(state, now)[:2], now, zone, waiting=_waiting(state))


def _by_provider(state: State, now: datetime) -> tuple[AccountUsage, ...]:
    """Of each provider the account with the least left; without any value, the first account."""
    held = at_a_glance(state, now)
    signed_in = {usage.provider: usage for usage in reversed(accounts(state)) if usage.account is not None}
    known = {usage.provider for usage in held}
    others = [usage for usage in accounts(state) if usage.provider not in known]
    return (*held, *(usage for usage in others if signed_in.get(usage.provider) is usage)) or accounts(state)[
        :1
    ]


def _glance(
    state: State,
    shown: Sequence[AccountUsage],
    now: datetime,
    zone: tzinfo | None,
    *,
    digits: bool = False,
    waiting: frozenset[str],
) -> Glance:
    """`waiting`: the providers whose sessions have their mark in this icon."""
    used = state.settings.get(SHOW_USED)
    gauges = tuple(_gauge(state, usage, now, zone, digits=digits, used=used) for usage in shown) or (
        Gauge(sign="unread"),
    )
    return Glance(_marked(gauges, tuple(usage.provider for usage in shown), waiting), used)


def _marked(
    gauges: tuple[Gauge, ...], providers: tuple[str, ...], waiting: frozenset[str]
) -> tuple[Gauge, ...]:
    """Each with the mark of its provider's sessions; the first with that of all that have no gauge."""
    others = waiting - set(providers)
    marks = [provider in waiting for provider in providers] or [False]
    marks[0] = marks[0] or bool(others)
    return tuple(replace(gauge, waits=mark) for gauge, mark in zip(gauges, marks, strict=True))


def _gauge(
    state: State, usage: AccountUsage, now: datetime, zone: tzinfo | None, *, digits: bool, used: bool
) -> Gauge:
    work_days = state.settings.get(WORK_DAYS)
    lanes = _shown_windows(usage, now)
    bars = tuple(_bar(usage, lane, now, zone, work_days) for lane in lanes) or _UNREAD
    sign = _sign(state, usage, bars, now)
    mark = _MARKS.get(usage.provider, Glyph())
    if not digits:
        return Gauge(bars, mark, sign)
    known = [(lane, bar) for lane, bar in zip(lanes, bars, strict=False) if bar.left is not None]
    if not known:
        return Gauge((Bar(None),), mark, sign, "–")
    lane, bar = min(known, key=lambda each: fmt.left_percent(each[0].value.used_percent))
    left = fmt.left_percent(lane.value.used_percent)
    # Only what is drawn: the number of a window, not the place of its time.
    return Gauge((Bar(bar.left, bar.level, bar.stale),), mark, sign, _digits(left, used=used), bar.level)


def _shown_windows(usage: AccountUsage, now: datetime) -> tuple[Sourced[RateWindow], ...]:
    """The shortest window, and the tightest of the longer ones."""
    own = own_windows(usage)
    longer = sorted(own[1:], key=lambda lane: (is_past(lane, now), fmt.left_percent(lane.value.used_percent)))
    return (*own[:1], *longer[:1])


def _bar(
    usage: AccountUsage, lane: Sourced[RateWindow], now: datetime, zone: tzinfo | None, work_days: str
) -> Bar:
    if is_past(lane, now):
        return Bar(None, stale=True)
    window = lane.value
    return Bar(
        _rounded(fmt.left_percent(window.used_percent)),
        level(usage, window, now, zone, work_days),
        stale=is_stale(lane.fetched_at, window.resets_at, now, usage.refresh_every),
        time_left=_time_left(window, now),
    )


def _rounded(left: float) -> float:
    """To a step of a bar: never empty while anything is left, never full once anything is used."""
    if not 0 < left < 100:
        return left
    return min(max(round(left / _STEP) * _STEP, _STEP), 100 - _STEP)


def _time_left(window: RateWindow, now: datetime) -> float | None:
    if window.duration is None or window.resets_at is None or not window.duration:
        return None
    return min(round((window.resets_at - now) / window.duration * _TICKS) / _TICKS, 1.0)


def _digits(left: float, *, used: bool) -> str:
    """Never overstated: neither what is left nor what is still unused."""
    if 0 < left < 1 and not used:
        return "<1"
    return str(100 - words.whole(left) if used else words.whole(left))


def _sign(state: State, usage: AccountUsage, bars: tuple[Bar, ...], now: datetime) -> Sign:
    """What is worst."""
    block = blocked(usage, now)
    if block is not None and not block.credits_left:
        return "blocked"
    # While the values are current, a failed poll needs no attention yet.
    if usage.error is not None and not _is_current(bars):
        return "error"
    if any(bar.level in ("scarce", "spent") for bar in bars):
        return "scarce"
    incident = state.incidents.get(usage.provider)
    if incident is not None and incident.impact != "maintenance":
        return "incident"
    if not usage.windows:
        return "unread"
    return "none" if _is_current(bars) else "stale"


def _is_current(bars: tuple[Bar, ...]) -> bool:
    return any(bar.left is not None and not bar.stale for bar in bars)
