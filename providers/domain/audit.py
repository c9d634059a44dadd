"""What a program or a server counted itself, beside what our ledger counted. Pure.

    ReportedUse   a sum that the provider's own program or server states, and what is known of it
    CountedUse    the same by our ledger
    AuditRow      both side by side, with their difference and what explains it

A row is of a session, a thread or a day: `id` is what the vendor calls it, and for days the date (in UTC where the
vendor's are).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Literal, Self

from msgspec import Struct

from providers.domain.cause import Cause
from providers.domain.server_count import ServerUse

What = Literal["session", "thread", "day"]


class UsedTokens(Struct, frozen=True):
    """Tokens, all classes together, and their price in USD; `usd` is None where it is not known."""

    tokens: int = 0
    usd: float | None = None

    def __add__(self, other: Self) -> Self:
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return type(self)(self.tokens + other.tokens, usd)

    def __sub__(self, other: Self) -> Self:
        usd = None if self.usd is None or other.usd is None else self.usd - other.usd
        return type(self)(self.tokens - other.tokens, usd)


NOTHING = UsedTokens(0, 0.0)


class CountedUse(Struct, frozen=True, kw_only=True, dict=True):
    """What our ledger has: responses on lines of logs, and what is on no line but in the total of a session."""

    on_lines: UsedTokens = NOTHING
    not_on_lines: UsedTokens = NOTHING
    last_at: datetime | None = None
    project: str | None = None

    @cached_property
    def whole(self) -> UsedTokens:
        return self.on_lines + self.not_on_lines


class ReportedUse(Struct, frozen=True, kw_only=True):
    """A sum that the provider itself states; `used` is None where it states none. `by` names where it is from.

    `explains` is what makes our count another one, the main cause first, and `explained_tokens` how many tokens
    of ours less theirs that comes to: None for any number. `beside` are causes of use that is on no line, which
    both counts have. `why` says more of the first cause, for people. `asked_at` is when a server stated it, and
    `by_server` the figures in its own classes; an estimate of USD among them need not equal ours.
    """

    by: str
    used: UsedTokens | None = None
    explains: tuple[Cause, ...] = ()
    explained_tokens: int | None = None
    beside: tuple[Cause, ...] = ()
    why: str | None = None
    asked_at: datetime | None = None
    by_server: ServerUse | None = None


class AuditRow(Struct, frozen=True, kw_only=True, dict=True):
    """What was counted and what was reported of one session, thread or day; `account` is whose by the server."""

    provider: str
    what: What
    id: str
    counted: CountedUse
    reported: ReportedUse
    account: str | None = None

    @cached_property
    def difference(self) -> UsedTokens | None:
        """Ours less theirs; None where they state nothing."""
        return None if self.reported.used is None else self.counted.whole - self.reported.used

    @cached_property
    def is_equal(self) -> bool:
        return self.difference is not None and not self.difference.tokens

    @property
    def unexplained_tokens(self) -> int:
        """How much of the difference has no known cause; 0 where nothing was reported."""
        if self.difference is None:
            return 0
        if not self.reported.explains:
            return self.difference.tokens
        known = self.reported.explained_tokens
        return 0 if known is None else self.difference.tokens - known

    @property
    def causes(self) -> tuple[Cause, ...]:
        """All that is known to be behind the difference, and behind what is on no line; the main one first."""
        differs = () if self.is_equal else self.reported.explains
        beside = self.reported.beside if self.counted.not_on_lines.tokens else ()
        return tuple(dict.fromkeys((*differs, *beside)))

    @property
    def explained(self) -> Cause | None:
        """The main cause: of the difference, or where there is none, of what is on no line."""
        if (
            self.difference is None
            or self.is_equal
            or (self.reported.explains and not self.unexplained_tokens)
        ):
            return next(iter(self.causes), None)
        return None

    def exceeds(self, tolerance: float) -> bool:
        """Whether the difference without a known cause is more than this share (0-1) of what was reported."""
        used = self.reported.used
        if used is None:
            return False
        if abs(self.unexplained_tokens) > tolerance * used.tokens:
            return True
        difference = self.difference
        if (
            difference is None
            or difference.usd is None
            or used.usd is None
            or not self.is_equal
            or (self.reported.by_server and self.reported.by_server.is_estimate)
        ):
            return False
        return abs(difference.usd) > max(tolerance * used.usd, _TRACE)


_TRACE = 0.000_5
"""USD: sums of rounded prices differ by so much."""


def audited(
    provider: str,
    what: What,
    counted: Mapping[str, CountedUse],
    reported: Mapping[str, ReportedUse],
    account: str | None = None,
) -> list[AuditRow]:
    """A row for each that was reported; of those with the same sum, none that used nothing at all."""
    rows = (
        AuditRow(
            provider=provider,
            what=what,
            id=id_,
            counted=counted.get(id_, CountedUse()),
            reported=each,
            account=account,
        )
        for id_, each in reported.items()
    )
    return [row for row in rows if row.counted.whole.tokens or (row.reported.used or NOTHING).tokens]


class AuditTotals(Struct, frozen=True, kw_only=True):
    """Of several rows: what is counted and reported of those that have both sums, and how many there are of each
    kind. `counted_alone` is of those of which nothing is reported.
    """

    rows: int
    equal: int
    unexplained: int
    not_reported: int
    counted: CountedUse
    counted_alone: CountedUse
    reported: UsedTokens

    @property
    def difference(self) -> UsedTokens:
        return self.counted.whole - self.reported


def totals(rows: Iterable[AuditRow]) -> AuditTotals:
    every = list(rows)
    stated = [(row, row.reported.used) for row in every if row.reported.used is not None]
    return AuditTotals(
        rows=len(every),
        equal=sum(row.is_equal for row in every),
        unexplained=sum(row.unexplained_tokens != 0 for row in every),
        not_reported=len(every) - len(stated),
        counted=_all_counted([row.counted for row, _ in stated]),
        counted_alone=_all_counted([row.counted for row in every if row.reported.used is None]),
        reported=_sum([used for _, used in stated]),
    )


def _all_counted(uses: Sequence[CountedUse]) -> CountedUse:
    return CountedUse(
        on_lines=_sum([each.on_lines for each in uses]),
        not_on_lines=_sum([each.not_on_lines for each in uses]),
    )


def _sum(uses: Sequence[UsedTokens]) -> UsedTokens:
    known = [each.usd for each in uses if each.usd is not None]
    return UsedTokens(sum(each.tokens for each in uses), sum(known, 0.0) if len(known) == len(uses) else None)
