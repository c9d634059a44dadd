"""Files that `tankful export` wrote on other machines, read into what is added up here."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import BinaryIO, TextIO, TypeVar, cast

from msgspec import Struct

from providers.ledger.elsewhere import Counted, OtherMachines
from providers.ledger.epoch_ms import moment
from tray.engine.exported_limits import LIMITS, LimitReading
from tray.engine.exported_rows import RESPONSES, BadRow, RowFormat, csv_cells, json_columns, kind_of

STDIN = "-"
_LONGEST_LINE = 1 << 16
"""Characters: the names in a row are paths and ids."""
_FIRST_BYTES = 4
_MOST_BAD = 100_000
"""Lines without a row, empty ones too: a file with more is none that an export wrote."""
_GZIP = b"\x1f\x8b"
_COMPRESSED = (b"\x28\xb5\x2f\xfd", b"\xfd7zX", b"PK\x03\x04", b"BZh", b"7z\xbc\xaf")
_REASONS = {
    None: "no export of tankful",
    "older": "an export of an older tankful, without the keys by which copies of a log are recognised",
    "days": "an export of days, in which copies of a log cannot be recognised",
}
T = TypeVar("T")


class UnusableFile(ValueError):
    """Nothing of the file can be added; str() is a sentence with its remedy."""


class ReadFile(Struct, kw_only=True):
    """What became of a file that should have rows of `what`. `bad_lines` are those without one, the first of which
    is `first_bad`, counted from 1; `unknown` are rows of providers that are not known here.
    """

    name: str
    what: str
    bad_lines: int = 0
    first_bad: int = 0
    unknown: dict[str, int] = {}
    is_cut: bool = False
    is_empty: bool = False

    @property
    def is_whole(self) -> bool:
        return not (self.bad_lines or self.is_cut)

    @property
    def again(self) -> str:
        return f"Export it again on that machine by `tankful export --what {self.what}`."

    def problems(self) -> Iterator[str]:
        """Sentences on what was not counted."""
        if self.bad_lines == 1:
            yield f"{self.name}: line {self.first_bad} is no row of an export, and not counted. {self.again}"
        elif self.bad_lines:
            yield (
                f"{self.name}: {self.bad_lines} lines are no rows of an export, and not counted; the first is line"
                f" {self.first_bad}. {self.again}"
            )
        if self.is_empty:
            yield f"{self.name} is empty: nothing was used there in its days, or the export failed."
        if self.is_cut:
            yield f"{self.name} is damaged or was cut short: what follows is not counted. Copy it again."
        for provider, count in sorted(self.unknown.items()):
            rows = "1 row" if count == 1 else f"{count} rows"
            yield f"{self.name}: {rows} of {provider!r} not counted: no such provider is known here."


Span = tuple[int, int]
"""Epoch ms: from the first until before the second."""


def add_file(name: str, store: OtherMachines, span: Span, providers: Sequence[str]) -> ReadFile:
    """Add the rows of this time. "-" is standard input. Raises UnusableFile, and StoreFailed of the store."""
    found, known = _file(name, RESPONSES), frozenset(providers)
    with _lines(found, name) as text:
        store.add(_wanted(_rows(text, found, RESPONSES, span), found, span, known))
    return found


def limits_in(name: str, providers: Sequence[str]) -> tuple[list[LimitReading], ReadFile]:
    """The newest reading of each window. Raises UnusableFile."""
    found, newest = _file(name, LIMITS), dict[tuple[str, str, str], LimitReading]()
    with _lines(found, name) as text:
        for row in _rows(text, found, LIMITS):
            if row.provider not in providers:
                found.unknown[row.provider] = found.unknown.get(row.provider, 0) + 1
                continue
            key = row.provider, row.account, row.window_id
            held = newest.get(key)
            if held is None or held.time < row.time:
                newest[key] = row
    return list(newest.values()), found


def _file(name: str, rows: RowFormat[T]) -> ReadFile:
    return ReadFile(name="standard input" if name == STDIN else name, what=rows.what)


@contextmanager
def _lines(found: ReadFile, name: str) -> Iterator[TextIO]:
    try:
        with closing(_opened(name)) as stream, closing(_text(stream, found)) as text:
            yield text
    except OSError as error:
        raise UnusableFile(f"{found.name} cannot be read: {error.strerror or error}.") from error


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
            raise UnusableFile(f"{found.name} is damaged. {found.again}") from error
    if first.startswith(_COMPRESSED):
        raise UnusableFile(f"{found.name} is compressed. Decompress it first; gzip is read as it is.")
    wide = first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return io.TextIOWrapper(buffered, encoding="utf-16" if wide else "utf-8-sig", errors="replace")


def _rows(text: TextIO, found: ReadFile, rows: RowFormat[T], span: Span | None = None) -> Iterator[T]:
    """Those of other days are skipped as far as their first cell says so, which takes a tenth of the time. Raises
    UnusableFile where the first line is of something else.
    """
    read = None
    first, last = _days(span)
    try:
        for number, line in _numbered(text, found):
            if read is None or line.startswith("time,"):
                read, is_head = _reader(line, found, rows)
                if is_head:
                    continue
            start = 9 if line[0] == "{" else 0
            day = line[start : start + 10]
            if not first <= day <= last and day[4:8:3] == "--" and line[start + 23 : start + 24] == "Z":
                continue
            try:
                yield read(line)
            except BadRow:
                _note_bad(found, number)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        found.is_cut = True
    found.is_empty = read is None and not found.is_cut


def _numbered(text: TextIO, found: ReadFile) -> Iterator[tuple[int, str]]:
    """The lines with anything on them, up to what no export has: one without an end, or too many without a row."""
    empty = 0
    for number, line in enumerate(iter(partial(text.readline, _LONGEST_LINE), ""), 1):
        if line.isspace():
            empty += 1
        else:
            yield number, line
        is_endless = len(line) == _LONGEST_LINE and line[-1] != "\n"
        if is_endless or empty + found.bad_lines > _MOST_BAD:
            found.is_cut = True
            return


def _days(span: Span | None) -> tuple[str, str]:
    """The UTC days of the span, or all of them."""
    if span is None:
        return "", "~"
    try:
        first, last = (moment(each).date().isoformat() for each in span)
    except (ValueError, OverflowError, OSError):
        return "", "~"
    return first, last


def _reader(line: str, found: ReadFile, rows: RowFormat[T]) -> tuple[Callable[[str], T], bool]:
    """How to read the rows of a file that begins with this line, and whether that is only their head."""
    is_json = line.lstrip().startswith("{")
    columns: Sequence[str] = json_columns(line) if is_json else csv_cells(line)
    kind = kind_of(columns)
    if kind != rows.what:
        raise UnusableFile(_refusal(found, kind))
    if not is_json and not set(rows.columns) <= set(columns):
        raise UnusableFile(_refusal(found, None))
    return (rows.from_json(), False) if is_json else (rows.from_csv(columns), True)


def _refusal(found: ReadFile, kind: str | None) -> str:
    return f"{found.name} is {_REASONS.get(kind, f'an export of {kind}')}. {found.again}"


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
                yield row
            else:
                found.unknown[provider] = found.unknown.get(provider, 0) + 1
