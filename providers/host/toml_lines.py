"""Finds the line of a key in a TOML text, for error messages: tomllib does not report it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

Keys = tuple[str, ...]
"""Keys from the top; the number of an entry, from 0, follows the name of its [[array]]."""

_HEADER = re.compile(r"""\s*(\[\[?)([\w.\s"'-]+)\]""")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_OVERLONG = re.compile(r"""(?<![\w-])(?:["']?[\w-]++["']?\s*+\.\s*+){200}""")
_REPORTED_AT = re.compile(r" \(at line (\d+), column \d+\)$")


class BadToml(ValueError):
    """Invalid TOML; str() says what is wrong, `line` where."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(f"not TOML: {what}")
        self.line = line


def overlong_key(text: str) -> int | None:
    """The line of a key of so many parts that a parser, whose time is quadratic in them, would take minutes."""
    found = _OVERLONG.search(text)
    return None if found is None else text.count("\n", 0, found.start()) + 1


def read_toml(text: str) -> dict[str, Any]:
    """The parsed document, with exact numbers; raises BadToml."""
    if (line := overlong_key(text)) is not None:
        raise BadToml("a key has too many parts", line)
    import tomllib  # 2 ms, and most people have no such file

    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        if reported := _REPORTED_AT.search(str(error)):
            raise BadToml(str(error)[: reported.start()], int(reported[1])) from None
        raise BadToml("cannot be parsed", text.count("\n") + 1) from None


class _Node:
    """A key: the line that names it, if one does, and the first line that names anything of it.

    `entries` counts those of an [[array]] up to here; they are within it by their numbers.
    """

    __slots__ = ("begins", "entries", "named", "within")

    def __init__(self, line: int) -> None:
        self.begins = line
        self.named: int | None = None
        self.entries = 0
        self.within: dict[str, _Node] = {}

    def member(self, key: str, line: int) -> _Node:
        if key not in self.within:
            self.within[key] = _Node(line)
        return self.within[key]


class TomlLines:
    """The lines of a text by key, as a tree: a lookup is linear in the length of its path."""

    def __init__(self, text: str) -> None:
        self._root = table = _Node(1)
        for line, content in enumerate(text.split("\n"), 1):
            if header := _HEADER.match(content):
                table = self._table(_parts(header[2]), line, entry=header[1] == "[[")
                table.named = table.named or line
            elif key := _KEY.match(content):
                node = table
                for part in _parts(key[1]):
                    node = node.member(part, line)
                node.named = node.named or line

    def of(self, path: Keys) -> int:
        """The line, from 1, of this key, or of the table around it if it has no line of its own.

        A table that only its members name begins with the first of them.
        """
        node: _Node | None = self._root
        named: int | None = None
        begins = 1
        for key in path:
            node = node.within.get(key) if node else None
            if node is not None:
                named, begins = node.named or named, node.begins
        return (node.named or begins) if node else (named or begins)

    def _table(self, parts: Keys, line: int, *, entry: bool) -> _Node:
        """What a header names: of each array on the way to it, and of itself, the newest entry."""
        last = node = self._root
        for part in parts:
            last = node = node.member(part, line)
            if last.entries:
                node = last.member(str(last.entries - 1), line)
        if not entry:
            return node
        last.entries += 1
        return last.member(str(last.entries - 1), line)


def _parts(dotted: str) -> Keys:
    return tuple(part.strip(" \t\"'") for part in dotted.split("."))
