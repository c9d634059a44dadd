"""Our hooks in the homes of a provider: whether its CLI has and trusts them, and when they last answered."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from providers.domain.errors import ProviderError
from providers.domain.hook_line import Purpose
from providers.host.files import short
from providers.host.process.environment import environ_of
from providers.source import Home, OwnHook, Provider, ProviderSettings
from tray.engine import hook_marks
from tray.engine.doctor.facts import HookFacts
from tray.engine.live import hook_records
from tray.engine.scope import Scope

_Answer = Callable[[Scope, Provider, Home], HookFacts]
"""When the hooks of a purpose last answered, and how."""


def hooks_of(scope: Scope, provider: Provider, own: ProviderSettings) -> tuple[HookFacts, ...]:
    """One of each purpose for each home that exists."""
    if provider.find_hooks is None:
        return ()
    return tuple(
        facts
        for home in scope.homes_of(provider)
        if os.path.isdir(home.path)
        for facts in _of_home(scope, provider, own, home)
    )


def _of_home(scope: Scope, provider: Provider, own: ProviderSettings, home: Home) -> list[HookFacts]:
    answers = {purpose: answer(scope, provider, home) for purpose, answer in _ANSWERS.items()}
    assert provider.find_hooks is not None  # noqa: S101 - the caller has looked
    try:
        found = provider.find_hooks(home, environ_of(provider, scope.environ), own.program)
    except ProviderError as error:
        return [replace(facts, error=error.as_data()) for facts in answers.values()]
    return [
        _with_hooks(facts, [each for each in found if each.purpose == purpose])
        for purpose, facts in answers.items()
    ]


def _with_hooks(facts: HookFacts, found: Sequence[OwnHook]) -> HookFacts:
    return replace(
        facts,
        events=tuple(each.event for each in found),
        trusts=tuple(each.trust for each in found if each.trust is not None),
        enabled=all(each.enabled for each in found),
        missing=next((missing for each in found if (missing := _missing(each.program))), None),
        timeout=max((each.timeout for each in found), default=None),
    )


def _guarded(scope: Scope, provider: Provider, home: Home) -> HookFacts:
    path = hook_marks.path_of(str(scope.folders.state), provider.id, home.label)
    outcome = (hook_marks.read(path) or {}).get("outcome")
    return HookFacts(
        home=home.label,
        answered_at=_written_at(path),
        outcome=outcome if isinstance(outcome, str) else None,
    )


def _recorded(scope: Scope, provider: Provider, home: Home) -> HookFacts:
    """Records do not say of which home they are."""
    at = hook_records.newest_at(str(scope.folders.state), provider.id)
    answered_at = None if at is None else datetime.fromtimestamp(at, UTC)
    return HookFacts(home=home.label, purpose="sessions", answered_at=answered_at)


_ANSWERS: dict[Purpose, _Answer] = {"guard": _guarded, "sessions": _recorded}


def _missing(program: str | None) -> str | None:
    """The path of a program that is not there. A name alone is looked for by the CLI, whose PATH is its own."""
    path = os.path.expanduser(program or "")
    if not os.path.isabs(path) or (os.path.isfile(path) and os.access(path, os.X_OK)):
        return None
    return short(Path(path))


def _written_at(path: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(os.stat(path).st_mtime, UTC)
    except OSError:
        return None
