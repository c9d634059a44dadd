"""The cost model: tokens, what they would have cost, and reports of both. Immutable, no I/O.

Times are aware datetimes in UTC; responses, of which there may be a million, use epoch ms. Unknown values are
None, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from math import fsum
from operator import add
from pathlib import Path
from typing import Literal, Self

from msgspec import Struct
from msgspec.structs import astuple


class TokenClass(Struct, frozen=True):
    """A token class that is billed separately; `part_of` names the class that includes it."""

    name: str
    part_of: str | None = None


TOKEN_CLASSES = (
    TokenClass("input"),
    TokenClass("cache_read"),
    TokenClass("cache_write"),
    TokenClass("cache_write_1h", part_of="cache_write"),
    TokenClass("output"),
    TokenClass("reasoning", part_of="output"),
)
"""All token classes: the fields of TokenUsage (`<name>_tokens`), columns and sums use this order."""


class TokenUsage(Struct, frozen=True, gc=False):
    """Tokens by TOKEN_CLASSES: those that are not part of another are disjoint and add up to the total."""

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens + self.output_tokens

    def __add__(self, other: Self) -> Self:
        return type(self)(*map(add, astuple(self), astuple(other)))


class Context(Struct, frozen=True, kw_only=True, cache_hash=True):
    """What many responses have in common.

    `session` is the thread they belong to and `root` the one that the user started; `project` is the working
    folder. `tier` is the vendor's name for a more or less expensive service ("fast") or place ("us"), or both
    with a + between them; None for the standard ones. `account` is the account's id. A value that no line
    contains is None. With `not_on_lines` it stands for no single response, but for usage that a program
    reports only in the total of a session: its log has no line for each of these responses.
    """

    home: Path
    model: str | None = None
    session: str | None = None
    root: str | None = None
    project: str | None = None
    effort: str | None = None
    tier: str | None = None
    originator: str | None = None
    account: str | None = None
    not_on_lines: bool = False


class BilledResponse(Struct, frozen=True, gc=False):
    """One billed response of a model; `key` identifies it permanently."""

    at_ms: int
    key: int
    context: Context
    usage: TokenUsage
    web_searches: int = 0

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.at_ms / 1000, UTC)


class SentMessage(Struct, frozen=True, gc=False):
    """A message that the person sent; `key` identifies it permanently. Its context names no model."""

    at_ms: int
    key: int
    context: Context


class Tally(Struct, frozen=True, kw_only=True):
    """A sum of responses. `usd` is the API-price equivalent, None if no price of its models is known.

    In a report `unpriced` is how many of the responses `usd` leaves out: with some it is a lower bound.
    """

    responses: int = 0
    usage: TokenUsage = TokenUsage()
    usd: float | None = None
    unpriced: int = 0


def tallied(tallies: Iterable[Tally]) -> Tally:
    """The sum; its `usd` omits what has no price, and is None if nothing has one."""
    responses = unpriced = 0
    counts: list[int] = [0] * len(TOKEN_CLASSES)
    priced: list[float] = []
    for tally in tallies:
        responses += tally.responses
        unpriced += tally.unpriced
        counts = list(map(add, counts, astuple(tally.usage)))
        if tally.usd is not None and tally.responses:
            priced.append(tally.usd)
    usd = fsum(priced) if priced or not responses else None
    return Tally(responses=responses, usage=TokenUsage(*counts), usd=usd, unpriced=unpriced)


class Counter(Struct, frozen=True, kw_only=True):
    """All responses of one model on one account, since the first log: the value of a monotonic counter.

    `account` is "" if unknown. Within an `epoch` (0, 1, 2, …) no figure of `tally` ever decreases; a
    correction that makes one smaller starts the next epoch.
    """

    provider: str
    account: str
    model: str
    epoch: int
    tally: Tally


BURN_MINUTES = 180
"""The burn rate is that of the last so many minutes."""

DAYS_SHOWN = 14
"""So many local days are shown one by one."""


class Burn(Struct, frozen=True, kw_only=True):
    """Burn rate over the last `over_minutes` minutes."""

    usd_per_hour: float | None
    tokens_per_hour: float
    over_minutes: int


def burn_rate(recent: Tally) -> Burn | None:
    """That of the responses of the last BURN_MINUTES; None if there are none."""
    if not recent.responses:
        return None
    hours = BURN_MINUTES / 60
    return Burn(
        usd_per_hour=None if recent.usd is None else recent.usd / hours,
        tokens_per_hour=recent.usage.total_tokens / hours,
        over_minutes=BURN_MINUTES,
    )


class SessionCost(Struct, frozen=True, kw_only=True):
    """One session that the user started, including its subagents; `subagents` is their number, `home` the label
    of the home with its logs.
    """

    id: str
    home: str
    project: str | None
    started_at: datetime
    last_at: datetime
    models: tuple[str, ...]
    subagents: int
    tally: Tally


class Projection(Struct, frozen=True):
    """What a block comes to if it goes on as it began; `usd` is None if no price is known."""

    usd: float | None
    tokens: float


class BlockCost(Struct, frozen=True, kw_only=True):
    """Five hours of use, from the hour (UTC) of their first response on.

    `first_at`, `last_at` and `tally` are those of its responses within the days of the report. `burn` and
    `projection` are those of the whole block, None unless it is `running` and has been used for a while.
    """

    started_at: datetime
    ends_at: datetime
    first_at: datetime
    last_at: datetime
    tally: Tally
    by_model: dict[str, Tally]
    running: bool = False
    burn: Burn | None = None
    projection: Projection | None = None


GROUPS = frozenset({"home", "project", "effort", "account", "session"})
"""What a report has its rows by, besides days and models."""
MACHINE = "machine"
"""Where other machines are added, it has rows by these, too."""


class Detail(Struct, frozen=True):
    """What a report is to have: rows by these GROUPS; its blocks; and the models of each row of one grouping,
    which may be MACHINE."""

    blocks: bool = False
    models_of: str | None = None
    groups: frozenset[str] = GROUPS


DEFAULT_DETAIL = Detail()


class NotOnLines(Struct, frozen=True, kw_only=True):
    """What a program says that it was billed beyond the lines of its logs, in the days of a report.

    `responses` of the tally are the times that it said so. `month_to_date_usd` is as in CostReport.
    """

    tally: Tally
    month_to_date_usd: float | None
    unpriced_models: tuple[str, ...]


class CostReport(Struct, frozen=True, kw_only=True):
    """Tokens and cost of one provider over local days `since`..`until`, both included.

    `priced` is "full" when every response has a price, "partial" when `usd` leaves some out, "none" when no
    price is known for any. `not_on_lines` is what a program reports only in the totals of its sessions; it is
    part of no other sum here, nor of `priced` and `unpriced_models`. `by_account` names accounts as
    UsageSnapshot does. Rows by one of the GROUPS, `by_block`, oldest first, and `models_of`, by row and model, are
    empty where the Detail did not ask for them. `messages` are those that the person sent, by day. `by_machine` is
    empty unless other machines are added, whose messages are not known. Without `up_to_date` all is of an earlier
    count. `unreadable_files` could not be read to their end. `burn` and `month_to_date_usd` are None if unknown.
    """

    since: date
    until: date
    totals: Tally
    not_on_lines: NotOnLines
    by_model: dict[str, Tally]
    by_day: dict[date, dict[str, Tally]]
    by_home: dict[str, Tally] = {}
    by_project: dict[str, Tally] = {}
    by_effort: dict[str, Tally] = {}
    by_account: dict[str, Tally] = {}
    by_session: tuple[SessionCost, ...] = ()
    by_machine: dict[str, Tally] = {}
    burn: Burn | None
    month_to_date_usd: float | None
    priced: Literal["full", "partial", "none"]
    unpriced_models: tuple[str, ...]
    files_by_home: dict[str, int]
    skipped_lines: int
    unreadable_files: tuple[str, ...] = ()
    by_block: tuple[BlockCost, ...] = ()
    models_of: dict[str, dict[str, Tally]] = {}
    messages: dict[date, int] = {}
    up_to_date: bool = True

    @property
    def files(self) -> int:
        return sum(self.files_by_home.values())


class HomeFigures(Struct, frozen=True, kw_only=True):
    """Tokens and cost of one home, in local days: today, the last 7 and 30 with today, and this month up to today.

    `not_on_lines` usage is included: `not_on_lines` is how much of the 30 days, and `on_lines` the same figures
    without it, None where that is none of them. A response found in several homes counts only in the first.
    `priced` and `unpriced_models` are those of the 30 days, as in CostReport; `files` is how many logs it has
    now. `last_days` are the last DAYS_SHOWN, oldest first, today last; `recent` are the responses of the last
    BURN_MINUTES, without `not_on_lines` usage.
    """

    today: Tally
    days_7: Tally
    days_30: Tally
    month: Tally
    priced: Literal["full", "partial", "none"]
    unpriced_models: tuple[str, ...]
    files: int
    last_days: tuple[Tally, ...]
    recent: Tally
    not_on_lines: Tally = Tally(usd=0.0)
    on_lines: HomeFigures | None = None

    def shown(self, *, with_not_on_lines: bool) -> HomeFigures:
        """What faces show by that setting."""
        return self if with_not_on_lines or self.on_lines is None else self.on_lines
