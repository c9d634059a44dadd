"""Counts tokens from Claude Code's transcripts, its logs under `projects/` of each home.

bytes → lines (ledger/scan) → typed lines (wire, by the types in lines) → the best claim of each transcript on each
response (reader, kept as in transcript) → what was billed over all of them (resolve). A response is logged in
several lines: one for each part of it, some written while it was still streaming, and again in the copies of a
fork, some of them with their counts zeroed. So of all lines of a response the best usage counts, and the earliest
time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

# What reads the logs is imported where one is read: that takes 4 ms, and a command may be for the other provider.
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from providers.claude.logs.growth import LogSummary
    from providers.claude.logs.reader import TranscriptReader
    from providers.ledger.line_scanner import LineScanner
    from providers.logs import LogChange, LogGrowth, Observed, Resolved


class Transcripts:
    """Claude Code's transcripts. Implements providers.ledger.line_scanner.LineFormat."""

    make = "claude 5"
    folders = ("projects",)
    files = companions = ()

    def is_log(self, name: str) -> bool:
        return name.endswith(".jsonl")

    @property
    def reader(self) -> type[TranscriptReader]:
        from providers.claude.logs.reader import TranscriptReader

        return TranscriptReader

    def scanner(self) -> LineScanner:
        from providers.ledger.line_scanner import LineScanner

        return LineScanner(self)

    def links(self, observation: bytes) -> frozenset[int]:
        """As those of its reader; raises ValueError for another make."""
        from providers.claude.logs import transcript

        return frozenset(transcript.links(transcript.observed(observation)))

    def resolve(self, observed: Sequence[Observed]) -> Resolved:
        """Of the responses also what sessions used beyond these; oldest first."""
        from providers.claude.logs.resolve import resolve

        return resolve(observed)

    def pieces(self, observation: bytes) -> Iterator[bytes] | None:
        from providers.claude.logs.pieces import pieces

        return pieces(observation)

    def summary(self, observation: bytes) -> LogSummary:
        from providers.claude.logs.growth import summary

        return summary(observation)

    def growth(self, change: LogChange, others: Sequence[LogSummary]) -> LogGrowth | None:
        from providers.claude.logs.growth import growth

        return growth(change, others)


TRANSCRIPTS = Transcripts()
"""One for all who look for logs, so that they share a walk."""
