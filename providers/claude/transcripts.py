"""Counts tokens from Claude Code's transcripts, its logs under `projects/` of each home.

bytes → lines (ledger/scan) → typed lines (wire) → the best word of each transcript on each response (transcript)
→ what was billed over all of them (Transcripts.resolve). A response is told by several lines: one for each part
of it, some written while it was still streaming, and again by the copies of a fork, some of them with their
counts zeroed. So of all lines of a response the best usage counts, and the earliest time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from providers.bill import BilledResponse, TokenUsage
from providers.claude import wire
from providers.claude.transcript import Claim, Place, Transcript, said
from providers.logs import Observed


class Transcripts:
    """Claude Code's transcripts: how they are found, read and judged."""

    folders = ("projects",)
    unwanted = wire.UNWANTED

    def is_log(self, name: str) -> bool:
        return name.endswith(".jsonl")

    def reader(self, path: str, observation: bytes | None = None) -> Transcript:
        """A reader for a new transcript, or one that goes on; raises ValueError for another make."""
        return Transcript(path, observation)

    def resolve(self, observed: Sequence[Observed]) -> list[BilledResponse]:
        """Each response that these transcripts tell of once, oldest first."""
        best: dict[int, tuple[tuple[float, Place, Path], Claim]] = {}
        for each in observed:
            for key, ((at, place), claim) in said(each.observation):
                first = at, place, each.home
                held = best.get(key)
                best[key] = (first, claim) if held is None else (min(first, held[0]), max(claim, held[1]))
        responses = [
            _billed(key, at, place, home, claim)
            for key, ((at, place, home), claim) in best.items()
            if claim.total or claim.web_searches  # an answer without usage was not billed
        ]
        return sorted(responses, key=lambda response: (response.at, response.key))


def _billed(key: int, at: float, place: Place, home: Path, claim: Claim) -> BilledResponse:
    return BilledResponse(
        at=datetime.fromtimestamp(at, UTC),
        model=claim.model or None,
        usage=TokenUsage(
            input_tokens=claim.fresh,
            cache_read_tokens=claim.cache_read,
            cache_write_tokens=claim.cache_write,
            cache_write_1h_tokens=claim.cache_write_1h,
            output_tokens=claim.output,
        ),
        home=home,
        key=key,
        session=place.session or None,
        root=place.root or None,
        project=place.project or None,
        tier="fast" if claim.fast else None,
        web_searches=claim.web_searches,
    )
