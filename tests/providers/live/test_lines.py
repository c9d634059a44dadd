from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from providers.live.lines import WholeLines, split


def fed(*blocks: bytes, in_line: bool = False, longest: int = 100) -> list[bytes]:
    lines = WholeLines(in_line=in_line, longest=longest)
    found = [line for block in blocks for line in split(lines.feed(block))]
    return [line for line in found if len(line) <= longest]


def test_a_line_in_several_blocks_is_one_line() -> None:
    assert fed(b"a", b"b\nc", b"", b"d\ne") == [b"ab", b"cd"]


def test_of_the_line_in_which_the_first_block_begins_nothing_is_given() -> None:
    assert fed(b"end\na\n", in_line=True) == [b"a"]
    assert fed(b"\na\n", in_line=True) == [b"a"]
    assert fed(b"mid", b"end\na\n", in_line=True) == [b"a"]


def test_a_line_that_is_too_long_is_skipped() -> None:
    assert fed(b"123456789\n1\n", longest=8) == [b"1"]
    assert fed(b"1\n123456789\n2\n", longest=8) == [b"1", b"2"]
    assert fed(b"1234", b"56789", b"abc\n1\n", longest=8) == [b"1"]
    assert fed(b"1234", b"5678\n1\n", longest=8) == [b"12345678", b"1"]


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8), st.integers(1, 50))
def test_as_splitting_all_of_it_at_once(content: bytes, cuts: list[int], longest: int) -> None:
    places = sorted({0, *(min(cut, len(content)) for cut in cuts), len(content)})
    blocks = [content[a:b] for a, b in pairwise(places)]
    whole = content.split(b"\n")[:-1]
    assert fed(*blocks, longest=longest) == [line for line in whole if len(line) <= longest]
