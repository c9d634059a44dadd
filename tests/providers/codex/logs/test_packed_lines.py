"""A list of lines that is encoded as it grows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, msgpack

from providers.codex.logs.packed_lines import PackedLines, count_of

NUMBERS = msgpack.Decoder(list[int])


def encoded(numbers: list[int]) -> Raw:
    return Raw(msgpack.encode(numbers))


@given(st.lists(st.integers(0, 2**63)), st.lists(st.integers(0, 2**63)), st.integers(1, 5))
def test_it_is_a_list(before: list[int], added: list[int], most: int) -> None:
    lines = PackedLines(NUMBERS, encoded(before), most)
    for number in added:
        lines.append(number)
    assert list(lines) == [*before, *added]
    assert len(lines) == count_of(lines.encoded()) == len(before) + len(added)
    assert NUMBERS.decode(lines.encoded()) == [*before, *added]
    assert list(PackedLines(NUMBERS, lines.encoded(), most)) == [*before, *added]


@pytest.mark.parametrize("count", [0, 15, 16, 65_535, 65_536])
def test_each_length_of_a_head(count: int) -> None:
    numbers = [7] * count
    assert count_of(encoded(numbers)) == count
    lines = PackedLines(NUMBERS, encoded(numbers), 3)
    lines.append(8)
    assert list(lines) == [*numbers, 8]


def test_a_short_list_is_encoded_as_any_other() -> None:
    lines = PackedLines(NUMBERS, encoded([1, 2]))
    lines.append(3)
    assert lines.encoded() == encoded([1, 2, 3])
