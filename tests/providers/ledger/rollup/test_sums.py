"""Whatever is asked for, the answer is the sum of the responses that are selected, one by one."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.cost import Detail, Tally
from providers.ledger.epoch_ms import ms
from providers.ledger.ledger import Ledger
from providers.ledger.report import NOTHING
from providers.ledger.rollup.rollup import Rollup
from providers.ledger.rollup.selection import DIMENSIONS, FILTERS, Dimension, Selection
from providers.ledger.rollup.sessions import SESSION_ORDERS, SessionOrder, SessionRow
from providers.ledger.rollup.singles import ListedResponse
from tests.providers.ledger.rollup.naive import (
    DAYS,
    FIRST,
    HOMES,
    ZONES,
    Held,
    Plain,
    made,
    responses,
    total,
    write,
)

selections = st.builds(
    Selection,
    zone=st.sampled_from(ZONES),
    since=st.one_of(st.none(), st.integers(0, DAYS).map(lambda day: FIRST.date() + timedelta(days=day))),
    until=st.one_of(st.none(), st.integers(0, DAYS).map(lambda day: FIRST.date() + timedelta(days=day))),
    provider=st.sampled_from([None, None, "codex", "claude"]),
    account=st.sampled_from([None, None, None, "a", "unknown"]),
    home=st.sampled_from([None, None, None, "~/.codex", "~/work"]),
    project=st.sampled_from([None, None, None, "C:\\Work", "c", "unknown"]),
    model=st.sampled_from([None, None, None, "a", "unknown"]),
)
NOW = FIRST + timedelta(days=DAYS)


def loaded(held: Sequence[Held], folder: str) -> tuple[Ledger, Rollup]:
    file = Path(folder) / "ledger.sqlite3"
    write(file, held)
    ledger, rollup = Ledger(file), Rollup()
    ledger.load(rollup, HOMES)
    return ledger, rollup


@settings(max_examples=60, deadline=None)
@given(responses(), selections, st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=4), st.booleans())
def test_tallies(held: list[Held], selection: Selection, by: list[Dimension], beyond: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _, rollup = loaded(held, folder)
        wanted = Plain(held).tallies(selection, by, beyond=beyond)
        assert rollup.tallies(selection, by, beyond=beyond) == wanted


@settings(max_examples=30, deadline=None)
@given(responses(), selections)
def test_menus_ignore_their_own_filter(held: list[Held], selection: Selection) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _, rollup = loaded(held, folder)
        found, plain = rollup.values(selection), Plain(held)
        for name in FILTERS:
            sums = plain.tallies(replace(selection, **{name: None}), (name,))
            assert dict(found[name]) == {key: each.responses for (key,), each in sums.items()}
            assert [count for _, count in found[name]] == sorted(dict(found[name]).values(), reverse=True)
        days = sorted(
            day
            for (day,) in plain.tallies(replace(selection, since=None, until=None), ("day",))
            if isinstance(day, date)
        )
        assert rollup.used_days(selection) == ((days[0], days[-1]) if days else None)


@settings(max_examples=40, deadline=None)
@given(responses(), selections, st.sampled_from(SESSION_ORDERS), st.booleans())
def test_sessions(held: list[Held], selection: Selection, sort: SessionOrder, descending: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _, rollup = loaded(held, folder)
        pages: list[SessionRow] = []
        offset, number = 0, None
        while number is None or offset < number:
            rows, number = rollup.sessions(selection, sort, offset, 2, descending=descending)
            pages += rows
            offset += 2
        plain = Plain(held)
        threads: dict[str, list[Held]] = {}
        for each in plain.selected(selection):
            threads.setdefault(plain.names(each)["thread"], []).append(each)
        assert {row.id: row.tally for row in pages} == {name: total(own) for name, own in threads.items()}
        assert number == len(pages)
        for row in pages:
            own = threads[row.id]
            times = [each.response.at_ms for each in own]
            assert (row.started_at.timestamp(), row.last_at.timestamp()) == (
                min(times) / 1000,
                max(times) / 1000,
            )
            assert row.models == tuple(sorted({plain.names(each)["model"] for each in own}))
            inner = rollup.subagents(selection, row.id)
            sessions = plain.tallies(selection, ("thread", "session"))
            assert {each.id: each.tally for each in inner} == {
                key[1]: each for key, each in sessions.items() if key[0] == row.id
            }
            assert row.subagents == sum(each.is_subagent and each.id != "unknown" for each in inner)
        keys: dict[SessionOrder, list[Any]] = {
            "last": [row.last_at for row in pages],
            "started": [row.started_at for row in pages],
            "usd": [row.tally.usd for row in pages if row.tally.usd is not None],
            "tokens": [row.tally.usage.total_tokens for row in pages],
            "responses": [row.tally.responses for row in pages],
            "subagents": [row.subagents for row in pages],
        }
        assert keys[sort] == sorted(keys[sort], reverse=descending)
        if sort == "usd":
            assert all(row.tally.usd is None for row in pages[len(keys["usd"]) :])


@settings(max_examples=40, deadline=None)
@given(responses(), selections, st.integers(1, 6))
def test_single_responses(held: list[Held], selection: Selection, limit: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _, rollup = loaded(held, folder)
        rows: list[ListedResponse] = []
        cursor = ""
        while True:
            page = rollup.responses(selection, cursor, limit)
            rows += page.rows
            assert len(page.rows) <= limit
            if page.older is None:
                break
            cursor = page.older
        plain = Plain(held)
        wanted = sorted(
            plain.selected(selection),
            key=lambda each: (each.response.at_ms, each.response.key),
            reverse=True,
        )
        assert page.total == len(wanted)
        assert [row.cursor for row in rows] == [
            f"{each.response.at_ms}.{each.response.key}" for each in wanted
        ]
        for row, each in zip(rows, wanted, strict=True):
            names = plain.names(each)
            assert (row.provider, row.home) == (names["provider"], names["home"])
            assert [row.account, row.project, row.thread, row.session, row.model, row.effort] == [
                None if names[name] == "unknown" else names[name]
                for name in ("account", "project", "thread", "session", "model", "effort")
            ]
            assert (row.usage, row.tier) == (each.response.usage, each.response.context.tier)
            assert row.usd == total([each]).usd


@settings(max_examples=40, deadline=None)
@given(responses(), selections, st.integers(0, 40), st.integers(0, 5_000_000), st.data())
def test_any_two_moments(
    held: list[Held], selection: Selection, number: int, length: int, data: st.DataObject
) -> None:
    dims: tuple[Dimension, ...] = (*FILTERS, "effort")
    by = data.draw(st.lists(st.sampled_from(dims), unique=True, max_size=2))
    at = held[number % len(held)].response.at_ms if held else 0
    start = at - data.draw(st.integers(0, length))
    with tempfile.TemporaryDirectory() as folder:
        _, rollup = loaded(held, folder)
        first, last = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (start, start + length))
        found = rollup.tallies_between(first, last, by, selection.filters)
    plain = Plain([each for each in held if start <= each.response.at_ms < start + length], HOMES)
    if {each.response.context.project for each in held} >= {"c:/work", "C:\\Work"} and "project" in by:
        return  # what is left may have one spelling only
    if selection.project is not None:
        return
    assert found == plain.tallies(replace(selection, since=None, until=None), by)


@settings(max_examples=30, deadline=None)
@given(responses(), selections, st.integers(ms(FIRST), ms(NOW)), st.integers(0, 10**9))
def test_several_spans(held: list[Held], selection: Selection, start: int, length: int) -> None:
    moments = [datetime.fromtimestamp(at / 1000, UTC) for at in (start, start + length // 3, start + length)]
    spans, filters = list(pairwise(moments)), selection.filters
    with tempfile.TemporaryDirectory() as folder:
        _, rollup = loaded(held, folder)
        each = [rollup.tallies_between(*span, (), filters).get((), Tally(usd=0.0)) for span in spans]
        assert rollup.sums_between(spans, filters) == each


@settings(max_examples=30, deadline=None)
@given(responses(), selections)
def test_equals_the_report(held: list[Held], selection: Selection) -> None:
    since, until = selection.since or FIRST.date(), selection.until or NOW.date()
    chosen = Selection(zone=selection.zone, since=since, until=until, provider="codex")
    with tempfile.TemporaryDirectory() as folder:
        ledger, rollup = loaded(held, folder)
        report = ledger.report(
            "codex",
            HOMES["codex"],
            since=since,
            until=until,
            zone=selection.zone,
            now=NOW,
            detail=Detail(blocks=True),
        )
        assert rollup.tallies(chosen).get((), NOTHING) == report.totals
        assert rollup.tallies(chosen, ("home",)) == {(name,): each for name, each in report.by_home.items()}
        assert rollup.tallies(chosen, ("day", "model")) == {
            (day, name): each for day, models in report.by_day.items() for name, each in models.items()
        }
        sessions, number = rollup.sessions(chosen, limit=1000)
        assert number == len(report.by_session)
        assert [
            (row.id, row.home, row.started_at, row.last_at, row.subagents, row.tally) for row in sessions
        ] == [
            (each.id, each.home, each.started_at, each.last_at, each.subagents, each.tally)
            for each in report.by_session
        ]
        blocks = [each.block for each in rollup.blocks(chosen, NOW, 1000)]
        assert blocks == list(reversed(report.by_block))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"])
def test_a_log_may_name_any_year_and_any_text(tmp_path: Path, zone: str) -> None:
    odd = "\0<script>\u202e" + "x" * 10_000
    times = [datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), NOW]
    held = []
    for number, at in enumerate(times, 1):
        one = made(number)
        context = replace(one.response.context, session=odd, root=None, project=odd, model=odd, account=odd)
        changed = replace(one.response, at_ms=round(at.timestamp() * 1000), context=context)
        held.append(replace(one, response=changed))
    ledger, rollup = loaded(held, str(tmp_path))
    chosen = Selection(zone=ZoneInfo(zone))
    for by in DIMENSIONS:
        found = rollup.tallies(chosen, (by,))
        assert sum(each.responses for each in found.values()) == 3
        if by not in ("thread", "session"):
            assert sum(rollup.session_counts(chosen, (by,)).values()) == len(found)
    assert rollup.tallies(replace(chosen, project=odd, model=odd), ("thread",))[odd,].responses == 3
    first, last = rollup.used_days(chosen) or (NOW.date(), NOW.date())
    assert (first.year in (1969, 1970), last.year) == (True, 9999)
    rows, _ = rollup.sessions(chosen)
    assert [(row.id, row.project, row.models) for row in rows] == [(odd, odd, (odd,))]
    assert [row.model for row in rollup.responses(chosen).rows] == [odd] * 3
    assert len(rollup.blocks(chosen, NOW)) == 3
    for since, until in ((date.min, date.max), (date.max, date.min), (date.max, None), (None, date.min)):
        rollup.tallies(replace(chosen, since=since, until=until), ("day", "model"))
        rollup.sessions(replace(chosen, since=since, until=until))
    write(tmp_path / "ledger.sqlite3", held[:1], held)
    ledger.load(rollup, HOMES)
    assert rollup.tallies(chosen, ("provider",))["codex",].responses == 1
