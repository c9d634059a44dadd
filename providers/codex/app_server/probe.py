"""One query of `codex app-server` (JSON-RPC over stdio), from its start to its exit.

`providers.codex.app_server.plan` decides which home it runs in, and whether it should renew the login there.

Facts: 0.169 may fail `account/read` and answer `account/rateLimits/read`. 0.165 and later leave out the details of
resets on request, which saves a request to the server; 0.60 rejects any parameters of `account/rateLimits/read`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from providers.codex.app_server import answer as app_server_answer
from providers.codex.app_server.answer import AccountAnswer
from providers.codex.app_server.greeting import ARGUMENTS, GRACE_SECONDS, LAST_SECONDS, LOOK, OLDEST, greet
from providers.codex.app_server.plan import (
    Plan,
    Renewals,
    asked_credentials,
    defer_to_running,
)
from providers.codex.app_server.refusal import classify, quoted_usage
from providers.codex.auth import ELSE_SIGN_IN, RUN_ONCE, TO_SEE_LIMITS
from providers.codex.endpoint.answer import UsageAnswer
from providers.codex.program import PAUSE, Find, Versions, find_codex, no_older, runs_with
from providers.codex.same_account import require_same_account
from providers.codex.scratch_home import at_home, borrowing, furnish
from providers.domain.errors import (
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    Offline,
    ProgramMissing,
    ProviderError,
    TimedOut,
)
from providers.domain.limits import Reading, ResetCredits
from providers.host.files import short
from providers.host.locate.find import Program
from providers.host.process.child import Child, probe_folder
from providers.host.process.jsonrpc import Conversation, Ended, RpcRefused
from providers.source import RENEWED_EVERY, Question, another_account

SOURCE = "app-server"
_LEAVES_OUT_DETAILS = (0, 165, 0)


class Deadlines(Struct, frozen=True, kw_only=True):
    """How many seconds it may take to start, to answer one request, and in total, including its exit."""

    start: float = 8.0
    request: float = 3.0
    probe: float = 15.0


class _Responses(Struct, frozen=True):
    """The responses of one conversation as sent: the account, the limits, and the vendor's token count if any.

    `quoted` is the server's own answer, where the program did not understand it and only quoted it.
    """

    owner: AccountAnswer | None
    limits: Any
    usage: Any = None
    quoted: UsageAnswer | None = None

    def reading(self, question: Question) -> Reading | None:
        """None where there are neither limits nor credits; raises for those of another account."""
        if self.quoted is not None:
            require_same_account(question, self.quoted.account_id, self.quoted.user_id)
            return self.quoted.reading(question.now, None, SOURCE)
        require_same_account(question, app_server_answer.account_id(self.limits))
        reading = app_server_answer.reading(self.limits, self.owner, question.now, SOURCE)
        return reading and replace(
            reading,
            resets=_with_known_expiry(reading.resets, question),
            tokens=app_server_answer.tokens(self.usage),
        )


class _Asks(Struct, frozen=True):
    """What is asked for, and how."""

    question: Question
    plan: Plan
    leaves_out_details: bool

    @property
    def params(self) -> dict[str, Any] | None:
        """A background poll needs no details of resets; `supportsLunaReserve` is recorded, and never sent."""
        if not self.leaves_out_details or self.question.user_initiated:
            return None
        return {"excludeResetCreditDetails": True}


class Prober:
    """Queries Codex; remembers when the login of each home was last renewed, and the version of each program."""

    def __init__(
        self,
        *,
        find: Find = find_codex,
        environ: Mapping[str, str] = os.environ,
        seconds: Callable[[], float] = time.monotonic,
        runs_with: Callable[[Path], bool] = runs_with,
        deadlines: Deadlines = Deadlines(),  # noqa: B008 - it is frozen
        below: Path | None = None,
    ) -> None:
        """`runs_with` returns whether a Codex is running with a home; temporary folders are created in `below`, by
        default the system's.
        """
        self._find = find
        self._runs_with = runs_with
        self._environ = environ
        self._seconds = seconds
        self._deadlines = deadlines
        self._below = below
        self._versions = Versions()
        self._renewals = Renewals()

    def unavailable(self, question: Question) -> ProviderError | None:
        """What prevents running it at all, found without running it."""
        try:
            self._renewals.plan(question)
            self._program(question)
        except ProviderError as error:
            return error
        return None

    def read(self, question: Question) -> Reading:
        """Within 15 s. Raises ProgramTooOld for one that cannot answer. One that does not start waits 30 min."""
        ends = self._seconds() + self._deadlines.probe - LAST_SECONDS
        plan, program = self._renewals.plan(question), self._program(question)
        try:
            with probe_folder(self._below) as folder:
                release = self._versions.ask(program, self._environ, folder)
                no_older(release, OLDEST)
                plan = defer_to_running(plan, release, question.home.path, self._runs_with)
                environ = self._furnished(question, plan, program, folder)
                asks = _Asks(question, plan, leaves_out_details=release >= _LEAVES_OUT_DETAILS)
                reading = self._ask(asks, program, environ, folder, ends)
        except ProgramMissing as error:  # it was found, but does not run
            error.retry_at = question.now + PAUSE
            raise
        except (LoginExpired, NotSignedIn) as error:
            raise plan.without_sign_in(error) from None
        asked_credentials(question)  # another account may have signed in meanwhile
        return reading

    def _furnished(self, question: Question, plan: Plan, program: Program, folder: Path) -> dict[str, str]:
        """Its environment, which names the home that it runs in."""
        if plan.at_home:
            return at_home(self._environ, question.home, program.search_path)
        home = folder / "home"
        home.mkdir(mode=0o700)
        furnish(home, question.home, question.now)
        return borrowing(self._environ, home, program.search_path)

    def _program(self, question: Question) -> Program:
        return self._find("codex", chosen=question.program, environ=self._environ)

    def _ask(
        self, asks: _Asks, program: Program, environ: Mapping[str, str], folder: Path, ends: float
    ) -> Reading:
        question = asks.question
        command = [str(program.path), *ARGUMENTS]
        try:
            with Child(command, environ=environ, folder=folder, talks=True, grace=GRACE_SECONDS) as child:
                talk = Conversation(child, self._seconds)
                greet(talk, program, question.now, min(self._seconds() + self._deadlines.start, ends))
                responses = self._fetch(talk, asks, ends)
        except (Ended, TimedOut) as error:
            # It may have been in the middle of renewing the login: no process should retry soon.
            renewing = self._renewals.began(question)
            wait = question.now + RENEWED_EVERY if renewing else None
            if isinstance(error, TimedOut):
                raise TimedOut("Codex did not respond in time.", retry_at=wait) from None
            what = f"{short(program.path)} exited before it responded."
            if renewing:
                raise LoginExpired(what, remedy=RUN_ONCE, retry_at=wait) from None
            raise NotUnderstood(what, remedy=LOOK) from None
        reading = responses.reading(question)
        if reading is None:
            raise NotUnderstood("Codex reported neither limits nor credits.", remedy="Update Codex.")
        return reading

    def _fetch(self, talk: Conversation, asks: _Asks, ends: float) -> _Responses:
        question, plan = asks.question, asks.plan
        whose = talk.ask("account/read", {"refreshToken": plan.renew})
        owner = None
        if plan.renew:
            self._renewals.begin(question)
            # Stopped in the middle, it might lose a login that the server has already replaced: so it gets all
            # of the remaining time.
            owner = _owner(talk, whose, ends - self._deadlines.request)
        until = min(self._seconds() + self._deadlines.request, ends)
        limits, usage = talk.ask("account/rateLimits/read", asks.params), talk.ask("account/usage/read")
        if not plan.renew:
            owner = _owner(talk, whose, until)
        if owner is not None and plan.other_login is None:
            _same_account(question, owner)
        try:
            return _Responses(owner, talk.answer(limits, until), _if_any(talk, usage, until))
        except RpcRefused as refused:
            error = classify(refused, renewed=plan.renew, retry_at=question.now + RENEWED_EVERY)
            if isinstance(error, NotUnderstood) and (quoted := quoted_usage(refused)) is not None:
                return _Responses(owner, None, quoted=quoted)
        if plan.renew_refused and isinstance(error, LoginExpired):
            return self._fetch(talk, replace(asks, plan=Plan(at_home=True, renew=True)), ends)
        if isinstance(error, LoginExpired) and plan.rests_until is not None:
            error.retry_at = plan.rests_until  # or the next process would retry it at once
        if isinstance(error, Offline):
            self._renewals.forget(question)  # the server that renews it was not reached
        raise _no_login(question, plan) if isinstance(error, NotSignedIn) else error


def _with_known_expiry(resets: ResetCredits | None, question: Question) -> ResetCredits | None:
    """With the expiry that was known of as many resets, where this answer has no details of them."""
    last = question.last.resets if question.last else None
    if resets is None or resets.expires_at is not None or last is None or last.expires_at is None:
        return resets
    same = last.available == resets.available and last.expires_at > question.now
    return last if same else resets


def _no_login(question: Question, plan: Plan) -> ProviderError:
    """The error when Codex reports no login: in a temporary home, or in a keyring."""
    if plan.login is None:
        return NotUnderstood("Codex does not read the login from its own file.", remedy=LOOK)
    return NotSignedIn(
        f"Codex found no login in the keyring for {question.home.label}.",
        remedy=f"Unlock the keyring. {ELSE_SIGN_IN}",
    )


def _if_any(talk: Conversation, asked: int, until: float) -> Any:
    """An optional response; older programs do not know the method."""
    try:
        return talk.answer(asked, until)
    except (RpcRefused, TimedOut, Ended):
        return None


def _owner(talk: Conversation, asked: int, until: float) -> AccountAnswer | None:
    """The account; None where it cannot be read, as the limits may still be."""
    try:
        return app_server_answer.account(talk.answer(asked, until))
    except (RpcRefused, TimedOut, ValueError):
        return None


def _same_account(question: Question, owner: AccountAnswer) -> None:
    """Raises for another account; that of a keyring is known only this way."""
    if owner.kind != "chatgpt":
        raise NotSignedIn("This kind of login has no limits, only costs.", remedy=TO_SEE_LIMITS)
    ours, theirs = question.identity.email, owner.email
    if ours and theirs and ours.lower() != theirs.lower():
        raise another_account()
