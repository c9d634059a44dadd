from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.domain.limits import UsageError
from tray.engine.doctor.facts import Failed, HookFacts, ProviderFacts
from tray.view.doctor.provider import rows
from tray.view.doctor.row import ReportRow

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def row(**facts: Any) -> ReportRow:
    guard = HookFacts(home="~/.codex", **facts)
    about = ProviderFacts(id="codex", title="Codex", enabled=True, guards=(guard,))
    (found,) = [each for each in rows(about, NOW, UTC) if each.name == "guard"]
    return found


@pytest.mark.parametrize(
    ("facts", "level", "text"),
    [
        ({}, "", "not set as a hook in ~/.codex"),
        ({"events": ("PreToolUse",)}, "", "set for PreToolUse in ~/.codex; has not answered yet"),
        (
            {
                "events": ("UserPromptSubmit", "PreToolUse", "PreToolUse"),
                "trusts": ("trusted", "trusted", "managed"),
                "answered_at": NOW - timedelta(minutes=3),
                "outcome": "let pass",
            },
            "ok",
            "set for UserPromptSubmit, PreToolUse in ~/.codex, trusted; last answered 3 min ago: let pass",
        ),
        (
            {"events": ("PreToolUse",), "missing": "~/.local/bin/tankful", "answered_at": NOW},
            "warn",
            (
                "Set for PreToolUse in ~/.codex, but ~/.local/bin/tankful cannot be run, so nothing is guarded."
            ),
        ),
        (
            {"events": ("PreToolUse",), "trusts": ("untrusted",)},
            "warn",
            "Set for PreToolUse in ~/.codex, but it is not trusted, so Codex skips it without a message.",
        ),
        (
            {"events": ("PreToolUse",), "trusts": ("trusted", "modified")},
            "warn",
            (
                "Set for PreToolUse in ~/.codex, but it was changed since it was trusted, so "
                "Codex skips it without a message."
            ),
        ),
        (
            {"events": ("PreToolUse",), "timeout": 600.0, "answered_at": NOW},
            "warn",
            "Set for PreToolUse in ~/.codex, but Codex would wait 10 min for it on a disk that hangs.",
        ),
        (
            {"events": ("Stop",), "timeout": 30.0},
            "warn",
            "Set for Stop in ~/.codex, but Codex would wait 30 s for it on a disk that hangs.",
        ),
        (
            {"events": ("Stop",), "timeout": 1e60},
            "warn",
            "Set for Stop in ~/.codex, but Codex would wait 365 d for it on a disk that hangs.",
        ),
        ({"events": ("Stop",), "timeout": 10.0}, "", "set for Stop in ~/.codex; has not answered yet"),
        (
            {"events": ("PreToolUse",), "enabled": False},
            "warn",
            "Set for PreToolUse in ~/.codex, but hooks are switched off.",
        ),
        (
            {"error": UsageError(kind="not_understood", message="It cannot be read.", remedy="Fix it.")},
            "warn",
            "It cannot be read.",
        ),
    ],
)
def test_set_trusted_alive(facts: dict[str, Any], level: str, text: str) -> None:
    found = row(**facts)
    assert (found.level, found.text) == (level, text)
    assert (found.remedy is not None) == (level == "warn")


@pytest.mark.parametrize(
    ("trusts", "remedy"),
    [
        ((), "Set `timeout` to 5 in that hook."),
        (("trusted",), "Set `timeout` to 5 in that hook. Codex then asks to trust the hook again."),
    ],
)
def test_a_timeout_is_part_of_what_is_trusted(trusts: tuple[str, ...], remedy: str) -> None:
    assert row(events=("Stop",), timeout=600.0, trusts=trusts).remedy == remedy


def test_a_check_that_hangs() -> None:
    about = ProviderFacts(id="codex", title="Codex", enabled=True, guards=Failed("No answer within 14 s."))
    assert any(each.name == "guard" for each in rows(about, NOW, UTC))


def session_row(**facts: Any) -> ReportRow | None:
    hook = HookFacts(home="~/.codex", purpose="sessions", **facts)
    about = ProviderFacts(id="codex", title="Codex", enabled=True, session_hooks=(hook,))
    return next((each for each in rows(about, NOW, UTC) if each.name == "session hook"), None)


@pytest.mark.parametrize(
    ("facts", "level", "text"),
    [
        (
            {"events": ("Stop",), "trusts": ("trusted",), "answered_at": NOW - timedelta(minutes=3)},
            "ok",
            "set for Stop in ~/.codex, trusted; last recorded 3 min ago",
        ),
        ({"events": ("Stop",)}, "", "set for Stop in ~/.codex; has not recorded yet"),
        (
            {"events": ("Stop",), "trusts": ("untrusted",)},
            "warn",
            "Set for Stop in ~/.codex, but it is not trusted, so Codex skips it without a message.",
        ),
        (
            {"events": ("Stop",), "missing": "~/.local/bin/tankful"},
            "warn",
            "Set for Stop in ~/.codex, but ~/.local/bin/tankful cannot be run, so nothing is recorded.",
        ),
    ],
)
def test_a_hook_that_records_sessions(facts: dict[str, Any], level: str, text: str) -> None:
    found = session_row(**facts)
    assert found is not None
    assert (found.level, found.text) == (level, text)


def test_who_needs_no_such_hook_reads_nothing_of_it() -> None:
    assert session_row() is None
