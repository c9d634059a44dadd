"""The log of windows in the ledger's file, whoever writes it."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.limits import Account, AccountUsage, Credits, RateWindow, ResetCredits, Sourced
from providers.ledger import row_checksums, window_log
from providers.ledger.database import opened, transaction
from providers.ledger.ledger import Ledger
from providers.ledger.schema import APPLICATION_ID, SCHEMA
from providers.ledger.window_log import SEEN_EVERY, window_length, windows
from providers.ledger.windows import WindowReading, WindowRecord, follow

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVER = NOW - timedelta(days=9999), NOW + timedelta(days=9999)


def lane(
    minute: float, used: float, resets: float | None = 290, window: str = "session"
) -> Sourced[RateWindow]:
    resets_at = None if resets is None else NOW + resets * MINUTE
    value = RateWindow(
        id=window, title="", used_percent=used, duration=window_length(window), resets_at=resets_at
    )
    return Sourced(value=value, source="oauth", fetched_at=NOW + minute * MINUTE)


def usage(
    *lanes: Sourced[RateWindow],
    account: str = "a1",
    refused: float | None = None,
    balance: str | None = None,
    resets: int | None = None,
    lapses: float | None = None,
) -> AccountUsage:
    at = lanes[0].fetched_at
    return AccountUsage(
        provider="codex",
        title="Codex",
        homes=(),
        account=Account(id=account),
        windows=lanes,
        limit_reached_at=None if refused is None else NOW + refused * MINUTE,
        credits=None
        if balance is None
        else Sourced(value=Credits(balance=Decimal(balance)), source="oauth", fetched_at=at),
        resets=None
        if resets is None
        else Sourced(
            value=ResetCredits(
                available=resets, expires_at=None if lapses is None else NOW + lapses * MINUTE
            ),
            source="oauth",
            fetched_at=at,
        ),
    )


def noted(folder: Path, *usages: AccountUsage) -> list[WindowRecord]:
    ledger = Ledger(folder / "ledger.sqlite3")
    for each in usages:
        ledger.limits.note(each, each.windows[0].fetched_at)
    return ledger.limits.windows(*EVER)


def test_it_is_kept_and_read_by_span_and_account(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    assert ledger.limits.windows(*EVER) == []
    found = noted(
        tmp_path,
        usage(lane(10, 5), lane(10, 30, 5000, "weekly")),
        usage(lane(11, 7), account="b2"),
        usage(lane(300, 9, 590)),
    )
    assert [(each.account, each.window, each.used_percent) for each in found] == [
        ("a1", "weekly", 30),
        ("a1", "session", 5),
        ("b2", "session", 7),
        ("a1", "session", 9),
    ]
    ends = NOW + 290 * MINUTE
    assert [each.used_percent for each in ledger.limits.windows(NOW, ends, "a1")] == [30, 5]
    assert [each.used_percent for each in ledger.limits.windows(ends + MINUTE, ends + 2 * MINUTE)] == [30, 9]
    assert ledger.limits.windows(*EVER, "c3") == []


def test_that_nothing_changed_is_written_now_and_then(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    weekly = [lane(minute, 30, 9000, "weekly") for minute in range(0, 1081, 60)]
    written: set[float] = set()
    for each in weekly:
        noted(tmp_path, usage(each))
        with opened(path) as db:
            (record,) = windows(db, *EVER)
        written.add((record.seen_at - NOW) / SEEN_EVERY)
    assert written == {0, 1, 2, 3}


class TestWhatElseHappened:
    def test_refused_although_not_spent(self, tmp_path: Path) -> None:
        others = lane(10, 40, 5000, "weekly"), lane(10, 3, 5000, "model:opus:weekly")
        for at in (10, 20):  # the first time is kept
            found = noted(tmp_path, usage(lane(at, 25), *others, refused=at))
            assert {each.window: each.refused_at for each in found} == {
                "session": NOW + 10 * MINUTE,
                "weekly": NOW + 10 * MINUTE,
                "model:opus:weekly": None,
            }

    def test_refused_since_one_is_spent_is_no_news(self, tmp_path: Path) -> None:
        found = noted(
            tmp_path,
            usage(lane(10, 100), lane(10, 40, 5000, "weekly"), refused=10),
            usage(lane(300, 0, 590), lane(300, 40, 5000, "weekly"), refused=10),
        )
        assert [each.refused_at for each in found] == [None] * 3

    def test_a_refusal_from_before_it_began_is_not_its_own(self, tmp_path: Path) -> None:
        found = noted(tmp_path, usage(lane(310, 5, 608), lane(310, 40, 5000, "weekly"), refused=305))
        assert {each.window: each.refused_at for each in found} == {
            "session": None,
            "weekly": NOW + 305 * MINUTE,
        }

    def test_a_refusal_in_the_second_of_the_reset_is_no_news(self, tmp_path: Path) -> None:
        weekly = lane(10, 40, 5000, "weekly"), lane(290, 40, 5000, "weekly")
        found = noted(
            tmp_path,
            usage(lane(10, 100), weekly[0], refused=10),
            usage(lane(290, 100, 290.02), weekly[1], refused=290),
        )
        assert {each.refused_at for each in found} == {None}

    def test_a_refusal_that_no_server_has_repeated_is_forgotten(self, tmp_path: Path) -> None:
        """The server cannot be asked for hours; logs tell of two more windows, after which it is not known why."""
        weekly = [lane(minute, 40, 5000, "weekly") for minute in (10, 300, 600)]
        found = noted(
            tmp_path,
            usage(lane(10, 100), weekly[0], refused=10),
            usage(lane(300, 5, 590), weekly[1], refused=10),
            usage(lane(600, 5, 890), weekly[2], refused=10),
            usage(lane(605, 6, 890), weekly[2], refused=10),
        )
        assert {each.refused_at for each in found} == {None}

    def test_an_older_balance_tells_nothing(self, tmp_path: Path) -> None:
        ledger = Ledger(tmp_path / "ledger.sqlite3")
        new = usage(lane(10, 100), balance="100")
        old = replace(usage(lane(5, 90), balance="150"), windows=new.windows)
        for each in (new, old, new):
            ledger.limits.note(each, NOW + 10 * MINUTE)
        (record,) = ledger.limits.windows(*EVER)
        assert record.credits_used is None

    def test_a_balance_that_fell_while_it_blocked(self, tmp_path: Path) -> None:
        both = (lane(10, 100), lane(10, 100, 5000, "weekly"))
        found = noted(
            tmp_path,
            usage(lane(5, 80), balance="100"),
            usage(lane(6, 90), balance="99"),
            usage(lane(7, 100), balance="98.5"),
            usage(*both, balance="90"),
            usage(lane(11, 100), both[1], balance="95"),
            usage(lane(12, 100), both[1], balance="94.25"),
        )
        used = {each.window: each.credits_used for each in found}
        assert used == {"session": Decimal("0.5"), "weekly": Decimal("9.25")}, "said of what blocks longest"

    def test_a_reset_credit_that_was_spent(self, tmp_path: Path) -> None:
        first, second = noted(
            tmp_path,
            usage(lane(10, 100), resets=2, lapses=500),
            usage(lane(40, 0.5, 320), resets=1, lapses=900),
        )
        assert (first.reset_early, first.redeemed, second.redeemed) == (True, True, False)

    def test_that_is_reported_before_the_reset_or_after_it(self, tmp_path: Path) -> None:
        before, after = tmp_path / "before", tmp_path / "after"
        start = usage(lane(10, 100), resets=2)
        assert noted(before, start, usage(lane(20, 100), resets=1), usage(lane(40, 1, 320)))[0].redeemed
        assert noted(after, start, usage(lane(20, 1, 320)), usage(lane(40, 2, 320), resets=1))[0].redeemed

    def test_one_that_lapsed_was_not(self, tmp_path: Path) -> None:
        first, _ = noted(
            tmp_path,
            usage(lane(10, 100), resets=2, lapses=35),
            usage(lane(40, 0.5, 320), resets=1),
        )
        assert (first.reset_early, first.redeemed) == (True, False)


def test_the_last_look_at_an_unused_window_has_its_own_reset(tmp_path: Path) -> None:
    """It had not begun when it was first seen, so its reset floated ahead; it began ten minutes later."""
    noted(
        tmp_path,
        usage(lane(0, 0, 300)),
        *(usage(lane(minute, 0, 310)) for minute in range(20, 200, 10)),
        usage(lane(200, 5, 310)),
    )
    changes = Ledger(tmp_path / "ledger.sqlite3").limits.changes("a1", NOW)
    assert [(each.used_percent, each.resets_at) for each in changes] == [
        (0, NOW + 300 * MINUTE),
        (0, NOW + 310 * MINUTE),
        (5, NOW + 310 * MINUTE),
    ]


class TestRowsOfAnOlderVersion:
    def test_are_logged_once(self, tmp_path: Path) -> None:
        path = tmp_path / "ledger.sqlite3"
        db = sqlite3.connect(path)
        for step in SCHEMA[:3]:
            db.executescript(step)
        db.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 3")
        ms = round(NOW.timestamp() * 1000)
        course = [(0, 10.0, 200), (100, 60.0, 200), (210, 5.0, 500), (220, 100.0, 500), (240, 0.0, 540)]
        db.executemany(
            "INSERT INTO limits VALUES ('a1', 'session', ?, ?, ?, 'oauth')",
            [(ms + at * 60_000, used, ms + resets * 60_000) for at, used, resets in course],
        )
        db.commit()
        db.close()
        with opened(path, repair=True) as upgraded:
            found = windows(upgraded, *EVER)
            assert upgraded.execute("SELECT count(*) FROM limits").fetchone() == (5,), "they stay"
        assert [((each.starts_at - NOW) / MINUTE, each.used_percent, each.reset_early) for each in found] == [
            (-100, 60, False),
            (200, 100, True),
        ]
        assert found[1].spent_at == NOW + 220 * MINUTE
        with opened(path, repair=True) as again:
            assert windows(again, *EVER) == found


def test_many_processes_note_the_same(tmp_path: Path) -> None:
    course = [lane(minute, minute % 290 / 3, (minute // 290 + 1) * 290) for minute in range(1, 1200, 17)]
    alone = noted(tmp_path / "alone", *(usage(each) for each in course))
    path = tmp_path / "ledger.sqlite3"
    Ledger(path).limits.note(usage(course[0]), course[0].fetched_at)

    def note(each: Sourced[RateWindow]) -> None:
        with opened(path) as db, transaction(db):
            window_log.note(db, usage(each), each.fetched_at)

    with ThreadPoolExecutor(4) as pool:
        for each in course:
            list(pool.map(note, [each] * 4))
    assert [replace(each, seen_at=NOW) for each in Ledger(path).limits.windows(*EVER)] == [
        replace(each, seen_at=NOW) for each in alone
    ]


def in_memory() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    for step in SCHEMA:
        db.executescript(step)
    row_checksums.register(db)
    return db


courses = st.lists(
    st.tuples(
        st.floats(0.1, 400),
        st.sampled_from([0.0, 1.0, 30.0, 31.0, 60.0, 100.0, 104.0]),
        st.sampled_from([None, 0.0, 3.0, 60.0, 300.0]),
        st.integers(1, 3),
    ),
    max_size=25,
)


@given(courses)
def test_the_log_is_the_same_however_often_and_late_its_readings_are_noted(
    course: list[tuple[float, float, float | None, int]],
) -> None:
    """Each is noted by up to three processes, and the one before once more."""
    db, now, before = in_memory(), 0.0, None
    pure: tuple[WindowRecord, ...] = ()
    for passed, used, ahead, times in course:
        now += passed
        each = lane(now, used, None if ahead is None else (now // 300 + 1) * 300 + ahead)
        at = datetime.fromtimestamp(round(each.fetched_at.timestamp() * 1000) / 1000, UTC)
        resets = each.value.resets_at
        if resets is not None:
            resets = datetime.fromtimestamp(round(resets.timestamp() * 1000) / 1000, UTC)
        reading = WindowReading(at, used, resets, each.value.duration)
        pure = (*pure[:-2], *follow(pure[-2:], reading, "a1", "session", at))
        for _ in range(times):
            window_log.note(db, usage(each), each.fetched_at)
        if before is not None:
            window_log.note(db, usage(before), each.fetched_at)
        before = each
    found = windows(db, *EVER)
    assert [replace(each, seen_at=NOW) for each in found] == [replace(each, seen_at=NOW) for each in pure]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 40.0, 99.0, 100.0, 120.0]),
            st.sampled_from([0.0, 100.0]),
            st.none() | st.decimals(0, 1000, places=2),
        ),
        max_size=20,
    )
)
def test_no_credit_is_counted_twice(course: list[tuple[float, float, Decimal | None]]) -> None:
    db = in_memory()
    fallen, balance = Decimal(0), None
    for minute, (session, weekly, credits_) in enumerate(course):
        each = usage(
            lane(minute, session),
            lane(minute, weekly, 5000, "weekly"),
            balance=None if credits_ is None else str(credits_),
        )
        window_log.note(db, each, each.windows[0].fetched_at)
        if credits_ is not None:
            fallen += max(Decimal(0), (balance or Decimal(0)) - credits_)
            balance = credits_
    used = [each.credits_used for each in windows(db, *EVER) if each.credits_used is not None]
    assert all(each > 0 for each in used)
    assert sum(used) <= fallen


def test_what_no_window_can_be_is_not_noted(tmp_path: Path) -> None:
    far = NOW + timedelta(days=1)
    ahead = replace(lane(0, 50), fetched_at=far)
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    ledger.limits.note(usage(lane(0, float("nan")), ahead), NOW)
    assert ledger.limits.windows(*EVER) == []
    assert ledger.limits.changes("a1", EVER[0]) == []


def test_a_reading_without_a_reset_just_after_one_is_noted_again() -> None:
    """1 % before an announced reset, 1 % just after it and without one, 0 % later, and the 1 % once more."""
    db = in_memory()
    course = [lane(1776, 0.0, None), lane(1795, 1.0, 1803), lane(1806, 1.0, None), lane(1809, 0.0, None)]
    for each, before in zip(course, [None, *course], strict=False):
        window_log.note(db, usage(each), each.fetched_at)
        if before is not None:
            found = windows(db, *EVER)
            window_log.note(db, usage(before), each.fetched_at)
            assert windows(db, *EVER) == found


def test_windows_of_one_id_and_the_changes_of_one(tmp_path: Path) -> None:
    noted(
        tmp_path,
        usage(lane(10, 5), lane(10, 30, 5000, "weekly")),
        usage(lane(15, 8), lane(15, 31, 5000, "weekly")),
        usage(lane(16, 9), account="b2"),
    )
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    assert [(each.account, each.window) for each in ledger.limits.windows(*EVER, window="weekly")] == [
        ("a1", "weekly")
    ]
    changes = ledger.limits.series("a1", "session", *EVER)
    assert [change.used_percent for change in changes] == [5, 8]
    assert ledger.limits.series("a1", "session", NOW + 12 * MINUTE, EVER[1])[0].used_percent == 5
    assert ledger.limits.series("nobody", "session", *EVER) == []
    assert Ledger(tmp_path / "none.sqlite3").limits.series("a1", "session", *EVER) == []
