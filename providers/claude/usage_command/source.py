"""The output of `claude -p "/usage"`, which costs no model request and runs none of the user's programs.

`--safe-mode` disables hooks, MCP servers and plugins, `--no-session-persistence` the transcript; a CLI without
these options is too old, and is never run with less. Claude Code renews an expired login itself when it runs, so
this is also how a login is renewed: by its owner. Unless the user chose it, it is run only for that, and where the
endpoint's response is not understood.

Fact (2.1.329): where its server does not respond, it prints limits that it cached up to an hour ago, as if they
were new. The cache shows the age of what it printed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from math import floor
from typing import TYPE_CHECKING

from providers.claude.auth import SIGN_IN, TO_SEE_LIMITS, Credentials, Logins, error_of
from providers.claude.config import read_config
from providers.claude.noted import noted_reading, person
from providers.claude.usage_command import text as usage_text
from providers.claude.variables import of_child
from providers.domain.errors import (
    Denied,
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    ProgramTooOld,
    ProviderError,
    ServerError,
    TimedOut,
)
from providers.domain.limits import RateWindow, Reading
from providers.host.files import read_small
from providers.source import Home, Question, another_account

if TYPE_CHECKING:
    from providers.host.locate.find import Program
    from providers.host.process.child import Finished

TITLE = "Claude Code"
BUNDLES = ("~/.claude/local",)  # where its own installer put it for a time
ARGUMENTS = ("-p", "/usage", "--safe-mode", "--no-session-persistence")
WITHOUT_SETTINGS = ("--setting-sources", "local")
"""Of the folder it works in, which is a new and empty one."""
DEADLINE_SECONDS = 20.0
REST = timedelta(minutes=15)
_OUTPUT_LIMIT = 1 << 18
_NOTE_IS_NEW = timedelta(seconds=90)  # it fetches, and caches, at most once a minute
_LEFT_OUT = ("ANTHROPIC_", "CLAUDE")
# What Claude Code needs to reach its server, or to run at all on Windows.
_KEPT = frozenset(
    {
        "CLAUDE_CODE_CERT_STORE",
        "CLAUDE_CODE_CLIENT_CERT",
        "CLAUDE_CODE_CLIENT_KEY",
        "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE",
        "CLAUDE_CODE_GIT_BASH_PATH",
    }
)


# Safe mode still runs the API key helper, and applies the environment variables in the settings (2.1.329).
_STRANGE_SETTING = re.compile(
    rb'"(?:apiKeyHelper|ANTHROPIC_\w+|CLAUDE_CODE_(?:USE_\w+|OAUTH_TOKEN|DISABLE_NONESSENTIAL_TRAFFIC))"'
)
_SETTINGS_LIMIT = 1 << 20


class UsageCommand:
    """Implements providers.source.Source."""

    id = "usage-command"
    title = "Claude Code /usage"
    local = False
    rest = REST

    def __init__(
        self,
        logins: Logins | None = None,
        environ: Mapping[str, str] = os.environ,
        find_program: Callable[..., Program] | None = None,
        run_program: Callable[..., Finished] | None = None,
    ) -> None:
        self._logins = logins or Logins(environ)
        self._environ = environ
        self._find = find_program
        self._run = run_program

    def is_fallback_for(self, error: ProviderError) -> bool:
        """It can renew a login, and understand what we cannot; otherwise it reports no more than the endpoint."""
        return isinstance(error, LoginExpired | NotUnderstood)

    def unavailable(self, question: Question) -> ProviderError | None:
        """A login that Claude Code could not use either, or no Claude Code."""
        try:
            error = _unrecoverable(self._logins.known(question.home), question.now)
            if error is None:
                self._program(question)
        except ProviderError as missing:
            return missing
        return error

    def read(self, question: Question) -> Reading:
        from providers.host.process import child as children

        program = self._program(question)
        before = self._logins.known(question.home)
        with children.probe_folder() as folder:
            done = (self._run or children.run)(
                [str(program.path), *ARGUMENTS, *_more_arguments(question.home)],
                environ=child_environ(self._environ, question.home, program.search_path),
                folder=folder,
                seconds=DEADLINE_SECONDS,
                cap=_OUTPUT_LIMIT,
            )
        if done.timed_out:
            raise TimedOut(f"Claude Code did not respond within {DEADLINE_SECONDS:.0f} s.")
        if b"unknown option" in done.err:
            raise ProgramTooOld(
                "This Claude Code cannot report limits without running hooks.",
                remedy="Run `claude update`.",
            )
        if done.code != 0:
            raise NotUnderstood(
                f"Claude Code exited with code {done.code}.", remedy="Run `claude` once to see why."
            )
        return self._reading(done.out.decode(errors="replace"), question, before)

    def _program(self, question: Question) -> Program:
        from providers.host.locate import find as programs

        find = self._find or programs.find
        return find(
            "claude",
            environ=self._environ,
            chosen=question.program,
            title=TITLE,
            bundles=BUNDLES,
        )

    def _reading(self, text: str, question: Question, before: Credentials | None) -> Reading:
        printed = usage_text.parse(text, question.now)
        config = read_config(question.home)
        asked = person(question.identity)
        if asked and config.account and asked != config.account:
            raise another_account()
        if not printed.windows:
            raise self._no_limits(text, printed, question, before)
        noted = noted_reading(config, question, source=self.id)
        if noted is not None and question.now - noted.fetched_at <= _NOTE_IS_NEW:
            return noted
        # If they differ, another Claude Code wrote the cache: one without a cache prints only fresh limits.
        if noted is not None and _is_same(printed.windows, noted.windows):
            raise self._no_fresh_limits(question, before)
        return Reading(
            source=self.id, fetched_at=question.now, windows=printed.windows, dropped=printed.refused
        )

    def _no_limits(
        self, text: str, printed: usage_text.Printed, question: Question, before: Credentials | None
    ) -> ProviderError:
        if printed.refused:
            return NotUnderstood("Claude Code reported its limits in an unknown format.")
        if "cost:" in text:
            return NotSignedIn(
                f"Claude Code has no subscription login in {question.home.label}.", remedy=SIGN_IN
            )
        return self._no_fresh_limits(question, before)

    def _no_fresh_limits(self, question: Question, before: Credentials | None) -> ProviderError:
        """Claude Code does not say why; an unchanged bad login does."""
        try:
            known = self._logins.known(question.home)
        except ProviderError as error:
            return error
        if known is not None:
            expired = isinstance(error_of(known, question.now), LoginExpired)
            same = before is not None and known.access_token.reveal() == before.access_token.reveal()
            if expired or (same and isinstance(question.after, LoginExpired)):
                return LoginExpired(
                    "Claude Code could not renew its login.",
                    remedy="Check your network connection. If that does not help, run `claude`, then /login.",
                )
        return ServerError("Claude Code got no limits from its server.")


def _more_arguments(home: Home) -> tuple[str, ...]:
    """Excludes settings that would run one of the user's programs, or change the account or server.

    Other settings stay: a proxy may be among them.
    """
    try:
        strange = _STRANGE_SETTING.search(read_small(home.path / "settings.json", _SETTINGS_LIMIT))
    except OSError:  # there is none
        return ()
    return WITHOUT_SETTINGS if strange else ()


def child_environ(environ: Mapping[str, str], home: Home, search_path: str) -> dict[str, str]:
    """The environment of the child: the user's, less what changes the account or server.

    A key or an address in it would make it report another account, and its traffic switch none. Times in UTC
    are never ambiguous.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name.upper() in _KEPT or not (name.upper() == "PATH" or name.upper().startswith(_LEFT_OUT))
    }
    quiet = {"DISABLE_TELEMETRY": "1", "DISABLE_AUTOUPDATER": "1", "NO_COLOR": "1"}
    return kept | of_child(home, environ) | quiet | {"TZ": "UTC", "PATH": search_path}


def _is_same(printed: Iterable[RateWindow], noted: Iterable[RateWindow]) -> bool:
    """Whether the printed, whole percentages can come from the cache."""
    percents = {window.id: floor(window.used_percent) for window in noted}
    return all(percents.get(window.id) == window.used_percent for window in printed)


def _unrecoverable(known: Credentials | None, now: datetime) -> ProviderError | None:
    """The error that running it would not fix; an expired token is none, as long as it can be renewed."""
    error = error_of(known, now) if known is not None else None
    if known is not None and known.from_environment:
        return Denied(
            "Claude Code reports no limits with the token in CLAUDE_CODE_OAUTH_TOKEN.",
            remedy=TO_SEE_LIMITS,
        )
    ended = known is not None and known.ends_at is not None and known.ends_at <= now
    return None if isinstance(error, LoginExpired) and not ended else error
