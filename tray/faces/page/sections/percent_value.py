"""What one percent of each window is worth, by past windows: an estimate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import floor, log10

from msgspec import Struct

from providers.domain.window_value import (
    LEAST_PERCENT,
    LEAST_WINDOWS,
    MAIN_SHARE,
    MOST_ELSEWHERE,
    PercentSpread,
)
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import LimitAccount, limit_accounts
from tray.faces.page.limits.percent import WindowWorth, percent_values
from tray.faces.page.parts import Head
from tray.view import format as fmt

_TITLES = ("Window", "1 % in dollars", "Middle 50 %", "1 % in tokens", "Middle 50 %", "Windows")
_ESTIMATE = (
    "An estimate: what was logged here while the percentage rose, divided by how far it rose; the median of past"
    " windows, and the middle 50 % of them. Dollars are at API prices. The row of a model is of those windows in"
    f" which it had {100 * MAIN_SHARE:.0f} % or more of the dollars."
)
_ELSEWHERE = (
    f"Windows are left out if more than {100 * MOST_ELSEWHERE:.0f} % of their rise came while nothing was logged"
    " here. Use on other devices at the same time is not in the logs, so one percent may be worth more."
)
_UNKNOWN = (
    f"Not known yet. It takes {LEAST_WINDOWS} past windows that rose by {LEAST_PERCENT:.0f} % or more, with their"
    " logs on this computer."
)


_CENTS = 0.1


class PercentRow(Struct, frozen=True, kw_only=True):
    """Texts, "" where something is unknown, with all digits of `usd` and `tokens`."""

    window: str
    is_model: bool = False
    usd: str = ""
    usd_full: str = ""
    usd_spread: str = ""
    tokens: str = ""
    tokens_full: str = ""
    tokens_spread: str = ""
    windows: str = ""


class WorthCard(Struct, frozen=True, kw_only=True):
    """Of one account; without rows `unknown` says why."""

    account: str
    rows: tuple[PercentRow, ...] = ()
    note: str = ""
    unknown: str = ""


class PercentCards(Struct, frozen=True, kw_only=True):
    cards: tuple[WorthCard, ...] = ()
    heads: tuple[Head, ...] = ()
    notes: tuple[str, ...] = ()


def build(data: PageData) -> PercentCards:
    """Raises LedgerError."""
    values = percent_values(data)
    cards = tuple(
        _card(account, values[account.id]) for account in limit_accounts(data) if account.id in values
    )
    heads = tuple(Head(title=title, number=title != "Window") for title in _TITLES)
    known = any(card.rows for card in cards)
    return PercentCards(cards=cards, heads=heads, notes=(_ESTIMATE, _ELSEWHERE) if known else ())


def _card(account: LimitAccount, values: dict[str, WindowWorth]) -> WorthCard:
    rows = tuple(
        row for window, found in values.items() for row in _rows(account.window_title(window), found)
    )
    left_out = sum(each.elsewhere for each in values.values())
    windows = fmt.plural(left_out, "window")
    note = f"{windows} left out: also used on other devices" if left_out else ""
    return WorthCard(account=account.label, rows=rows, note=note, unknown="" if rows else _UNKNOWN)


def _rows(title: str, found: WindowWorth) -> Iterator[PercentRow]:
    tokens, usd = found.percent.tokens, found.percent.usd
    if tokens is None:
        return
    yield PercentRow(
        window=title,
        tokens=fmt.tokens(round(tokens.median)),
        tokens_full=f"{tokens.median:.0f}",
        tokens_spread=_spread(tokens, lambda count: fmt.tokens(round(count))),
        usd="" if usd is None else _about(usd.median),
        usd_full="" if usd is None else f"{usd.median:.6f}",
        usd_spread="" if usd is None else _spread(usd, _dollars),
        windows=f"{tokens.windows}",
    )
    models = found.percent.by_model
    if usd is not None and [each.windows for each in models.values()] == [usd.windows]:
        return  # one model in all of them: the row would be the same again
    for model, each in models.items():
        yield PercentRow(
            window=fmt.plain(model, longest=40),
            is_model=True,
            usd=_about(each.median),
            usd_full=f"{each.median:.6f}",
            usd_spread=_spread(each, _dollars),
            windows=f"{each.windows}",
        )


def _about(usd: float) -> str:
    return f"≈ {_dollars(usd)}"


def _dollars(usd: float) -> str:
    """A percent of five hours may be worth less than a cent: two digits that tell."""
    return fmt.money(usd) if usd >= _CENTS or usd <= 0 else f"${usd:.{1 - floor(log10(usd))}f}"


def _spread(spread: PercentSpread, shown: Callable[[float], str]) -> str:
    low, high = shown(spread.low), shown(spread.high)
    return low if low == high else f"{low} – {high}"
