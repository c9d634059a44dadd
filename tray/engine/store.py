"""The cost figures of the last count, kept so that no face ever waits for one."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from providers.domain.cost import CostSummary, Tally, tallied
from providers.host.files import write_whole


class HomeCost(Struct, frozen=True, kw_only=True):
    """What one home's logs came to when they were last counted, on the local day `day`.

    `counted` names the state of all that the figures were made of: they are the same for as long as it is.
    """

    day: date
    counted: str
    today: Tally
    days_30: Tally
    priced: Literal["full", "partial", "none"]
    files: int
    complete: bool


NOTHING = Tally(usd=0.0)


class CostStore:
    """One file in the cache folder, for all homes. An unreadable one counts as empty."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "cost.json"
        self._costs: dict[str, HomeCost] | None = None

    def keep(self, costs: dict[str, HomeCost]) -> None:
        """Raises OSError when it cannot be written; this process knows them all the same."""
        self._costs = self._all() | costs
        write_whole(self._file, msgspec.json.encode(self._costs))

    def has(self, keys: Iterable[str], counted: str, day: date) -> bool:
        """Whether the figures of these homes are of this state and this day, and whole."""
        known = [self._all().get(key) for key in keys]
        return all(
            cost is not None and (cost.counted, cost.day, cost.complete) == (counted, day, True)
            for cost in known
        )

    def summary(self, provider: str, homes: Iterable[str], today: date) -> CostSummary | None:
        """The homes' figures together; None where none was ever counted.

        A count of an earlier day says nothing of today, and not all of the last 30 days.
        """
        known = [self._all().get(cost_key(provider, home)) for home in homes]
        costs = [cost for cost in known if cost is not None]
        if not costs:
            return None
        days_30 = tallied(cost.days_30 for cost in costs)
        todays = tallied(cost.today for cost in costs if cost.day == today)
        counted_today = all(cost is not None and cost.day == today for cost in known)
        return CostSummary(
            today_usd=todays.usd if counted_today else None,
            today_tokens=todays.usage.total_tokens,
            days_30_usd=days_30.usd,
            days_30_tokens=days_30.usage.total_tokens,
            priced=_priced(costs),
            complete=counted_today and all(cost.complete for cost in costs),
            has_logs=any(cost.files for cost in costs),
        )

    def _all(self) -> dict[str, HomeCost]:
        if self._costs is None:
            self._costs = {}
            with suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
                self._costs = msgspec.json.decode(self._file.read_bytes(), type=dict[str, HomeCost])
        return self._costs


def cost_key(provider: str, home: str) -> str:
    return f"{provider}:{home}"


def _priced(costs: list[HomeCost]) -> Literal["full", "partial", "none"]:
    kinds = {cost.priced for cost in costs if cost.days_30.responses}
    if not kinds or kinds == {"full"}:
        return "full"
    return "none" if kinds == {"none"} else "partial"
