"""The sessions of Claude's desktop app, which run in folders of their own and log there like Claude Code.

Each session of its local agent mode (Cowork) has a home,
`local-agent-mode-sessions/<app>/<organization>/local_<id>/ .claude`, below the app's data:
`~/Library/Application Support/Claude` on macOS; on Windows `%APPDATA%\\Claude`, or where the store's package
keeps that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from providers.source import Home

_SESSIONS = "local-agent-mode-sessions"
_HOMES = "*/*/local_*/.claude"
LABEL = "Claude Desktop"


def find_log_homes(environ: Mapping[str, str], platform: str = sys.platform) -> tuple[Home, ...]:
    """A home for each session that has logs; they share one label, and have no login."""
    return tuple(
        Home(provider="claude", path=folder, label=LABEL)
        for data in _data_folders(environ, platform)
        for folder in _found(data / _SESSIONS, _HOMES)
    )


def _data_folders(environ: Mapping[str, str], platform: str) -> Iterator[Path]:
    if platform == "darwin":
        yield Path(os.path.expanduser("~/Library/Application Support/Claude"))
    elif platform == "win32":
        if roaming := environ.get("APPDATA"):
            yield Path(roaming) / "Claude"
        if local := environ.get("LOCALAPPDATA"):
            yield from _found(Path(local) / "Packages", "Claude_*/LocalCache/Roaming/Claude")


def _found(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(path for path in folder.glob(pattern) if os.path.isdir(path))
    except OSError:
        return []  # not installed, or not readable: the app's sessions are extra
