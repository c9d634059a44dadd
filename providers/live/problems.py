"""What could not be looked at, as sentences: it must not cost what could be."""

from __future__ import annotations

from pathlib import Path

from providers.host.faults import describe, log_fault, logger_of
from providers.host.files import short
from providers.live.observed import Candidate
from providers.source import Home, Provider

_log = logger_of(__name__)


class Problems:
    """Of one look, each once. A fault is logged when it is new, not with every look."""

    def __init__(self) -> None:
        self.sentences: dict[str, None] = {}
        self._logged: set[str] = set()

    def begin(self) -> None:
        """A new look."""
        self.sentences = {}

    def add(self, sentence: str) -> None:
        self.sentences[sentence] = None

    def provider_failed(self, provider: Provider, error: Exception) -> None:
        self._log(f"could not find the sessions of {provider.id}", error)
        self.add(
            f"The sessions of {provider.title} could not be found: internal error ({type(error).__name__})."
            " Please report this."
        )

    def home_hangs(self, home: Home) -> None:
        self.add(f"{home.label} does not answer. Check the network drive that it is on.")

    def session_failed(self, one: Candidate, error: Exception) -> None:
        self._log(f"could not read a session of {one.provider.id}", error)
        self.add(
            f"A session of {one.provider.title} could not be read: internal error ({type(error).__name__})."
            " Please report this."
        )

    def unreadable(self, one: Candidate, error: OSError) -> None:
        if one.found.log is not None:
            self.add(
                f"{short(one.found.log)} cannot be read ({error.strerror}). Check the file's permissions."
            )

    def count_failed(self, path: Path, error: Exception) -> None:
        self._log("could not count the turns of a session", error)
        self.add(
            f"The turns in {short(path)} could not be counted: internal error ({type(error).__name__})."
            " Please report this."
        )

    def processes_failed(self, error: Exception) -> None:
        self._log("could not find the processes of sessions", error)
        self.add(
            f"The processes of sessions could not be found: internal error ({type(error).__name__})."
            " Please report this."
        )

    def no_processes(self, error: OSError) -> None:
        self._log("could not look at the processes", error)
        self.add(f"The processes cannot be looked at ({error.strerror}). Close programs, or raise the limit.")

    def git_failed(self, error: Exception) -> None:
        self._log("could not ask git about the folders of sessions", error)
        self.add(
            f"git could not be asked about the folders of sessions: internal error ({type(error).__name__})."
            " Please report this."
        )

    def figures_failed(self, error: Exception) -> None:
        self._log("could not read the figures of sessions", error)
        self.add(
            f"The cost of sessions could not be read: internal error ({type(error).__name__})."
            " Please report this."
        )

    def _log(self, what: str, error: Exception) -> None:
        description = f"{what}: {describe(error)}"
        if description not in self._logged:
            self._logged.add(description)
            log_fault(_log, what, error)
