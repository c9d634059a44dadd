"""How sums, days and changes read on the page. Pure."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from providers.domain.cost import Tally
from tray.faces.page.parts import StatCard
from tray.view import format as fmt
from tray.view.usage.change import Change


class Amount(Struct, frozen=True, kw_only=True):
    """`shown` is "" where it is not known, `full` the same with all its digits."""

    shown: str = ""
    full: str = ""


NOTHING = Amount()


def cost(tally: Tally, *, in_column: bool = False) -> Amount:
    """As `dollars`, of what has a price."""
    return dollars(tally.usd, at_least=tally.unpriced > 0, in_column=in_column)


def dollars(usd: float | None, *, at_least: bool = False, in_column: bool = False) -> Amount:
    """`≈ $1.20`, in a column `$1.20`; `≥ $1.20` where a part has no price; nothing where all has none."""
    if usd is None:
        return NOTHING
    shown = fmt.money(usd) if in_column and not at_least else fmt.priced(usd, complete=not at_least)
    return Amount(shown=shown, full=f"{usd:.6f}")


def tokens(count: float) -> Amount:
    return Amount(shown=fmt.tokens(round(count)), full=f"{round(count)}")


def tokens_in_words(count: float) -> Amount:
    """`67 K tokens`."""
    amount = tokens(count)
    unit = "token" if amount.full == "1" else "tokens"
    return Amount(shown=f"{amount.shown} {unit}", full=amount.full)


def cost_and_tokens(usd: float | None, count: float, *, at_least: bool = False) -> str:
    """`≈ $1.20 and 67 K tokens`; the tokens alone where no price is known."""
    parts = (dollars(usd, at_least=at_least).shown, tokens_in_words(count).shown)
    return " and ".join(filter(None, parts))


def counted(number: int) -> Amount:
    return Amount(shown=f"{number:,}", full=f"{number}")


def card(name: str, amount: Amount, *, note: str = "", change: str = "") -> StatCard:
    return StatCard(name=name, value=amount.shown, full=amount.full, note=note, change=change)


def changed(change: Change, shown: Callable[[float], str]) -> str:
    """`+$1.20 (+12 %), before $10.00`; of what cannot be compared what was before, "" where that is unknown."""
    if change.before is None:
        return ""
    before = f"before {shown(change.before)}"
    found = difference(change, shown)
    return f"{found}, {before}" if found else before


def difference(change: Change, shown: Callable[[float], str]) -> str:
    """`+$1.20 (+12 %)`, `no change`; "" where none is known."""
    if change.difference is None:
        return ""
    if change.difference == 0:
        return "no change"
    sign = "+" if change.difference > 0 else "−"
    percent = "" if change.percent is None else f" ({_percent(change.percent)})"
    return f"{sign}{shown(abs(change.difference))}{percent}"


def tokens_shown(count: float) -> str:
    return fmt.tokens(round(count))


def number_shown(number: float) -> str:
    return f"{number:,.0f}"


def _percent(percent: float) -> str:
    if abs(percent) < 1:
        return "< 1 %"
    return f"{'+' if percent > 0 else '−'}{abs(percent):,.0f} %"
