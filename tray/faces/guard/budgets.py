"""The budgets of `tankful guard --budget`, as they were published. Pure."""

from __future__ import annotations

from tray.engine import published, published_budgets
from tray.faces.bars import words
from tray.faces.guard.verdict import Verdict

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tray.engine.published import Document

_NAMES = {"day": "daily", "week": "weekly", "month": "monthly"}


def verdicts_on_budgets(
    snapshot: Document, now: float, accounts: Sequence[Document], *, old: bool
) -> Iterator[Verdict]:
    """On each budget of these accounts, and on those in dollars, which are for all."""
    own = {each["account"]["id"] for each in accounts if each["account"]}
    budgets = published_budgets.as_of(snapshot, now)
    if not budgets:
        yield Verdict("unknown", "no_budget", "No budget is set: see [budget] in settings.toml.")
    for budget in budgets:
        if budget["account"] is None or budget["account"] in own:
            yield _verdict(budget, now, old=old)


def _verdict(budget: Document, now: float, *, old: bool) -> Verdict:
    whose = f" of {words.name(budget['title'])}" if budget["title"] else ""
    name = f"The {_NAMES[budget['period']]} budget{whose}"
    until = published.epoch(budget["ends_at"]) if budget["ends_at"] else None
    about = {"provider": budget["provider"], "account": budget["account"], "budget": budget["period"]}
    about |= {"until": until, "old": old}
    used = budget["used"]
    if used is None or (old and budget["verdict"] != "spent"):
        return Verdict("unknown", "not_read", f"{name} is set, but its use is not known.", **about)
    about["left"] = max(0.0, 100.0 - 100.0 * used / budget["limit"])
    spent = f"{_amount(used, budget)} of {_amount(budget['limit'], budget)}"
    ends = "" if until is None else f" The next one begins {words.at(until, now)}."
    match budget["verdict"]:
        case "spent":
            return Verdict("stop", "budget", f"{name} is used up: {spent}.{ends}", **about)
        case "nearly_spent":
            return Verdict("warn", "budget", f"{name} is nearly used up: {spent}.{ends}", **about)
        case "will_exceed":
            forecast = _amount(budget["forecast"], budget)
            return Verdict("warn", "budget", f"{name} will be exceeded at this rate: {forecast}.", **about)
    return Verdict("go_on", "enough", f"{name} is used by {spent}.{ends}", **about)


def _amount(value: float, budget: Document) -> str:
    return words.money(value) if budget["unit"] == "usd" else f"{int(value + 1e-9)} %"
