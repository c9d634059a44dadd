"""The report as text, made by a process of its own: it loads much that a tray has no use for."""

from __future__ import annotations

from collections.abc import Mapping

from providers.domain.errors import ProviderError
from providers.host.process.child import probe_folder, run
from tray.engine.detached import own_command

REPORT_SECONDS = 60.0


class NoReport(Exception):
    """The report could not be made; str() is a sentence."""


def report_text(environ: Mapping[str, str], seconds: float = REPORT_SECONDS) -> bytes:
    """What `tankful doctor` prints. Raises NoReport."""
    failure = "The report could not be made. Run `tankful doctor` in a terminal."
    try:
        with probe_folder() as folder:
            done = run(
                own_command("doctor"), environ={**environ, "NO_COLOR": "1"}, folder=folder, seconds=seconds
            )
    except (ProviderError, OSError) as error:
        raise NoReport(failure) from error
    if done.code != 0 or not done.out:
        raise NoReport(failure)
    return done.out
