"""What can still be read of a damaged line.

A killed program, or a second one that writes to the same log, leaves a record cut short with the next whole one
behind it on its line, or two whole ones without a newline; a lost write leaves NULs. JavaScript writes half a
surrogate pair of a text as it is, which a decoder of JSON may refuse.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import inf
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from providers.domain.typed import json_decoder

T = TypeVar("T")

_START = '{"'  # of a record: within a text the quote is escaped
_FIRST = _START.encode()
_BLANK = "\0\ufeff \t\r\n"
_LEAST_WORK = 1 << 20  # characters
_TAIL = 1 << 16  # of a line: no record of usage that ends one is longer
_PLACE = re.compile(r"\(byte (\d+)\)")


class _Record(Struct):
    """Any object: what it holds is passed over, which takes a tenth of the time."""


_record = json_decoder(_Record)
_MOST_DIGITS = 100  # of a number that may mean something: Python refuses to read one of 4301


def _whole(digits: str) -> float:
    return int(digits) if len(digits) <= _MOST_DIGITS else inf


_decoder = json.JSONDecoder(strict=False, parse_int=_whole)


class DamagedLine(Struct, frozen=True):
    """The whole records on a line, in order; `is_cut` where the line holds more than these."""

    records: tuple[dict[str, Any], ...]
    is_cut: bool


def read(line: bytes | bytearray) -> DamagedLine:
    """The records on a line that is no JSON; never raises. Text that cannot be stored is replaced in them.

    The time is bounded: of a line of very many cut records only the first ones are tried, and the last one.
    """
    text = bytes(line).decode("utf-8", errors="replace")
    records: list[dict[str, Any]] = []
    place, is_cut, work = 0, False, _LEAST_WORK + 8 * len(text)
    while work > 0 and (start := text.find(_START, place)) >= 0:
        is_cut |= bool(text[place:start].strip(_BLANK))
        try:
            record, end = _decoder.raw_decode(text, start)
            records.append(_storable(record))
            place = end
        except json.JSONDecodeError as error:
            is_endless = error.msg.startswith("Unterminated")  # `pos` is then where the text begins
            work -= (len(text) if is_endless else error.pos) - start
            place, is_cut = start + len(_START), True
        except (ValueError, RecursionError):
            work -= len(text) - start
            place, is_cut = start + len(_START), True
    if work <= 0:
        tail = text[max(place, len(text) - _TAIL) :].rstrip(_BLANK)
        last = last_record(tail.encode(errors="replace"), is_whole=False)
        if last is not None:
            records.append(_storable(json.loads(tail.encode(errors="replace")[last:])))
        return DamagedLine(tuple(records), is_cut=True)
    return DamagedLine(tuple(records), is_cut or bool(text[place:].strip(_BLANK)))


def salvage(line: bytes | bytearray, convert: Callable[[dict[str, Any]], T | None]) -> tuple[list[T], int]:
    """What can be read of a line that a strict decoder refused, and how many of its records are lost.

    `convert` gives None for an irrelevant record, and raises ValueError for one that cannot be used.
    """
    damaged = read(line)
    found: list[T] = []
    lost = int(damaged.is_cut)
    for record in damaged.records:
        try:
            converted = convert(record)
        except (ValueError, RecursionError):
            lost += 1
        else:
            found += [converted] if converted is not None else []
    return found, lost or int(not damaged.records)


def _storable(record: dict[str, Any]) -> dict[str, Any]:
    """With a question mark for each half of a surrogate pair."""
    text = json.dumps(record, ensure_ascii=False)
    whole: dict[str, Any] = json.loads(text.encode(errors="replace"))
    return whole


def last_record(line: bytes | bytearray, *, is_whole: bool) -> int | None:
    """Where the whole record begins that ends a line; None where that is the line itself, or there is none.

    `is_whole` is whether that is all of the line; of a long one only the end is searched. An object within a
    record never ends where the line ends. The time is bounded: objects deep in one another are not all tried.
    """
    if is_whole and _failing_at(line) is None:
        return None
    first = max(1 if is_whole else 0, len(line) - _TAIL)
    work, start = _LEAST_WORK, len(line)
    view = memoryview(line)
    while work > 0 and (start := line.rfind(_FIRST, first, start + 1)) >= 0:
        failed_at = _failing_at(view[start:])
        if failed_at is None:
            return start
        work -= failed_at
    return None


def _failing_at(text: bytes | bytearray | memoryview) -> int | None:
    """After how many bytes it turns out to be no record; None for a record."""
    try:
        _record.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        found = _PLACE.search(str(error))
        return int(found[1]) if found else len(text)
    except RecursionError:
        return len(text)
    return None
