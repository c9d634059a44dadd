"""The usage of single threads, and of each day, as the server counted them: asked of `codex app-server`.

One program in a temporary home, with an access token that it cannot renew, is asked for all of them. Nothing of
the user's own home is touched, and no login is renewed. Facts (0.171): with a thread, `account/usage/read` has no
count of days; an id that is no UUID is refused; a thread that the server leaves out of its answer is an error.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct

from providers.codex.app_server.answer import tokens
from providers.codex.app_server.greeting import ARGUMENTS, GRACE_SECONDS, LAST_SECONDS, LOOK, OLDEST, greet
from providers.codex.app_server.plan import asked_credentials
from providers.codex.app_server.refusal import classify
from providers.codex.app_server.thread_answer import thread_use
from providers.codex.auth import OnlyCodex, expiry
from providers.codex.program import Find, Versions, find_codex, no_older
from providers.codex.scratch_home import borrowing, furnish
from providers.domain.errors import RETRIES, Denied, NotUnderstood, ProgramTooOld, ProviderError, TimedOut
from providers.domain.limits import DayTokens
from providers.domain.server_count import ServerAnswer, ServerUse
from providers.host.files import short
from providers.host.locate.find import Program
from providers.host.process.child import Child, probe_folder
from providers.host.process.jsonrpc import Conversation, Ended, RpcRefused
from providers.source import Question

SIDE_BY_SIDE = 4
"""So many threads are asked for at once."""
_GIVES_UP_AFTER = 3
"""So many answers in a row that say nothing: neither will the next."""
_OMITTED = "omitted requested thread"
_METHOD = "account/usage/read"
_AGAIN = "Run it again later: answers so far are kept, and only the rest is requested."


class ThreadDeadlines(Struct, frozen=True, kw_only=True):
    """How many seconds it may take to start, to answer one request, and in total, including its exit."""

    start: float = 8.0
    request: float = 10.0
    total: float = 60.0


class _Heard:
    """What was answered so far."""

    def __init__(self) -> None:
        self.sessions: dict[str, ServerUse] = {}
        self.unknown: set[str] = set()
        self.days: tuple[DayTokens, ...] = ()
        self._in_vain: list[ProviderError] = []

    def take(self, thread: str, use: ServerUse | None) -> None:
        if use is not None:
            self.sessions[thread] = use
            self._in_vain.clear()
            return
        self.in_vain(
            Denied(
                "ChatGPT does not report the usage of individual threads for this account.",
                remedy="Nothing to do: they are shown without it.",
            )
        )

    def in_vain(self, error: ProviderError) -> None:
        """Raises the error if it is one too many in a row."""
        self._in_vain.append(error)
        if len(self._in_vain) >= _GIVES_UP_AFTER:
            raise error

    def answer(self, error: ProviderError | None = None) -> ServerAnswer:
        error = error or (self._in_vain[-1] if self._in_vain else None)
        if error is not None and error.remedy == RETRIES:
            error.remedy = _AGAIN
        return ServerAnswer(
            sessions=self.sessions, unknown=frozenset(self.unknown), days=self.days, error=error
        )


class ThreadCounter:
    """Implements providers.source.ServerCounter."""

    sessions_by = "threadUsage"
    days_by = "dailyUsageBuckets"

    def __init__(
        self,
        *,
        find: Find = find_codex,
        environ: Mapping[str, str] = os.environ,
        seconds: Callable[[], float] = time.monotonic,
        deadlines: ThreadDeadlines = ThreadDeadlines(),  # noqa: B008 - it is frozen
        below: Path | None = None,
    ) -> None:
        """Temporary folders are created in `below`, by default the system's."""
        self._find = find
        self._environ = environ
        self._seconds = seconds
        self._deadlines = deadlines
        self._below = below
        self._versions = Versions()

    def count(self, question: Question, sessions: Sequence[str]) -> ServerAnswer:
        """What was answered until then, and the error that ended it."""
        heard = _Heard()
        try:
            self._run(question, [thread for thread in sessions if _is_uuid(thread)], heard)
        except ProviderError as error:
            return heard.answer(error)
        return heard.answer()

    def _run(self, question: Question, threads: Sequence[str], heard: _Heard) -> None:
        ends = self._seconds() + self._deadlines.total - LAST_SECONDS
        _require_own_login(question)
        program = self._find("codex", chosen=question.program, environ=self._environ)
        with probe_folder(self._below) as folder:
            no_older(self._versions.ask(program, self._environ, folder), OLDEST)
            home = folder / "home"
            home.mkdir(mode=0o700)
            furnish(home, question.home, question.now)
            _require_own_login(question)  # another account may have signed in meanwhile
            environ = borrowing(self._environ, home, program.search_path)
            self._talk(question, threads, heard, program, environ, folder, ends)

    def _talk(
        self,
        question: Question,
        threads: Sequence[str],
        heard: _Heard,
        program: Program,
        environ: Mapping[str, str],
        folder: Path,
        ends: float,
    ) -> None:
        command = [str(program.path), *ARGUMENTS]
        try:
            with Child(command, environ=environ, folder=folder, talks=True, grace=GRACE_SECONDS) as child:
                talk = Conversation(child, self._seconds)
                greet(talk, program, question.now, min(self._seconds() + self._deadlines.start, ends))
                days = talk.ask(_METHOD)
                with suppress(RpcRefused):  # it may answer for threads all the same
                    heard.days = tokens(talk.answer(days, self._until(ends)))
                for first in range(0, len(threads), SIDE_BY_SIDE):
                    some = threads[first : first + SIDE_BY_SIDE]
                    asked = [(thread, talk.ask(_METHOD, {"threadId": thread})) for thread in some]
                    for thread, number in asked:
                        self._hear(talk, question, thread, number, heard, ends)
        except TimedOut:
            raise TimedOut("Codex did not respond in time.") from None
        except Ended:
            raise NotUnderstood(f"{short(program.path)} exited before it responded.", remedy=LOOK) from None

    def _hear(
        self, talk: Conversation, question: Question, thread: str, number: int, heard: _Heard, ends: float
    ) -> None:
        try:
            heard.take(thread, thread_use(self._answer(talk, number, ends), thread))
        except RpcRefused as refused:
            if _OMITTED in refused.message:
                heard.unknown.add(thread)
                return
            error = classify(refused, renewed=False, retry_at=question.now)
            if isinstance(error, ProgramTooOld):
                thread_use({}, thread)
            if not isinstance(error, NotUnderstood):
                raise error from None
            heard.in_vain(error)
        except NotUnderstood as error:
            heard.in_vain(error)

    def _answer(self, talk: Conversation, number: int, ends: float) -> Any:
        return talk.answer(number, self._until(ends))

    def _until(self, ends: float) -> float:
        return min(self._seconds() + self._deadlines.request, ends)


def _require_own_login(question: Question) -> None:
    """Raises where there is none of this account that can be lent to a temporary home."""
    credentials = asked_credentials(question)
    if isinstance(credentials, OnlyCodex):
        raise NotUnderstood(
            f"Only Codex itself can use the login of {question.home.label}, so the server was not asked for its"
            " threads.",
            remedy='Set `cli_auth_credentials_store = "file"` in its config.toml, and sign in with ChatGPT.',
        )
    if (error := expiry(credentials, question.now)) is not None:
        raise error


def _is_uuid(thread: str) -> bool:
    try:
        return str(UUID(thread)) == thread.lower()
    except ValueError:
        return False
