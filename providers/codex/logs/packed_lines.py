"""What is kept of many lines, encoded as an observation has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from msgspec import Raw, msgpack

T = TypeVar("T")

MOST = 4096
"""Items that are held decoded, in five times the memory."""

_encode = msgpack.Encoder().encode


class PackedLines(Generic[T]):
    """A list that only grows. The older items of a long one are encoded."""

    def __init__(
        self, decoder: msgpack.Decoder[list[T]], encoded: Raw | None = None, most: int = MOST
    ) -> None:
        """Goes on with a list of what `decoder` decodes; raises msgspec.MsgspecError."""
        self._decoder = decoder
        self._most = most
        self._packed = bytearray()
        self._packed_count = 0
        self._recent: list[T] = []
        if encoded is None:
            return
        start, count = _head(encoded)
        if count > most:
            self._packed += memoryview(encoded)[start:]
            self._packed_count = count
        else:
            self._recent = decoder.decode(encoded)

    def append(self, item: T) -> None:
        self._recent.append(item)
        if len(self._recent) > self._most:
            self._packed += _items(self._recent)
            self._packed_count += len(self._recent)
            self._recent = []

    def __len__(self) -> int:
        return self._packed_count + len(self._recent)

    def __iter__(self) -> Iterator[T]:
        yield from self._decoder.decode(_list(self._packed_count, self._packed))
        yield from self._recent

    def encoded(self) -> Raw:
        """As a list."""
        if not self._packed_count:
            return Raw(_encode(self._recent))
        return Raw(_list(len(self), self._packed, _items(self._recent)))


def count_of(encoded: Raw) -> int:
    """Of the items of an encoded list."""
    return _head(encoded)[1]


def _list(count: int, *items: bytearray | memoryview) -> bytearray:
    """Of so many encoded items, in MessagePack."""
    encoded = bytearray(b"\xdd" + count.to_bytes(4))
    for each in items:
        encoded += each
    return encoded


def _items(items: list[T]) -> memoryview:
    """Encoded, one after the other."""
    encoded = _encode(items)
    start, _ = _head(encoded)
    return memoryview(encoded)[start:]


def _head(encoded: bytes | Raw) -> tuple[int, int]:
    """Where the items of an encoded list begin, and how many it has."""
    data = bytes(memoryview(encoded)[:5])
    if data[0] == 0xDD:
        return 5, int.from_bytes(data[1:5])
    if data[0] == 0xDC:
        return 3, int.from_bytes(data[1:3])
    return 1, data[0] & 0x0F
