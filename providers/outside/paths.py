"""Folders: where tankful keeps its own things, and how a person would write a path."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct


class Folders(Struct, frozen=True, kw_only=True):
    """tankful's own folders; none is made before something is written to it."""

    settings: Path
    state: Path
    cache: Path


def own_folders(environ: Mapping[str, str]) -> Folders:
    """`TANKFUL_HOME` holds all three together; otherwise each stands where the system keeps its kind."""
    if home := environ.get("TANKFUL_HOME"):
        root = Path(home).expanduser().absolute()
        return Folders(settings=root, state=root / "state", cache=root / "cache")
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("tankful", appauthor=False)
    return Folders(settings=dirs.user_config_path, state=dirs.user_state_path, cache=dirs.user_cache_path)


def split_homes(value: str) -> tuple[Path, ...]:
    """The folders of a comma list, in order, each once, as absolute paths."""
    found: dict[Path, None] = {}
    for part in value.split(","):
        if part.strip():
            found.setdefault(Path(os.path.abspath(Path(part.strip()).expanduser())))
    return tuple(found)


def short(path: Path) -> str:
    """The path as its owner would write it: `~/.codex`."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file in one step, readable by its owner alone: a reader sees the old or the new one whole.

    Raises OSError when the folder cannot be written; the old file stays then.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
