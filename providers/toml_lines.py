"""Where in a TOML text a key stands: tomllib does not tell, and a person wants to know."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from typing import Any

Keys = tuple[str, ...]
"""Keys from the top; the number of an entry, from 0, follows the name of its [[array]]."""

_HEADER = re.compile(r"""\s*(\[\[?)([\w.\s"'-]+)\]""")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_TOLD_AT = re.compile(r" \(at line (\d+), column \d+\)$")


class BadToml(ValueError):
    """A text that is no TOML; str() says what is wrong with it, `line` where."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(f"not TOML: {what}")
        self.line = line


def read_toml(text: str) -> dict[str, Any]:
    """What it says, with exact numbers; raises BadToml."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        if told := _TOLD_AT.search(str(error)):
            raise BadToml(str(error)[: told.start()], int(told[1])) from None
        raise BadToml("not to be read", text.count("\n") + 1) from None


class TomlLines:
    """The lines of a text that name something."""

    def __init__(self, text: str) -> None:
        self._places: list[tuple[int, Keys]] = []
        counts: dict[Keys, int] = {}
        table: Keys = ()
        for line, content in enumerate(text.split("\n"), 1):
            if header := _HEADER.match(content):
                table = self._numbered(_parts(header[2]), counts)
                if header[1] == "[[":
                    array = table[:-1] if table in self._entries(counts) else table
                    counts[array] = counts.get(array, -1) + 1
                    table = (*array, str(counts[array]))
                self._places.append((line, table))
            elif key := _KEY.match(content):
                self._places.append((line, (*table, *_parts(key[1]))))

    def of(self, path: Keys) -> int:
        """The line, from 1, of this key; of what is around it where it has none of its own."""
        around = [(len(place), -line) for line, place in self._places if place == path[: len(place)]]
        return -max(around)[1] if around else self._below(path)

    def _below(self, path: Keys) -> int:
        """A table that only its members name begins with the first of them."""
        return next((line for line, place in self._places if place[: len(path)] == path), 1)

    @staticmethod
    def _entries(counts: dict[Keys, int]) -> set[Keys]:
        return {(*array, str(number)) for array, number in counts.items()}

    @staticmethod
    def _numbered(parts: Keys, counts: dict[Keys, int]) -> Keys:
        """A path with the number of the newest entry after the name of each array that has begun."""
        found: Keys = ()
        for part in parts:
            found = (*found, part)
            if found in counts:
                found = (*found, str(counts[found]))
        return found


def _parts(dotted: str) -> Keys:
    return tuple(part.strip(" \t\"'") for part in dotted.split("."))
