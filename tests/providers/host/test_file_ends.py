from __future__ import annotations

from io import BytesIO
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.host import file_ends


def newest(
    path: Path, floor: int = 0, bounds: file_ends.Bounds = file_ends.BOUNDS
) -> list[tuple[bytes, int]]:
    with path.open("rb") as file:
        return list(file_ends.newest_first(file, floor, bounds))


SMALL = file_ends.Bounds(first_block=3, largest_block=7, line=20, end_of_line=5)
"""So that a few bytes have many edges."""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.text(alphabet="ab\n", max_size=60))
def test_the_lines_are_those_of_a_plain_reader(tmp_path: Path, content: str) -> None:
    path = tmp_path / "log"
    path.write_text(content)
    *lines, _unfinished = content.encode().split(b"\n")
    found = newest(path, bounds=file_ends.Bounds(first_block=3, largest_block=7))
    assert [text for text, _ in found] == lines[::-1]
    for text, place in found:
        assert content.encode()[place : place + len(text) + 1] == text + b"\n"


def test_what_is_known_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\nthree\nfo")
    assert newest(path, 4) == [(b"three", 8), (b"two", 4)]
    assert newest(path, 14) == []
    assert newest(path, 99) == []


def test_of_a_line_too_long_for_memory_the_end_is_given(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n" + b"x" * 100 + b"abcde\nlast\n")
    texts = [text for text, _ in newest(path, bounds=SMALL)]
    assert texts[0] == b"last"
    assert texts[1].endswith(b"abcde")
    assert len(texts[1]) <= 5
    assert texts[2:] == [b"one"]
    with path.open("rb") as file:
        assert list(file_ends.oldest_first(file, 1000, SMALL)) == [b"one\n", b"x" * 20, b"last\n"]


def test_the_beginning_is_read_as_far_as_needed(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a" * 50 + b"\nb\nc\n")
    with path.open("rb") as file:
        assert list(file_ends.oldest_first(file, 10)) == [b"a" * 50 + b"\n"]
        assert list(file_ends.oldest_first(file, 52)) == [b"a" * 50 + b"\n", b"b\n"]


def test_the_rest_of_an_endless_first_line_is_not_read() -> None:
    """A log of zeros, as a broken disk leaves it, may have gigabytes."""
    file = BytesIO(bytes(100_000))
    assert list(file_ends.oldest_first(file, 100, file_ends.Bounds(line=1000))) == [bytes(1000)]
    assert file.tell() == 1000


def test_the_lines_before_a_place(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\nthree\n")
    with path.open("rb") as file:
        assert list(file_ends.newest_first(file, before=8)) == [(b"two", 4), (b"one", 0)]
        assert list(file_ends.newest_first(file, before=10)) == [(b"two", 4), (b"one", 0)]
        assert list(file_ends.newest_first(file, before=0)) == []
