"""Counts tokens from Codex's rollouts, its logs under `sessions/` and `archived_sessions/` of each home.

bytes → lines (ledger/scan) → typed lines (wire, damaged) → what one rollout holds (reader, observation) → what
was billed over all of them (resolve, family). The folder of a rollout does not limit its dates: a session stays in
the file of its first day, which keeps growing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

# What reads the logs is imported where one is read: that takes 4 ms, and a command may be for the other provider.
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from providers.codex.logs.growth import LogSummary
    from providers.codex.logs.reader import RolloutReader
    from providers.ledger.line_scanner import LineScanner
    from providers.logs import LogChange, LogGrowth, Observed, Resolved


class Rollouts:
    """Implements providers.ledger.line_scanner.LineFormat."""

    make = "codex 5"
    folders = ("sessions", "archived_sessions")
    files = companions = ()

    def is_log(self, name: str) -> bool:
        return name.startswith("rollout-") and name.endswith((".jsonl", ".jsonl.zst"))

    @property
    def reader(self) -> type[RolloutReader]:
        from providers.codex.logs.reader import RolloutReader

        return RolloutReader

    def scanner(self) -> LineScanner:
        from providers.ledger.line_scanner import LineScanner

        return LineScanner(self)

    def links(self, observation: bytes) -> frozenset[int]:
        """Raises ValueError for an observation of another make."""
        from providers.codex.logs.observation import decode

        return decode(observation).links()

    def resolve(self, observed: Sequence[Observed]) -> Resolved:
        """Oldest first. Raises ValueError for an observation of another make."""
        from providers.codex.logs.resolve import resolve  # one import: it is called for each small log

        return resolve(observed)

    def pieces(self, observation: bytes) -> Iterator[bytes] | None:
        from providers.codex.logs.pieces import pieces

        return pieces(observation)

    def summary(self, observation: bytes) -> LogSummary:
        from providers.codex.logs.growth import summary

        return summary(observation)

    def growth(self, change: LogChange, others: Sequence[LogSummary]) -> LogGrowth | None:
        from providers.codex.logs.growth import growth

        return growth(change, others)


ROLLOUTS = Rollouts()  # one instance: sharing a finder requires sharing its format
