"""What the CLIs send to a guard's hook, and the files in which guards are set as hooks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from providers.claude import hook as claude_hook
from providers.claude import session_hook as claude_session_hook
from providers.claude.descriptor import find_hooks as claude_guards
from providers.codex import hook as codex_hook
from providers.codex import hooks as codex_hooks
from providers.codex import session_hook as codex_session_hook
from providers.domain.errors import ProgramMissing, ProviderError
from providers.domain.live import STATUSES
from providers.host.locate.find import Program
from providers.source import Home, OwnHook
from tests.fuzz import mutate
from tests.fuzz.run import Target, require

CALLS = (
    {
        "hook_event_name": "UserPromptSubmit",
        "session_id": "s",
        "turn_id": "t",
        "model": "gpt-5.5",
        "prompt": "go",
    },
    {"hook_event_name": "PreToolUse", "session_id": "s", "prompt_id": "p", "agent_id": "a", "tool_input": {}},
    {"hook_event_name": "PostToolUse", "session_id": "s", "tool_response": {"stdout": "x"}},
    {"hook_event_name": "UserPromptSubmit", "prompt": "<task-notification>"},
    {"hook_event_name": "PermissionRequest", "session_id": "s", "tool_name": "Bash", "agent_id": ""},
    {"hook_event_name": "Stop", "session_id": "s", "background_tasks": [{"id": "b", "status": "running"}]},
)
ENTRY = {
    "matcher": "Bash",
    "hooks": [{"type": "command", "command": "tankful guard --hook codex", "timeout": 5}],
}
SETTINGS = ({"hooks": {"PreToolUse": [ENTRY], "UserPromptSubmit": [ENTRY, ENTRY]}, "disableAllHooks": False},)


def targets(folder: Path) -> tuple[Target, ...]:
    calls = [json.dumps(call).encode() for call in CALLS]
    settings = [json.dumps(each).encode() for each in SETTINGS]
    return (
        Target(name="hook-calls", make=mutate.of_json(calls), check=_check_call),
        Target(
            name="hook-settings",
            make=mutate.of_json(settings),
            check=lambda raw: _check_settings(folder, raw),
        ),
    )


def _check_call(content: bytes) -> None:
    """Whatever is sent, an answer is JSON, and PostToolUse of Codex is never one that stops."""
    try:
        sent = json.loads(content)
    except (ValueError, RecursionError):
        return
    if not isinstance(sent, dict):
        return
    for protocol in (codex_hook, claude_hook):
        _check_protocol(protocol, sent)
    for protocol in (codex_session_hook, claude_session_hook):
        recorded = protocol.read(sent)
        if recorded is not None:
            require(recorded.status in STATUSES and bool(recorded.session), "a status of nothing")
            require(recorded.tool is None or recorded.tool.isprintable(), f"a tool {recorded.tool!a}")


def _check_protocol(protocol: ModuleType, sent: dict[str, object]) -> None:
    call = protocol.read(sent, {})
    if call is None:
        return
    names = (call.event, call.session, call.turn, call.model)
    require(all(isinstance(name, str) for name in names), f"a call of {names!a}")
    for refuse in (False, True):
        stopped = protocol.stop(call, "text", refuse=refuse)
        warned = protocol.warn(call, "text", urgent=refuse)
        for found in (stopped, warned):
            require(found is None or bool(json.dumps(found.output)), "an empty answer")
        if protocol is codex_hook and call.event == "PostToolUse":
            require(stopped is None, "the output of a tool would be replaced")


def _check_settings(folder: Path, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    home = Home(provider="codex", path=folder, label="~/home")
    for name in ("hooks.json", "settings.json"):
        (folder / name).write_bytes(content)
    for find in (claude_guards, _codex_guards):
        try:
            found = find(home, {}, None)
        except ProviderError:
            continue
        require(all(each.event.isascii() or each.event for each in found), "a guard of nothing")


def _codex_guards(home: Home, environ: Mapping[str, str], chosen: Path | None) -> tuple[OwnHook, ...]:
    return codex_hooks.find_hooks(home, environ, chosen, find=_missing)


def _missing(name: str, *, chosen: Path | None, environ: Mapping[str, str]) -> Program:
    raise ProgramMissing("There is no Codex.", remedy="Install it.")
