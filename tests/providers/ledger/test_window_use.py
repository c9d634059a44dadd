"""What was logged of each window, against a look at every response."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.cost import BilledResponse, Context, Tally, TokenUsage, tallied
from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced
from providers.ledger import kept_uses, window_log
from providers.ledger.database import opened, transaction
from providers.ledger.epoch_ms import ms
from providers.ledger.responses import replace_responses
from providers.ledger.window_use import Kept, WindowUse, read, spans_of, worth_of
from providers.ledger.windows import WindowRecord
from tests.providers.ledger.test_counters import HOMES

BEGIN = datetime(2026, 11, 2, 8, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LENGTHS = {"session": 5 * HOUR, "weekly": 7 * DAY}
EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
HOME, OTHER = HOMES
PICO_A_TOKEN = 10**6


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with opened(tmp_path / "ledger.sqlite3", repair=True) as db:
        yield db


def billed(key: int, at: datetime, tokens: int = 1000, /, **more: Any) -> BilledResponse:
    home = more.pop("home", HOME)
    names = {"model": "m", "account": "me", "session": "s", "root": "s", **more}
    return BilledResponse(ms(at), key, Context(home=home, **names), TokenUsage(output_tokens=tokens))


def price(each: BilledResponse) -> int | None:
    return None if each.context.model == "mystery" else each.usage.output_tokens * PICO_A_TOKEN


def store(db: sqlite3.Connection, *parts: Sequence[BilledResponse]) -> None:
    with transaction(db):
        replace_responses(
            db, "codex", [([number], list(part)) for number, part in enumerate(parts, 1)], price
        )


def look(
    db: sqlite3.Connection, at: datetime, used: float, resets_at: datetime, window: str = "session"
) -> None:
    value = RateWindow(
        id=window, title=window, used_percent=used, duration=LENGTHS[window], resets_at=resets_at
    )
    usage = AccountUsage(
        provider="codex",
        title="Codex",
        homes=(),
        account=Account(id="me"),
        windows=(Sourced(value=value, source="oauth", fetched_at=at),),
    )
    with transaction(db):
        window_log.note(db, usage, at)


def uses(db: sqlite3.Connection, kept: Kept | None = None) -> list[WindowUse]:
    return read(db, window_log.windows(db, *EVER), kept)[0]


def five_hours(db: sqlite3.Connection, begin: datetime, percents: Mapping[int, float]) -> None:
    """Looks at a window, by minutes since its begin."""
    for minutes, used in percents.items():
        look(db, begin + minutes * MINUTE, used, begin + LENGTHS["session"])


def test_all_of_a_window_and_what_was_seen_of_it(db: sqlite3.Connection) -> None:
    five_hours(db, BEGIN, {60: 20, 120: 35, 180: 50})
    times = (30, 60, 90, 179, 180, 299, 300)
    store(db, [billed(number, BEGIN + at * MINUTE) for number, at in enumerate(times)])
    (found,) = uses(db)
    assert found.total.responses == 6
    assert tallied(found.seen.values()).responses == 3
    assert (found.rise.percent, found.rise.elsewhere) == (30, 0)
    assert found.quotient is not None
    assert found.quotient.tokens == 100
    assert found.quotient.usd == pytest.approx(100 * PICO_A_TOKEN / 1e12)
    assert found.quotient.model == "m"


def test_what_rose_without_a_response_was_used_elsewhere(db: sqlite3.Connection) -> None:
    five_hours(db, BEGIN, {1: 1, 30: 21, 120: 21, 150: 41})
    store(db, [billed(1, BEGIN + 20 * MINUTE)])
    (found,) = uses(db)
    assert (found.rise.percent, found.rise.elsewhere) == (40, 20)
    assert found.quotient is None


def test_nothing_is_known_of_an_account_without_logs(db: sqlite3.Connection) -> None:
    five_hours(db, BEGIN, {1: 1, 30: 21})
    store(db, [billed(1, BEGIN + 20 * MINUTE, account="another")])
    assert uses(db) == []


def test_what_has_no_price_leaves_the_dollars_open(db: sqlite3.Connection) -> None:
    five_hours(db, BEGIN, {0: 1, 30: 21})
    store(db, [billed(1, BEGIN + 10 * MINUTE), billed(2, BEGIN + 20 * MINUTE, model="mystery")])
    (found,) = uses(db)
    assert (found.total.unpriced, found.used["mystery"].usd) == (1, None)
    assert found.quotient is not None
    assert (found.quotient.tokens, found.quotient.usd) == (100, None)


def test_a_response_in_two_homes_counts_once(db: sqlite3.Connection) -> None:
    five_hours(db, BEGIN, {0: 1, 30: 21})
    store(db, [billed(1, BEGIN + 10 * MINUTE), billed(1, BEGIN + 10 * MINUTE, home=OTHER)])
    assert uses(db)[0].total.responses == 1


def test_an_early_reset_ends_a_window_and_begins_the_next(db: sqlite3.Connection) -> None:
    five_hours(db, BEGIN, {0: 10, 30: 60})
    look(db, BEGIN + HOUR, 5, BEGIN + 6 * HOUR)
    store(db, [billed(number, BEGIN + number * 20 * MINUTE) for number in range(5)])
    first, second = uses(db)
    assert first.record.reset_early
    assert (first.total.responses, second.total.responses) == (3, 2)


def test_a_moved_reset_keeps_the_window(db: sqlite3.Connection) -> None:
    five_hours(db, BEGIN, {0: 10, 30: 30})
    look(db, BEGIN + HOUR, 40, BEGIN + 7 * HOUR)
    store(db, [billed(number, BEGIN + number * HOUR) for number in range(9)])
    (found,) = uses(db)
    assert (found.record.moved, found.total.responses) == (1, 7)


def test_by_model_and_over_windows(db: sqlite3.Connection) -> None:
    responses = []
    for number in range(4):
        begin = BEGIN + number * 6 * HOUR
        five_hours(db, begin, {0: 0.5, 30: 20.5})
        responses.append(billed(number, begin + 10 * MINUTE, 1000 * (number + 1), model="abc"[number % 2]))
    store(db, responses)
    found = worth_of(uses(db))
    assert found.usd is not None
    assert found.usd.windows == 4
    assert found.usd.median == pytest.approx(125 * PICO_A_TOKEN / 1e12)
    assert found.by_model == {}  # two windows of each say nothing


STEPS = st.lists(
    st.tuples(st.integers(0, 40 * 60), st.sampled_from(["m", "n", "mystery"]), st.integers(1, 10**6)),
    max_size=25,
)
READINGS = st.lists(st.tuples(st.integers(1, 120), st.integers(0, 30)), max_size=25)


def read_windows(db: sqlite3.Connection, readings: Sequence[tuple[int, int]]) -> None:
    """Of a window that begins anew with the first look after its end; minutes and percent since the one before."""
    at, used, ends = BEGIN, 0.0, BEGIN + LENGTHS["session"]
    for minutes, percent in readings:
        at += minutes * MINUTE
        if at >= ends:
            used, ends = 0.0, at + LENGTHS["session"]
        used = min(100.0, used + percent)
        look(db, at, used, ends)


def naive(
    found: WindowUse, span: tuple[int, int], responses: Sequence[BilledResponse]
) -> tuple[Tally, Tally]:
    """All of the window, and what was seen, by a look at each response."""
    sums = []
    for first, last in (span, (found.rise.first_ms, found.rise.last_ms)):
        own = [each for each in responses if first <= each.at_ms < last and span[0] <= each.at_ms < span[1]]
        pico = [cost for each in own if (cost := price(each)) is not None]
        sums.append(
            Tally(
                responses=len(own),
                usage=TokenUsage(output_tokens=sum(each.usage.output_tokens for each in own)),
                usd=sum(pico) / 1e12 if pico or not own else None,
                unpriced=len(own) - len(pico),
            )
        )
    return sums[0], sums[1]


def same(one: Tally, other: Tally) -> bool:
    assert one.usd == pytest.approx(other.usd)
    return (one.responses, one.usage, one.unpriced) == (other.responses, other.usage, other.unpriced)


@settings(max_examples=40, deadline=None)
@given(READINGS, st.tuples(STEPS, STEPS, STEPS))
def test_sums_are_those_of_the_responses(
    readings: list[tuple[int, int]], parts: tuple[list[tuple[int, str, int]], ...]
) -> None:
    stored = [
        [
            billed(1000 * number + key, BEGIN + minutes * MINUTE, tokens, model=model)
            for key, (minutes, model, tokens) in enumerate(part)
        ]
        for number, part in enumerate(parts)
    ]
    with TemporaryDirectory() as folder, opened(Path(folder) / "ledger.sqlite3", repair=True) as db:
        read_windows(db, readings)
        store(db, *(part for part in stored[:-1] if part))
        records = window_log.windows(db, *EVER)
        before, kept = read(db, records)
        _check(before, records, [each for part in stored[:-1] for each in part])
        store(db, *(part for part in (*stored[:-1], stored[-1]) if part))
        after, again = read(db, records, kept)
        _check(after, records, [each for part in stored for each in part])
        assert read(db, records, again)[0] == after == read(db, records)[0]


def _check(found: list[WindowUse], records: list[WindowRecord], responses: list[BilledResponse]) -> None:
    assert [each.record for each in found] == (records if responses else [])
    for each, span in zip(found, spans_of(records), strict=False):
        whole, seen = naive(each, span, responses)
        assert same(each.total, whole)
        assert same(tallied(each.seen.values()) if each.seen else Tally(usd=0.0), seen)


def test_what_is_kept_is_read_again_only_where_it_changed(db: sqlite3.Connection, tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    for number in range(3):
        five_hours(db, BEGIN + number * 6 * HOUR, {0: 1, 30: 21})
    store(db, [billed(1, BEGIN + MINUTE)], [billed(2, BEGIN + 6 * HOUR + MINUTE)])
    records = window_log.windows(db, *EVER)
    _, kept = read(db, records)
    kept_uses.save(file, {}, kept)
    assert kept_uses.load(file) == kept
    store(db, [billed(1, BEGIN + MINUTE)], [billed(2, BEGIN + 6 * HOUR + MINUTE, 5)])
    _, again = read(db, records, kept_uses.load(file))
    changed = [name for name, each in again.items() if each != kept[name]]
    assert changed == [("me", "session", ms(BEGIN + 6 * HOUR))]
    invented = {name: replace(each, used={}, seen={}) for name, each in again.items()}
    assert all(not use.used for use in read(db, records, invented)[0])  # nothing was read


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"make":0,"windows":[]}', b"\xff" * 9, b'{"make":1}']
)
def test_a_damaged_file_costs_time_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "kept.json"
    file.write_bytes(content)
    assert kept_uses.load(file) == {}
    assert kept_uses.load(tmp_path / "none") == {}
    assert kept_uses.load(tmp_path) == {}


def test_a_file_that_cannot_be_written_is_no_problem(db: sqlite3.Connection, tmp_path: Path) -> None:
    five_hours(db, BEGIN, {0: 1, 30: 21})
    store(db, [billed(1, BEGIN + MINUTE)])
    (tmp_path / "file").write_text("")
    kept_uses.save(tmp_path / "file" / "kept.json", {}, read(db, window_log.windows(db, *EVER))[1])
