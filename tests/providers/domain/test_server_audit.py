"""What a server counted, compared with ours: which difference has a cause."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from providers.domain.audit import AuditRow, CountedUse, ReportedUse, UsedTokens, audited
from providers.domain.server_audit import (
    CountedThread,
    KnownDay,
    KnownSession,
    reported_day,
    reported_session,
    worth_asking,
)
from providers.domain.server_count import ServerUse

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TODAY, YESTERDAY, BEFORE = date(2026, 11, 20), date(2026, 11, 19), date(2026, 11, 18)


def thread(tokens: int = 1000, last_at: datetime = NOW - 9 * HOUR, subagents: int = 0) -> CountedThread:
    use = CountedUse(on_lines=UsedTokens(tokens, 0.5), last_at=last_at)
    return CountedThread(home="/h", account="a", use=use, subagents=subagents)


def known(
    tokens: int | None = 1000,
    asked_at: datetime = NOW,
    of: CountedThread | None = None,
    usd: float | None = None,
) -> KnownSession:
    use = (of or thread()).use
    return KnownSession(
        use=ServerUse(total_tokens=tokens, usd=usd),
        asked_at=asked_at,
        counted_tokens=use.whole.tokens,
        last_at=use.last_at or NOW,
    )


def row(counted: CountedThread, reported: ReportedUse) -> AuditRow:
    (made,) = audited("codex", "thread", {"t": counted.use}, {"t": reported})
    return made


@pytest.mark.parametrize(
    ("counted", "theirs", "explained", "unexplained"),
    [
        (thread(), known(1000), None, 0),
        (thread(), known(1300), None, -300),
        (thread(), known(900), None, 100),
        (thread(subagents=300), known(1300), "subagents", 0),
        (thread(subagents=300), known(1000), None, 0),
        (thread(subagents=300), known(1299), None, -299),
        (thread(last_at=NOW - HOUR / 2), known(900, of=thread(last_at=NOW - HOUR / 2)), "late", 0),
        (thread(last_at=NOW - HOUR / 2), known(1100, of=thread(last_at=NOW - HOUR / 2)), None, -100),
        (thread(last_at=NOW - HOUR), known(900, of=thread(last_at=NOW - HOUR)), None, 100),
    ],
)
def test_a_thread(
    counted: CountedThread, theirs: KnownSession, explained: str | None, unexplained: int
) -> None:
    made = row(counted, reported_session(counted, theirs, "threadUsage"))
    assert (made.explained, made.unexplained_tokens) == (explained, unexplained)


@pytest.mark.parametrize("use", [None, ServerUse(usd=1.0), ServerUse(input_tokens=5)])
def test_what_the_server_does_not_know_is_no_zero(use: ServerUse | None) -> None:
    theirs = KnownSession(use=use, asked_at=NOW, counted_tokens=1000, last_at=NOW - 9 * HOUR)
    made = row(thread(), reported_session(thread(), theirs, "threadUsage"))
    assert made.reported.used is None
    assert made.difference is None
    assert made.explained == "no_total"
    assert not made.exceeds(0)
    assert made.reported.why


@pytest.mark.parametrize(("is_estimate", "exceeds"), [(False, True), (True, False)])
def test_an_estimate_in_dollars_need_not_equal_ours(is_estimate: bool, exceeds: bool) -> None:
    use = ServerUse(total_tokens=1000, usd=9.0, is_estimate=is_estimate)
    theirs = KnownSession(use=use, asked_at=NOW, counted_tokens=1000, last_at=NOW - 9 * HOUR)
    made = row(thread(), reported_session(thread(), theirs, "threadUsage"))
    assert made.difference == UsedTokens(0, -8.5)
    assert made.exceeds(0.01) is exceeds


@pytest.mark.parametrize(
    ("day", "theirs", "ours", "began_at", "causes"),
    [
        (BEFORE, 500, 500, None, ()),
        (BEFORE, 900, 500, None, ("another_machine",)),
        (BEFORE, 900, 500, datetime(2026, 11, 18, 23, tzinfo=UTC), ("another_machine",)),
        (BEFORE, 900, 500, datetime(2026, 11, 19, 1, tzinfo=UTC), ("deleted", "another_machine")),
        (BEFORE, 100, 500, None, ()),
        (YESTERDAY, 100, 500, None, ("late",)),
        (TODAY, 100, 500, None, ("late",)),
        (TODAY, 900, 500, None, ("another_machine",)),
        (TODAY, 900, 0, datetime(2026, 11, 20, 1, tzinfo=UTC), ("another_machine",)),
    ],
)
def test_a_day(day: date, theirs: int, ours: int, began_at: datetime | None, causes: tuple[str, ...]) -> None:
    reported = reported_day(day, KnownDay(tokens=theirs, asked_at=NOW), ours, began_at, "days")
    assert reported.explains == causes
    assert reported.used == UsedTokens(theirs, None)


def test_a_day_is_late_by_when_it_was_asked_for() -> None:
    late = KnownDay(tokens=100, asked_at=datetime(2026, 11, 10, 23, 59, tzinfo=UTC))
    assert reported_day(date(2026, 11, 9), late, 500, None, "days").explains == ("late",)
    assert reported_day(date(2026, 11, 8), late, 500, None, "days").explains == ()


def test_the_newest_are_asked_for_if_they_have_grown() -> None:
    threads = {f"t{hours}": thread(last_at=NOW - hours * HOUR) for hours in (5, 3, 4, 9)}
    assert worth_asking(threads, {}, NOW, 3) == ["t3", "t4", "t5"]
    assert worth_asking(threads, {}, NOW, 50) == ["t3", "t4", "t5", "t9"]
    same = {name: known(of=each) for name, each in threads.items()}
    assert worth_asking(threads, same, NOW, 50) == []
    grown = threads | {"t4": thread(1001, last_at=NOW - 4 * HOUR)}
    assert worth_asking(grown, same, NOW, 50) == ["t4"]


def test_one_that_the_server_may_not_have_counted_yet_is_asked_for_again() -> None:
    recent = {"t": thread(last_at=NOW - HOUR / 2)}
    for minutes, again in ((1, False), (6, True), (-1, True)):  # the last by a clock that was set back
        asked = {"t": known(of=recent["t"], asked_at=NOW - timedelta(minutes=minutes))}
        assert worth_asking(recent, asked, NOW, 50) == (["t"] if again else [])


def test_one_without_a_time_is_the_oldest() -> None:
    nowhen = CountedThread(home="/h", account="a", use=CountedUse(on_lines=UsedTokens(1)))
    assert worth_asking({"x": nowhen, "t": thread()}, {}, NOW, 1) == ["t"]
