"""The messages that the person sent, over all transcripts: each once, as copies in forks share their uuids."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path

import msgspec
from msgspec import Struct

from providers.claude.logs.transcript import Location, SentRow
from providers.domain.account import account_id
from providers.domain.cost import Context, SentMessage
from providers.logs import Observed, unpacked


class _Sent(Struct, array_like=True):
    """The first members of an observation: those after them are not decoded."""

    make: str
    skipped: int
    places: list[Location]
    messages: list[SentRow]


_decoder = msgspec.msgpack.Decoder(_Sent)


def messages(observed: Sequence[Observed]) -> list[SentMessage]:
    """The earliest line of each. Raises ValueError for an observation of another make."""
    first: dict[int, tuple[float, Location, Path]] = {}
    for source in observed:
        kept = unpacked(source.observation, _decoder)
        for row in kept.messages:
            sent = row.at, kept.places[row.place], source.home
            first[row.key] = min(sent, first.get(row.key, sent))
    contexts: dict[tuple[Location, Path], Context] = {}
    found = []
    for key, (at, place, home) in first.items():
        context = contexts.get((place, home))
        if context is None:
            context = contexts[place, home] = _context(place, home)
        found.append(SentMessage(round(at * 1000), key, context))
    return sorted(found, key=attrgetter("at_ms", "key"))


def _context(place: Location, home: Path) -> Context:
    return Context(
        home=home,
        session=place.session or None,
        root=place.root or None,
        project=place.project or None,
        account=account_id("claude", place.account) if place.account else None,
    )
