"""Our hooks among those of a home. Claude Code asks for no trust in those of the person's own settings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from providers.domain.errors import NotUnderstood
from providers.domain.hook_line import Purpose, program_of, purpose_of, timeout_of
from providers.host.files import read_small, short
from providers.source import Home, OwnHook

_LIMIT = 1 << 20
_SECONDS = 600.0
_SECONDS_AT = {"UserPromptSubmit": 30.0, "SessionEnd": 5.0}
"""How long it waits for a hook that names no timeout (2.1.332, measured)."""


def find_hooks(
    home: Home,
    _environ: Mapping[str, str],
    _chosen: Path | None,
) -> tuple[OwnHook, ...]:
    """Raises NotUnderstood for settings that cannot be read."""
    path = home.path / "settings.json"
    try:
        content = json.loads(read_small(path, _LIMIT))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError, RecursionError):
        raise NotUnderstood(f"{short(path)} cannot be read.", remedy="Fix that file.") from None
    if not isinstance(content, dict):
        return ()
    enabled = content.get("disableAllHooks") is not True
    return tuple(
        OwnHook(
            event=event,
            purpose=purpose,
            program=program_of(entry["command"]),
            enabled=enabled,
            timeout=timeout_of(entry, _SECONDS_AT.get(event, _SECONDS)),
        )
        for event, purpose, entry in _own(content.get("hooks"))
    )


def _own(hooks: Any) -> Iterator[tuple[str, Purpose, dict[str, Any]]]:
    """Their events, purposes and entries."""
    for event, groups in hooks.items() if isinstance(hooks, dict) else ():
        for group in groups if isinstance(groups, list) else ():
            entries = group.get("hooks") if isinstance(group, dict) else None
            for entry in entries if isinstance(entries, list) else ():
                if isinstance(entry, dict) and (purpose := purpose_of(entry.get("command"))):
                    yield event, purpose, entry
