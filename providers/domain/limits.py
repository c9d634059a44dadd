"""The model of limits. Immutable, no I/O; raw payloads of servers and files never leave their parser.

Times are aware datetimes in UTC. Percentages are 0-100 as sent, unrounded until displayed. A lane that was not
reported is absent, never 0.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from msgspec import Struct

from providers.domain import rules
from providers.domain.account_pages import AccountPages
from providers.domain.cost_summary import CostSummary
from providers.domain.usage_rate import UsageRate, UsedToday

T = TypeVar("T")
CLOCK_SLACK = timedelta(seconds=rules.CLOCK_SLACK_SECONDS)
"""How far two clocks may differ: what is further ahead of now is an error, of a server or of a clock."""

REFRESH_EVERY = timedelta(seconds=rules.REFRESH_SECONDS)
"""How often limits are refreshed, unless an engine says otherwise."""

# --- limits: what an account may still use ------------------------------------------------------------------

ACCOUNT_WINDOWS = ("session", "weekly", "monthly")

Scope = Literal["account", "model", "feature", "personal"]
"""What a window limits: all use of the account (`session`, `weekly`, `monthly`, `window:<minutes>`), one model
(`model:<slug>:<window>`), one person's spend (`individual`), else a feature (`code_review:weekly`)."""

MONTHS = timedelta(days=28), timedelta(days=31)
LONGEST_RESET = timedelta(days=400)


def furthest_reset(duration: timedelta | None) -> timedelta:
    """How far ahead of now a window of that length can reset; of one whose length is unknown, LONGEST_RESET.

    A month counts as the longest one: it may be sent as 30 days whatever it is.
    """
    if duration is None:
        return LONGEST_RESET
    shortest, longest = MONTHS
    return min(LONGEST_RESET, (longest if shortest <= duration <= longest else duration) + CLOCK_SLACK)


class RateWindow(Struct, frozen=True, kw_only=True):
    """One limit of an account, as its server last reported it.

    `used_percent` may exceed 100; `duration` is None if the server did not report the window's length,
    `resets_at` is None if it did not report when it resets.
    """

    id: str
    title: str
    used_percent: float
    duration: timedelta | None = None
    resets_at: datetime | None = None

    @property
    def scope(self) -> Scope:
        """What it limits, derived from the id as described at `Scope`."""
        kind, _, rest = self.id.partition(":")
        if kind == "individual":
            return "personal"
        if kind == "model":
            return "model"
        return "account" if kind == "window" or (kind in ACCOUNT_WINDOWS and not rest) else "feature"


class Credits(Struct, frozen=True, kw_only=True):
    """Purchased credits on top of the limits; `balance` is None if not reported, and always if `unlimited`.

    `carries_on` is False where the server reports that they cannot be used once a window is exhausted.
    """

    balance: Decimal | None = None
    unlimited: bool = False
    carries_on: bool = True


class Spend(Struct, frozen=True, kw_only=True):
    """Money spent on top of the limits in the current period; `limit` is None if there is no cap.

    Amounts are in whole units of `currency` (an ISO code): dollars, not cents. `carries_on` is whether more may be
    spent once a window is exhausted, None if not reported.
    """

    used: Decimal
    limit: Decimal | None = None
    currency: str = "USD"
    resets_at: datetime | None = None
    carries_on: bool | None = None


class ResetCredits(Struct, frozen=True, kw_only=True):
    """Resets of a window that the account may still redeem; `expires_at` is when the next one expires."""

    available: int
    expires_at: datetime | None = None


class Identity(Struct, frozen=True, kw_only=True):
    """Whose numbers these are. `account_id` and `user_id` are the vendor's own ids and never shown (see
    `account_key`); members of a workspace share the former.
    """

    account_id: str | None = None
    user_id: str | None = None
    email: str | None = None
    plan: str | None = None


class DayTokens(Struct, frozen=True, kw_only=True):
    """What the vendor counted on one day of its own calendar, across all machines."""

    day: date
    tokens: int


class Reading(Struct, frozen=True, kw_only=True):
    """What one source reported about one account at one moment.

    `speaks_for` names the lanes ("windows", "credits", "spend", "resets") that it reports completely:
    a window missing from such a reading no longer exists. A source that sees only a part speaks for none, and
    a lane missing there means nothing. `limit_reached` is whether the server itself reports that it accepts no
    requests for now, None if not reported. `tokens` is the vendor's own count, empty if not reported, to compare
    ours with. `dropped` names the parts that could not be parsed. `last_resort` names the lanes that count only
    where no other source has reported them lately.
    """

    source: str
    fetched_at: datetime
    windows: tuple[RateWindow, ...] = ()
    credits: Credits | None = None
    spend: Spend | None = None
    resets: ResetCredits | None = None
    limit_reached: bool | None = None
    plan: str | None = None
    email: str | None = None
    tokens: tuple[DayTokens, ...] = ()
    speaks_for: frozenset[str] = frozenset()
    dropped: tuple[str, ...] = ()
    last_resort: frozenset[str] = frozenset()


class Sourced(Struct, Generic[T], frozen=True, kw_only=True):
    """A lane: a value with the id of the source that reported it, and when it was fetched."""

    value: T
    source: str
    fetched_at: datetime


class EarlyReset(Struct, frozen=True, kw_only=True):
    """A window that was reset, or whose reset was moved, ahead of time; `at` is when that was first seen.

    `refilled` is False if its usage did not drop and only the reset time changed; `resets_at` is the new one.
    """

    window: str
    at: datetime
    refilled: bool
    resets_at: datetime | None = None


Verdict = Literal["reserve", "on_pace", "deficit", "runs_out"]
Basis = Literal["history", "window"]


class Pace(Struct, frozen=True, kw_only=True):
    """Usage relative to time: the share that even usage would have reached by now, and when this one runs out.

    `delta_percent` is how far usage is ahead of that share. `verdict` is on the window's end: "runs_out" where
    `runs_out_at` is well before the reset, which the mean of a window that has just begun cannot tell. `basis` is
    what the projection rests on: the rate of the last hours, or the mean of the whole window. `runs_out_between`
    is the projection's earliest and latest time, the latter None where the reset comes first; it is None
    altogether where there is no spread to tell.
    """

    expected_percent: float
    delta_percent: float
    runs_out_at: datetime | None
    verdict: Verdict
    basis: Basis = "window"
    runs_out_between: tuple[datetime, datetime | None] | None = None


# --- sources and errors -----------------------------------------------------------------

ErrorKind = Literal[
    "not_signed_in",
    "login_expired",
    "denied",
    "blocked",
    "rate_limited",
    "offline",
    "timeout",
    "server_error",
    "program_missing",
    "program_too_old",
    "not_understood",
]


class UsageError(Struct, frozen=True, kw_only=True):
    """An error as data: the message for the user, and the remedy in one sentence.

    `reached` is whether a server may have got the request although there was no answer.
    """

    kind: ErrorKind
    message: str
    remedy: str
    retry_at: datetime | None = None
    reached: bool = False


class Attempt(Struct, frozen=True, kw_only=True):
    """One fetch from one source; `ms` is how long it took, `notes` what was dropped from the response."""

    source: str
    ok: bool
    ms: int
    error: UsageError | None = None
    notes: tuple[str, ...] = ()


# --- the one snapshot ---------------------------------------------------------------------------------------


class Account(Struct, frozen=True, kw_only=True):
    """What the menu shows of an account: an opaque id, and what its owner knows it by."""

    id: str
    email: str | None = None
    plan: str | None = None


class AccountUsage(Struct, frozen=True, kw_only=True):
    """All that is known of one account: lanes with their age, the attempts of the last poll, the error.

    `key` identifies the entry for as long as it exists, `home_ids` its homes; `homes` are their labels.
    `log_home_ids` are homes without a login whose cost is shown with it. `account` is None for a home without
    a login. `error` is what prevents fresh numbers, None if the last poll succeeded; `offline_since` is when
    the network was first found down. `limit_reached_at` is when the server last reported that it accepts no
    requests for now, None if it did not; `login_ends_at` is when the CLI can no longer renew the login, None
    if unknown. `rates` are those of its windows of which there is enough history, and `used_today` those of two
    days and more that were read today. Its values are stale after two intervals of `refresh_every`.
    """

    provider: str
    title: str
    homes: tuple[str, ...]
    home_ids: tuple[str, ...] = ()
    log_home_ids: tuple[str, ...] = ()
    key: str = ""
    account: Account | None = None
    windows: tuple[Sourced[RateWindow], ...] = ()
    credits: Sourced[Credits] | None = None
    spend: Sourced[Spend] | None = None
    resets: Sourced[ResetCredits] | None = None
    limit_reached_at: datetime | None = None
    login_ends_at: datetime | None = None
    limits_known: bool = False
    early_resets: tuple[EarlyReset, ...] = ()
    rates: tuple[UsageRate, ...] = ()
    used_today: tuple[UsedToday, ...] = ()
    tokens: tuple[DayTokens, ...] = ()
    pages: AccountPages = AccountPages()
    cost: CostSummary | None = None
    attempts: tuple[Attempt, ...] = ()
    source_titles: dict[str, str] = {}
    error: UsageError | None = None
    offline_since: datetime | None = None
    refresh_every: timedelta = REFRESH_EVERY

    @property
    def cost_home_ids(self) -> tuple[str, ...]:
        return self.home_ids + self.log_home_ids


class UsageSnapshot(Struct, frozen=True, kw_only=True):
    """Everything known at one moment: what every face displays."""

    generated_at: datetime
    accounts: tuple[AccountUsage, ...] = ()
