"""The Claude Code CLI: its path and its version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from providers.claude.usage_command.source import BUNDLES, TITLE, child_environ
from providers.domain.errors import ProgramMissing, ProviderError
from providers.host.files import short
from providers.host.locate import find as programs
from providers.host.locate.find import Program
from providers.host.process.child import probe_folder, run
from providers.source import Home, Installed

VERSION_SECONDS = 5.0
_VERSION = re.compile(r"^v?(\d{1,6}\.\d{1,6}\.\d{1,6}) \(Claude Code\)", re.MULTILINE)


def installed(environ: Mapping[str, str], chosen: Path | None) -> Installed:
    """The program and its version, queried in a temporary home; raises ProgramMissing."""
    program = programs.find("claude", chosen=chosen, environ=environ, title=TITLE, bundles=BUNDLES)
    try:
        return Installed(path=program.path, version=_version(program, environ))
    except ProviderError as error:
        return Installed(path=program.path, error=error)


def _version(program: Program, environ: Mapping[str, str]) -> str:
    with probe_folder() as folder:
        home = Home(provider="claude", path=folder / "version", label="version")
        home.path.mkdir(mode=0o700)
        done = run(
            [str(program.path), "--version"],
            environ=child_environ(environ, home, program.search_path),
            folder=folder,
            seconds=VERSION_SECONDS,
        )
    found = _VERSION.search(done.out.decode(errors="replace")) if done.code == 0 else None
    if found is None:
        what = "did not respond in time" if done.timed_out else "did not report its version"
        raise ProgramMissing(
            f"{short(program.path)} {what}.",
            remedy="Run `claude --version`. If that fails, reinstall Claude Code.",
        )
    return found[1]
