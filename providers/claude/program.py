"""The Claude Code CLI: its path and its version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from providers.claude.usage_command.source import BUNDLES, TITLE, child_environ
from providers.domain.errors import ProviderError
from providers.host.locate import find as programs
from providers.host.locate.find import Program
from providers.host.locate.version import reported_version
from providers.host.process.child import probe_folder
from providers.source import Home, Installed

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
        return reported_version(
            program,
            _VERSION,
            name="claude",
            title=TITLE,
            environ=child_environ(environ, home, program.search_path),
            folder=folder,
        )[1]
