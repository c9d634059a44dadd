"""What live sessions used, as the ledger says; not asked again while nobody has written to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from providers.domain.session_figures import AskedSession, SessionFigures, SessionKey
from providers.host.files import stamp
from providers.ledger.ledger import Ledger
from providers.ledger.session_figures import SessionReading


class LedgerCosts:
    """SessionCosts. Nothing is counted for it: the figures are as old as the last count."""

    def __init__(self, ledger: Ledger, files: Sequence[Path] = ()) -> None:
        self._ledger = ledger
        self._files = files
        self._reading = SessionReading()
        self._read: object = None

    def figures(self, asked: Sequence[AskedSession], now: datetime) -> Mapping[SessionKey, SessionFigures]:
        """Raises LedgerError."""
        question = self._ledger.state(), tuple(asked)
        if question != self._read:
            self._read = None
            self._ledger.read(partial(self._reading.read, asked=asked, now=now), None)
            self._read = question
        return self._reading.figures(now)

    @property
    def counted_at(self) -> datetime | None:
        """When the `files` of the ledger were last written: a count that found nothing new leaves no trace."""
        times = [found[0] for file in self._files if (found := stamp(str(file))) is not None and found[1]]
        return datetime.fromtimestamp(max(times) / 1e9, UTC) if times else None
