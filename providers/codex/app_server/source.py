"""Codex itself, asked through `codex app-server`.

It is asked where the endpoint cannot be, never because the network failed: what it asks is the same server. How
that is done is `app_server_probe`, which is loaded when it is first needed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from providers.domain.errors import LoginExpired, NotUnderstood, ProviderError
from providers.domain.limits import Reading
from providers.source import Question

if TYPE_CHECKING:
    from providers.codex.app_server.probe import Prober


def _prober() -> Prober:
    from providers.codex.app_server.probe import Prober

    return Prober()


class AppServerSource:
    """Implements providers.source.Source."""

    id = "app-server"
    title = "Codex CLI"
    local = False
    rest = timedelta(minutes=5)

    def __init__(self, make_prober: Callable[[], Prober] = _prober) -> None:
        self._make_prober = make_prober

    def is_fallback_for(self, error: ProviderError) -> bool:
        """Where the login was the error, or our way of asking was; a login in a keyring is NotUnderstood."""
        return isinstance(error, LoginExpired | NotUnderstood)

    def unavailable(self, question: Question) -> ProviderError | None:
        return self._own.unavailable(question)

    def read(self, question: Question) -> Reading:
        """Within 15 s. Raises ProgramTooOld for what cannot answer; what does not even start rests for 30 min."""
        return self._own.read(question)

    @cached_property
    def _own(self) -> Prober:
        return self._make_prober()
