"""Codex's own `/status` screen, for programs without a better interface.

The work is done by `providers.codex.status.probe`, which is imported when it is first needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from providers.codex.auth import OnlyCodex
from providers.domain.errors import NotUnderstood, ProgramTooOld, ProviderError
from providers.domain.limits import Reading
from providers.source import Question

if TYPE_CHECKING:
    from providers.codex.status.probe import StatusProber


def prober(environ: Mapping[str, str] = os.environ) -> StatusProber:
    """One that starts Codex with this environment."""
    from providers.codex.status.probe import StatusProber

    return StatusProber(environ=environ)


class StatusScreenSource:
    """Implements providers.source.Source."""

    id = "status"
    title = "Codex /status screen"
    local = False
    rest = timedelta(minutes=10)

    def __init__(self, make_prober: Callable[[], StatusProber] = prober) -> None:
        self._make_prober = make_prober

    def is_fallback_for(self, error: ProviderError) -> bool:
        """After a problem with the interface: not the network, the login, or a missing program."""
        return isinstance(error, ProgramTooOld | NotUnderstood) and not isinstance(error, OnlyCodex)

    def unavailable(self, question: Question) -> ProviderError | None:
        return self._own.unavailable(question)

    def read(self, question: Question) -> Reading:
        """Within 45 s. Raises ProgramTooOld for one that shows no limits. One that does not start waits 30 min."""
        return self._own.read(question)

    @cached_property
    def _own(self) -> StatusProber:
        return self._make_prober()
