"""Reads Codex's own `/status` screen.

It is drawn in a hidden terminal, by a session in a temporary home: a session asks for trust, offers models and
leaves a log, all in its home. Its model provider is an unreachable address, so that nothing can ever be sent to a
model; otherwise 0.169 opens a connection to one before any prompt.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from providers.codex.auth import TO_SEE_LIMITS, Credentials, expiry, read_credentials
from providers.codex.program import PAUSE, Find, Version, Versions, find_codex, no_older
from providers.codex.scratch_home import NOWHERE, borrowing, furnish, quoted
from providers.codex.status import text as status_text
from providers.codex.status.session import StatusScreen, ask_status
from providers.codex.status.text import Status
from providers.domain.errors import (
    Denied,
    NotSignedIn,
    NotUnderstood,
    ProgramMissing,
    ProgramTooOld,
    ProviderError,
    TimedOut,
)
from providers.domain.limits import Reading
from providers.host.locate.find import Program
from providers.host.process.child import probe_folder, run
from providers.host.terminal.line import Size
from providers.host.terminal.terminal import in_terminal
from providers.source import Question, another_account

SOURCE = "status"
OLDEST = (0, 45, 0)
PROBE_SECONDS = 40.0
_FIRST_SECONDS = 25.0
_SIZES = ((120, 60), (200, 120))
_SHOWS_MODELS = (0, 128, 0)  # 0.98 shows the account's limits alone
_HELP_SECONDS = 5.0
_SETTINGS = f"""\
approval_policy = "never"
sandbox_mode = "read-only"
model_provider = "nobody"
model_providers.nobody.name = "nobody"
model_providers.nobody.base_url = "{NOWHERE}"
model_providers.nobody.wire_api = "responses"
model_providers.nobody.requires_openai_auth = true
model_providers.nobody.supports_websockets = false
model_providers.nobody.request_max_retries = 0
model_providers.nobody.stream_max_retries = 0
features.apps = false
features.shell_snapshot = false
features.daemon_auto_start = false
"""


class Open(Protocol):
    """A program in a terminal of that many columns and lines."""

    def __call__(
        self, argv: list[str], *, environ: Mapping[str, str], folder: Path, size: tuple[int, int]
    ) -> AbstractContextManager[StatusScreen]:
        """Raises ProgramMissing."""


@contextmanager
def open_terminal(
    argv: list[str], *, environ: Mapping[str, str], folder: Path, size: tuple[int, int]
) -> Iterator[StatusScreen]:
    with in_terminal(argv, environ=environ, folder=folder, size=Size(*size)) as terminal:
        yield terminal


class _Probe(Struct, frozen=True):
    """A program to be run in a folder of its own."""

    program: Program
    version: Version
    arguments: tuple[str, ...]
    folder: Path


class StatusProber:
    """Opens the session; `providers.codex.status.source` decides when."""

    def __init__(
        self,
        *,
        find: Find = find_codex,
        environ: Mapping[str, str] = os.environ,
        seconds: Callable[[], float] = time.monotonic,
        below: Path | None = None,
        open_in: Open = open_terminal,
        system: str = sys.platform,
    ) -> None:
        """Temporary folders are created in `below`, by default the system's."""
        self._find = find
        self._environ = environ
        self._seconds = seconds
        self._below = below
        self._open = open_in
        self._windows = system == "win32"
        self._versions = Versions()

    def unavailable(self, question: Question) -> ProviderError | None:
        """It needs a valid login from a file, and a program."""
        try:
            credentials = _credentials(question)
            self._find("codex", chosen=question.program, environ=self._environ)
            return expiry(credentials, question.now)
        except ProviderError as error:
            return error

    def read(self, question: Question) -> Reading:
        """Within 45 s. Raises ProgramTooOld for one that shows no limits. One that does not start waits 30 min."""
        if (blocker := self.unavailable(question)) is not None:
            raise blocker
        ends = self._seconds() + PROBE_SECONDS
        with probe_folder(self._below) as folder:
            try:
                probe = self._probe(question, folder)
                status = self._status(question, probe, ends)
            except (ProgramMissing, NotUnderstood) as error:
                error.retry_at = question.now + PAUSE  # it would be the same a minute later
                raise
        _credentials(
            question
        )  # another account may have signed in meanwhile, and the screen need not show it
        return _reading(status, question, probe.version)

    def _probe(self, question: Question, folder: Path) -> _Probe:
        program = self._find("codex", chosen=question.program, environ=self._environ)
        version = self._versions.ask(program, self._environ, folder)
        no_older(version, OLDEST)
        home = folder / "help"
        home.mkdir(mode=0o700)
        finished = run(
            [str(program.path), "--help"],
            environ=borrowing(self._environ, home, program.search_path),
            folder=folder,
            seconds=_HELP_SECONDS,
        )
        # Otherwise 0.169 copies itself, 290 MB, into its home and leaves two daemons behind.
        arguments = ("--no-daemon",) if b"--no-daemon" in finished.out else ()
        return _Probe(program, version, arguments, folder)

    def _status(self, question: Question, probe: _Probe, ends: float) -> Status:
        """From a screen of the first size; if that shows too little, from a larger one."""
        first = self._seconds() + _FIRST_SECONDS
        try:
            status = self._ask(question, probe, _SIZES[0], min(first, ends))
            if status.complete or status.stale or status.outcome in ("later", "never", "too_old", "api_key"):
                return status
        except NotUnderstood:
            status = Status(outcome="nothing")
        try:
            larger = self._ask(question, probe, _SIZES[1], ends)
        except ProviderError:
            if status.outcome == "nothing":
                raise
            return status
        return larger if larger.outcome != "nothing" else status

    def _ask(self, question: Question, probe: _Probe, size: tuple[int, int], ends: float) -> Status:
        home = probe.folder / f"home-{size[0]}"
        home.mkdir(mode=0o700)
        trusted = f'projects.{quoted(str(probe.folder))}.trust_level = "trusted"\n'
        furnish(home, question.home, question.now, _SETTINGS + trusted)
        environ = borrowing(self._environ, home, probe.program.search_path)
        # Times are shown in the zone of the program, which on Windows is always the system's.
        zone: tzinfo | None = None if self._windows else UTC
        if not self._windows:
            environ["TZ"] = "UTC0"

        def parse_status(text: str) -> Status:
            return status_text.parse_status(text, question.now, zone or _local())

        command = [str(probe.program.path), *probe.arguments]
        with self._open(command, environ=environ, folder=probe.folder, size=size) as screen:
            return ask_status(screen, parse_status, ends, self._seconds)


def _local() -> tzinfo:
    from tzlocal import get_localzone

    return get_localzone()


def _credentials(question: Question) -> Credentials:
    """The login in its file; raises if it is unusable or of another account."""
    credentials = read_credentials(question.home)
    question.require(credentials.identity)
    return credentials


def _reading(status: Status, question: Question, version: Version) -> Reading:
    if status.outcome == "later":
        raise TimedOut("Codex did not get its limits in time.")
    if status.outcome == "never":
        raise Denied("Codex shows no limits for this account.")
    if status.outcome == "too_old":
        raise ProgramTooOld("This Codex shows its limits only after a prompt.", remedy="Update Codex.")
    if status.outcome == "api_key":
        raise NotSignedIn("API key login: it has no limits, only costs.", remedy=TO_SEE_LIMITS)
    if status.outcome == "nothing":
        raise NotUnderstood("Codex's /status screen has an unknown format.", remedy="Update Codex.")
    ours = question.identity.email
    if ours and status.email and ours.lower() != status.email.lower():
        raise another_account()
    lanes = ("windows", "credits") if version >= _SHOWS_MODELS else ("credits",)
    return Reading(
        source=SOURCE,
        fetched_at=question.now,
        windows=status.windows,
        credits=status.credits,
        plan=status.plan,
        email=status.email,
        speaks_for=frozenset(lanes if status.complete else ()),
        dropped=status.dropped,
    )
