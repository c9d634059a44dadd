"""What the corpora of all providers are made of: text, ids, times, files, and a ledger of what was billed."""

from __future__ import annotations

import json
import math
import os
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec
from msgspec import Struct, field

DAYS = 60
LONG_LINES = 5
LONG_LINE = 100_000_000

Line = dict[str, Any]

TEXT, IMAGE = "@text@", "@image@"
"""Stand in a line for prepared bytes: encoding the same text again for each line would take minutes."""

_UNIT = 256
_encode = msgspec.json.encode


class Tokens(Struct):
    """A sum, in the classes of `tankful cost --json`: each token is in one class, but reasoning is a
    part of output, and 1-hour writes one of cache_write.
    """

    responses: int = 0
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def total(self) -> int:
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens + self.output_tokens

    def add(self, other: Tokens) -> None:
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Billed(Struct):
    """The generator's own ledger. `bytes_of_use` is what the lines that tell it take.

    `beyond` is what was billed, too, and is in no line of an answer, but in the totals of sessions alone.
    """

    by_model: dict[str, Tokens] = {}
    beyond: Tokens = field(default_factory=Tokens)
    bytes: int = 0
    bytes_of_use: int = 0

    def add(self, model: str, tokens: Tokens) -> None:
        self.by_model.setdefault(model, Tokens()).add(tokens)

    @property
    def totals(self) -> Tokens:
        sums = Tokens()
        for tokens in self.by_model.values():
            sums.add(tokens)
        return sums


class Session(Struct, frozen=True):
    """A log to be written: when it begins and about how long it gets."""

    start: datetime
    size: int
    long_line: int


def sessions(
    rng: random.Random, size: int, files: int, until: date, *, long_line: int = 0, spread: float = 1.1
) -> Iterator[Session]:
    """Over the DAYS before `until`, oldest first; most are short, the more so the larger the `spread` is.
    The first ones get a long line.
    """
    weights = [rng.lognormvariate(0, spread) for _ in range(files)]
    scale = size / sum(weights)
    for number, weight in enumerate(weights):
        day = until - timedelta(days=DAYS - number * DAYS // files)
        start = datetime.combine(day, time(6), UTC) + timedelta(seconds=rng.uniform(0, 12 * 3600))
        yield Session(start, int(weight * scale), long_line if number < LONG_LINES else 0)


class Writer(Protocol):
    """Writes one provider's logs, a file for each session."""

    def write(self, sessions: Iterable[Session]) -> None: ...


class Stock:
    """Text and pictures as they stand in JSON, cut to measure."""

    def __init__(self, rng: random.Random, units: int = 4096) -> None:
        self._rng = rng
        # Units of one length that no character and no escape crosses.
        self._text = b"".join(_unit(rng) for _ in range(units))
        self._image = rng.randbytes(units * _UNIT // 2).hex().encode()

    def size(self, least: int, most: int) -> int:
        """Small ones are the most frequent: as many from 1 to 2 KB as from 20 to 40."""
        return int(math.exp(self._rng.uniform(math.log(least), math.log(most))))

    def text(self, size: int) -> bytes:
        count = max(1, min(size, len(self._text)) // _UNIT)
        start = self._rng.randrange(len(self._text) // _UNIT - count + 1) * _UNIT
        return self._text[start : start + count * _UNIT]

    def exactly(self, size: int) -> bytes:
        """Text whose last characters are those of a picture."""
        whole = self.text(size) if size >= _UNIT else b""
        return whole + self.image(max(0, min(size - len(whole), _UNIT)))

    def image(self, size: int) -> bytes:
        start = self._rng.randrange(max(1, len(self._image) - size))
        return self._image[start : start + size]


# What people and programs print: all of it is text within strings, and none of it is use.
_WORDS = (
    *("def", "return", "self", "import", "for line in lines:", "if", "else", "->", "None", "== 0", "()", "{", "}"),
    *("error:", "warning:", "tests/test_scan.py", "src/main.rs:42", "ok", "FAILED", "é", "→", "✓", "日本"),
    *(r"\n", r"\n    ", r"\n        ", r"\t", r"\"name\"", r"\"\"\"", r"\\d+", r"\u001b[0m", r"C:\\dev\\app"),
)  # fmt: skip
_DECOYS = (
    r"{\"type\":\"token_usage_record\",\"payload\":{\"usage\":{\"input_tokens\":999999,\"output_tokens\":9}}}",
    r"\n{\"timestamp\":\"2026-01-01T00:00:00Z\",\"type\":\"event_msg\",\"payload\":{\"type\":\"token_count\"}}\n",
    r"{\"type\":\"assistant\",\"message\":{\"usage\":{\"input_tokens\":999999,\"output_tokens\":99}}}",
    r"\"total_token_usage\": {\"input_tokens\": 123456}, \"last_token_usage\"",
    r"\"usage\": {\"input_tokens\": 777, \"cache_read_input_tokens\": 5}, \"model\": \"claude\"",
)


def _unit(rng: random.Random) -> bytes:
    unit = rng.choice(_DECOYS).encode() if rng.random() < 0.04 else b"#"
    while len(longer := unit + f" {rng.choice(_WORDS)}".encode()) <= _UNIT:
        unit = longer
    return unit.ljust(_UNIT)


def uuid7(at: datetime, rng: random.Random) -> str:
    variant = 8 + rng.getrandbits(2)
    digits = (
        f"{int(at.timestamp() * 1000):012x}7{rng.getrandbits(12):03x}{variant:x}{rng.getrandbits(60):015x}"
    )
    return dashed(digits)


def uuid4(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return dashed(f"{digits[:12]}4{digits[13:16]}8{digits[17:]}")


def dashed(digits: str) -> str:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode(line: Line, *, text: bytes = b"", image: bytes = b"", style: str = "") -> bytes:
    """`style` "spaced" writes it with spaces, "turned" with its members in the opposite order."""
    if style == "spaced":
        raw = json.dumps(line).encode()
    else:
        raw = _encode(dict(reversed(line.items())) if style == "turned" else line)
    if text:
        raw = raw.replace(TEXT.encode(), text)
    if image:
        raw = raw.replace(IMAGE.encode(), image)
    return raw + b"\n"


def style(rng: random.Random) -> str:
    """Of a hundred responses, one is not written as usual."""
    dice = rng.random()
    return "spaced" if dice < 0.005 else "turned" if dice < 0.01 else ""


class Log:
    """A file that is being written, through a buffer."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file: BinaryIO = path.open("wb", buffering=1 << 20)
        self.size = 0

    def write(self, raw: bytes) -> None:
        self._file.write(raw)
        self.size += len(raw)

    def write_long(self, line: Line, filling: bytes, size: int) -> None:
        """A line whose IMAGE is about `size` bytes of `filling`, without ever holding it."""
        head, _, tail = encode(line).partition(IMAGE.encode())
        self.write(head)
        for _ in range(max(1, size // len(filling))):
            self.write(filling)
        self.write(tail)

    def close(self, at: datetime) -> None:
        self._file.close()
        os.utime(self._path, (at.timestamp(), at.timestamp()))


def age_folders(home: Path) -> None:
    """Folders as old as the newest log below them, as where somebody works: looks for logs go by that."""
    for folder, _, _ in os.walk(home, topdown=False):
        with os.scandir(folder) as entries:
            written = [
                entry.stat().st_mtime_ns
                for entry in entries
                if entry.is_dir() or entry.name.endswith(".jsonl")
            ]
        if written:
            os.utime(folder, ns=(max(written), max(written)))
