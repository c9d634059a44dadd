"""Which command starts this tankful at login, where PATH and the working folder may differ."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_NAME = "tankful"
_CACHES = frozenset({".cache", "Caches", "archive-v0"})  # uv and pipx run programs from there


class StartCommand(Struct, frozen=True):
    """`command` begins with an absolute path. `temporary`: it is in a place that is cleaned up or rebuilt."""

    command: tuple[str, ...]
    temporary: bool = False


def this_program(
    environ: Mapping[str, str],
    *,
    script: str | None = None,
    python: str | None = None,
    platform: str = sys.platform,
    which: Callable[[str], str | None] = shutil.which,
    temporary_folders: Sequence[Path] | None = None,
) -> StartCommand:
    """The installed script, the one that runs now first; where there is none, Python with our module.

    On Windows always the latter: a script opens a console window there, and closing that would end the tray.
    """
    if temporary_folders is None:
        temporary_folders = _temporary_folders(environ)
    python = os.path.abspath(python or sys.executable)
    scripts = [] if platform == "win32" else _scripts(script or sys.argv[0], which)
    for found in scripts:
        if not _is_temporary(found, temporary_folders):
            return StartCommand((str(found),))
    temporary = _is_temporary(Path(python), temporary_folders)
    if scripts and temporary:
        return StartCommand((str(scripts[0]),), temporary=True)
    windowless = Path(python).with_name("pythonw.exe")
    if platform == "win32" and os.path.isfile(windowless):
        python = str(windowless)
    # -P: a folder named `tray` where the login starts must not be imported instead of ours.
    return StartCommand((python, "-P", "-m", "tray.cli"), temporary)


def _scripts(running: str, which: Callable[[str], str | None]) -> list[Path]:
    """A link stays a link: an installer moves what it points to."""
    found = [Path(os.path.abspath(running))] if Path(running).stem == _NAME else []
    if (on_path := which(_NAME)) is not None:
        found.append(Path(os.path.abspath(on_path)))
    return [path for path in found if os.path.isfile(path) and os.access(path, os.X_OK)]


def _temporary_folders(environ: Mapping[str, str]) -> tuple[Path, ...]:
    named = [environ.get(name) for name in ("UV_CACHE_DIR", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")]
    folders = [tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm", *filter(None, named)]  # noqa: S108
    return tuple(Path(os.path.realpath(folder)) for folder in folders)


def _is_temporary(path: Path, folders: Sequence[Path]) -> bool:
    return any(_lies_in_a_temporary_place(each, folders) for each in (path, Path(os.path.realpath(path))))


def _lies_in_a_temporary_place(path: Path, folders: Sequence[Path]) -> bool:
    if any(folder in path.parents for folder in folders) or not _CACHES.isdisjoint(path.parts):
        return True
    environment = path.parent.parent  # of bin/tankful; `uv run` makes it in a checkout
    return os.path.isfile(environment / "pyvenv.cfg") and os.path.isfile(
        environment.parent / "pyproject.toml"
    )
