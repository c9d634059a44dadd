"""The rows of `tankful export --what responses`, read again. Pure: lines in, responses out."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Generic, TypeVar

import msgspec

from providers.domain.cost import TOKEN_CLASSES
from providers.domain.typed import json_decoder
from providers.ledger.elsewhere import Counted, Whose
from providers.ledger.epoch_ms import ms

_TOKENS = tuple(f"{each.name}_tokens" for each in TOKEN_CLASSES)
_DISJOINT = tuple(number for number, each in enumerate(TOKEN_CLASSES) if each.part_of is None)
_WORDS = ("provider", "machine", "home", "session", "thread", "project", "model", "effort", "account")
COLUMNS = ("time", "key", "usd", "total_tokens", *_TOKENS, *_WORDS, "not_on_lines")
"""Those that are needed; others may be there."""
_MOST = 1 << 40
_MOST_USD = 1e6
_FORMULA = tuple("=+-@＝＋－＠")
_KEY_LENGTH = 17
_LONGEST_NAME = 8192
"""Characters: the longest are paths."""


T = TypeVar("T")


class BadRow(ValueError):
    """A line that no export has."""


class RowFormat(msgspec.Struct, Generic[T], frozen=True):
    """How to read the rows of `--what` this: by the columns of their head, or as JSON. Readers raise BadRow."""

    what: str
    columns: tuple[str, ...]
    from_csv: Callable[[Sequence[str]], Callable[[str], T]]
    from_json: Callable[[], Callable[[str], T]]


class _Line(msgspec.Struct, frozen=True, gc=False):
    time: str
    key: str
    usd: float | None
    total_tokens: int
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    output_tokens: int
    reasoning_tokens: int
    provider: str
    machine: str
    home: str | None
    session: str | None
    thread: str | None
    project: str | None
    model: str | None
    effort: str | None
    account: str | None
    not_on_lines: bool


Reader = Callable[[str], Counted]
"""A line as a response; raises BadRow."""


def csv_reader(columns: Sequence[str]) -> Reader:
    """Of the rows below this head, which has all COLUMNS."""
    places = itemgetter(*(columns.index(name) for name in COLUMNS))
    width, tokens_end, words_end = len(columns), 4 + len(_TOKENS), 4 + len(_TOKENS) + len(_WORDS)

    @lru_cache(maxsize=4096)
    def whose(cells: tuple[str, ...]) -> Whose:
        *words, not_on_lines = cells
        if not_on_lines not in ("true", "false"):
            raise BadRow
        return _whose([_unquoted(word) for word in words], is_total=not_on_lines == "true")

    def read(line: str) -> Counted:
        try:
            cells = csv_cells(line)
            if len(cells) != width:
                raise BadRow
            found = places(cells)
            usd = float(found[2]) if found[2] else None
            tokens = tuple(map(int, found[4:tokens_end]))
            total = int(found[3])
        except (ValueError, csv.Error) as error:
            raise BadRow from error
        return _counted(whose(found[tokens_end : words_end + 1]), found[1], found[0], tokens, total, usd)

    return read


def json_reader() -> Reader:
    decoder = json_decoder(_Line)

    @lru_cache(maxsize=4096)
    def whose(*words: str | None, is_total: bool) -> Whose:
        return _whose([word or "" for word in words], is_total=is_total)

    def read(line: str) -> Counted:
        try:
            row = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise BadRow from error
        tokens = (
            *(row.input_tokens, row.cache_read_tokens, row.cache_write_tokens),
            *(row.cache_write_1h_tokens, row.output_tokens, row.reasoning_tokens),
        )
        words = (
            *(row.provider, row.machine, row.home, row.session, row.thread, row.project),
            *(row.model, row.effort, row.account),
        )
        named = whose(*words, is_total=row.not_on_lines)
        return _counted(named, row.key, row.time, tokens, row.total_tokens, row.usd)

    return read


RESPONSES = RowFormat("responses", COLUMNS, csv_reader, json_reader)


def csv_cells(line: str) -> list[str]:
    """Of one line: no cell of an export has several."""
    return next(csv.reader((line,)), []) if '"' in line else line.rstrip("\r\n").split(",")


def json_columns(line: str) -> tuple[str, ...]:
    """The names in the object on this line; none where it is no object."""
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ()
    return tuple(found) if isinstance(found, Mapping) else ()


def _counted(
    whose: Whose, key: str, time: str, tokens: tuple[int, ...], total: int, usd: float | None
) -> Counted:
    """Raises BadRow for a cell that was cut short, or changed by a program that takes it for something else."""
    if min(tokens) < 0 or max(tokens) > _MOST or sum([tokens[number] for number in _DISJOINT]) != total:
        raise BadRow
    if usd is not None and not 0 <= usd <= _MOST_USD:
        raise BadRow
    if len(key) != _KEY_LENGTH or key[0] != "r":
        raise BadRow
    try:
        number = int(key[1:], 16)
        at_ms = _at_ms(time)
    except (ValueError, OverflowError) as error:
        raise BadRow from error
    if not 0 <= number < 1 << 63:
        raise BadRow
    return whose, number, at_ms, tokens, None if usd is None else round(usd * 1e12)


def _at_ms(time: str) -> int:
    if len(time) == 24 and time[16] == ":" and time[19] == "." and time[23] == "Z":  # as exports have it
        return _minute_ms(time[:16]) + int(time[17:19]) * 1000 + int(time[20:23])
    at = datetime.fromisoformat(time)
    if at.tzinfo is None:
        raise BadRow
    return ms(at)


@lru_cache(maxsize=256)
def _minute_ms(minute: str) -> int:
    return ms(datetime.fromisoformat(f"{minute}:00Z"))


def _whose(words: Sequence[str], *, is_total: bool) -> Whose:
    provider, machine, home, session, thread, project, model, effort, account = words
    if not provider or not machine:
        raise BadRow
    if max(map(len, words)) > _LONGEST_NAME:
        raise BadRow
    root = "" if thread == session else thread
    return Whose(provider, machine, home, session, root, project, model, effort, account, is_total)


def _unquoted(cell: str) -> str:
    """Without the apostrophe that keeps spreadsheets from taking a name for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:].lstrip().startswith(_FORMULA) else cell


def kind_of(columns: Sequence[str]) -> str | None:
    """What an export with these columns has, as "days"; "older" is one without keys; None is no export."""
    names = set(columns)
    if names >= set(COLUMNS):
        return "responses"
    if names >= {"time", "provider", *_TOKENS, "usd"}:
        return "older"
    if names >= {"day", "provider", *_TOKENS, "usd"}:
        return "days"
    if names >= {"provider", "account", "window_id"}:
        return "limits" if "time" in names else "windows"
    return None
