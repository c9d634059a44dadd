from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from providers.domain.errors import NotUnderstood
from providers.domain.hooked_status import HookedStatus
from providers.host.files import short
from providers.source import Home, OwnHook, ProviderSettings
from tests.fake_provider import fake_provider, make_fake_home
from tests.tray.engine.test_engine import scope_of
from tray.engine import hook_marks
from tray.engine.doctor.facts import HookFacts
from tray.engine.doctor.hooks import hooks_of
from tray.engine.live import hook_records

OWN = ProviderSettings()


def test_set_trusted_and_alive(tmp_path: Path) -> None:
    home = make_fake_home(tmp_path / "home")
    hook = OwnHook(event="PreToolUse", trust="trusted", timeout=5)
    slow = replace(hook, timeout=90)
    provider = replace(fake_provider([home]), find_hooks=lambda *_: (slow, hook))
    scope = scope_of(tmp_path, provider)
    (label,) = (each.label for each in scope.homes_of(provider))
    hook_marks.note(str(scope.folders.state), provider.id, label, "let pass", 1_795_000_000)
    found, _ = hooks_of(scope, provider, OWN)
    assert found == HookFacts(
        home=label,
        events=("PreToolUse", "PreToolUse"),
        trusts=("trusted", "trusted"),
        timeout=90,
        answered_at=datetime.fromtimestamp(1_795_000_000, UTC),
        outcome="let pass",
    )


def test_a_guard_and_a_hook_for_sessions_are_two(tmp_path: Path) -> None:
    guard = OwnHook(event="PreToolUse", trust="trusted", timeout=5)
    hook = OwnHook(event="Stop", purpose="sessions", trust="untrusted", timeout=5)
    provider = replace(
        fake_provider([make_fake_home(tmp_path / "home")]), find_hooks=lambda *_: (guard, hook)
    )
    scope = scope_of(tmp_path, provider)
    recorded = HookedStatus("0199", "idle")
    hook_records.write(str(scope.folders.state), provider.id, recorded, None, 1_795_000_000.0)
    first, second = hooks_of(scope, provider, OWN)
    assert (first.purpose, first.trusts, first.answered_at) == ("guard", ("trusted",), None)
    at = datetime.fromtimestamp(1_795_000_000, UTC)
    assert (second.purpose, second.trusts, second.answered_at) == ("sessions", ("untrusted",), at)


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    def fails(_home: Home, _environ: Mapping[str, str], _chosen: Path | None) -> tuple[OwnHook, ...]:
        raise NotUnderstood("It cannot be read.", remedy="Fix it.")

    provider = replace(fake_provider([make_fake_home(tmp_path / "home")]), find_hooks=fails)
    found, _ = hooks_of(scope_of(tmp_path, provider), provider, OWN)
    assert found.error is not None
    assert found.error.message == "It cannot be read."


def test_of_homes_that_exist(tmp_path: Path) -> None:
    provider = replace(fake_provider([tmp_path / "none"]), find_hooks=lambda *_: ())
    assert hooks_of(scope_of(tmp_path, provider), provider, OWN) == ()
    assert hooks_of(scope_of(tmp_path), fake_provider([tmp_path]), OWN) == ()


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    tankful = tmp_path / "bin/tankful"

    def missing(program: str | None) -> str | None:
        hook = OwnHook(event="Stop", program=program, timeout=5)
        provider = replace(fake_provider([make_fake_home(tmp_path / "home")]), find_hooks=lambda *_: (hook,))
        found, _ = hooks_of(scope_of(tmp_path, provider), provider, OWN)
        return found.missing

    assert missing(str(tankful)) == short(tankful)
    assert (missing("tankful"), missing(None)) == (None, None)
    tankful.parent.mkdir()
    tankful.write_text("#!/bin/sh\n")
    assert missing(str(tankful)) == short(tankful)
    tankful.chmod(0o755)
    assert missing(str(tankful)) is None
