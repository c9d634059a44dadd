from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.ledger.scan import BUFFER_SIZE, LineReader
from tests.counting import Scan, read_log

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DULL = re.compile(rb"dull:")
NOTHING_DULL = re.compile(rb"(?!)")


class Bytes:
    """A stream that hands out at most `step` bytes at a time, as pipes and decompressors do."""

    def __init__(self, data: bytes, step: int = 1 << 20) -> None:
        self._file = io.BytesIO(data)
        self._step = step

    def readinto(self, buffer: memoryview, /) -> int:
        count: int = self._file.readinto(buffer[: self._step])
        return count

    def close(self) -> None:
        self._file.close()


class Repeated:
    """A line of `size` bytes that nobody has to hold in memory."""

    def __init__(self, head: bytes, size: int, tail: bytes) -> None:
        self._head, self._filler, self._tail = head, size - len(head), tail

    def readinto(self, buffer: memoryview, /) -> int:
        if self._head or not self._filler:
            piece = self._head or self._tail
            self._head, self._tail = b"", self._tail if self._head else b""
            buffer[: len(piece)] = piece
            return len(piece)
        count = min(self._filler, len(buffer))
        buffer[:count] = b"x" * count
        self._filler -= count
        return count

    def close(self) -> None:
        pass


def taken(reader: LineReader) -> list[bytearray]:
    lines: list[bytearray] = []
    reader.read(lines.append)
    return lines


def expected(data: bytes) -> list[bytes]:
    whole = data[: data.rfind(b"\n") + 1]
    return [line for line in whole.split(b"\n") if line and not line.startswith(b"dull:")]


pieces = st.sampled_from(
    [b"\n", b"\r\n", b"dull:", b"dull", b'{"a":1}', b" ", b"\0", b"\xff", "é".encode(), b"x" * 30, b"y" * 100]
)
logs = st.lists(pieces, max_size=40).map(b"".join)


@settings(deadline=None)
@given(logs, st.integers(1, 70), st.integers(1, 70))
def test_any_chunking_gives_the_same_lines(data: bytes, buffer: int, step: int) -> None:
    reader = LineReader(Bytes(data, step), DULL, buffer=bytearray(buffer))
    assert taken(reader) == expected(data)
    assert reader.offset == data.rfind(b"\n") + 1


@settings(deadline=None)
@given(logs, st.integers(0, 4000), st.integers(1, 70))
def test_a_scan_resumed_at_any_byte_equals_one_pass(data: bytes, cut: int, buffer: int) -> None:
    first = LineReader(Bytes(data[:cut]), DULL, buffer=bytearray(buffer))
    lines = taken(first)
    second = LineReader(Bytes(data[first.offset :]), DULL, buffer=bytearray(buffer))
    lines += taken(second)
    whole = LineReader(Bytes(data), DULL)
    assert lines == taken(whole)
    assert first.skipped + second.skipped == whole.skipped


@settings(deadline=None)
@given(st.lists(logs, min_size=1, max_size=4), st.integers(1, 70), st.integers(1, 70))
def test_a_reader_that_begins_again_knows_nothing_of_the_log_before(
    read: list[bytes], buffer: int, step: int
) -> None:
    reader = LineReader(Bytes(b"", step), DULL, buffer=bytearray(buffer), cap=64)
    for data in read:
        reader.begin(Bytes(data, step), DULL, (b"\n", 1))
        new = LineReader(Bytes(data, step), DULL, buffer=bytearray(buffer), cap=64)
        assert taken(reader) == taken(new)
        assert (reader.offset, reader.skipped) == (new.offset, new.skipped)
        assert reader.buffer_size <= max(buffer, 4096 + 512)


@settings(deadline=None)
@given(logs, st.integers(1, 5000), st.integers(1, 70))
def test_what_stands_before_the_offset_is_known_or_none(data: bytes, buffer: int, step: int) -> None:
    reader = LineReader(Bytes(data, step), DULL, buffer=bytearray(buffer))
    taken(reader)
    for count in range(reader.offset + 1):
        assert reader.before_offset(count) in (None, data[reader.offset - count : reader.offset])


def test_of_a_log_that_fits_the_bytes_before_the_offset_are_known() -> None:
    data = b"one\n" * 1000 + b"torn"
    reader = LineReader(Bytes(data), DULL)
    taken(reader)
    assert reader.before_offset(64) == data[-68:-4]


@settings(deadline=None)
@given(logs, st.integers(1, 70), st.integers(1, 70))
def test_a_cap_skips_the_same_lines_in_any_chunking(data: bytes, buffer: int, step: int) -> None:
    small = LineReader(Bytes(data, step), DULL, buffer=bytearray(buffer), cap=64)
    large = LineReader(Bytes(data), DULL, cap=64)
    assert taken(small) == taken(large)
    assert small.skipped == large.skipped


def test_a_stream_that_breaks_off_can_be_gone_on_with() -> None:
    class Broken(Bytes):
        def readinto(self, buffer: memoryview, /) -> int:
            count = super().readinto(buffer)
            if not count:
                raise OSError("gone")
            return count

    reader, lines = LineReader(Broken(b"one\ntwo\nthr", 5), DULL), list[bytearray]()
    with pytest.raises(OSError, match="gone"):
        reader.read(lines.append)
    assert lines == [b"one", b"two"]
    assert reader.offset == len(b"one\ntwo\n")


def test_a_long_dull_line_passes_through_the_buffer_it_was_lent() -> None:
    buffer = bytearray(BUFFER_SIZE)
    reader = LineReader(Repeated(b"dull:", 100_000_000, b"\nnext\n"), DULL, buffer=buffer)
    assert taken(reader) == [b"next"]
    assert reader.buffer_size == BUFFER_SIZE
    assert reader.skipped == 0


def test_a_long_wanted_line_grows_a_buffer_of_its_own() -> None:
    buffer = bytearray(BUFFER_SIZE)
    reader = LineReader(Repeated(b"good:", 3_000_000, b"\nnext\n"), DULL, buffer=buffer)
    assert [len(line) for line in taken(reader)] == [3_000_000, 4]
    assert len(buffer) == BUFFER_SIZE


def test_a_wanted_line_beyond_the_cap_is_skipped_and_counted() -> None:
    cap = 4 * BUFFER_SIZE
    reader = LineReader(Repeated(b"good:", 100_000_000, b"\nnext\n"), DULL, cap=cap)
    assert taken(reader) == [b"next"]
    assert reader.skipped == 1
    assert reader.buffer_size <= cap + 5000


CLIPPED = re.compile(rb"dull:|(clip:)")
KEPT = 1 << 16


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from([b"clip:", b"dull:", b"good:"]), st.integers(0, 300_000)), max_size=6),
    st.integers(1, 200_000),
    st.integers(1, 200_000),
)
def test_of_a_clipped_line_head_and_end_are_handed_on(
    lines: list[tuple[bytes, int]], buffer: int, step: int
) -> None:
    written = [head + b"x" * size + b"%d" % number for number, (head, size) in enumerate(lines)]
    reader = LineReader(
        Bytes(b"".join(line + b"\n" for line in written), step), CLIPPED, buffer=bytearray(buffer)
    )
    assert taken(reader) == [
        b"clip:" + line[-KEPT:] if line.startswith(b"clip:") and len(line) > KEPT else line
        for line in written
        if not line.startswith(b"dull:")
    ]
    assert reader.skipped == 0


def test_a_long_clipped_line_passes_through_the_buffer_it_was_lent() -> None:
    reader = LineReader(Repeated(b"clip:", 100_000_000, b"\nnext\n"), CLIPPED, buffer=bytearray(BUFFER_SIZE))
    assert [len(line) for line in taken(reader)] == [5 + KEPT, 4]
    assert (reader.buffer_size, reader.skipped) == (BUFFER_SIZE, 0)


@pytest.mark.parametrize("data", [b"", b"\n", b"\n\n", b"torn"])
def test_nothing_to_read(data: bytes) -> None:
    reader = LineReader(Bytes(data), DULL)
    assert taken(reader) == []
    assert reader.skipped == 0


def lines_of(path: Path) -> tuple[list[bytes], Scan]:
    lines: list[bytes] = []
    return lines, read_log(str(path), NOTHING_DULL, lambda line: lines.append(bytes(line)))


@pytest.mark.parametrize("name", ["gone.jsonl", "folder.jsonl", "dangling.jsonl", "gone.jsonl.zst"])
def test_what_cannot_be_opened_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "dangling.jsonl").symlink_to(tmp_path / "nowhere")
    assert lines_of(tmp_path / name) == ([], Scan(offset=0, skipped=0, whole=False))


def test_zstd_frame_after_frame(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl.zst"
    log.write_bytes(
        zstd.compress(b"") + zstd.compress(b"one\ntw") + zstd.compress(b"o\n") + zstd.compress(b"")
    )
    assert lines_of(log) == ([b"one", b"two"], Scan(offset=8, skipped=0, whole=True))


@pytest.mark.parametrize("content", [b"", zstd.compress(b"")])
def test_an_empty_zstd_file(tmp_path: Path, content: bytes) -> None:
    log = tmp_path / "log.jsonl.zst"
    log.write_bytes(content)
    assert lines_of(log) == ([], Scan(offset=0, skipped=0, whole=True))


def test_a_torn_zstd_file_gives_what_it_holds(tmp_path: Path) -> None:
    plain = b"".join(b"%d %s\n" % (number, os.urandom(60).hex().encode()) for number in range(20_000))
    log = tmp_path / "log.jsonl.zst"
    packed = zstd.compress(plain)
    log.write_bytes(packed[: len(packed) // 2])
    lines, scan = lines_of(log)
    assert not scan.whole
    assert 1_000 < len(lines) < 20_000
    assert lines == plain.splitlines()[: len(lines)]
    assert scan.offset == sum(len(line) + 1 for line in lines)


def test_damage_after_a_whole_frame_is_reported(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl.zst"
    log.write_bytes(zstd.compress(b"one\n") + b"this is no frame")
    lines, scan = lines_of(log)
    assert lines == [b"one"]
    assert not scan.whole
