"""What can still be read of a damaged line."""

from __future__ import annotations

import json
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.ledger.damaged_line import last_record, read, salvage

ONE, OTHER = {"a": 1, "b": {"c": "d"}}, {"e": [{"f": 2}]}
PLAIN, BEHIND = json.dumps(ONE).encode(), json.dumps(OTHER).encode()


@pytest.mark.parametrize(
    ("line", "records", "is_cut"),
    [
        (PLAIN, [ONE], False),
        (PLAIN + BEHIND, [ONE, OTHER], False),
        (PLAIN[:-1] + BEHIND, [ONE["b"], OTHER], True),
        (b"\0\0" + PLAIN + b"\0", [ONE], False),
        (b"\xef\xbb\xbf" + PLAIN, [ONE], False),
        (b"words" + PLAIN, [ONE], True),
        (PLAIN + b"words", [ONE], True),
        (b'{"text":"' + BEHIND, [OTHER], True),
        (b"\xff" + PLAIN, [ONE], True),
        (b'{"s":"\\ud800"}', [{"s": "?"}], False),
        (b'{"a":' + b"9" * 5000 + b"}" + PLAIN, [{"a": inf}, ONE], False),
        (b"", [], False),
        (b"5", [], True),
    ],
)
def test_the_whole_records_of_a_line(line: bytes, records: list[Any], is_cut: bool) -> None:
    found = read(line)
    assert (list(found.records), found.is_cut) == (records, is_cut)


def _number(record: dict[str, Any]) -> int | None:
    """That of "a"; an object without it is irrelevant, one whose number is none cannot be used."""
    return int(record["a"]) if "a" in record else None


@pytest.mark.parametrize(
    ("line", "found", "lost"),
    [
        (b'{"a":1}{"a":2}', [1, 2], 0),
        (b'{"a":1}{"b":2}', [1], 0),
        (b'{"a":1}{"a":"x"}', [1], 1),
        (b'{"a":"x"}{"a":"y"}{"a":1', [], 3),
        (b'{"a":1}{"a":2', [1], 1),
        (b'{"a":1', [], 1),
        (b"", [], 1),
    ],
)
def test_what_is_lost_is_counted(line: bytes, found: list[int], lost: int) -> None:
    assert salvage(line, _number) == (found, lost)


@pytest.mark.parametrize("cut", [b'{"a":' * 50_000, b'{"a":"' * 50_000, b'{"a":[' * 300_000])
@pytest.mark.timeout(60)
def test_many_cut_records_are_not_all_tried(cut: bytes) -> None:
    assert read(cut + PLAIN).records[-1:] == (ONE,)


def test_long_cut_records_are_not_all_searched_to_the_end() -> None:
    levels, objects = 400, 1000
    line = (b'{"a":[' + b'{"b":0},' * objects) * levels
    found = read(line)
    assert len(found.records) < levels * objects
    assert found.is_cut
    assert read(line + PLAIN).records == (*found.records, ONE)


@given(st.binary(max_size=200))
def test_any_bytes_never_raise(line: bytes) -> None:
    read(line)
    last_record(line, is_whole=True)


@pytest.mark.parametrize(
    ("tail", "is_whole", "place"),
    [
        (PLAIN, True, None),
        (PLAIN, False, 0),
        (PLAIN + BEHIND, True, len(PLAIN)),
        (b"cut" + PLAIN, True, 3),
        (b'{"cut":{"a":1},' + PLAIN, True, 15),
        (PLAIN[:-2], True, None),
        (b'{"cut":{"a":1},' + b" " * 100_000 + PLAIN, True, 100_015),
        (b'{"a":' * 15_000 + PLAIN, False, 75_000),
        (b"cut" + b'{"a":' * 90 + b"1" + b"}" * 90, True, 3),
        (b"cut" + b'{"a":' * 900 + b"1" + b"}" * 900, True, None),  # too deep to try each of them
        (b'cut{"a":"' + b"x" * 60_000 + b'"}', True, 3),
        (b'cut{"a":"' + b"x" * 70_000 + b'"}', True, None),  # too long
    ],
)
def test_the_last_record_is_none_within_another(tail: bytes, is_whole: bool, place: int | None) -> None:
    assert last_record(tail, is_whole=is_whole) == place


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":[' + b'{"b":0},' * 100_000 + b"{}]}",
        b'{"a":' * 12_000 + b"1" + b"}" * 12_000,
        b'{"a":{"b":' + b'{"c":' * 12_000,
        b'{"a":"' * 10_000,
    ],
    ids=range(4),
)
@pytest.mark.timeout(60)
def test_a_line_without_another_record_is_not_searched_for_long(line: bytes) -> None:
    for _ in range(200):
        assert last_record(line, is_whole=True) is None
