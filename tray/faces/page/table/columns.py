"""What a table shows of a sum: each number once shortened and once with all its digits. Pure."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from providers.domain.cost import Tally
from tray.view import format as fmt

NO_NUMBER = "–"


class ShownCell(Struct, frozen=True, kw_only=True):
    """`value` is for programs, with all its digits, `hint` the same for people; both "" where nothing is known."""

    shown: str
    value: str = ""
    hint: str = ""


class TallyColumn(Struct, frozen=True, kw_only=True):
    """`number` gets the sum of a row and that of its whole table; None where it is not known."""

    key: str
    title: str
    hint: str = ""
    number: Callable[[Tally, Tally], float | None]
    cell: Callable[[Tally, Tally], ShownCell]


def count_cell(count: int, hint: str = "") -> ShownCell:
    return ShownCell(shown=fmt.tokens(count), value=f"{count}", hint=hint or f"{count:,}")


def cost_text(usd: float | None, unpriced: int) -> str:
    """A sum that leaves something out is a lower bound."""
    if usd is None:
        return "no price"
    return fmt.at_least(usd) if unpriced else fmt.money(usd)


def cost_cell(tally: Tally) -> ShownCell:
    shown = cost_text(tally.usd, tally.unpriced)
    if tally.usd is None:
        return ShownCell(shown=shown)
    return ShownCell(shown=shown, value=f"{tally.usd:.6f}", hint=f"${tally.usd:,.6f}")


def per_million(tally: Tally) -> float | None:
    """USD; None where a part of the tokens has no price, or there are none."""
    tokens = tally.usage.total_tokens
    return tally.usd * 1e6 / tokens if tally.usd is not None and not tally.unpriced and tokens else None


def share(tally: Tally, whole: Tally) -> float | None:
    """Of the cost that is known."""
    return tally.usd / whole.usd if tally.usd is not None and whole.usd else None


def _counts(key: str, title: str, count: Callable[[Tally], int], hint: str = "") -> TallyColumn:
    return TallyColumn(
        key=key,
        title=title,
        hint=hint,
        number=lambda tally, _: count(tally),
        cell=lambda tally, _: count_cell(count(tally)),
    )


def _written(tally: Tally, _: Tally) -> ShownCell:
    long = tally.usage.cache_write_1h_tokens
    count = tally.usage.cache_write_tokens
    return count_cell(count, f"{count:,}, {long:,} of them for one hour" if long else "")


def _rate(tally: Tally, _: Tally) -> ShownCell:
    usd = per_million(tally)
    if usd is None:
        return ShownCell(shown=NO_NUMBER)
    return ShownCell(shown=fmt.money(usd), value=f"{usd:.6f}", hint=f"${usd:,.6f}")


def _part(tally: Tally, whole: Tally) -> ShownCell:
    found = share(tally, whole)
    if found is None:
        return ShownCell(shown=NO_NUMBER)
    return ShownCell(shown=fmt.share(found, 1), value=f"{found:.6f}", hint=f"{100 * found:.4f} %")


COLUMNS = (
    TallyColumn(
        key="cost",
        title="Cost",
        hint="at API prices, in USD",
        number=lambda tally, _: tally.usd,
        cell=lambda tally, _: cost_cell(tally),
    ),
    TallyColumn(key="share", title="Share", hint="of the cost that is known", number=share, cell=_part),
    _counts("total", "Tokens", lambda tally: tally.usage.total_tokens),
    _counts("input", "Input", lambda tally: tally.usage.input_tokens, "without cached tokens"),
    _counts("cache_read", "Cache read", lambda tally: tally.usage.cache_read_tokens),
    TallyColumn(
        key="cache_write",
        title="Cache write",
        number=lambda tally, _: tally.usage.cache_write_tokens,
        cell=_written,
    ),
    _counts("output", "Output", lambda tally: tally.usage.output_tokens, "with reasoning"),
    _counts("reasoning", "Reasoning", lambda tally: tally.usage.reasoning_tokens, "a part of the output"),
    TallyColumn(
        key="rate",
        title="Per million",
        hint="USD for a million tokens of this mix",
        number=lambda tally, _: per_million(tally),
        cell=_rate,
    ),
    _counts("responses", "Responses", lambda tally: tally.responses),
)
