"""The settings of budgets: how much a day, a week and a month may cost, or use of the weekly limit."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct

from providers.setting import InvalidValue, Setting

Unit = Literal["usd", "percent"]
LEAST, MOST_USD = 0.01, 1_000_000.0
_AMOUNT = re.compile(r"(\d{1,7}(?:\.\d{1,6})?) ?(%|usd)?", re.ASCII | re.IGNORECASE)


class BudgetLimit(Struct, frozen=True):
    """Dollars at API prices or, where `percents`, a share of the weekly limit, both from 0.01.

    The value is text in one spelling, "20 USD" or "50%", or None; `parts` takes it apart.
    """

    percents: bool = True
    is_public = True

    def expected(self) -> str:
        share = ', or a share of the weekly limit in quotes, such as "50%"' if self.percents else ""
        return f"an amount in USD, such as 20{share}"

    def parse(self, raw: object) -> str | None:
        if isinstance(raw, str) and not raw.strip():
            return None
        number, unit = self._amount(raw)
        most = MOST_USD if unit == "usd" else 100.0 if self.percents else 0.0
        if not LEAST <= number <= most:
            raise InvalidValue(self.expected())
        return f"{number:.12g}{'%' if unit == 'percent' else ' USD'}"

    def _amount(self, raw: object) -> tuple[float, Unit]:
        """Raises InvalidValue."""
        if isinstance(raw, (int, float, Decimal)) and not isinstance(raw, bool):
            # comparisons with NaN are false; a Decimal NaN would raise, and a huge int has no float
            is_number = not isinstance(raw, Decimal) or raw.is_finite()
            return (float(raw) if is_number and 0 < raw <= MOST_USD else 0.0), "usd"
        match = _AMOUNT.fullmatch(raw.strip()) if isinstance(raw, str) else None
        if match is None:
            raise InvalidValue(self.expected())
        return float(match[1]), "percent" if match[2] == "%" else "usd"

    def raw(self, text: str) -> object:
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            return text.strip()

    def text(self, value: Any) -> str:
        return "" if value is None else str(value)


def parts(value: str) -> tuple[float, Unit]:
    """The number and the unit of a value of such a setting."""
    return (float(value[:-1]), "percent") if value.endswith("%") else (float(value[:-4]), "usd")


BUDGETS: dict[str, Setting[str | None]] = {
    "day": Setting(
        "budget.day",
        BudgetLimit(),
        None,
        "What a day may cost in USD at API prices, over all accounts; or the share of each account's weekly limit "
        "that may be used in it.",
    ),
    "week": Setting(
        "budget.week",
        BudgetLimit(),
        None,
        "The same for a week: in USD from Monday on, as a share until the weekly limit resets.",
    ),
    "month": Setting(
        "budget.month",
        BudgetLimit(percents=False),
        None,
        "The same for a month, in USD.",
    ),
}
"""By period, as in `providers.domain.budgets`."""
