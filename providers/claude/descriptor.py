"""What the rest of the house knows of Claude Code: its logs. Its limits are not read yet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from providers.claude.transcripts import Transcripts
from providers.outside.paths import short, split_homes
from providers.source import Home, Login, Provider


def find_homes(environ: Mapping[str, str]) -> tuple[Home, ...]:
    """The folders of `CLAUDE_CONFIG_DIR`, a comma list here; else the two that Claude Code has had."""
    # Not Path.home(), which raises for who has none.
    usual = tuple(Path(os.path.expanduser(folder)) for folder in ("~/.claude", "~/.config/claude"))
    folders = split_homes(environ.get("CLAUDE_CONFIG_DIR", "")) or usual
    return tuple(Home(provider="claude", path=folder, label=short(folder)) for folder in folders)


def read_login(home: Home, now: datetime) -> Login:  # noqa: ARG001 - as every provider
    """Nobody is known to be signed in, as long as no source asks."""
    return Login()


CLAUDE = Provider(
    id="claude",
    title="Claude",
    interval=timedelta(minutes=5),
    find_homes=find_homes,
    read_login=read_login,
    sources=(),
    logs=Transcripts(),
)
