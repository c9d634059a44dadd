"""What the tokens of an account would cost at API prices: not what is billed, and marked as such. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from providers.domain.cost import Burn
from providers.domain.cost_summary import CostSummary, DayCost
from tray.engine.state import State
from tray.view import format as fmt
from tray.view.rows import Action, Row, action_row, separator_row, submenu_row, text_row

_EXPLAINED = (
    "The CLI reports it only in a session's total:",
    "compaction, web search, titles and the like.",
    "Settings can leave it out of the totals.",
)
_UNPRICED = 2  # names of models that fit into the menu's width
_EIGHTHS = "▁▂▃▄▅▆▇█"
_NO_PRICE = "·"


def cost_rows(key: str, cost: CostSummary | None, state: State) -> Iterator[Row]:
    # As long as logs are still being read, it is unknown whether there are any.
    if cost is None or (state.counting and not cost.complete and not cost.has_logs):
        yield text_row(f"{key}:cost", f"Cost at API prices: {uncounted(state, state.progress)}")
        return
    if not cost.has_logs:
        yield text_row(
            f"{key}:cost",
            "No logs yet; costs appear after your first turn."
            if cost.complete
            else "Cost at API prices: not counted; `tankful cost` says why.",
        )
        return
    counting = (
        f" (counting {fmt.done(state.progress)})" if state.counting and state.progress is not None else ""
    )
    yield text_row(f"{key}:cost", f"At API prices, not billed{counting}:")
    for about, text in _periods(cost, state):
        yield text_row(f"{key}:cost:{about}", text)
    if cost.burn is not None:
        yield text_row(f"{key}:cost:burn", _burn(cost.burn))
    if (chart := chart_of(cost.last_days)) is not None:
        yield text_row(f"{key}:cost:days", chart)
    if cost.unpriced_models:
        yield text_row(f"{key}:unpriced", f"No price for {fmt.some(cost.unpriced_models, _UNPRICED)}.")


def explanation_rows(state: State) -> Iterator[Row]:
    """What the first totals with it include beyond the logs, until the person has seen it."""
    costs = [usage.cost for usage in state.accounts if usage.cost is not None]
    tokens = sum(cost.not_on_lines_tokens for cost in costs)
    if state.is_explained or not tokens:
        return
    usd = sum(cost.not_on_lines_usd or 0.0 for cost in costs)
    amount = fmt.priced(usd) if usd else f"{fmt.tokens(tokens)} tokens"
    below = [
        *(text_row(f"explained:{number}", text) for number, text in enumerate(_EXPLAINED)),
        separator_row("line:explained"),
        action_row("explained:hide", "Do not show this again", Action("explained")),
    ]
    yield submenu_row("explained", f"Totals include {amount} not in the logs", below)


def cost_line(cost: CostSummary | None) -> str | None:
    """Today's and that of 30 days, in a line; None where there are no logs."""
    if cost is None or not cost.has_logs:
        return None
    today = [f"{price_of(cost.today_usd, cost)} today"] if has_today(cost) else []
    return f"{', '.join((*today, f'{price_of(cost.days_30_usd, cost)} in 30 days'))}, at API prices"


def price_of(usd: float | None, cost: CostSummary) -> str:
    """`≈ $2.36`; an incomplete sum is marked as a lower bound."""
    if usd is None:
        return "no price"
    return fmt.priced(usd, complete=cost.priced != "partial" and cost.complete)


def uncounted(state: State, progress: float | None) -> str:
    if not state.counting:
        return "not counted yet"
    return "counting…" if progress is None else f"counting {fmt.done(progress)}"


def has_today(cost: CostSummary) -> bool:
    """Whether today was counted: a count of another day says nothing of it."""
    return cost.complete or cost.today_usd is not None or (cost.priced == "none" and cost.today_tokens > 0)


def _periods(cost: CostSummary, state: State) -> Iterator[tuple[str, str]]:
    if has_today(cost):
        yield "today", _sum("today", cost.today_usd, cost.today_tokens, cost)
    else:
        yield "today", f"Today {uncounted(state, None)}"
    if cost.days_7_usd is not None or cost.days_7_tokens:
        yield "7", _sum("in 7 days", cost.days_7_usd, cost.days_7_tokens, cost)
    yield "30", _sum("in 30 days", cost.days_30_usd, cost.days_30_tokens, cost)
    if cost.not_on_lines_usd or cost.not_on_lines_tokens:
        yield "beyond", _sum("of it not in the logs", cost.not_on_lines_usd, cost.not_on_lines_tokens, cost)
    if cost.month_usd is not None or cost.month_tokens:
        yield "month", _sum("this month", cost.month_usd, cost.month_tokens, cost)


def _sum(when: str, usd: float | None, tokens: int, cost: CostSummary) -> str:
    return f"{price_of(usd, cost)} {when}{fmt.DOT}{fmt.tokens(tokens)} tokens"


def _burn(burn: Burn) -> str:
    tokens = f"{fmt.tokens(round(burn.tokens_per_hour))} tokens"
    if burn.usd_per_hour is None:
        return f"{tokens} an hour now"
    return f"{fmt.priced(burn.usd_per_hour)} an hour now{fmt.DOT}{tokens}"


def chart_of(days: Sequence[DayCost]) -> str | None:
    """A column of a character for each day, and the first and the last day; None where there is nothing to see.

    By cost, or by tokens where nothing has a price.
    """
    if not any(day.tokens or day.usd for day in days):
        return None
    priced = any(day.usd for day in days)
    values = [day.usd if priced else float(day.tokens) for day in days]
    # A day without tokens cost nothing, even if its price is not known.
    known = [
        0.0 if value is None and not day.tokens else value for value, day in zip(values, days, strict=True)
    ]
    most = max(value for value in known if value is not None)
    columns = "".join(_column(value, most) for value in known)
    first, last = days[0].day, days[-1].day
    return f"{fmt.day_name(first, last)} {columns} {fmt.day_name(last, last)}"


def _column(value: float | None, most: float) -> str:
    if value is None:
        return _NO_PRICE
    if value <= 0 or most <= 0:
        return _EIGHTHS[0]
    return _EIGHTHS[max(1, round(value / most * (len(_EIGHTHS) - 1)))]
