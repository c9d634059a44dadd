"""Whatever is corrected, and whoever asks: no counter decreases within an epoch, and all of them are exact."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.cost import BilledResponse, Context, Counter, Tally, TokenUsage
from providers.ledger.database import LedgerError, opened, transaction
from providers.ledger.ledger import Ledger
from providers.ledger.prices.pricing import Rates
from providers.ledger.repricing import reprice
from providers.ledger.responses import Price, replace_responses
from providers.ledger.schema import SCHEMA
from tests.providers.ledger.test_refresh import SMALL, copied, named, put, rollouts
from tests.providers.ledger.test_refresh import Ledger as Scanned

HOMES = (Path("/home/dev/.codex"), Path("/home/dev/work"))
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LOGS = 4
MODELS = ("gpt-5.5", "gpt-5.4", "mystery", None)
Parts = list[tuple[list[int], list[BilledResponse]]]
Correction = tuple[Parts, frozenset[int], int | None, bool]
"""Parts, the logs that are kept as they are, another price per token, and whether counters are asked for then."""


def usd(each: BilledResponse, per_token: int = 1) -> int | None:
    """Whole dollars, so that sums of floats are exact; nobody knows a price of `mystery`."""
    return None if each.context.model == "mystery" else each.usage.total_tokens * per_token * 10**12


def response(
    key: int, tokens: int = 1, model: str | None = "gpt-5.5", home: Path = HOMES[0]
) -> BilledResponse:
    usage = TokenUsage(input_tokens=3 * tokens, output_tokens=tokens)
    return BilledResponse(1_000 * key, key, Context(home=home, model=model), usage)


class Fixed(Rates):
    """One price for everything."""

    def __init__(self, price: Price, name: str) -> None:
        super().__init__(b"")
        self.fingerprint = name
        self._price = price

    def pico_usd(self, response: BilledResponse) -> int | None:
        return self._price(response)


class Held:
    """A ledger with what is put into it, without logs. A part has the number of its only log."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.sqlite3"
        with opened(self.path) as db, transaction(db):
            for log in range(1, LOGS + 1):
                db.execute(
                    "INSERT INTO logs VALUES (?, 1, ?, 0, 0, 0, 0, x'', 0, 1, 0, 0, 0, 0, NULL)",
                    (log, str(log)),
                )

    def put(self, parts: dict[int, list[BilledResponse]], provider: str = "codex") -> None:
        self.put_together([([log], responses) for log, responses in parts.items()], provider)

    def put_together(self, parts: Parts, provider: str = "codex", keep: frozenset[int] = frozenset()) -> None:
        with opened(self.path) as db, transaction(db):
            replace_responses(db, provider, parts, usd, keep)

    def reprice(self, price: Price, name: str) -> None:
        with opened(self.path) as db:
            reprice(db, Fixed(price, name))

    def counters(self) -> dict[str, Counter]:
        """By model. By another process each time, as far as the ledger can tell."""
        return {each.model: each for each in Ledger(self.path).counters()}

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.path)) as db, db:
            return db.execute(statement).fetchall()


@pytest.fixture
def held(tmp_path: Path) -> Held:
    return Held(tmp_path)


def test_a_kept_response_that_is_told_again_under_another_key_counts_once(held: Held) -> None:
    """Its log and one that is kept as it is were one part: without that one's content its key may differ."""
    own, other = response(5), response(2)
    held.put_together([([1, 2], [own, other])])
    held.put_together([([1], [replace(own, key=77)])], keep=frozenset({2}))
    assert held.execute("SELECT key FROM responses ORDER BY key") == [(2,), (77,)]


def all_time(path: Path, homes: Iterable[Path], provider: str) -> dict[str, Tally]:
    """By model, as a report of all days has it."""
    labels = {home: str(home) for home in homes}
    made = Ledger(path).report(provider, labels, since=date.min, until=date.max, zone=UTC, now=NOW)
    return {model: replace(tally, unpriced=0) for model, tally in made.by_model.items()}  # counters have none


def by_provider(counters: Iterable[Counter]) -> dict[str, dict[str, Tally]]:
    found: dict[str, dict[str, Tally]] = {"codex": {}, "claude": {}}
    for each in counters:
        assert each.model not in found[each.provider]
        found[each.provider][each.model] = each.tally
    return found


def values(tally: Tally) -> tuple[float, ...]:
    usage = tally.usage
    return (
        tally.responses,
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
        tally.usd or 0.0,
    )


class Watcher:
    """Holds each answer against the one before: a series that is less starts an epoch, and no other does."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, str, str], tuple[int, tuple[float, ...]]] = {}

    def see(self, counters: Iterable[Counter]) -> None:
        found = {(each.provider, each.account, each.model): each for each in counters}
        for series in self._before.keys() | found.keys():
            epoch, last = self._before.get(series, (0, values(Tally())))
            now = values(found[series].tally if series in found else Tally())
            epoch += any(new < old for new, old in zip(now, last, strict=True))
            assert series not in found or found[series].epoch == epoch
            self._before[series] = epoch, now


def test_sums_by_provider_and_model(held: Held) -> None:
    held.put({1: [response(1, 2), response(2, 3)], 2: [response(3, 5), response(4, 7, "gpt-5.4")]})
    held.put({3: [response(5, 11)]}, "claude")
    found = Ledger(held.path).counters()
    assert [(each.provider, each.account, each.model, each.epoch) for each in found] == [
        ("claude", "", "gpt-5.5", 0),
        ("codex", "", "gpt-5.4", 0),
        ("codex", "", "gpt-5.5", 0),
    ]
    assert [each.tally for each in found] == [
        Tally(responses=1, usage=TokenUsage(input_tokens=33, output_tokens=11), usd=44.0),
        Tally(responses=1, usage=TokenUsage(input_tokens=21, output_tokens=7), usd=28.0),
        Tally(responses=3, usage=TokenUsage(input_tokens=30, output_tokens=10), usd=40.0),
    ]


def test_a_model_without_a_price_has_no_money(held: Held) -> None:
    held.put({1: [response(1, 2, "mystery"), response(2)]})
    assert {model: each.tally.usd for model, each in held.counters().items()} == {
        "gpt-5.5": 4.0,
        "mystery": None,
    }


def test_a_model_that_no_log_names_is_unknown(held: Held) -> None:
    held.put({1: [response(1, 2, None), response(2, 3, "unknown")]})
    assert {model: each.tally.responses for model, each in held.counters().items()} == {"unknown": 2}


def test_what_stands_in_two_homes_counts_once(held: Held) -> None:
    held.put({1: [response(1, 2), response(1, 2, home=HOMES[1]), response(2, 3, home=HOMES[1])]})
    assert held.counters()["gpt-5.5"].tally == all_time(held.path, HOMES, "codex")["gpt-5.5"]
    assert held.counters()["gpt-5.5"].tally.responses == 2


def test_growth_stays_within_its_epoch(held: Held) -> None:
    held.put({1: [response(1)]})
    held.counters()
    held.put({1: [response(1), response(2)], 2: [response(3)]})
    found = held.counters()["gpt-5.5"]
    assert (found.epoch, found.tally.responses) == (0, 3)


def test_a_correction_starts_the_next_epoch_of_its_series_alone(held: Held) -> None:
    held.put({1: [response(1, 9), response(2, 9, "gpt-5.4")]})
    held.counters()
    held.put({1: [response(1, 8), response(2, 9, "gpt-5.4")]})
    for _ in range(2):
        assert {model: each.epoch for model, each in held.counters().items()} == {"gpt-5.4": 0, "gpt-5.5": 1}


def test_a_correction_of_one_class_alone_is_one(held: Held) -> None:
    held.put({1: [response(1, 9)]})
    held.counters()
    more = TokenUsage(input_tokens=10**6, output_tokens=8)
    held.put({1: [replace(response(1), usage=more)]})
    assert held.counters()["gpt-5.5"].epoch == 1


def test_a_correction_that_nobody_saw_is_none(held: Held) -> None:
    held.put({1: [response(1, 9)]})
    held.counters()
    held.put({1: [response(1, 5)]})
    held.put({1: [response(1, 9)]})
    assert held.counters()["gpt-5.5"].epoch == 0


def test_a_series_that_comes_back_does_so_in_its_next_epoch(held: Held) -> None:
    held.put({1: [response(1, 9)]})
    held.counters()
    held.put({1: [response(1, 9, "gpt-5.4")]})
    assert {model: each.epoch for model, each in held.counters().items()} == {"gpt-5.4": 0}
    held.put({1: [response(1, 9, "gpt-5.4")], 2: [response(2, 20)]})
    assert held.counters()["gpt-5.5"].epoch == 1


def test_other_prices_count_from_the_next_call_on(held: Held) -> None:
    held.put({1: [response(1), response(2, 1, "mystery")]})
    held.reprice(usd, "first")
    held.counters()
    held.reprice(lambda each: usd(replace(each, context=Context(home=Path(), model="known")), 3), "dearer")
    assert [(each.epoch, each.tally.usd) for each in held.counters().values()] == [(0, 12.0), (0, 12.0)]
    held.reprice(usd, "first")
    found = held.counters()
    assert [(found[model].epoch, found[model].tally.usd) for model in ("gpt-5.5", "mystery")] == [
        (1, 4.0),
        (1, None),
    ]


@st.composite
def corrections(draw: st.DrawFn) -> Correction:
    """All logs in groups, each with responses of its own, some in both homes, but for logs that are kept."""
    groups: dict[int, list[int]] = {}
    for log in range(1, LOGS + 1):
        groups.setdefault(draw(st.integers(0, log)), []).append(log)
    kept = groups.pop(0, [])
    parts: Parts = []
    for number, group in groups.items():
        found = [
            response(100 * number + key, draw(st.integers(0, 5)), draw(st.sampled_from(MODELS)), home)
            for key in draw(st.sets(st.integers(1, 6)))
            for home in [draw(st.sampled_from(HOMES))]
        ]
        copies = [
            replace(each, context=replace(each.context, home=home))
            for each in found
            if draw(st.booleans())
            for home in HOMES
            if home != each.context.home
        ]
        parts.append((group, found + copies))
    per_token = draw(st.sampled_from([None, 1, 2, 3]))
    return parts, frozenset(kept), per_token, draw(st.booleans())


@settings(deadline=None, max_examples=40)
@given(st.lists(corrections(), max_size=8))
def test_sums_are_exact_and_epochs_are_those_of_corrections(history: list[Correction]) -> None:
    with TemporaryDirectory() as folder:
        held, watcher = Held(Path(folder)), Watcher()
        for number, (parts, kept, per_token, ask) in enumerate(history):
            # What stays keeps its keys to itself: here no response is told again in another part.
            fresh = [
                (group, [replace(each, key=each.key + 1000 * number * bool(kept)) for each in responses])
                for group, responses in parts
            ]
            held.put_together(fresh, keep=kept)
            if per_token is not None:
                held.reprice(partial(usd, per_token=per_token), str(number))
            if ask:
                found = Ledger(held.path).counters()
                assert by_provider(found)["codex"] == all_time(held.path, HOMES, "codex")
                watcher.see(found)


@pytest.mark.parametrize("corpus", SMALL, ids=named)
def test_logs_that_grow_shrink_and_go_away(corpus: Path, tmp_path: Path) -> None:
    home, watcher = copied(corpus, tmp_path), Watcher()
    logs = Scanned(tmp_path, home, tmp_path / "second")
    wholes = {path: path.read_bytes() for path in rollouts(home)}
    for share in (0.3, 0.7, 1.0, 0.5, 1.0):
        for path, whole in wholes.items():
            put(path, whole[: round(len(whole) * share)])
            logs.refresh()
            watcher.see(ask(logs))
    second = tmp_path / "second" / next(iter(wholes)).relative_to(home)
    put(second, next(iter(wholes.values())))
    logs.refresh()
    watcher.see(ask(logs))
    for path in wholes:
        path.unlink()
    logs.refresh()
    watcher.see(ask(logs))


def ask(logs: Scanned) -> tuple[Counter, ...]:
    found = Ledger(logs.path).counters()
    expected = {name: all_time(logs.path, logs.homes, name) for name in ("codex", "claude")}
    assert by_provider(found) == expected
    return found


def test_who_only_scans_sums_nothing(tmp_path: Path) -> None:
    logs = Scanned(tmp_path, copied(SMALL[0], tmp_path))
    logs.refresh()
    held = sqlite3.connect(logs.path)
    with closing(held):
        assert held.execute("SELECT count(*) FROM sums").fetchone() == (0,)
        assert held.execute("SELECT max(summed) FROM parts").fetchone() == (0,)


def test_only_what_changed_is_summed_again(held: Held) -> None:
    held.put({1: [response(1)], 2: [response(2)]})
    held.counters()
    held.execute("DELETE FROM responses WHERE part = 1")  # nobody looks there again
    held.put({2: [response(2), response(3)]})
    assert held.counters()["gpt-5.5"].tally.responses == 3


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE sums SET responses = 100 WHERE part = 1",
        "UPDATE sums SET pico_usd = 'much' WHERE part = 1",
        "UPDATE sums SET part = 3 WHERE part = 1",
        "UPDATE sums SET input = 9223372036854775807",
        "DELETE FROM sums WHERE part = 1",
    ],
)
def test_sums_that_are_damaged_are_made_anew(held: Held, damage: str) -> None:
    held.put({1: [response(1)], 2: [response(2, 5)]})
    before = held.counters()
    held.execute(damage)
    assert held.counters() == before


@pytest.mark.parametrize("damage", ["responses = 9", "model = 'gpt-5.6'", "input = 'x'", "epoch = 7"])
def test_a_counter_that_is_damaged_begins_a_later_epoch(held: Held, damage: str) -> None:
    held.put({1: [response(1)]})
    before = held.counters()["gpt-5.5"]
    held.execute(f"UPDATE counters SET {damage}")
    after = held.counters()["gpt-5.5"]
    assert after.tally == before.tally
    assert after.epoch > 10**9


def test_what_joins_a_part_that_was_kept_is_summed_too(held: Held) -> None:
    """Log 3 stays in the part that has the number of log 2, while log 2 leaves it and comes back alone."""
    held.put_together([([2, 3], [response(1), response(2)])])
    held.put_together([([1, 2], [response(3)])], keep=frozenset({3}))
    assert held.counters()["gpt-5.5"].tally.responses == 3
    held.put_together([([1], [response(3)]), ([2], [response(4)])])
    assert held.counters()["gpt-5.5"].tally == all_time(held.path, HOMES, "codex")["gpt-5.5"]


def test_nothing_is_written_where_nothing_changed(held: Held) -> None:
    held.put({1: [response(1)], 2: [response(2, 3, "mystery")]})
    held.counters()
    with closing(sqlite3.connect(held.path)) as db:
        before = db.execute("PRAGMA data_version").fetchone()
        held.counters()
        assert db.execute("PRAGMA data_version").fetchone() == before


def test_a_count_that_writes_is_not_waited_for(held: Held) -> None:
    held.put({1: [response(1)]})
    with opened(held.path) as db, transaction(db):
        began = time.monotonic()
        with pytest.raises(LedgerError):
            held.counters()
        assert time.monotonic() - began < 5
    assert len(held.counters()) == 1


def test_no_ledger_is_made_for_it(tmp_path: Path) -> None:
    assert Ledger(tmp_path / "ledger.sqlite3").counters() == ()
    assert list(tmp_path.iterdir()) == []


def contexts_of_the_first_schema() -> str:
    (statement,) = [step for step in SCHEMA[0].split(";") if "CREATE TABLE contexts" in step]
    return statement


def test_a_ledger_of_the_first_schema_is_brought_up_to_date_by_the_next_scan(tmp_path: Path) -> None:
    logs = Scanned(tmp_path, copied(SMALL[0], tmp_path))
    logs.refresh()
    counted = ask(logs)
    with closing(sqlite3.connect(logs.path)) as db:
        db.executescript(f"""
            CREATE TABLE old AS SELECT * FROM contexts; DROP TABLE contexts; {contexts_of_the_first_schema()};
            INSERT INTO contexts SELECT id, home, session, root, project, model, effort, tier, originator FROM old;
            DROP TABLE old; DROP TABLE logins; DROP TABLE counters; DROP TABLE sums;
            DROP TABLE windows; DROP TABLE purses; DROP TABLE messages; ALTER TABLE limits DROP COLUMN checksum;
            DROP TABLE part_checksums; ALTER TABLE homes DROP COLUMN checksum;
            ALTER TABLE logs DROP COLUMN checksum;
            ALTER TABLE observations DROP COLUMN checksum; ALTER TABLE parts DROP COLUMN summed;
            DELETE FROM meta WHERE name IN ('part_checksums', 'sums', 'scrub', 'messages');
            PRAGMA user_version = 1""")
    with pytest.raises(LedgerError, match="next scan will upgrade it"):
        Ledger(logs.path).counters()
    logs.refresh()
    assert ask(logs) == counted


def test_what_follows_a_damaged_ledger_continues_none_of_its_epochs(tmp_path: Path) -> None:
    home = copied(SMALL[0], tmp_path)
    logs = Scanned(tmp_path, home)
    logs.refresh()
    before = ask(logs)
    for path in tmp_path.glob("ledger.sqlite3*"):
        path.unlink()
    logs.path.write_bytes(b"not a database at all, but long enough to look at" * 9)
    with pytest.raises(LedgerError, match="quarantined"):
        logs.refresh()
    logs.refresh()
    after = ask(logs)
    assert [replace(each, epoch=0) for each in after] == list(before)
    assert min(each.epoch for each in after) > 10**9
