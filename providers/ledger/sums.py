"""Adds up slices of the ledger. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import add
from typing import Self

from providers.domain.cost import TOKEN_CLASSES, Tally, TokenUsage
from providers.ledger.query import Slice

UNKNOWN = "unknown"
PICO = 10**12


class Sum:
    """Money is added as integers, so that sums do not depend on the order; `priced` responses have a price."""

    def __init__(self, slices: Iterable[Slice] = ()) -> None:
        self.responses = self.priced = self._pico = 0
        self._tokens = [0] * len(TOKEN_CLASSES)
        tokens = []
        for each in slices:
            self.responses += each.responses
            self.priced += each.priced
            self._pico += each.pico_usd
            tokens.append(each.tokens)
        if tokens:
            self._tokens = list(map(sum, zip(*tokens, strict=True)))

    def __add__(self, other: Self) -> Self:
        both = type(self)()
        both.responses = self.responses + other.responses
        both.priced = self.priced + other.priced
        both._pico = self._pico + other._pico
        both._tokens = list(map(add, self._tokens, other._tokens))
        return both

    def tally(self) -> Tally:
        return Tally(
            responses=self.responses,
            usage=TokenUsage(*self._tokens),
            usd=self._pico / PICO if self.priced or not self.responses else None,
            unpriced=self.responses - self.priced,
        )


Sums = Mapping[str, Sum]
"""By name."""


def sums(slices: Iterable[Slice], name: Callable[[Slice], str]) -> dict[str, Sum]:
    named: dict[str, list[Slice]] = {}
    for each in slices:
        named.setdefault(name(each), []).append(each)
    return {key: Sum(named[key]) for key in sorted(named)}


def total(parts: Iterable[Sum]) -> Sum:
    return sum(parts, Sum())


def merged(parts: Iterable[Sums]) -> dict[str, Sum]:
    """The sums of all of them, by name."""
    named: dict[str, list[Sum]] = {}
    for each in parts:
        for key, found in each.items():
            named.setdefault(key, []).append(found)
    return {key: total(named[key]) for key in sorted(named)}


def as_tallies(named: Sums) -> dict[str, Tally]:
    return {key: each.tally() for key, each in named.items()}


def tallies(slices: Iterable[Slice], name: Callable[[Slice], str]) -> dict[str, Tally]:
    return as_tallies(sums(slices, name))


def model_of(each: Slice) -> str:
    return each.model or UNKNOWN
