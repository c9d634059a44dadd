"""Which home Codex's app-server runs in, and whether it should renew the login there.

When the login is stale, was rejected, or is in the system keyring, Codex runs in the user's own home, as it can
renew the login only there; that happens at most once an hour. It also runs there with a login that only Codex can
use, and where only Codex can read its settings. Otherwise it runs in a temporary home.

Facts: up to 0.101 a running Codex sends the refresh token that it read at its start, even if another one has used
it since, and is rejected; from 0.114 on it rereads the file first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from providers.codex.app_server.refusal import refused_login
from providers.codex.auth import Credentials, KeptInKeyring, OnlyCodex, expiry, read_credentials
from providers.codex.config import UnreadableConfig, read_config
from providers.codex.program import Version
from providers.domain.errors import LoginExpired, ProviderError
from providers.source import RENEWED_EVERY, Home, Question

READS_AGAIN = (0, 114, 0)
_BESIDE = "Your ChatGPT login is stale, and only the old Codex that is running with it can renew it."


class Plan(Struct, frozen=True):
    """Which home it runs in, and whether it should renew the login: at once, or when it is rejected.

    `rests_until` is when a rejected one may be renewed again, where that was tried too recently. `login` is set
    for one that only Codex can use.
    """

    at_home: bool = False
    renew: bool = False
    renew_refused: bool = False
    rests_until: datetime | None = None
    login: OnlyCodex | None = None

    @property
    def other_login(self) -> OnlyCodex | None:
        """A login other than ChatGPT's: it is not renewed, and Codex need not name its owner."""
        return None if isinstance(self.login, KeptInKeyring) else self.login

    def without_sign_in(self, error: ProviderError) -> ProviderError:
        """The error; for another login, one that does not advise to sign in, which would replace that."""
        if self.other_login is None:
            return error
        return LoginExpired(
            f"Codex could not use its {self.other_login.login}.",
            remedy="Run `codex` once to see why; it may have been revoked.",
        )


class Renewals:
    """Remembers for each home when renewing its login was last tried."""

    def __init__(self) -> None:
        self._tried: dict[Path, datetime] = {}

    def begin(self, question: Question) -> None:
        self._tried[question.home.path] = question.now

    def forget(self, question: Question) -> None:
        self._tried.pop(question.home.path, None)

    def began(self, question: Question) -> bool:
        """Whether a renewal was started for this very question."""
        return self._tried.get(question.home.path) == question.now

    def plan(self, question: Question) -> Plan:
        """Raises what prevents running it at all: nobody signed in, or renewed too recently."""
        credentials = asked_credentials(question)
        if isinstance(credentials, OnlyCodex):
            if not isinstance(credentials, KeptInKeyring):
                return Plan(at_home=True, login=credentials)
            # Codex itself renews one that is too old.
            wait = self._rested(question)
            return Plan(at_home=True, renew_refused=wait is None, rests_until=wait, login=credentials)
        if expiry(credentials, question.now) is None and not isinstance(question.after, LoginExpired):
            return Plan(at_home=not _is_readable(question.home))
        last_read = question.last.fetched_at if question.last else None
        if last_read is not None and expiry(credentials, last_read) is None:
            last_read = None  # the login was valid then, and used without renewal
        if (wait := self._rested(question, credentials.refreshed_at, last_read)) is not None:
            raise refused_login(wait)
        return Plan(at_home=True, renew=True)

    def _rested(self, question: Question, *known: datetime | None) -> datetime | None:
        """When the login may be renewed again, None where it may be now. `known` are the times of earlier renewals
        and attempts. A refresh by hand does not shorten the wait.
        """
        tried = self._tried.get(question.home.path)
        last = max((at for at in (*known, tried) if at is not None), default=None)
        if last is not None and abs(question.now - last) < RENEWED_EVERY:
            return last + RENEWED_EVERY
        # Another process may have tried, and failed: these errors set `retry_at` only for that.
        error = question.last_error
        if error is None or error.retry_at is None or error.kind not in ("login_expired", "timeout"):
            return None
        return error.retry_at if question.now < error.retry_at <= question.now + RENEWED_EVERY else None


def defer_to_running(plan: Plan, release: Version, home: Path, runs_with: Callable[[Path], bool]) -> Plan:
    """Raises LoginExpired where renewing the login would invalidate that of an old, running Codex."""
    wants = plan.renew or plan.renew_refused
    if not wants or release >= READS_AGAIN or not runs_with(home):
        return plan
    if plan.renew:
        raise LoginExpired(_BESIDE, remedy="Use that Codex, or quit it and run `codex` once.")
    return replace(plan, renew_refused=False)


def _is_readable(home: Home) -> bool:
    """Whether a temporary home can be given the server of the settings."""
    try:
        read_config(home)
    except UnreadableConfig:
        return False
    return True


def asked_credentials(question: Question) -> Credentials | OnlyCodex:
    """The login in its file, or that only Codex can use it; raises if it is unusable or of another account."""
    try:
        credentials = read_credentials(question.home)
    except OnlyCodex as login:
        return login
    question.require(credentials.identity)
    return credentials
