"""What a vendor's own pages tell an account about its past: credits used, usage by surface, past windows.

Days are those of the vendor's calendar, which is in UTC. Amounts are as sent: credits that were given back are
negative.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct

PageName = Literal["credits_history", "usage_breakdown", "plan_limit_history"]
PAGES: tuple[PageName, ...] = ("credits_history", "usage_breakdown", "plan_limit_history")


class AccountPage(Struct, frozen=True, kw_only=True):
    """What all pages have: the source whose login was used, when it was fetched, and how many rows could not be
    parsed.
    """

    source: str
    fetched_at: datetime
    dropped: int = 0


class CreditDay(Struct, frozen=True, kw_only=True):
    """The credits that were used on one day, by product surface, such as `cli`."""

    day: date
    surfaces: dict[str, float]

    @property
    def credits(self) -> float:
        return sum(self.surfaces.values())


class CreditsHistory(AccountPage, frozen=True, kw_only=True):
    """The newest day first; a day without use is absent."""

    days: tuple[CreditDay, ...] = ()


class ModelUse(Struct, frozen=True, kw_only=True):
    """`amount` is in the units of its page; `speed` is None if not reported."""

    model: str
    speed: str | None = None
    amount: float


class SurfaceDay(Struct, frozen=True, kw_only=True):
    """How much was used on one day, by product surface and by model, in the units of its page."""

    day: date
    surfaces: dict[str, float] = {}
    models: tuple[ModelUse, ...] = ()


class UsageBreakdown(AccountPage, frozen=True, kw_only=True):
    """The newest day first. `units` are "credits" or "percent", None if not reported; `counted_until` is how far
    the vendor had counted, None if not reported.
    """

    units: str | None = None
    days: tuple[SurfaceDay, ...] = ()
    counted_until: datetime | None = None


class PastWindow(Struct, frozen=True, kw_only=True):
    """A window of the plan, by the vendor's own count; `models` are shares of the window in percent. `complete`
    is False where the vendor has not counted all of it, None if not reported.
    """

    starts_at: datetime
    ends_at: datetime
    used_percent: float
    plan: str | None = None
    models: dict[str, float] = {}
    complete: bool | None = None

    @property
    def duration(self) -> timedelta:
        return self.ends_at - self.starts_at


class PlanLimitHistory(AccountPage, frozen=True, kw_only=True):
    """The newest window first; the one that is open now may be among them."""

    windows: tuple[PastWindow, ...] = ()
    counted_until: datetime | None = None


class AccountPages(Struct, frozen=True, kw_only=True):
    """The pages of an account, each None where nothing is known of it; members are named as in PAGES."""

    credits_history: CreditsHistory | None = None
    usage_breakdown: UsageBreakdown | None = None
    plan_limit_history: PlanLimitHistory | None = None
