"""What can still be read of a damaged line.

A killed program, or a second one that writes to the same log, leaves a record cut short with the next whole one
behind it on its line, or two whole ones without a newline; a lost write leaves NULs. JavaScript writes half a
surrogate pair of a text as it is, which a decoder of JSON may refuse.
"""

from __future__ import annotations

import json
from math import inf
from typing import Any

import msgspec
from msgspec import Struct

_START = '{"'  # of a record: within a text the quote is escaped
_FIRST = _START.encode()
_BLANK = "\0\ufeff \t\r\n"
_LEAST_WORK = 1 << 20  # characters
_TAIL = 1 << 16
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
            record, place = _decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            is_endless = error.msg.startswith("Unterminated")  # `pos` is then where the text begins
            work -= (len(text) if is_endless else error.pos) - start
            place, is_cut = start + len(_START), True
        except (ValueError, RecursionError):
            work -= len(text) - start
            place, is_cut = start + len(_START), True
        else:
            records.append(_storable(record))
    if work <= 0:
        tail = text[max(place, len(text) - _TAIL) :].rstrip(_BLANK)
        last = last_record(tail.encode(errors="replace"), is_whole=False)
        if last is not None:
            records.append(_storable(json.loads(tail.encode(errors="replace")[last:])))
        return DamagedLine(tuple(records), is_cut=True)
    return DamagedLine(tuple(records), is_cut or bool(text[place:].strip(_BLANK)))


def _storable(record: dict[str, Any]) -> dict[str, Any]:
    """With a question mark for each half of a surrogate pair."""
    text = json.dumps(record, ensure_ascii=False)
    whole: dict[str, Any] = json.loads(text.encode(errors="replace"))
    return whole


def last_record(tail: bytes | bytearray, *, is_whole: bool) -> int | None:
    """Where, in the end of a line, the last whole record begins; None where it is the line itself, or none.

    `is_whole` is whether `tail` is all of the line. An object within a record never ends where the line ends.
    """
    content = bytes(tail)
    start = content.find(_FIRST, 1 if is_whole else 0)
    while start >= 0:
        try:
            msgspec.json.decode(content[start:])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            start = content.find(_FIRST, start + 1)
        else:
            return start
    return None
