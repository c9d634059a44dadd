"""Files that `tankful export` wrote on other machines, read into what is added up here."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import BinaryIO, TextIO, cast

from msgspec import Struct

from providers.ledger.elsewhere import Counted, OtherMachines
from providers.ledger.epoch_ms import moment
from tray.engine.exported_rows import (
    BadRow,
    Reader,
    csv_cells,
    csv_reader,
    json_columns,
    json_reader,
    kind_of,
)

STDIN = "-"
_LONGEST_LINE = 1 << 16
"""Characters: the names in a row are paths and ids."""
_FIRST_BYTES = 4
_GZIP = b"\x1f\x8b"
_COMPRESSED = (b"\x28\xb5\x2f\xfd", b"\xfd7zX", b"PK\x03\x04", b"BZh", b"7z\xbc\xaf")
_AGAIN = "Export it again on that machine by `tankful export --what responses`."
_REASONS = {
    None: f"no export of tankful. {_AGAIN}",
    "older": f"an export of an older tankful, without the keys by which copies of a log are recognised. {_AGAIN}",
    "days": f"an export of days, in which copies of a log cannot be recognised. {_AGAIN}",
    "limits": f"an export of limits. {_AGAIN}",
    "windows": f"an export of windows. {_AGAIN}",
}


class UnusableFile(ValueError):
    """Nothing of the file can be added; str() is a sentence with its remedy."""


class ReadFile(Struct, kw_only=True):
    """What became of a file: `rows` of the time asked for; `bad_lines`, the first of which is `first_bad`, counted
    from 1; rows of providers that are `unknown` here.
    """

    name: str
    rows: int = 0
    bad_lines: int = 0
    first_bad: int = 0
    unknown: dict[str, int] = {}
    is_cut: bool = False

    @property
    def is_whole(self) -> bool:
        return not (self.bad_lines or self.is_cut)

    def problems(self) -> Iterator[str]:
        """Sentences on what was not counted."""
        if self.bad_lines == 1:
            yield f"{self.name}: line {self.first_bad} is no row of an export, and not counted. {_AGAIN}"
        elif self.bad_lines:
            yield (
                f"{self.name}: {self.bad_lines} lines are no rows of an export, and not counted; the first is line"
                f" {self.first_bad}. {_AGAIN}"
            )
        if self.is_cut:
            yield f"{self.name} is damaged or was cut short: what follows is not counted. Copy it again."
        for provider, count in sorted(self.unknown.items()):
            rows = "1 row" if count == 1 else f"{count} rows"
            yield f"{self.name}: {rows} of {provider!r}, a provider that is not known here, not counted."


Span = tuple[int, int]
"""Epoch ms: from the first until before the second."""


def add_file(name: str, store: OtherMachines, span: Span, providers: Sequence[str]) -> ReadFile:
    """Add the rows of this time. "-" is standard input. Raises UnusableFile, and StoreFailed of the store."""
    found = ReadFile(name="standard input" if name == STDIN else name)
    try:
        with closing(_opened(name)) as stream, closing(_text(stream, found)) as text:
            store.add(_wanted(_rows(text, found, span), found, span, frozenset(providers)))
    except OSError as error:
        raise UnusableFile(f"{found.name} cannot be read: {error.strerror or error}.") from error
    return found


def _opened(name: str) -> BinaryIO:
    if name != STDIN:
        return open(name, "rb")
    if sys.stdin is None:
        raise UnusableFile("Standard input is closed. Name a file instead.")
    return os.fdopen(os.dup(sys.stdin.fileno()), "rb")


def _text(stream: BinaryIO, found: ReadFile) -> TextIO:
    """Decompressed, if gzip compressed it; UTF-8, or UTF-16 with its mark, as PowerShell redirects to files."""
    buffered = cast("io.BufferedReader", stream)
    first = buffered.peek(_FIRST_BYTES)[:_FIRST_BYTES]
    if first.startswith(_GZIP):
        buffered = cast("io.BufferedReader", gzip.open(buffered))  # noqa: SIM115 - closed with the text
        try:
            first = buffered.peek(_FIRST_BYTES)[:_FIRST_BYTES]
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UnusableFile(f"{found.name} is damaged. {_AGAIN}") from error
    if first.startswith(_COMPRESSED):
        raise UnusableFile(f"{found.name} is compressed. Decompress it first; gzip is read as it is.")
    wide = first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return io.TextIOWrapper(buffered, encoding="utf-16" if wide else "utf-8-sig", errors="replace")


def _rows(text: TextIO, found: ReadFile, span: Span) -> Iterator[Counted]:
    """Those of other days are skipped as far as their first cell says so, which takes a tenth of the time. Raises
    UnusableFile where the first line is of something else.
    """
    number, read = 0, None
    first, last = _days(span)
    try:
        for line in iter(partial(text.readline, _LONGEST_LINE), ""):
            number += 1
            if len(line) == _LONGEST_LINE and line[-1] != "\n":
                if read is None:
                    raise UnusableFile(f"{found.name} is {_REASONS[None]}")
                _note_bad(found, number)
                found.is_cut = True
                return
            if read is None or line.startswith("time,"):
                read, is_head = _reader(line, found)
                if is_head:
                    continue
            day = line[9:19] if line[0] == "{" else line[:10]
            if (not first <= day <= last and day[4:8:3] == "--") or line.isspace():
                continue
            try:
                yield read(line)
            except BadRow:
                _note_bad(found, number)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        found.is_cut = True
    if number == 0 and not found.is_cut:
        raise UnusableFile(f"{found.name} is empty. {_AGAIN}")


def _days(span: Span) -> tuple[str, str]:
    """The UTC days of the span."""
    try:
        first, last = (moment(each).date().isoformat() for each in span)
    except (ValueError, OverflowError, OSError):
        return "", "~"
    return first, last


def _reader(line: str, found: ReadFile) -> tuple[Reader, bool]:
    """How to read the rows of a file that begins with this line, and whether that is only their head."""
    is_json = line.lstrip().startswith("{")
    columns: Sequence[str] = json_columns(line) if is_json else csv_cells(line)
    kind = kind_of(columns)
    if kind != "responses":
        raise UnusableFile(f"{found.name} is {_REASONS[kind]}")
    return (json_reader(), False) if is_json else (csv_reader(columns), True)


def _note_bad(found: ReadFile, number: int) -> None:
    found.bad_lines += 1
    found.first_bad = found.first_bad or number


def _wanted(
    rows: Iterator[Counted], found: ReadFile, span: Span, providers: frozenset[str]
) -> Iterator[Counted]:
    start, end = span
    for row in rows:
        if start <= row[2] < end:
            provider = row[0].provider
            if provider in providers:
                found.rows += 1
                yield row
            else:
                found.unknown[provider] = found.unknown.get(provider, 0) + 1
