"""The messages that the person sent, over all transcripts: each once, as copies in forks share their uuids."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path

from providers.claude.logs.transcript import Location, Observation, known_account
from providers.domain.cost import Context, SentMessage


def messages(kept: Sequence[tuple[Path, Observation]]) -> list[SentMessage]:
    """The earliest line of each."""
    first: dict[int, tuple[float, Location, Path]] = {}
    for home, each in kept:
        for row in each.messages:
            sent = row.at, each.places[row.place], home
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
        account=known_account(place.account),
    )
