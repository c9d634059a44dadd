"""What one percent of a week is worth, by past weeks: an estimate."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from msgspec import Struct

from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import LimitAccount, limit_accounts
from tray.faces.page.limits.percent import percent_values
from tray.view import format as fmt
from tray.view.percent_value import LEAST_USED, PercentValue, ValueSpread

_UNKNOWN = f"Not known yet: no past week had {LEAST_USED:.0f} % or more used, with its logs on this computer."
_ESTIMATE = (
    "An estimate: what was logged in each past week, divided by the percentage used. It is the median, followed by"
    " the lowest and the highest week with the rounding of percentages included."
)
_ELSEWHERE = (
    "Weeks in which the percentage rose while nothing was logged here are left out. Use on other devices at the"
    " same time is not in the logs, so one percent may be worth more."
)


class WorthCard(Struct, frozen=True, kw_only=True):
    """Of one account: texts, with all digits of `usd` and `tokens`; both are "" where `unknown` says why."""

    account: str
    usd: str = ""
    usd_full: str = ""
    usd_spread: str = ""
    tokens: str = ""
    tokens_full: str = ""
    tokens_spread: str = ""
    rests_on: str = ""
    unknown: str = ""


class PercentCards(Struct, frozen=True, kw_only=True):
    cards: tuple[WorthCard, ...] = ()
    notes: tuple[str, ...] = ()


def build(data: PageData) -> PercentCards:
    """Raises LedgerError."""
    values = percent_values(data)
    cards = tuple(
        _card(account, values[account.id]) for account in limit_accounts(data) if account.id in values
    )
    known = any(not card.unknown for card in cards)
    return PercentCards(cards=cards, notes=(_ESTIMATE, _ELSEWHERE) if known else ())


def _card(account: LimitAccount, found: PercentValue | None) -> WorthCard:
    if found is None:
        return WorthCard(account=account.label, unknown=_UNKNOWN)
    return _worth(account, found)


def _worth(account: LimitAccount, found: PercentValue) -> WorthCard:
    usd = found.usd
    return WorthCard(
        account=account.label,
        usd="" if usd is None else fmt.priced(usd.middle),
        usd_full="" if usd is None else f"{usd.middle:.6f}",
        usd_spread="" if usd is None else _spread(usd, fmt.money),
        tokens=f"≈ {fmt.tokens(round(found.tokens.middle))} tokens",
        tokens_full=f"{found.tokens.middle:.0f}",
        tokens_spread=_spread(found.tokens, lambda tokens: fmt.tokens(round(tokens))),
        rests_on=_rests_on(found),
    )


def _spread(spread: ValueSpread, shown: Callable[[float], str]) -> str:
    low, high = shown(spread.low), shown(spread.high)
    if low != high:
        return f"between {low} and {high}"
    return f"± {ceil(100 * max(spread.high - spread.middle, spread.middle - spread.low) / spread.middle)} %"


def _rests_on(found: PercentValue) -> str:
    weeks = fmt.plural(found.windows, "past week")
    if found.elsewhere:
        were = "was" if found.elsewhere == 1 else "were"
        weeks += f" ({found.elsewhere} more {were} used on other devices, too)"
    if found.priced_windows == found.windows:
        return f"Based on {weeks}."
    if not found.priced_windows:
        return f"Based on {weeks}, none of which is fully priced."
    return f"Based on {weeks}, the dollars on {found.priced_windows} that are fully priced."
