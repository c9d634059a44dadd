"""What servers counted is kept, and nothing that is kept is trusted."""

from __future__ import annotations

import os
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from providers.domain.audit import CountedUse, UsedTokens
from providers.domain.limits import DayTokens
from providers.domain.server_audit import CountedThread, KnownDay
from providers.domain.server_count import ServerAnswer, ServerUse
from providers.polling.server_counts import ServerCounts, ServerCountStore

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = date(2026, 11, 19)
USE = CountedUse(on_lines=UsedTokens(1000, 0.5), last_at=NOW - timedelta(hours=2))
THREADS = {name: CountedThread(home="/h", account="a", use=USE) for name in ("s1", "s2", "s3")}
ANSWER = ServerAnswer(
    sessions={"s1": ServerUse(total_tokens=1000, usd=0.25, is_estimate=True)},
    unknown=frozenset({"s2"}),
    days=(DayTokens(day=DAY, tokens=5000),),
)
COUNTS = ServerCounts().with_answer(ANSWER, THREADS, NOW)


def test_it_is_kept_as_it_was(tmp_path: Path) -> None:
    store = ServerCountStore(tmp_path / "state")
    assert store.read("a1", NOW) == ServerCounts()
    with store.asking("a1"):
        store.save("a1", COUNTS)
    assert ServerCountStore(tmp_path / "state").read("a1", NOW) == COUNTS
    assert store.read("b2", NOW) == ServerCounts()
    if os.name == "posix":
        assert stat.S_IMODE(store.file_of("a1").stat().st_mode) == 0o600


def test_an_answer_is_added_to_what_is_known() -> None:
    assert COUNTS.sessions["s1"].use == ANSWER.sessions["s1"]
    assert COUNTS.sessions["s2"].use is None
    assert "s3" not in COUNTS.sessions  # not asked for
    later = NOW + timedelta(days=1)
    more = COUNTS.with_answer(
        ServerAnswer(
            sessions={"s3": ServerUse(total_tokens=7)}, days=(DayTokens(day=date(2026, 11, 20), tokens=1),)
        ),
        THREADS,
        later,
    )
    assert more.sessions.keys() == {"s1", "s2", "s3"}
    assert more.days.keys() == {DAY, date(2026, 11, 20)}  # the server no longer names the first


def test_the_newer_report_of_a_day_stays() -> None:
    newer = COUNTS.with_days([DayTokens(day=DAY, tokens=6000)], NOW + timedelta(hours=1))
    assert newer.days == {DAY: KnownDay(tokens=6000, asked_at=NOW + timedelta(hours=1))}
    older = newer.with_days([DayTokens(day=DAY, tokens=10)], NOW)
    assert older == newer


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"sessions": {"s1": {"use": null}}}',
        b'{"days": {"yesterday": {"tokens": 1, "asked_at": "2026-11-20T12:00:00Z"}}}',
        b'{"days": {"2026-11-19": {"tokens": "1", "asked_at": "2026-11-20T12:00:00Z"}}}',
        b"[" * 100_000,
    ],
)
def test_one_that_cannot_be_read_is_as_none(content: bytes, tmp_path: Path) -> None:
    store = ServerCountStore(tmp_path)
    store.file_of("a1").write_bytes(content)
    assert store.read("a1", NOW) == ServerCounts()


@pytest.mark.parametrize(
    "day",
    [
        '{"tokens": -1, "asked_at": "2026-11-20T12:00:00Z"}',
        '{"tokens": 1, "asked_at": "2027-11-20T12:00:00Z"}',  # by a clock that was ahead
        '{"tokens": 1, "asked_at": "2026-11-20T12:00:00"}',
        '{"tokens": 1e99, "asked_at": "2026-11-20T12:00:00Z"}',
    ],
)
def test_what_cannot_be_is_dropped(day: str, tmp_path: Path) -> None:
    store = ServerCountStore(tmp_path)
    store.file_of("a1").write_text(f'{{"days": {{"2026-11-19": {day}}}}}')
    assert store.read("a1", NOW).days == {}


def test_a_session_by_a_clock_that_was_ahead_is_dropped(tmp_path: Path) -> None:
    store = ServerCountStore(tmp_path)
    store.save("a1", COUNTS)
    assert store.read("a1", NOW - timedelta(days=1)).sessions == {}
    assert store.read("a1", NOW).sessions == COUNTS.sessions


def test_a_folder_in_its_place_is_none(tmp_path: Path) -> None:
    store = ServerCountStore(tmp_path)
    store.file_of("a1").mkdir()
    assert store.read("a1", NOW) == ServerCounts()
    with pytest.raises(OSError, match="directory"):
        store.save("a1", COUNTS)
