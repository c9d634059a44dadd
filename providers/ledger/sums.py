"""Adds up slices of the ledger. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import add
from typing import Self

from providers.domain.cost import TOKEN_CLASSES, Tally, TokenUsage
from providers.ledger.query import Slice

UNKNOWN = "unknown"
PICO = 10**12


class Sum:
    """Money is added as integers, so that sums do not depend on the order."""

    def __init__(self, slices: Iterable[Slice] = ()) -> None:
        self._responses = self._priced = self._pico = 0
        self._tokens = [0] * len(TOKEN_CLASSES)
        for each in slices:
            self.add(each)

    def add(self, each: Slice) -> None:
        self._responses += each.responses
        self._priced += each.priced
        self._pico += each.pico_usd
        self._tokens = list(map(add, self._tokens, each.tokens))

    def __add__(self, other: Self) -> Self:
        both = type(self)()
        both._responses = self._responses + other._responses
        both._priced = self._priced + other._priced
        both._pico = self._pico + other._pico
        both._tokens = list(map(add, self._tokens, other._tokens))
        return both

    def tally(self) -> Tally:
        return Tally(
            responses=self._responses,
            usage=TokenUsage(*self._tokens),
            usd=self._pico / PICO if self._priced or not self._responses else None,
            unpriced=self._responses - self._priced,
        )


def tallies(slices: Iterable[Slice], name: Callable[[Slice], str]) -> dict[str, Tally]:
    sums: dict[str, Sum] = {}
    for each in slices:
        sums.setdefault(name(each), Sum()).add(each)
    return {key: sums[key].tally() for key in sorted(sums)}


def model_of(each: Slice) -> str:
    return each.model or UNKNOWN
