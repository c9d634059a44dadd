"""Lines that are written otherwise than Codex writes them, and what cannot be as they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.codex.logs.reader import RolloutReader
from providers.codex.logs.resolve import billed
from providers.domain.cost import TokenUsage
from tests.providers.codex.logs.test_format import (
    CHILD,
    CHILD_TURN,
    THREAD,
    TURN,
    Homes,
    Line,
    context,
    counted,
    line,
    meta,
    record,
    rollout_of,
    sizes,
    text,
    uuid7,
)


@pytest.fixture
def homes(tmp_path: Path) -> Homes:
    return Homes(tmp_path)


def usage(
    whole: object, output: object, cached: object = 0, written: object = 0, reasoning: object = 0
) -> Line:
    return {
        "input_tokens": whole,
        "cached_input_tokens": cached,
        "cache_write_input_tokens": written,
        "output_tokens": output,
        "reasoning_output_tokens": reasoning,
    }


def recorded(used: Line, number: int = 1) -> Line:
    return record(2, THREAD, TURN, 1, number, usage=used)


def event(second: float, total: object, last: object, **more: object) -> Line:
    info = {"total_token_usage": total, "last_token_usage": last}
    return line(second, "event_msg", {"type": "token_count", "info": info}, **more)


def used(homes: Homes) -> list[TokenUsage]:
    return [response.usage for response in homes.count().responses]


PLAIN = TokenUsage(60, 30, 10, 0, 20, 5)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (usage("100", "20", "30", "10", "5"), PLAIN),
        (usage(100.0, 20.0, 30.0, 10.0, 5.0), PLAIN),
        (usage(" 100 ", "20.", "30.0", "+10", 5), PLAIN),
        (usage(100, 20, 30, 10, None), TokenUsage(60, 30, 10, 0, 20, 0)),
        (usage(100, 20, 30, 10, -5), TokenUsage(60, 30, 10, 0, 20, 0)),
        (usage(100, 20, "many", 10, 5), TokenUsage(90, 0, 10, 0, 20, 5)),
        (usage(100, 20, 30.5, 10, 5), TokenUsage(90, 0, 10, 0, 20, 5)),
        (usage(100, 20, True, 10, [5]), TokenUsage(90, 0, 10, 0, 20, 0)),
        (usage(100, None, 30, 10, 5), TokenUsage(60, 30, 10, 0, 0, 0)),
        (usage(None, 20, 30, 10, 5), TokenUsage(0, 30, 10, 0, 20, 5)),
        (usage(-100, 20, 30, 10, 5), TokenUsage(0, 30, 10, 0, 20, 5)),
        (usage(10**20, 20, 30, 10, 5), TokenUsage(0, 30, 10, 0, 20, 5)),
    ],
)
def test_a_number_is_read_in_any_form_and_lost_alone(homes: Homes, written: Line, read: TokenUsage) -> None:
    homes.put([meta(0, THREAD), context(1, TURN), recorded(written)])
    counts = homes.count()
    assert [response.usage for response in counts.responses] == [read]
    assert counts.skipped_lines == 0


@pytest.mark.parametrize("written", [usage("100", 20.0, " 30 ", "10.0", 5)])
def test_a_token_count_is_read_in_any_form(homes: Homes, written: Line) -> None:
    homes.put([meta(0, THREAD), context(1, TURN), event(2, written, written)])
    assert used(homes) == [PLAIN]


@pytest.mark.parametrize("written", [usage(None, "x", -1, [], {}), {}, None, [], "10"])
def test_a_record_without_any_number_is_lost(homes: Homes, written: Any) -> None:
    homes.put([meta(0, THREAD), context(1, TURN), recorded(written)])
    counts = homes.count()
    assert (counts.responses, counts.skipped_lines) == ([], 1)


@pytest.mark.parametrize(
    ("total", "last"),
    [
        (usage(None, 16), usage(50, 6)),
        (usage(150, 16), usage(None, 6)),
        (usage(150, None), usage(50, 6)),
        (usage(150, 16), usage(50, None)),
        (usage(None, None), usage(50, 6)),
        (usage(150, 16), usage(None, None)),
        (usage("150", -16), usage(50.0, "6")),
    ],
)
def test_a_counter_that_is_missing_is_made_up_from_the_other(homes: Homes, total: Line, last: Line) -> None:
    events = [event(2, usage(100, 10), usage(100, 10)), event(3, total, last)]
    homes.put([meta(0, THREAD), context(1, TURN), *events, event(4, usage(170, 19), usage(20, 3))])
    assert [(each.input_tokens, each.output_tokens) for each in used(homes)] == [(100, 10), (50, 6), (20, 3)]


def test_the_first_counter_says_nothing_of_what_was_used_last(homes: Homes) -> None:
    homes.put([meta(0, THREAD), context(1, TURN), event(2, usage(9000, 16), usage(None, 6))])
    assert [(each.input_tokens, each.output_tokens) for each in used(homes)] == [(0, 6)]


@pytest.mark.parametrize(
    ("total", "last"), [(None, usage(1, 1)), (usage(1, 1), None), ({}, {}), (None, None)]
)
def test_counters_that_are_none_are_lost_and_forget_nothing(homes: Homes, total: Any, last: Any) -> None:
    events = [counted(2, 3, 3), event(3, total, last), counted(4, 3, 3), counted(5, 8, 5)]
    homes.put([meta(0, THREAD), context(1, TURN), *events])
    counts = homes.count()
    assert (sizes(counts.responses), counts.skipped_lines) == ([3, 5], 1)


@pytest.mark.parametrize(
    "odd",
    [
        {"ordinal": "7"},
        {"ordinal": 7.0},
        {"ordinal": -7},
        {"ordinal": "seventh"},
        {"timestamp": "2026-11-20T12:00:02.000"},
        {"timestamp": 1795176002},
        {"timestamp": "1795176002000"},
    ],
)
def test_the_rest_of_a_line_is_read_in_any_form(homes: Homes, odd: dict[str, object]) -> None:
    for lines in ([record(2, THREAD, TURN, 3, 3) | odd], [counted(2, 3, 3) | odd]):
        homes.put([meta(0, THREAD), context(1, TURN), *lines])
        counts = homes.count()
        assert (sizes(counts.responses), counts.skipped_lines) == ([3], 0)
        assert [response.at_ms for response in counts.responses] == [1795176002000]


def test_a_name_that_is_none_is_dropped(homes: Homes) -> None:
    started = line(0, "session_meta", {"id": THREAD, "cli_version": None, "cwd": 5, "forked_from_id": 7})
    turn = line(1, "turn_context", {"turn_id": 5, "model": "gpt-5.5"})
    homes.put([started, turn, record(2, THREAD, TURN, 3, 3, response_id=17)])
    (response,) = homes.count().responses
    assert (response.context.model, response.context.project) == ("gpt-5.5", None)


SAID = (
    b'{"timestamp":"2026-11-20T12:00:02.000Z","type":"response_item","payload":{"type":"message","x":"words'
)
OLD_HISTORY = (
    b'{"timestamp":"2026-11-20T12:00:02.000Z","type":"compacted","payload":{"message":"","history":[{"a":{}}'
)
ONE, OTHER = (text([record(2, THREAD, TURN, size, size)])[:-1] for size in (3, 5))


@pytest.mark.parametrize(
    ("line", "skipped"),
    [
        (SAID + ONE + OTHER, 1),
        (SAID + b'"}}' + ONE + OTHER, 0),
        (SAID + b'"}}' + ONE + SAID + OTHER, 1),
        (ONE + OLD_HISTORY + OTHER, 1),
        (OLD_HISTORY + ONE + OTHER, 1),
        (OLD_HISTORY + b"]}}" + ONE + OTHER, 0),
    ],
    ids=range(6),
)
def test_all_records_of_a_line_that_ends_with_one_count(homes: Homes, line: bytes, skipped: int) -> None:
    homes.put(text([meta(0, THREAD), context(1, TURN)]) + line + b"\n", THREAD)
    counts = homes.count()
    assert (sorted(sizes(counts.responses)), counts.skipped_lines) == ([3, 5], skipped)


def test_half_a_surrogate_pair_loses_nothing(homes: Homes) -> None:
    started = json.dumps(meta(0, THREAD, cwd="/home/dev/\ud83d"), separators=(",", ":")).encode()
    homes.put(started + b"\n" + text([context(1, TURN), record(2, THREAD, TURN, 3, 3)]), THREAD)
    counts = homes.count()
    assert (sizes(counts.responses), counts.skipped_lines) == ([3], 0)
    assert counts.responses[0].context.project == "/home/dev/?"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (usage(100, 20, 130, 0, 5), TokenUsage(0, 100, 0, 0, 20, 5)),
        (usage(100, 20, 80, 50, 5), TokenUsage(0, 80, 20, 0, 20, 5)),
        (usage(100, 20, 100, 50, 5), TokenUsage(0, 100, 0, 0, 20, 5)),
        (usage(100, 20, 0, 150, 25), TokenUsage(0, 0, 100, 0, 20, 20)),
        (usage(0, 20, 10, 10, 5), TokenUsage(0, 0, 0, 0, 20, 5)),
    ],
)
def test_a_part_is_never_more_than_its_whole(homes: Homes, written: Line, read: TokenUsage) -> None:
    homes.put([meta(0, THREAD), context(1, TURN), recorded(written)])
    assert used(homes) == [read]


@pytest.mark.parametrize("turn", [TURN, None])
def test_usage_before_the_first_context_is_of_the_model_that_it_names(homes: Homes, turn: str | None) -> None:
    began = line(1, "event_msg", {"type": "task_started", "turn_id": TURN})
    early = [counted(1.5, 3, 3)] if turn is None else [began, counted(1.5, 3, 3)]
    later = [context(2, CHILD_TURN, "gpt-5.5"), counted(3, 8, 5), context(4, uuid7(4), "gpt-6-luna")]
    homes.put([meta(0, THREAD), *early, *later, counted(5, 9, 1)])
    models = [response.context.model for response in homes.count().responses]
    assert models == ["gpt-5.5", "gpt-5.5", "gpt-6-luna"]


def test_usage_without_any_context_has_no_model(homes: Homes) -> None:
    homes.put([meta(0, THREAD), counted(2, 3, 3)])
    assert [response.context.model for response in homes.count().responses] == [None]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([(10, 10), (3, 3), (17, 7), (5, 2), (20, 3)], [10, 3, 7, 2, 3]),
        ([(10, 10), (30, 30), (17, 7), (35, 5), (18, 1)], [10, 30, 7, 5, 1]),
        ([(10, 10), (3, 3), (17, 7), (5, 2), (17, 7), (5, 2)], [10, 3, 7, 2]),
        ([(10, 10), (3, 3), (17, 7), (3, 0), (20, 3)], [10, 3, 7, 3]),
        ([(10, 10), (25, 12)], [10, 15]),
    ],
)
@pytest.mark.parametrize("cut", [0, 2, 3, 4, 5])
def test_two_counters_may_take_turns(events: list[tuple[int, int]], expected: list[int], cut: int) -> None:
    lines = [meta(0, THREAD), context(1, TURN)]
    lines += [counted(second + 2, total, last) for second, (total, last) in enumerate(events)]
    reader = RolloutReader(f"rollout-x-{THREAD}.jsonl")
    for number, content in enumerate(text(lines).splitlines()):
        if number == cut:
            reader = RolloutReader("elsewhere.jsonl", reader.observation())
        reader.take(content)
    assert sizes(billed([rollout_of(reader)])) == expected


def sibling(second: float, totals: list[tuple[float, int, int]], version: str = "0.98.0") -> list[Line]:
    events = [counted(second + after, total, last) for after, total, last in totals]
    child = uuid7(second, 5)
    return [
        meta(second, child, version, forked_from_id=THREAD),
        meta(second, THREAD),
        context(second, None),
        *events,
    ]


def test_what_siblings_of_a_lost_thread_begin_with_counts_once(homes: Homes) -> None:
    """A long history takes longer to copy than the clock would allow."""
    copied = [(0.1, 3, 3), (0.9, 8, 5), (1.7, 9, 1)]
    homes.put(sibling(100, [*copied, (20, 13, 4)]))
    homes.put(sibling(200, [*copied[:2], (21, 15, 7), (22, 17, 2)]))
    homes.put(sibling(300, [*copied, (20, 11, 2)]))
    assert sorted(homes.sizes()) == sorted([3, 5, 1, 4, 7, 2, 2])


def test_a_sibling_of_another_thread_is_none(homes: Homes) -> None:
    homes.put(sibling(100, [(20, 3, 3)]))
    other = sibling(200, [(20, 3, 3)])
    other[0]["payload"]["forked_from_id"] = other[1]["payload"]["id"] = uuid7(7, 7)
    homes.put(other)
    assert homes.sizes() == [3, 3]


def test_a_twin_or_a_child_is_no_sibling(homes: Homes) -> None:
    lines = sibling(100, [(0.1, 3, 3), (20, 8, 5)])
    homes.put(lines)
    homes.put(lines, lines[0]["payload"]["id"] + "-twin")
    child = sibling(200, [(0.1, 3, 3), (0.9, 8, 5), (20, 10, 2)])
    child[0]["payload"]["forked_from_id"] = lines[0]["payload"]["id"]
    homes.put(child)
    responses = homes.count().responses
    assert sizes(responses) == [3, 5, 2]
    assert [response.context.session for response in responses][1] == lines[0]["payload"]["id"]


def test_siblings_that_lost_more_than_one_thread_count_once(homes: Homes) -> None:
    """One was forked from the thread, the other from a fork of it, which is gone as well."""
    homes.put(sibling(100, [(0.1, 3, 3), (0.9, 8, 5), (20, 9, 1)]))
    grandchild = sibling(200, [(0.1, 3, 3), (0.9, 8, 5), (20, 10, 2)])
    grandchild[0]["payload"]["forked_from_id"] = uuid7(50, 6)
    homes.put(grandchild)
    assert homes.sizes() == [3, 5, 1, 2]


OF_SIBLINGS = [
    sibling(100, [(0.1, 3, 3), (0.9, 8, 5), (20, 9, 1)]),
    sibling(200, [(0.1, 3, 3), (0.9, 8, 5), (20, 10, 2)]),
    sibling(300, [(0.1, 3, 3), (20, 10, 7)]),
]


@settings(deadline=None)
@given(st.permutations(OF_SIBLINGS))
def test_the_order_of_siblings_does_not_matter(order: list[list[Line]]) -> None:
    readers = []
    for lines in order:
        reader = RolloutReader(f"rollout-x-{lines[0]['payload']['id']}.jsonl")
        for content in text(lines).splitlines():
            reader.take(content)
        readers.append(rollout_of(reader))
    responses = billed(readers)
    assert [(each.at_ms, *sizes([each])) for each in responses] == [
        (1795176100100, 3),
        (1795176100900, 5),
        (1795176120000, 1),
        (1795176220000, 2),
        (1795176320000, 7),
    ]


@pytest.mark.parametrize(
    ("creator", "account"),
    [
        ({"creator_account_id": "acc-1", "creator_user_id": "u"}, "a6626139"),
        ({"creator_account_id": "acc-1", "creator_user_id": None}, None),
        ({"creator_account_id": "acc-1"}, None),
        ({"creator_account_id": "", "creator_user_id": "u"}, None),
        ({"creator_account_id": 5, "creator_user_id": "u"}, None),
        ({"account_scoped": True}, None),
    ],
)
def test_who_started_a_thread(homes: Homes, creator: dict[str, object], account: str | None) -> None:
    homes.put([meta(0, THREAD, "0.169.0", **creator), context(1, TURN), record(2, THREAD, TURN, 3, 3)])
    fork = meta(100, CHILD, "0.169.0", forked_from_id=THREAD, creator_account_id="acc-2", creator_user_id="v")
    homes.put([fork, context(101, CHILD_TURN), record(102, CHILD, CHILD_TURN, 5, 5)])
    assert [each.context.account for each in homes.count().responses] == [account, "7f61d46d"]


def test_a_windows_folder_has_one_name(homes: Homes) -> None:
    for number, folder in enumerate(("C:\\work\\proj", "c:/work/proj", "c:\\work\\proj\\")):
        thread = uuid7(number, 1)
        homes.put(
            [meta(number, thread, cwd=folder), context(1, TURN), record(2, thread, uuid7(number), 3, 3)]
        )
    assert {each.context.project for each in homes.count().responses} == {"C:\\work\\proj"}
