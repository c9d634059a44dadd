"""The Codex CLI: its path, and its version, which is checked before anything else.

Up to 0.42 there is no app-server: the argument would start a session with it as a prompt for the model.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from providers.codex.scratch_home import borrowing
from providers.domain.errors import ProgramMissing, ProgramTooOld, ProviderError
from providers.host.files import short
from providers.host.locate import find as programs
from providers.host.locate.find import Program
from providers.host.locate.version import reported_version
from providers.host.process.child import probe_folder
from providers.source import Installed

Version = tuple[int, int, int]

TITLE = "Codex"
# Where other programs bundle it: the desktop apps, and the editor extensions.
BUNDLES = (
    "/Applications/Codex.app/Contents/Resources/codex",
    "~/Applications/Codex.app/Contents/Resources/codex",
    "/Applications/ChatGPT.app/Contents/Resources/codex",
    "%LOCALAPPDATA%/Programs/Codex/resources/codex.exe",
    "%LOCALAPPDATA%/Programs/ChatGPT/resources/codex.exe",
    "~/.vscode/extensions/openai.chatgpt-*/bin/*/codex",
    "~/.vscode/extensions/openai.chatgpt-*/bin/*/codex.exe",
    "~/.cursor/extensions/openai.chatgpt-*/bin/*/codex",
    "~/.cursor/extensions/openai.chatgpt-*/bin/*/codex.exe",
)
PAUSE = timedelta(minutes=30)
"""How long to wait before retrying a program that cannot be started."""
_VERSION = re.compile(r"^codex(?:-cli)? v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})", re.MULTILINE)


class Find(Protocol):
    """How a program is found: `providers.host.locate.find.find`."""

    def __call__(self, name: str, *, chosen: Path | None, environ: Mapping[str, str]) -> Program:
        """Raises ProgramMissing."""


def find_codex(name: str, *, chosen: Path | None, environ: Mapping[str, str]) -> Program:
    return programs.find(name, chosen=chosen, environ=environ, title=TITLE, bundles=BUNDLES)


class Versions:
    """The version of each program, queried once per file."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, int, int, int], Version] = {}

    def ask(self, program: Program, environ: Mapping[str, str], folder: Path) -> Version:
        """Its version, queried in `folder`, a temporary one; raises ProgramMissing when it is unknown."""
        try:
            about = os.stat(program.path)
        except OSError as error:
            raise ProgramMissing(
                f"{short(program.path)} cannot be started ({error.strerror}).", remedy="Reinstall Codex."
            ) from None
        # npm dates all its files 1985: only ctime shows an update.
        key = (program.path, about.st_mtime_ns, about.st_ctime_ns, about.st_size)
        if key not in self._known:
            self._known[key] = _asked(program, environ, folder)
        return self._known[key]


def installed(environ: Mapping[str, str], chosen: Path | None) -> Installed:
    """The program and its version, queried in a temporary home; raises ProgramMissing."""
    program = find_codex("codex", chosen=chosen, environ=environ)
    try:
        with probe_folder() as folder:
            version = Versions().ask(program, environ, folder)
    except ProviderError as error:
        return Installed(path=program.path, error=error)
    return Installed(path=program.path, version=".".join(map(str, version)))


def no_older(version: Version, least: Version) -> None:
    """Raises ProgramTooOld."""
    if version < least:
        raise ProgramTooOld(
            f"Codex {'.'.join(map(str, version))} is too old to report limits.", remedy="Update Codex."
        )


def _asked(program: Program, environ: Mapping[str, str], folder: Path) -> Version:
    # It creates folders in its home even for this.
    own = folder / "version"
    own.mkdir(mode=0o700, exist_ok=True)
    own_environ = borrowing(environ, own, program.search_path)
    found = reported_version(program, _VERSION, name="codex", title=TITLE, environ=own_environ, folder=folder)
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


def runs_with(home: Path) -> bool:
    """Whether a Codex of this user is running with this home right now."""
    import psutil

    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError, ValueError):
            if not process.name().lower().startswith("codex"):
                continue
            environ = process.environ()
            person = environ.get("HOME") or environ.get("USERPROFILE", "")
            theirs = environ.get("CODEX_HOME") or os.path.join(person, ".codex")
            if os.path.realpath(theirs) == os.path.realpath(home):
                return True
    return False
