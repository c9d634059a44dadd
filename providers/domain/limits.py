"""Every word of the limits. Frozen, free of I/O; what a server or a file said never leaves its reader raw.

Times are aware datetimes in UTC. Percentages are 0-100 as sent and stay raw until drawn. A lane that nobody
told us is absent, never 0.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from msgspec import Struct

from providers.domain.cost import CostSummary

T = TypeVar("T")

# --- limits: what an account may still use ------------------------------------------------------------------


ACCOUNT_WINDOWS = ("session", "weekly", "monthly")

Scope = Literal["account", "model", "feature", "personal"]
"""What a window limits: all use of the account (`session`, `weekly`, `monthly`, `window:<minutes>`), one model
(`model:<slug>:<window>`), one person's spend (`individual`), else a feature (`code_review:weekly`)."""


class RateWindow(Struct, frozen=True, kw_only=True):
    """One limit of an account, as its server last told it.

    `used_percent` may exceed 100; `duration` is None when the server did not say how long the window is,
    `resets_at` is None when it did not say when it refills.
    """

    id: str
    title: str
    used_percent: float
    duration: timedelta | None = None
    resets_at: datetime | None = None

    @property
    def scope(self) -> Scope:
        """What it limits; the id says so, by the rule of `Scope`."""
        kind, _, rest = self.id.partition(":")
        if kind == "individual":
            return "personal"
        if kind == "model":
            return "model"
        return "account" if kind == "window" or (kind in ACCOUNT_WINDOWS and not rest) else "feature"


class Credits(Struct, frozen=True, kw_only=True):
    """Bought units beside the limits; `balance` is None when it was not told, and always if `unlimited`."""

    balance: Decimal | None = None
    unlimited: bool = False


class Spend(Struct, frozen=True, kw_only=True):
    """Money spent beside the limits in the current period; `limit` is None where there is no cap.

    Amounts are in whole units of `currency` (an ISO code): dollars, not cents. `carries_on`: more may be spent
    when a window is used up, as far as that was told.
    """

    used: Decimal
    limit: Decimal | None = None
    currency: str = "USD"
    resets_at: datetime | None = None
    carries_on: bool = False


class ResetCredits(Struct, frozen=True, kw_only=True):
    """Resets of a window that the account may still redeem; `expires_at` is when the next one lapses."""

    available: int
    expires_at: datetime | None = None


class Identity(Struct, frozen=True, kw_only=True):
    """Whose numbers these are. `account_id` is the vendor's own id and is never shown (see `account_key`)."""

    account_id: str | None = None
    email: str | None = None
    plan: str | None = None


class DayTokens(Struct, frozen=True, kw_only=True):
    """What the vendor itself counted on one day of its own calendar, over all machines."""

    day: date
    tokens: int


class Reading(Struct, frozen=True, kw_only=True):
    """What one source said of one account at one moment.

    `speaks_for` names the lanes ("windows", "credits", "spend", "resets") of which it told everything there is:
    a window missing from such a reading no longer exists. A source that sees only a part speaks for none, and
    its silence means nothing. `limit_reached` is the server's own word that it answers no more for now, None
    where it was not told. `tokens` is the vendor's own count, empty where it tells none: to hold ours against.
    `dropped` names the parts that were there and not understood.
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


class Sourced(Struct, Generic[T], frozen=True, kw_only=True):
    """A lane: a value with the source that said it, by its id, and when it was fetched."""

    value: T
    source: str
    fetched_at: datetime


class EarlyReset(Struct, frozen=True, kw_only=True):
    """A window that was refilled, or whose reset was moved, before its time; `at` is when that was first seen.

    `refilled` is False where its use did not fall and only the reset is another; `resets_at` is the new one.
    """

    window: str
    at: datetime
    refilled: bool
    resets_at: datetime | None = None


Verdict = Literal["reserve", "on_pace", "deficit"]


class Pace(Struct, frozen=True, kw_only=True):
    """Use against time: the share that even use would have used by now, and when this one runs out."""

    expected_percent: float
    runs_out_at: datetime | None
    verdict: Verdict


# --- where it came from and what went wrong -----------------------------------------------------------------

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
    """A failure as data: what a person is told, and what they can do about it in one sentence."""

    kind: ErrorKind
    message: str
    remedy: str
    retry_at: datetime | None = None


class Attempt(Struct, frozen=True, kw_only=True):
    """One source asked once; `ms` is how long it took, `notes` what was left out of its answer."""

    source: str
    ok: bool
    ms: int
    error: UsageError | None = None
    notes: tuple[str, ...] = ()


# --- the one snapshot ---------------------------------------------------------------------------------------


class Account(Struct, frozen=True, kw_only=True):
    """What the menu shows of an account: an id that tells nobody anything, and what its owner knows it by."""

    id: str
    email: str | None = None
    plan: str | None = None


class AccountUsage(Struct, frozen=True, kw_only=True):
    """All that is known of one account: lanes with their age, the attempts of the last poll, the trouble.

    `key` names the entry for as long as it is there, `home_ids` its homes, which `homes` are the labels of.
    `account` is None for a home without a login. `error` is what stands between the person and fresh numbers,
    None when the last poll answered; `offline_since` is when the network was first found gone.
    `limit_reached_at` is when the server last said that it answers no more for now, None where it did not;
    `login_ends_at` is when its program can renew the login no more, None where that is not told.
    """

    provider: str
    title: str
    homes: tuple[str, ...]
    home_ids: tuple[str, ...] = ()
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
    tokens: tuple[DayTokens, ...] = ()
    cost: CostSummary | None = None
    attempts: tuple[Attempt, ...] = ()
    source_titles: dict[str, str] = {}
    error: UsageError | None = None
    offline_since: datetime | None = None


class UsageSnapshot(Struct, frozen=True, kw_only=True):
    """Everything at one moment: what every face draws from."""

    generated_at: datetime
    accounts: tuple[AccountUsage, ...] = ()
