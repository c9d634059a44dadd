"""Where a transcript is stored, and which project its lines belong to."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import PurePath, PureWindowsPath

from providers.domain import project


def path_parts(path: str) -> tuple[str, str, str]:
    """Of `…/projects/<project>/<session>/subagents/…/agent-<id>.jsonl`: project, session ("" if none) and name."""
    # Not with pathlib, which takes ten times as long: for small transcripts that is a tenth of the scan.
    folder, _, file = (path.replace(os.altsep, os.sep) if os.altsep else path).rpartition(os.sep)
    return *_parts_of_folder(folder), file.removesuffix(".jsonl") or file


@lru_cache(maxsize=64)  # the logs of a folder come together
def _parts_of_folder(path: str) -> tuple[str, str]:
    folders = path.split(os.sep)
    folder = session = ""
    if "projects" in folders:
        below = folders[len(folders) - folders[::-1].index("projects") :]
        folder = below[0] if below else ""
        if "subagents" in below[2:]:
            session = below[below.index("subagents", 2) - 1]
    return folder, session


_NOT_PLAIN = re.compile(r"[^a-zA-Z0-9]")


@lru_cache(maxsize=1024)  # most transcripts of a home are of few projects
def project_of(cwd: str, folder: str) -> str:
    """The folder that a session was started in: Claude Code names the transcripts' folder after it, and may
    work in a subfolder.

    The name cannot be turned back into a path, so without a matching `cwd` it stays as it is.
    """
    named = project.canonical(cwd)
    windows = project.is_windows(cwd)
    parents = PureWindowsPath(named).parents if windows else PurePath(named).parents
    for path in (named, *map(str, parents)):
        plain = _NOT_PLAIN.sub("-", path)
        if cwd and (plain == folder or (windows and plain.casefold() == folder.casefold())):
            return path
    return named or folder
