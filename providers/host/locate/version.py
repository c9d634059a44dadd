"""The version that a program reports of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from providers.domain.errors import ProgramMissing
from providers.host.files import short
from providers.host.locate.find import Program
from providers.host.process.child import run

VERSION_SECONDS = 5.0


def reported_version(
    program: Program,
    pattern: re.Pattern[str],
    *,
    name: str,
    title: str,
    environ: Mapping[str, str],
    folder: Path,
) -> re.Match[str]:
    """Where the pattern matches in what `--version` prints; it runs in `folder`, a probe's own.

    Raises ProgramMissing when it cannot be started, does not respond in time or prints something else.
    """
    done = run([str(program.path), "--version"], environ=environ, folder=folder, seconds=VERSION_SECONDS)
    found = pattern.search(done.out.decode(errors="replace")) if done.code == 0 else None
    if found is None:
        what = "did not respond in time" if done.timed_out else "did not report its version"
        raise ProgramMissing(
            f"{short(program.path)} {what}.",
            remedy=f"Run `{name} --version`. If that fails, reinstall {title}.",
        )
    return found
