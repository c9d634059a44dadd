"""What is left of each account as a card: its windows as gauges, what is wrong with it, what else it has. Pure.

The words are those of the menu.
"""

from __future__ import annotations

from datetime import datetime, tzinfo

from msgspec import Struct

from providers.domain.blocked import Block, blocked
from providers.domain.limits import AccountUsage, RateWindow, Sourced
from providers.domain.merge import is_stale
from providers.domain.pace import pace_of
from tray.engine.state import State
from tray.view import extras
from tray.view import format as fmt
from tray.view.accounts import is_past
from tray.view.level import Level, level
from tray.view.menu.account import Entry, age_text, named, owner_text
from tray.view.menu.cost import cost_line
from tray.view.menu.problems import problems
from tray.view.menu.top import incident_text
from tray.view.menu.windows import Look, is_spent, look_of, pace_texts

_LONGEST = 40  # characters of a title


class LimitGauge(Struct, frozen=True, kw_only=True):
    """A window. `share` is how much of the gauge is filled, 0-100: what is left or what is used, as in `reading`;
    None where it has reset since it was read. `tick` is where even use would be by now. `left` has all
    digits. `notes` are what its pace says and what keeps it from being used; `origin` the source and age.
    """

    id: str
    title: str
    reading: str
    share: float | None
    left: float | None
    tick: float | None
    level: Level
    resets: str | None
    resets_at: datetime | None
    notes: tuple[str, ...]
    origin: str
    stale: bool


class LimitCard(Struct, frozen=True, kw_only=True):
    """An account, or a home without a login. `alerts` are sentences, the most urgent first; `scoped` are the
    windows of models and features; `marks` what happened to it; `extras` its credits, resets and spend. `cost` is
    there where it has no limits to show, `stale` where nothing of it is new.
    """

    key: str
    provider: str
    account: str | None
    title: str
    owner: str
    alerts: tuple[str, ...]
    windows: tuple[LimitGauge, ...]
    scoped: tuple[LimitGauge, ...]
    marks: tuple[str, ...]
    extras: tuple[str, ...]
    cost: str | None
    updated: str | None
    stale: bool


def limit_cards(state: State, now: datetime, zone: tzinfo) -> tuple[LimitCard, ...]:
    """In the order of the homes: cards that change places while one looks are hard to read."""
    if state.snapshot is None:
        return ()
    look = look_of(state)
    return tuple(_card(entry, state, now, zone, look) for entry in named(state.snapshot.accounts, look))


def _card(entry: Entry, state: State, now: datetime, zone: tzinfo, look: Look) -> LimitCard:
    usage = entry.usage
    block = blocked(usage, now)
    gauges = [(lane, _gauge(usage, lane, block, now, zone, look)) for lane in usage.windows]
    own = tuple(gauge for lane, gauge in gauges if lane.value.scope == "account")
    incident = state.incidents.get(usage.provider)
    marks = [incident_text(usage.title, incident)] if incident is not None else []
    return LimitCard(
        key=entry.key,
        provider=usage.provider,
        account=usage.account.id if usage.account else None,
        title=entry.header.replace(fmt.DOT, " · "),
        owner=owner_text(usage, look).replace(fmt.DOT, " · "),
        alerts=_alerts(usage, state, now, zone),
        windows=own,
        scoped=tuple(gauge for _, gauge in gauges if gauge not in own),
        marks=(*marks, *(text for _, text in extras.early(usage, now, zone))),
        extras=tuple(text.replace(fmt.DOT, " · ") for _, text in extras.beside_windows(usage, now, zone)),
        cost=None if usage.windows else cost_line(usage.cost),
        updated=None if (age := age_text(usage, now)) is None else age.replace(fmt.DOT, " · "),
        stale=bool(gauges) and all(gauge.stale for _, gauge in gauges),
    )


def _alerts(usage: AccountUsage, state: State, now: datetime, zone: tzinfo) -> tuple[str, ...]:
    found = tuple(text for _, text in problems(usage, state, now, zone))
    if not found and not usage.windows and not (usage.credits or usage.spend):
        return ("Limits not available yet.",)
    return found


def _gauge(
    usage: AccountUsage,
    lane: Sourced[RateWindow],
    block: Block | None,
    now: datetime,
    zone: tzinfo,
    look: Look,
) -> LimitGauge:
    window, past = lane.value, is_past(lane, now)
    left = None if past else fmt.left_percent(window.used_percent)
    pace = None if past else pace_of(usage, window, now, zone, look.work_days)
    tick = None if pace is None else pace.expected_percent if look.used else 100 - pace.expected_percent
    return LimitGauge(
        id=window.id,
        title=fmt.plain(window.title, longest=_LONGEST),
        reading="unknown" if left is None else fmt.reading(left, used=look.used),
        share=None if left is None else 100 - left if look.used else left,
        left=left,
        tick=tick,
        level="plenty" if past else level(usage, window, now, zone, look.work_days),
        resets=_resets(lane, now, zone),
        resets_at=window.resets_at,
        notes=_notes(usage, lane, block, now, zone, look),
        origin=f"{_source(usage, lane)}, {fmt.age(now - lane.fetched_at)}",
        stale=is_stale(lane.fetched_at, window.resets_at, now, usage.refresh_every),
    )


def _notes(
    usage: AccountUsage,
    lane: Sourced[RateWindow],
    block: Block | None,
    now: datetime,
    zone: tzinfo,
    look: Look,
) -> tuple[str, ...]:
    notes = [_sentence(text) for _, text in pace_texts(usage, lane, now, zone, look)]
    if is_spent(lane, now):
        notes.insert(0, "Spent")
    elif block is not None and block.by and not block.credits_left and lane.value.scope == "account":
        notes.insert(0, _sentence(extras.blocked_by(block)))
    return tuple(notes)


def _resets(lane: Sourced[RateWindow], now: datetime, zone: tzinfo) -> str | None:
    """In how long, and when."""
    at = lane.value.resets_at
    if at is None:
        return None
    when = fmt.on_or_at(at, now, zone)
    if is_past(lane, now):
        return f"Was reset {when}, not updated since"
    return f"Resets in {fmt.countdown(at - now)}, {when}"


def _source(usage: AccountUsage, lane: Sourced[RateWindow]) -> str:
    return fmt.plain(usage.source_titles.get(lane.source, lane.source))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
