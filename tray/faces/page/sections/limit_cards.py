"""What is left of each account."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from markupsafe import Markup
from msgspec import Struct

from providers.domain.window_value import PercentSpread
from providers.ledger.database import LedgerError
from tray.engine import published
from tray.engine.zones import zone_name
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import UNREADABLE, shown_state
from tray.faces.page.limits.percent import WEEKLY, percent_values
from tray.faces.page.query import PageQuery
from tray.view import format as fmt
from tray.view.charts.meter import MeterBar, meter
from tray.view.limit_cards import LimitCard, LimitGauge, limit_cards
from tray.view.menu.problems import SENTENCE

_NEVER = "No limits have been read yet."
_START = "They are read while tankful runs or this page is open; the first answers take a few seconds."
_FILTERED = "No account matches these filters."

Worth = Mapping[str, PercentSpread | None]
"""What one percent of a week is worth in dollars, by account."""


class GaugeRow(Struct, frozen=True, kw_only=True):
    """`full` is what is left with all its digits, "" if unknown; `resets_at` as ISO; `kind` is that of a badge."""

    title: str
    reading: str
    full: str
    meter: Markup
    resets: str
    resets_at: str
    notes: tuple[str, ...]
    origin: str
    stale: bool
    kind: str


class AccountCard(Struct, frozen=True, kw_only=True):
    """`scoped` are windows of models and features, `address` that of the tab about limits of this account."""

    card: LimitCard
    address: str
    alerts: tuple[str, ...]
    windows: tuple[GaugeRow, ...]
    scoped: tuple[GaugeRow, ...]


class LimitCards(Struct, frozen=True, kw_only=True):
    """`empty` is a sentence where there is no card, `remedy` what to do. `legend` explains the gauges."""

    cards: tuple[AccountCard, ...] = ()
    empty: str = ""
    remedy: str = ""
    legend: str = ""


def build(data: PageData) -> LimitCards:
    return cards_of(data, _worth)


def cards_of(data: PageData, worth_of: Callable[[PageData], Worth] = lambda _: {}) -> LimitCards:
    """With what is left of a week in dollars, where that is asked for."""
    try:
        state = shown_state(data)
        found = () if state is None else limit_cards(state, data.now, data.zone)
    except published.DAMAGED:
        return LimitCards(empty=UNREADABLE)
    if not found:
        is_filtered = state is not None and bool(data.query.provider or data.query.account or data.query.home)
        return LimitCards(empty=_FILTERED) if is_filtered else LimitCards(empty=_NEVER, remedy=_START)
    worth = worth_of(data)
    cards = tuple(_card(each, data.query, worth.get(each.account or "")) for each in found)
    return LimitCards(cards=cards, legend=_legend(found, data))


def _worth(data: PageData) -> Worth:
    try:
        values = percent_values(data)
    except LedgerError:  # shown where it is explained
        return {}
    return {account: each[WEEKLY].percent.usd for account, each in values.items() if WEEKLY in each}


def _card(card: LimitCard, query: PageQuery, worth: PercentSpread | None) -> AccountCard:
    origins = {each.origin for each in (*card.windows, *card.scoped)}
    is_one = len(origins) == 1 and not card.stale and bool(card.updated)  # the card says it once
    return AccountCard(
        card=card,
        address=query.with_(
            tab="limits", page="", **({"account": card.account} if card.account else {})
        ).address,
        alerts=tuple(fmt.plain(each, longest=SENTENCE) for each in card.alerts),
        windows=tuple(
            _row(each, worth if each.id == WEEKLY else None, has_origin=not is_one) for each in card.windows
        ),
        scoped=tuple(_row(each, has_origin=not is_one) for each in card.scoped),
    )


def _row(gauge: LimitGauge, worth: PercentSpread | None = None, *, has_origin: bool = True) -> GaugeRow:
    said = ", ".join(filter(None, (f"{gauge.title}: {gauge.reading}", gauge.resets)))
    bar = MeterBar(said=said, left=gauge.share, level=gauge.level, time_left=gauge.tick, stale=gauge.stale)
    return GaugeRow(
        title=gauge.title,
        reading=gauge.reading,
        full="" if gauge.left is None else f"{gauge.left:g}",
        meter=meter(bar),
        resets=gauge.resets or "",
        resets_at=_iso(gauge.resets_at),
        notes=(*gauge.notes, *_left_in_dollars(gauge, worth)),
        origin=gauge.origin if has_origin or gauge.stale else "",
        stale=gauge.stale,
        kind={"plenty": "plain", "low": "warn", "scarce": "bad", "spent": "bad"}[gauge.level],
    )


def _left_in_dollars(gauge: LimitGauge, worth: PercentSpread | None) -> Iterator[str]:
    """No vendor says what a percent is: an estimate, with its spread."""
    if worth is not None and gauge.left:
        low, middle, high = (fmt.money(gauge.left * each) for each in (worth.low, worth.median, worth.high))
        yield f"Left, by past weeks: about {middle} at API prices ({low} to {high})"


def _legend(cards: tuple[LimitCard, ...], data: PageData) -> str:
    zone = f"Times are in {zone_name(data.zone)}."
    if not any(gauge.tick is not None for card in cards for gauge in (*card.windows, *card.scoped)):
        return zone
    return f"The line across a bar marks even use by now. {zone}"


def _iso(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds")
