"""Sums that were brought up to date equal sums that were made anew, from whatever file they began."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.cost import BilledResponse
from providers.ledger.database import LedgerDamaged
from providers.ledger.index import Homes
from providers.ledger.ledger import Ledger
from providers.ledger.rollup.rollup import Rollup
from providers.ledger.rollup.selection import Dimension, Selection
from providers.ledger.rollup.singles import NoCursor
from tests.providers.ledger.rollup.naive import (
    DAYS,
    FIRST,
    HOMES,
    ZONES,
    Held,
    Plain,
    made,
    price,
    responses,
    write,
)

NOW = FIRST + timedelta(days=DAYS)
ASKED: tuple[tuple[Dimension, ...], ...] = (
    (),
    ("day", "provider"),
    ("part_of_day", "weekday"),
    ("month", "model"),
    ("provider", "project"),
    ("account", "home"),
    ("day", "project", "effort"),
    ("thread", "session"),
)
CHOICES: tuple[Homes, ...] = (
    HOMES,
    {"claude": HOMES["claude"], "codex": dict(reversed(list(HOMES["codex"].items())))},
    {"codex": HOMES["codex"]},
    {name: dict(list(own.items())[:1]) for name, own in HOMES.items()},
    {name: {path: f"renamed {label}" for path, label in own.items()} for name, own in HOMES.items()},
)


def answers(rollup: Rollup, zones: list[Any]) -> list[object]:
    found: list[object] = []
    for zone in zones:
        for since in (None, FIRST.date() + timedelta(days=200)):
            chosen = Selection(zone=zone, since=since)
            found += [rollup.tallies(chosen, by) for by in ASKED]
            found += [rollup.tallies(chosen, by, beyond=True) for by in ASKED]
            found += [rollup.values(chosen), rollup.used_days(chosen), rollup.sessions(chosen)]
            found += [rollup.blocks(chosen, NOW), rollup.responses(chosen)]
    return found


def dearer(each: BilledResponse) -> int | None:
    return 10**11 if each.context.model in (None, "a") else None


@settings(max_examples=40, deadline=None)
@given(st.data(), st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True))
def test_up_to_date_or_anew(data: st.DataObject, zones: list[Any]) -> None:
    held: list[Held] = []
    with tempfile.TemporaryDirectory() as folder:
        file, cache = Path(folder) / "ledger.sqlite3", Path(folder) / "cache" / "rollup.sqlite3"
        ledger, rollup = Ledger(file), Rollup(cache)
        for _ in range(data.draw(st.integers(1, 4))):
            before, held = held, changed(data, held)
            prices = data.draw(st.sampled_from([price, dearer]))
            homes = data.draw(st.sampled_from(CHOICES))
            write(file, held, before, prices)
            if data.draw(st.booleans()):
                rollup.save(at_least=0)
                rollup = Rollup(cache)
            fresh = Rollup()
            ledger.load(rollup, homes)
            ledger.load(fresh, homes)
            assert answers(rollup, zones) == answers(fresh, zones)
            if prices is price:
                chosen = Selection(zone=zones[0])
                plain = Plain(held, homes)
                assert rollup.tallies(chosen, ("day", "home")) == plain.tallies(chosen, ("day", "home"))


def changed(data: st.DataObject, held: list[Held]) -> list[Held]:
    """Some gone, some of other parts and homes, some new."""
    kept = [
        replace(each, part=data.draw(st.sampled_from([each.part, each.part, 1 + 10 * (each.part > 10)])))
        for each in held
        if data.draw(st.integers(0, 3))
    ]
    new = data.draw(responses(most=8))
    return kept + [
        replace(each, response=replace(each.response, key=each.response.key + 1_000 * (len(held) + 1)))
        for each in new
    ]


@pytest.mark.parametrize("by", [(), ("day", "provider"), ("day", "project"), ("part_of_day", "weekday")])
def test_what_comes_on_the_first_of_the_days_that_were_added_up(
    tmp_path: Path, by: tuple[Dimension, ...]
) -> None:
    file, held = tmp_path / "ledger.sqlite3", [made(number) for number in range(0, 40, 2)]
    ledger, rollup = Ledger(file), Rollup()
    write(file, held)
    ledger.load(rollup, HOMES)
    chosen = Selection(since=FIRST.date() + timedelta(days=4))
    rollup.tallies(chosen, by)
    added = [*held, *(made(number) for number in range(1, 40, 2))]  # on each day
    write(file, added, held)
    ledger.load(rollup, HOMES)
    assert rollup.tallies(chosen, by) == Plain(added).tallies(chosen, by)
    assert rollup.session_counts(chosen, ("day",)) == {
        key: len({Plain(added).names(each)["thread"] for each in own})
        for key, own in by_day(added, chosen).items()
    }


def by_day(held: list[Held], chosen: Selection) -> dict[tuple[Any, ...], list[Held]]:
    found: dict[tuple[Any, ...], list[Held]] = {}
    for each in Plain(held).selected(chosen):
        found.setdefault((each.response.at.date(),), []).append(each)
    return found


@pytest.fixture
def full(tmp_path: Path) -> tuple[Ledger, Path, list[Held]]:
    held = [made(number) for number in range(40)]
    file = tmp_path / "ledger.sqlite3"
    write(file, held)
    return Ledger(file), tmp_path / "cache" / "rollup.sqlite3", held


def kept(ledger: Ledger, cache: Path) -> Rollup:
    rollup = Rollup(cache)
    ledger.load(rollup, HOMES)
    answers(rollup, ZONES[:1])
    rollup.save(at_least=0)
    return rollup


def _cut(cache: Path) -> None:
    cache.write_bytes(cache.read_bytes()[:-1_000])


def _flip(cache: Path) -> None:
    content = bytearray(cache.read_bytes())
    content[len(content) // 2] ^= 4
    cache.write_bytes(content)


def _other_version(cache: Path) -> None:
    content = cache.read_bytes()
    cache.write_bytes(content[:60] + b"\1\2\3\4" + content[64:])


def _empty(cache: Path) -> None:
    cache.write_bytes(b"")


def _folder(cache: Path) -> None:
    cache.unlink()
    cache.mkdir()


def _pipe(cache: Path) -> None:
    cache.unlink()
    os.mkfifo(cache)


def _huge(cache: Path) -> None:
    with cache.open("wb") as file:
        file.truncate(2 << 30)


@pytest.mark.parametrize("spoil", [_cut, _flip, _other_version, _empty, _folder, _pipe, _huge, Path.unlink])
def test_a_spoiled_copy_costs_no_more_than_time(
    full: tuple[Ledger, Path, list[Held]], spoil: Callable[[Path], None]
) -> None:
    ledger, cache, _ = full
    wanted = answers(kept(ledger, cache), ZONES[:1])
    spoil(cache)
    again = Rollup(cache)
    ledger.load(again, HOMES)
    assert answers(again, ZONES[:1]) == wanted
    again.save(at_least=0)


def test_the_copy_is_the_owners_alone(full: tuple[Ledger, Path, list[Held]]) -> None:
    ledger, cache, _ = full
    kept(ledger, cache)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600
    assert [each.name for each in cache.parent.iterdir()] == [cache.name]


def test_nothing_is_read_again_that_did_not_change(
    full: tuple[Ledger, Path, list[Held]], tmp_path: Path
) -> None:
    """Of damaged responses a sum that was made before is right; a new one notices."""
    ledger, cache, _ = full
    wanted = answers(kept(ledger, cache), ZONES[:1])[0]
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as db:
        db.execute("UPDATE responses SET output = output + 1 WHERE part = 1")
    again = Rollup(cache)
    ledger.load(again, HOMES)
    assert again.tallies(Selection(zone=ZONES[0])) == wanted
    with pytest.raises(LedgerDamaged):
        ledger.load(Rollup(), HOMES)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE responses SET pico_usd = 7 WHERE part = 2",
        "DELETE FROM responses WHERE part = 2",
        "UPDATE part_checksums SET shown = shown + 1 WHERE part = 3",
        "DELETE FROM part_checksums WHERE part = 3",
        "UPDATE contexts SET model = 'other'",
        "UPDATE homes SET path = path || 'x'",
    ],
)
def test_damage_is_noticed(full: tuple[Ledger, Path, list[Held]], tmp_path: Path, statement: str) -> None:
    ledger, _, _ = full
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as db:
        db.execute(statement)
    rollup = Rollup()
    with pytest.raises(LedgerDamaged):
        ledger.load(rollup, HOMES)
    assert rollup.tallies(Selection()) == {}


def test_damage_of_a_single_response_is_noticed(
    full: tuple[Ledger, Path, list[Held]], tmp_path: Path
) -> None:
    ledger, cache, _ = full
    rollup = kept(ledger, cache)
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as db:
        db.execute("UPDATE responses SET key = key + 1")
    with pytest.raises(LedgerDamaged):
        rollup.responses(Selection())


def test_a_ledger_that_is_gone(full: tuple[Ledger, Path, list[Held]], tmp_path: Path) -> None:
    ledger, cache, _ = full
    rollup = kept(ledger, cache)
    (tmp_path / "ledger.sqlite3").unlink()
    ledger.load(rollup, HOMES)
    assert rollup.tallies(Selection()) == {}
    assert rollup.responses(Selection()).rows == ()


def test_no_cursor(full: tuple[Ledger, Path, list[Held]]) -> None:
    ledger, cache, _ = full
    rollup = kept(ledger, cache)
    for cursor in ("x", "1", "1.", "1.x", ".1", f"{2**64}.1", "٣.x"):
        with pytest.raises(NoCursor):
            rollup.responses(Selection(), cursor)
    assert not list(cache.parent.parent.glob("*damaged*"))


def test_the_generation_is_that_of_the_answers(full: tuple[Ledger, Path, list[Held]], tmp_path: Path) -> None:
    ledger, cache, held = full
    rollup = kept(ledger, cache)
    with rollup.steady() as before:
        assert rollup.generation == before
    write(tmp_path / "ledger.sqlite3", held[:-1], held)
    ledger.load(rollup, HOMES)
    assert rollup.generation != before


def test_threads_see_one_state_at_a_time(full: tuple[Ledger, Path, list[Held]], tmp_path: Path) -> None:
    ledger, cache, held = full
    rollup = kept(ledger, cache)
    states = [held, held[:20]]
    wanted = [Plain(each).tallies(Selection(), ("day",)) for each in states]

    def ask(_: int) -> bool:
        with rollup.steady():
            days = rollup.tallies(Selection(), ("day",))
            (total,) = rollup.tallies(Selection()).values()
            rows, number = rollup.sessions(Selection(), limit=100)
        sums = (sum(each.responses for each in days.values()), sum(row.tally.responses for row in rows))
        return days in wanted and sums == (total.responses, total.responses) and number == len(rows)

    with ThreadPoolExecutor(3) as pool:
        for before, after in [states, states[::-1]] * 3:
            answered = pool.map(ask, range(6))
            write(tmp_path / "ledger.sqlite3", after, before)
            ledger.load(rollup, HOMES)
            assert all(answered)


def test_another_ledger_with_the_same_numbers(tmp_path: Path) -> None:
    """Its contexts are others, although their numbers, times and sums are the same."""
    file, cache = tmp_path / "ledger.sqlite3", tmp_path / "cache" / "rollup.sqlite3"
    one = made(0)
    other = replace(one, response=replace(one.response, context=replace(one.response.context, account="z")))
    for held in ([one], [other]):
        write(file, held)
        rollup, ledger = Rollup(cache), Ledger(file)
        ledger.load(rollup, HOMES)
        rollup.save(at_least=0)
        assert rollup.tallies(Selection(), ("account",)) == Plain(held, HOMES).tallies(
            Selection(), ("account",)
        )
        for each in tmp_path.glob("ledger.sqlite3*"):
            each.unlink()
