"""Where the transcript of a session is: by its id, never by a folder or a time.

Facts (2.1.332): `projects/<project>/<session>.jsonl`, written from the first prompt on. The project's folder is
named after the one in which the session began, and the transcript stays there when it is resumed elsewhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

_PROJECTS = "projects"
_NOT_PLAIN = re.compile(r"[^a-zA-Z0-9]")
_MOST_PROJECTS = 5000
_AGAIN = timedelta(seconds=10)
"""A session without a transcript is looked for in all projects only so often: it will be in the one of its
folder.
"""


class TranscriptFolders:
    """Remembers where each transcript was found."""

    def __init__(self) -> None:
        self._found: dict[tuple[Path, str], Path] = {}
        self._missed: dict[tuple[Path, str], datetime] = {}

    def of(self, home: Path, session: str, cwd: str | None, now: datetime) -> Path | None:
        """The transcript of a session that works in `cwd`; None while there is none."""
        key = home, session
        known = self._found.get(key)
        if known is not None and os.path.exists(known):
            return known
        found = self._find(home, session, cwd, now)
        if found is not None:
            self._found[key] = found
        return found

    def keep(self, sessions: Mapping[tuple[Path, str], object]) -> None:
        """Forget all others."""
        self._found = {key: path for key, path in self._found.items() if key in sessions}
        self._missed = {key: at for key, at in self._missed.items() if key in sessions}

    def _find(self, home: Path, session: str, cwd: str | None, now: datetime) -> Path | None:
        name, projects = f"{session}.jsonl", home / _PROJECTS
        if cwd:
            likely = project_folder(home, cwd) / name
            if os.path.exists(likely):
                return likely
        missed = self._missed.get((home, session))
        if missed is not None and timedelta(0) <= now - missed < _AGAIN:
            return None
        self._missed[home, session] = now
        return next(
            (path for each in _names(projects) if os.path.exists(path := projects / each / name)),
            None,
        )


def project_folder(home: Path, cwd: str) -> Path:
    """Of the sessions that began in this folder."""
    return home / _PROJECTS / _NOT_PLAIN.sub("-", cwd)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))[:_MOST_PROJECTS]
    except OSError:
        return []
