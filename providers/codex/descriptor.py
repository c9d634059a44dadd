"""What the rest of the house knows of Codex."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from providers.codex.auth import read_login
from providers.codex.oauth import OAuthSource
from providers.codex.recent_limits import RolloutLimits
from providers.codex.rollouts import Rollouts
from providers.outside.paths import short, split_homes
from providers.source import Home, Provider


def find_homes(environ: Mapping[str, str]) -> tuple[Home, ...]:
    """The folders of `CODEX_HOME`, a comma list here; else the one that Codex takes by itself."""
    folders = split_homes(environ.get("CODEX_HOME", "")) or (Path(os.path.expanduser("~/.codex")),)
    return tuple(Home(provider="codex", path=folder, label=short(folder)) for folder in folders)


CODEX = Provider(
    id="codex",
    title="Codex",
    interval=timedelta(seconds=60),
    find_homes=find_homes,
    read_login=read_login,
    sources=(OAuthSource(), RolloutLimits()),
    logs=Rollouts(),
)
