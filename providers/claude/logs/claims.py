"""The responses of a transcript, while it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from msgspec import Raw

from providers.claude.logs.transcript import (
    Claim,
    Location,
    PackedObservation,
    Served,
    encode,
    row,
    row_start,
)

_MOST = 8192
"""Responses that are held decoded, in three times the memory."""

Best = tuple[str, float, Location, Claim, Served]
"""Of one response: the end of its own id, the time and place of its earliest line, and its best one."""


class Claims:
    """The best line of each response. Those that were met long ago are encoded, as an observation has them."""

    def __init__(self, most: int = _MOST) -> None:
        """At most so many are held decoded."""
        self._most = most
        self._recent: dict[int, Best] = {}
        self._packed: dict[int, bytes] = {}
        self._places: dict[Location, int] = {}  # of the packed ones
        self._served: dict[Served, int] = {}

    def go_on(self, kept: PackedObservation) -> None:
        """From what was observed before."""
        if len(kept.rows) > self._most:
            self._packed = {row_start(each).key: bytes(each) for each in kept.rows}
            self._places = {place: number for number, place in enumerate(kept.places)}
            self._served = {served: number for number, served in enumerate(kept.served)}
        else:
            self._recent = dict(_decoded(each, kept.places, kept.served) for each in kept.rows)

    def add(self, key: int, new: Best) -> None:
        known = self._recent.setdefault(key, new)
        if known is new:
            if len(self._recent) > self._most:
                self._pack()
            if not self._packed or (packed := self._packed.pop(key, None)) is None:
                return
            _, known = _decoded(packed, list(self._places), list(self._served))
        at, place = min((new[1], new[2]), (known[1], known[2]))
        best, served = max((new[3], new[4]), (known[3], known[4]))
        self._recent[key] = new[0], at, place, best, served

    def keys(self) -> Iterable[int]:
        return (*self._packed, *self._recent) if self._packed else self._recent

    def places(self) -> Iterator[Location]:
        yield from self._places
        for _, _, place, _, _ in self._recent.values():
            yield place

    def rows(self, places: dict[Location, int], served: dict[Served, int]) -> list[object]:
        """As in an observation; numbers its places and what served them."""
        places.update(self._places)
        served.update(self._served)
        return [
            *map(Raw, self._packed.values()),
            *(
                (
                    key,
                    name,
                    at,
                    places.setdefault(place, len(places)),
                    served.setdefault(terms, len(served)),
                    best,
                )
                for key, (name, at, place, best, terms) in self._recent.items()
            ),
        ]

    def _pack(self) -> None:
        """The older half; the last one is still being written."""
        places, served = self._places, self._served
        for key in list(islice(self._recent, self._most // 2)):
            name, at, place, best, terms = self._recent.pop(key)
            numbers = places.setdefault(place, len(places)), served.setdefault(terms, len(served))
            self._packed[key] = encode((key, name, at, *numbers, best))


def _decoded(packed: bytes | Raw, places: Sequence[Location], served: Sequence[Served]) -> tuple[int, Best]:
    """A row, with its key."""
    found = row(packed)
    return found.key, (found.message, found.at, places[found.place], found.claim, served[found.served])
