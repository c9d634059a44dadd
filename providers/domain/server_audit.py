"""What a server counted, made ready to be compared with what our ledger has. Pure.

Why they may differ, as far as a rule can know it:

    late              the server had not counted all of it yet when it was asked
    subagents         the server's sum of a session has that of its subagents in it
    deleted           the day was over before the ledger began: its logs may have been deleted by then
    another_machine   the server counts all machines of an account
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct

from providers.domain.audit import CountedUse, ReportedUse, UsedTokens
from providers.domain.cause import Cause
from providers.domain.server_count import SETTLED, ServerUse

_DAY = timedelta(days=1)
_PAUSE = timedelta(minutes=5)
"""A session that the server may not have counted to its end yet is asked for again after so long."""


class KnownSession(Struct, frozen=True, kw_only=True):
    """What the server counted of a session when it was asked; `use` is None if it did not know it.

    `counted_tokens` and `last_at` are what the ledger had of it then.
    """

    use: ServerUse | None
    asked_at: datetime
    counted_tokens: int
    last_at: datetime

    def is_of(self, counted: CountedUse) -> bool:
        """Whether nothing was used since."""
        return (counted.whole.tokens, counted.last_at) == (self.counted_tokens, self.last_at)

    def holds(self, counted: CountedUse, now: datetime) -> bool:
        """Whether it is worth no other request: nothing was used since, and the server had the time to count."""
        return self.is_of(counted) and (self.is_settled or timedelta() <= now - self.asked_at < _PAUSE)

    @property
    def is_settled(self) -> bool:
        return self.asked_at - self.last_at >= SETTLED


class KnownDay(Struct, frozen=True, kw_only=True):
    """The tokens of a day by the server, when it was asked."""

    tokens: int
    asked_at: datetime


class CountedThread(Struct, frozen=True, kw_only=True):
    """A session of its own in the ledger: `use` has none of its subagents, which used `subagents` together.

    `home` is the path of the home with its logs, `account` is "" where it is not known whose it was.
    """

    home: str
    account: str
    use: CountedUse
    subagents: int = 0


def reported_session(thread: CountedThread, known: KnownSession, by: str) -> ReportedUse:
    if known.use is None:
        return ReportedUse(
            by=by,
            explains=("no_total",),
            why="The server does not know this session.",
            asked_at=known.asked_at,
        )
    theirs, ours = known.use.total_tokens, thread.use.whole.tokens
    if theirs is None:
        return ReportedUse(
            by=by,
            explains=("no_total",),
            why="The server reported no tokens for this session.",
            asked_at=known.asked_at,
            by_server=known.use,
        )
    causes: tuple[Cause, ...] = ()
    if thread.subagents and theirs - ours == thread.subagents:
        causes = ("subagents",)
    elif theirs < ours and not known.is_settled:
        causes = ("late",)
    return ReportedUse(
        by=by,
        used=UsedTokens(theirs, known.use.usd),
        explains=causes,
        asked_at=known.asked_at,
        by_server=known.use,
    )


def reported_day(
    day: date, known: KnownDay, counted_tokens: int, began_at: datetime | None, by: str
) -> ReportedUse:
    """A day of the server, in UTC. `began_at` is when the ledger began to hear of the account, None if unknown."""
    causes: tuple[Cause, ...] = ()
    if known.tokens > counted_tokens:
        before = began_at is not None and day < began_at.astimezone(UTC).date()
        causes = ("deleted", "another_machine") if before else ("another_machine",)
    elif known.tokens < counted_tokens and day >= known.asked_at.astimezone(UTC).date() - _DAY:
        causes = ("late",)
    return ReportedUse(by=by, used=UsedTokens(known.tokens), explains=causes, asked_at=known.asked_at)


def newest_first(threads: Mapping[str, CountedThread]) -> list[tuple[str, CountedThread]]:
    return sorted(threads.items(), key=lambda each: (_last(each[1]), each[0]), reverse=True)


def worth_asking(
    threads: Mapping[str, CountedThread], known: Mapping[str, KnownSession], now: datetime, most: int
) -> list[str]:
    """Of the `most` newest, those whose answer is not known, newest first."""
    return [
        name
        for name, thread in newest_first(threads)[:most]
        if name not in known or not known[name].holds(thread.use, now)
    ]


def _last(thread: CountedThread) -> float:
    return thread.use.last_at.timestamp() if thread.use.last_at else 0.0
