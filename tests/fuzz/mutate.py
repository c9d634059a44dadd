"""Inputs out of valid ones: JSON bent in its structure, text and bytes cut, spliced and damaged."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from tests.fuzz import json_tree

Make = Callable[[Random], bytes]
"""The input of one case; the same for the same random numbers."""

_PIECES = (
    *rb'" \ { } }{ ] [[ # = , \ud800'.split(),
    *b"\xef\xbb\xbf|\xff\xfe|\xed\xa0\x80|\xc2|\xc2\xa0|\xe2\x80\xae|\x1b[31m|\n|\r\n|\r|\0".split(b"|"),
    *(b"\0" * 40, b" " * 200),
)
_NUMBERS = b"0 00 -1 7 24 59 60 99 100 101 299 9999 1e5 0x1F 1_0".split()
_NUMBER = re.compile(rb"\d+(?:[.,]\d+)*")
_LONGEST = 1 << 18


def of_json(samples: Sequence[bytes]) -> Make:
    """Mostly valid JSON of another shape; of six one is damaged text, of twenty one is a sample as it is."""

    def make(random: Random) -> bytes:
        sample = random.choice(samples)
        if random.random() < 0.05:
            return sample
        bent = json_tree.bend(sample.decode(), random).encode("utf-8", "surrogatepass")
        return damaged(bent, samples, random) if random.random() < 1 / 6 else bent

    return make


def of_text(samples: Sequence[bytes]) -> Make:
    """Text with other numbers in it, and damaged text."""

    def make(random: Random) -> bytes:
        content = random.choice(samples)
        if random.random() < 0.05:
            return content
        for _ in range(random.choice((1, 1, 2, 3))):
            change = random.choice((other_number, other_number, damaged, with_lines_moved))
            content = change(content, samples, random)
        return content

    return make


def of_lines(samples: Sequence[bytes], most: int = 24) -> Make:
    """Part of a log: its lines bent, moved and damaged."""

    def make(random: Random) -> bytes:
        lines = random.choice(samples).splitlines(keepends=True)
        start = random.choice((0, 0, random.randrange(len(lines))))
        lines = lines[start : start + random.randint(1, most)]
        for _ in range(random.choice((0, 1, 2, 3, 5))):
            place = random.randrange(len(lines))
            bent = json_tree.bend(lines[place].decode("utf-8", "replace"), random)
            lines[place] = bent.encode("utf-8", "surrogatepass") + b"\n"
        content = b"".join(lines)
        for _ in range(random.choice((0, 0, 1, 2))):
            content = random.choice((damaged, with_lines_moved))(content, samples, random)
        return content

    return make


def damaged(content: bytes, samples: Sequence[bytes], random: Random) -> bytes:
    """One cut, splice, flipped bit or piece that does not belong there."""
    at, end = sorted(random.randint(0, len(content)) for _ in range(2))
    end = min(end, at + random.choice((1, 8, 200, len(content))))
    match random.randrange(7):
        case 0:
            return content[:at]
        case 1:
            return content[:at] + content[end:]
        case 2:
            return (content[:end] + content[at:])[:_LONGEST]
        case 3 if at < len(content):
            return content[:at] + bytes([content[at] ^ 1 << random.randrange(8)]) + content[at + 1 :]
        case 4:
            other = random.choice(samples)
            start = random.randint(0, len(other))
            return content[:at] + other[start : start + 400] + content[at:]
        case _:
            return content[:at] + random.choice(_PIECES) + content[at:]


def other_number(content: bytes, samples: Sequence[bytes], random: Random) -> bytes:
    """Another number in place of one of those in the text."""
    found = list(_NUMBER.finditer(content))
    if not found:
        return damaged(content, samples, random)
    place = random.choice(found)
    number = random.choice((*_NUMBERS, random.choice(found)[0], b"%d" % random.randint(0, 130)))
    return content[: place.start()] + number + content[place.end() :]


def with_lines_moved(content: bytes, samples: Sequence[bytes], random: Random) -> bytes:
    """A line dropped, doubled, moved, joined with the next, or taken from another sample."""
    lines = content.splitlines(keepends=True) or [b""]
    place, other = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(5):
        case 0:
            del lines[place]
        case 1:
            lines.insert(other, lines[place])
        case 2:
            lines[place], lines[other] = lines[other], lines[place]
        case 3:
            lines[place] = lines[place].rstrip(b"\r\n")
        case _:
            lines.insert(place, random.choice(random.choice(samples).splitlines(keepends=True) or [b""]))
    return b"".join(lines)[:_LONGEST]
