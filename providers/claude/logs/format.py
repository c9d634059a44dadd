"""Counts tokens from Claude Code's transcripts, its logs under `projects/` of each home.

bytes → lines (ledger/scan) → typed lines (wire) → the best claim of each transcript on each response (transcript)
→ what was billed over all of them (Transcripts.resolve). A response is logged in several lines: one for each part
of it, some written while it was still streaming, and again in the copies of a fork, some of them with their
counts zeroed. So of all lines of a response the best usage counts, and the earliest time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from operator import attrgetter
from pathlib import Path

from msgspec import Struct

from providers.claude.logs import transcript, wire
from providers.claude.logs.transcript import Claim, Location, Transcript
from providers.domain.cost import BilledResponse, Context, TokenUsage
from providers.ledger.line_scanner import LineScanner
from providers.logs import Observed


class Transcripts:
    """Claude Code's transcripts. Implements providers.ledger.line_scanner.LineFormat."""

    make = "claude 2"
    folders = ("projects",)
    files = companions = ()
    unwanted = wire.UNWANTED

    def is_log(self, name: str) -> bool:
        return name.endswith(".jsonl")

    def reader(self, path: str, observation: bytes | None = None) -> Transcript:
        """A reader for a new transcript, or one that goes on; raises ValueError for another make."""
        return Transcript(path, observation)

    def scanner(self) -> LineScanner:
        return LineScanner(self)

    def links(self, observation: bytes) -> frozenset[int]:
        """The keys of its responses; raises ValueError for another make."""
        return frozenset(row.key for row in transcript.observed(observation).rows)

    def resolve(self, observed: Sequence[Observed]) -> list[BilledResponse]:
        """Each response in these transcripts once, oldest first."""
        best: dict[int, tuple[tuple[float, _HomeLocation], tuple[Claim, str]]] = {}
        for each in observed:
            kept = transcript.observed(each.observation)
            locations, models = [_HomeLocation(place, each.home) for place in kept.places], kept.models
            for row in kept.rows:
                first, best_claim = (row.at, locations[row.place]), (row.claim, models[row.model])
                held = best.setdefault(row.key, (first, best_claim))
                if held[0] is not first:
                    best[row.key] = min(first, held[0]), max(best_claim, held[1])
        context = cache(_context)
        responses = [
            _billed(key, at, context(location, model, fast=claim.fast), claim)
            for key, ((at, location), (claim, model)) in best.items()
            if claim.total or claim.web_searches  # an answer without usage was not billed
        ]
        return sorted(responses, key=attrgetter("at_ms", "key"))


class _HomeLocation(Struct, frozen=True, order=True, cache_hash=True):
    """The location of a line, over all homes."""

    place: Location
    home: Path


def _context(location: _HomeLocation, model: str, *, fast: bool) -> Context:
    place = location.place
    return Context(
        home=location.home,
        model=model or None,
        session=place.session or None,
        root=place.root or None,
        project=place.project or None,
        tier="fast" if fast else None,
    )


def _billed(key: int, at: float, context: Context, claim: Claim) -> BilledResponse:
    # By position: there are very many.
    usage = TokenUsage(claim.fresh, claim.cache_read, claim.cache_write, claim.cache_write_1h, claim.output)
    return BilledResponse(round(at * 1000), key, context, usage, claim.web_searches)
