"""The kinds of damage that a bad disk, a bad copy or a full one do to a file. Each changes it in place."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

PAGE = 4096
Kind = Callable[[Path, random.Random], None]


def one_bit(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    at = _place(content, chance)
    content[at] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def few_bits(path: Path, chance: random.Random) -> None:
    for _ in range(chance.randint(2, 12)):
        one_bit(path, chance)


def some_bytes(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    at, length = _place(content, chance), chance.randint(1, 64)
    content[at : at + length] = chance.randbytes(len(content[at : at + length]))
    path.write_bytes(content)


def random_page(path: Path, chance: random.Random) -> None:
    _put_page(path, chance, chance.randbytes(PAGE))


def zeroed_page(path: Path, chance: random.Random) -> None:
    _put_page(path, chance, bytes(PAGE))


def swapped_pages(path: Path, chance: random.Random) -> None:
    pages = _pages(path)
    if len(pages) > 2:
        one, other = chance.sample(range(1, len(pages)), 2)
        pages[one], pages[other] = pages[other], pages[one]
    path.write_bytes(b"".join(pages))


def copied_page(path: Path, chance: random.Random) -> None:
    """A write that went to the wrong place."""
    pages = _pages(path)
    pages[chance.randrange(len(pages))] = chance.choice(pages)
    path.write_bytes(b"".join(pages))


def cut_tail(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(len(content) or 1)])


def cut_pages(path: Path, chance: random.Random) -> None:
    pages = _pages(path)
    path.write_bytes(b"".join(pages[: chance.randrange(len(pages) or 1)]))


def emptied(path: Path, _chance: random.Random) -> None:
    path.write_bytes(b"")


KINDS: tuple[Kind, ...] = (
    one_bit,
    few_bits,
    some_bytes,
    random_page,
    zeroed_page,
    swapped_pages,
    copied_page,
    cut_tail,
    cut_pages,
    emptied,
)


def _place(content: bytearray, chance: random.Random) -> int:
    """Where something stands: most of a page is often empty."""
    if not content:
        return 0
    for _ in range(100):
        at = chance.randrange(len(content))
        if content[at]:
            break
    return at


def _pages(path: Path) -> list[bytes]:
    content = path.read_bytes()
    return [content[at : at + PAGE] for at in range(0, len(content), PAGE)]


def _put_page(path: Path, chance: random.Random, page: bytes) -> None:
    pages = _pages(path)
    if pages:
        pages[chance.randrange(len(pages))] = page
    path.write_bytes(b"".join(pages))
