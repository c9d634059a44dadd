"""The limits as reported by `codex app-server`.

The fallback where the endpoint cannot be used, never after a network error: it uses the same server. The work is
done by `providers.codex.app_server.probe`, which is imported when it is first needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from providers.domain.errors import LoginExpired, NotUnderstood, ProviderError
from providers.domain.limits import Reading
from providers.source import Question

if TYPE_CHECKING:
    from providers.codex.app_server.probe import Prober


def prober(environ: Mapping[str, str] = os.environ) -> Prober:
    """One that starts Codex with this environment."""
    from providers.codex.app_server.probe import Prober

    return Prober(environ=environ)


class AppServerSource:
    """Implements providers.source.Source."""

    id = "app-server"
    title = "Codex CLI"
    local = False
    rest = timedelta(minutes=5)

    def __init__(self, make_prober: Callable[[], Prober] = prober) -> None:
        self._make_prober = make_prober

    def is_fallback_for(self, error: ProviderError) -> bool:
        """After a problem with the login or the response; a login in a keyring is NotUnderstood."""
        return isinstance(error, LoginExpired | NotUnderstood)

    def unavailable(self, question: Question) -> ProviderError | None:
        return self._own.unavailable(question)

    def read(self, question: Question) -> Reading:
        """Within 15 s. Raises ProgramTooOld for one that cannot answer. One that does not start waits 30 min."""
        return self._own.read(question)

    @cached_property
    def _own(self) -> Prober:
        return self._make_prober()
