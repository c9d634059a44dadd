"""The budgets of `tankful guard --budget`, as they were published. Pure."""

from __future__ import annotations

from tray.engine import published_budgets
from tray.engine.iso_time import epoch
from tray.faces.bars import words
from tray.faces.guard.verdict import Verdict

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tray.engine.published import Document

_NAMES = {"day": "daily", "week": "weekly", "month": "monthly"}


def verdicts_on_budgets(
    snapshot: Document, now: float, accounts: Sequence[Document], *, stale: bool
) -> Iterator[Verdict]:
    """On each budget of these accounts, and on those in dollars, which are for all."""
    own = {(each["provider"], each["account"] and each["account"]["id"]) for each in accounts}
    budgets = published_budgets.as_of(snapshot, now)
    if not budgets:
        yield Verdict("unknown", "no_budget", "No budget is set: see [budget] in settings.toml.")
    for budget in budgets:
        if budget["provider"] is None or (budget["provider"], budget["account"]) in own:
            yield _verdict(budget, now, stale=stale)


def _verdict(budget: Document, now: float, *, stale: bool) -> Verdict:
    whose = f" of {words.name(budget['title'])}" if budget["title"] else ""
    name = f"The {_NAMES[budget['period']]} budget{whose}"
    until = epoch(budget["ends_at"]) if budget["ends_at"] else None
    about = {"provider": budget["provider"], "account": budget["account"], "budget": budget["period"]}
    about |= {"until": until, "stale": stale}
    used = budget["used"]
    is_certain = budget["verdict"] == "spent"  # whatever has been used since
    if used is not None and not budget["up_to_date"] and not is_certain:
        text = f"{name} is set, but the logs have not been counted for it."
        return Verdict("unknown", "not_counted", text, **about)
    if used is None or (stale and not is_certain):
        return Verdict("unknown", "not_read", f"{name} is set, but its use is not known.", **about)
    about["left"] = max(0.0, 100.0 - 100.0 * used / budget["limit"])
    least = "at least " if budget["at_least"] else ""
    at_prices = " at API prices" if budget["unit"] == "usd" else ""
    spent = f"{least}{_amount(used, budget)} of {_amount(budget['limit'], budget)}{at_prices}"
    ends = "" if until is None else f" It resets {words.at(until, now)}."
    match budget["verdict"]:
        case "spent":
            return Verdict("stop", "budget", f"{name} is used up: {spent}.{ends}", **about)
        case "nearly_spent":
            return Verdict("warn", "budget", f"{name} is nearly used up: {spent}.{ends}", **about)
        case "will_exceed":
            forecast = _amount(budget["forecast"], budget, up=True)
            return Verdict("warn", "budget", f"{name} is at {spent}, heading for {forecast}.", **about)
    return Verdict("go_on", "enough", f"{name} is at {spent}.{ends}", **about)


def _amount(value: float, budget: Document, *, up: bool = False) -> str:
    """What was used is not overstated; a forecast, rounded `up`, does not look like what it exceeds."""
    if budget["unit"] == "usd":
        return words.money(value)
    return f"{int(-(-value // 1)) if up else int(value + 1e-9)} %"
