"""Every word of the domain. Frozen, free of I/O; what a server or a file said never leaves its reader raw.

Times are aware datetimes in UTC. Percentages are 0-100 as sent and stay raw until drawn. A lane that nobody
told us is absent, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import fsum
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

# --- limits: what an account may still use ------------------------------------------------------------------


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


class Credits(Struct, frozen=True, kw_only=True):
    """Bought units beside the limits; `balance` is None when it was not told, and always if `unlimited`."""

    balance: Decimal | None = None
    unlimited: bool = False


class Identity(Struct, frozen=True, kw_only=True):
    """Whose numbers these are. `account_id` is the vendor's own id and is never shown (see `account_key`)."""

    account_id: str | None = None
    email: str | None = None
    plan: str | None = None


class Reading(Struct, frozen=True, kw_only=True):
    """What one source said of one account at one moment.

    `speaks_for` names the lanes ("windows", "credits") of which it told everything there is: a window missing
    from such a reading no longer exists. A source that sees only a part speaks for none, and its silence
    means nothing. `dropped` names the parts that were there and not understood.
    """

    source: str
    fetched_at: datetime
    windows: tuple[RateWindow, ...] = ()
    credits: Credits | None = None
    plan: str | None = None
    email: str | None = None
    speaks_for: frozenset[str] = frozenset()
    dropped: tuple[str, ...] = ()


class WindowLane(Struct, frozen=True, kw_only=True):
    """A window with where and when it was read."""

    window: RateWindow
    source: str
    fetched_at: datetime


class CreditsLane(Struct, frozen=True, kw_only=True):
    """The credits with where and when they were read."""

    credits: Credits
    source: str
    fetched_at: datetime


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


# --- tokens and money ---------------------------------------------------------------------------------------


class TokenUsage(Struct, frozen=True, kw_only=True):
    """Tokens in disjoint classes; `cache_write_1h` is a part of cache_write, `reasoning` of output."""

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens + self.output_tokens

    def __add__(self, other: TokenUsage) -> TokenUsage:
        return TokenUsage(
            input_tokens=self.input_tokens + other.input_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            cache_write_1h_tokens=self.cache_write_1h_tokens + other.cache_write_1h_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
        )


class BilledResponse(Struct, frozen=True, kw_only=True):
    """One answer of a model that was billed once.

    `key` names it for ever, `session` is the thread it was given in and `root` the one that the person started;
    `project` is the folder they worked in. `tier` is the vendor's word for a dearer or cheaper service, None
    for the standard one. What no line tells is None.
    """

    at: datetime
    model: str | None
    usage: TokenUsage
    home: Path
    key: int = 0
    session: str | None = None
    root: str | None = None
    project: str | None = None
    effort: str | None = None
    tier: str | None = None
    originator: str | None = None
    web_searches: int = 0


class Tally(Struct, frozen=True, kw_only=True):
    """A sum of responses. `usd` is an API-price equivalent, None where no price of its models is known."""

    responses: int = 0
    usage: TokenUsage = TokenUsage()
    usd: float | None = None


def tallied(tallies: Iterable[Tally]) -> Tally:
    """The sum; its `usd` leaves out what has no price, and is None where nothing has one."""
    total = Tally(usd=0.0)
    priced: list[float] = []
    for tally in tallies:
        total = Tally(responses=total.responses + tally.responses, usage=total.usage + tally.usage)
        if tally.usd is not None and tally.responses:
            priced.append(tally.usd)
    return replace(total, usd=fsum(priced) if priced or not total.responses else None)


class Burn(Struct, frozen=True, kw_only=True):
    """Speed of use over the last `over_minutes` minutes."""

    usd_per_hour: float | None
    tokens_per_hour: float
    over_minutes: int


class SessionCost(Struct, frozen=True, kw_only=True):
    """One session as its person started it, with what its subagents used; `subagents` says how many."""

    id: str
    project: str | None
    started_at: datetime
    last_at: datetime
    models: tuple[str, ...]
    subagents: int
    tally: Tally


class CostReport(Struct, frozen=True, kw_only=True):
    """Tokens and cost of one provider over local days `since`..`until`, both included.

    `priced` is "full" when every response has a price, "partial" when `usd` leaves some out, "none" when no
    price is known for any. `unreadable_files` could not be read to their end. `burn` and `month_to_date_usd`
    are None when they cannot be told.
    """

    since: date
    until: date
    totals: Tally
    by_model: dict[str, Tally]
    by_day: dict[date, dict[str, Tally]]
    by_home: dict[str, Tally]
    by_project: dict[str, Tally]
    by_effort: dict[str, Tally]
    by_session: tuple[SessionCost, ...]
    burn: Burn | None
    month_to_date_usd: float | None
    priced: Literal["full", "partial", "none"]
    unpriced_models: tuple[str, ...]
    files_by_home: dict[str, int]
    skipped_lines: int
    unreadable_files: tuple[str, ...] = ()

    @property
    def files(self) -> int:
        return sum(self.files_by_home.values())


class CostSummary(Struct, frozen=True, kw_only=True):
    """The two cost figures of the menu. `has_logs` is False where no log was ever written."""

    today_usd: float | None
    today_tokens: int
    days_30_usd: float | None
    days_30_tokens: int
    priced: Literal["full", "partial", "none"]
    complete: bool
    has_logs: bool


# --- the one snapshot ---------------------------------------------------------------------------------------


class Account(Struct, frozen=True, kw_only=True):
    """What the menu shows of an account: an id that tells nobody anything, and what its owner knows it by."""

    id: str
    email: str | None = None
    plan: str | None = None


class AccountUsage(Struct, frozen=True, kw_only=True):
    """All that is known of one account: lanes with their age, the attempts of the last poll, the trouble.

    `account` is None for a home without a login. `error` is what stands between the person and fresh numbers,
    None when the last poll answered; `offline_since` is when the network was first found gone.
    """

    provider: str
    title: str
    homes: tuple[str, ...]
    account: Account | None = None
    windows: tuple[WindowLane, ...] = ()
    credits: CreditsLane | None = None
    limits_known: bool = False
    cost: CostSummary | None = None
    attempts: tuple[Attempt, ...] = ()
    source_titles: dict[str, str] = {}
    error: UsageError | None = None
    offline_since: datetime | None = None


class UsageSnapshot(Struct, frozen=True, kw_only=True):
    """Everything at one moment: what every face draws from."""

    generated_at: datetime
    accounts: tuple[AccountUsage, ...] = ()
