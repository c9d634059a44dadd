"""Checksums of what the ledger stores, made from what is in memory, before any of it is written. Pure.

That of responses is a weighted sum of their columns. It can be verified by the sums that a report is made of,
without a look at the rows: the checksums of several parts add up, and a change of prices adds its difference.
Damage changes neither: a checksum that was wrong stays wrong. All other rows have a CRC.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter, mul
from typing import Any
from zlib import crc32

from providers.domain.cost import TOKEN_CLASSES

QUARTER_MS = 15 * 60 * 1000
"""In every time zone, days begin at a multiple of a quarter of an hour in UTC."""
PRIME = 2**31 - 1
_WEIGHTS = tuple(pow(48271, number, PRIME) for number in range(1, 17))
_PRICED, _PICO = _WEIGHTS[1], _WEIGHTS[4 + len(TOKEN_CLASSES)]

_quarter = QUARTER_MS.__rfloordiv__  # in half the time of a function of Python's

_TOKENS = ", ".join(f"coalesce(sum({each.name}), 0)" for each in TOKEN_CLASSES)
SHOWN = (
    f"count(*), count(pico_usd), coalesce(sum(at_ms / {QUARTER_MS} * {QUARTER_MS}), 0),"
    f" coalesce(sum(context), 0), {_TOKENS}, coalesce(sum(pico_usd), 0),"
    " coalesce(sum(at_ms), 0)"
)
"""The sums of responses that any report is made of, in the order of their weights."""
HIDDEN = f"coalesce(sum(key % {PRIME}), 0), coalesce(sum(web_searches), 0)"
"""What no report shows, but decides how responses are priced and distinguished."""
SHOWN_COLUMNS = 6 + len(TOKEN_CLASSES)


def weighed(sums: Sequence[int]) -> int:
    """The checksum of columns that were added up."""
    total: int = sum(map(mul, _WEIGHTS, sums))
    return total % PRIME


def of_responses(rows: Sequence[tuple[Any, ...]]) -> tuple[int, int]:
    """Of what is SHOWN and what is HIDDEN of rows of the table."""
    if len(rows) == 1:  # as most sessions of little use have: to add up one row takes three times as long
        _, only_at, key, context, *counts, only_searches, cost = rows[0]
        shown = (1, cost is not None, _quarter(only_at) * QUARTER_MS, context, *counts, cost or 0, only_at)
        return weighed(shown), weighed((key, only_searches))
    _, at, keys, contexts, *tokens, searches, pico = zip(*rows, strict=True)
    priced = pico if None not in pico else [each for each in pico if each is not None]
    quarters = sum(map(_quarter, at)) * QUARTER_MS
    sums = (len(at), len(priced), quarters, sum(contexts), *map(sum, tokens), sum(priced), sum(at))
    return weighed(sums), weighed((sum(keys), sum(searches)))


def of_slices(rows: Sequence[tuple[Any, ...]]) -> int:
    """Of what is SHOWN of groups of: sum of quarters, sum of contexts, responses, priced ones, pico USD, first and
    last time, sum of times, tokens.
    """
    if not rows:
        return 0
    quarters, contexts, counts, priced, pico, _, _, at, *tokens = zip(*rows, strict=True)
    sums = (sum(counts), sum(priced), sum(quarters), sum(contexts))
    return weighed((*sums, *map(sum, tokens), sum(pico), sum(at)))


def repriced(before: int | None, now: int | None) -> int:
    """What another price of a response adds to that of what is SHOWN."""
    return _PRICED * ((now is not None) - (before is not None)) + _PICO * ((now or 0) - (before or 0))


def of_values(*values: object) -> int:
    """The CRC of a row."""
    return crc32(repr(values).encode(errors="backslashreplace"))


by_part = itemgetter(0)
