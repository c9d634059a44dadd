"""Who says what live sessions used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from providers.domain.session_figures import AskedSession, SessionFigures, SessionKey


class SessionCosts(Protocol):
    @property
    def counted_at(self) -> datetime | None:
        """When the logs were last counted, None if never."""

    def figures(self, asked: Sequence[AskedSession], now: datetime, /) -> Mapping[SessionKey, SessionFigures]:
        """Those of the sessions that the ledger knows. Raises LedgerError."""


class NoCosts:
    """Where nothing is counted."""

    counted_at: datetime | None = None

    def figures(
        self, _asked: Sequence[AskedSession], _now: datetime, /
    ) -> Mapping[SessionKey, SessionFigures]:
        return {}
