"""The guards of a provider: whether its CLI has them as hooks and trusts them, and when they last answered."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from providers.domain.errors import ProviderError
from providers.host.files import short
from providers.host.process.environment import environ_of
from providers.source import Home, Provider, ProviderSettings
from tray.engine import hook_marks
from tray.engine.doctor.facts import GuardFacts
from tray.engine.scope import Scope


def guards_of(scope: Scope, provider: Provider, own: ProviderSettings) -> tuple[GuardFacts, ...]:
    """One for each home that exists."""
    if provider.find_guards is None:
        return ()
    return tuple(
        _guard(scope, provider, own, home) for home in scope.homes_of(provider) if os.path.isdir(home.path)
    )


def _guard(scope: Scope, provider: Provider, own: ProviderSettings, home: Home) -> GuardFacts:
    path = hook_marks.path_of(str(scope.folders.state), provider.id, home.label)
    outcome = (hook_marks.read(path) or {}).get("outcome")
    facts = GuardFacts(
        home=home.label,
        answered_at=_answered_at(path),
        outcome=outcome if isinstance(outcome, str) else None,
    )
    assert provider.find_guards is not None  # noqa: S101 - the caller has looked
    try:
        found = provider.find_guards(home, environ_of(provider, scope.environ), own.program)
    except ProviderError as error:
        return replace(facts, error=error.as_data())
    return replace(
        facts,
        events=tuple(each.event for each in found),
        trusts=tuple(each.trust for each in found if each.trust is not None),
        enabled=all(each.enabled for each in found),
        missing=next((missing for each in found if (missing := _missing(each.program))), None),
        timeout=max((each.timeout for each in found), default=None),
    )


def _missing(program: str | None) -> str | None:
    """The path of a program that is not there. A name alone is looked for by the CLI, whose PATH is its own."""
    path = os.path.expanduser(program or "")
    if not os.path.isabs(path) or (os.path.isfile(path) and os.access(path, os.X_OK)):
        return None
    return short(Path(path))


def _answered_at(path: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(os.stat(path).st_mtime, UTC)
    except OSError:
        return None
