"""In which home Codex's app-server is asked, and whether it is to renew the login there.

When the login is stale, was refused, or is in the system's keyring, Codex is asked in the person's own home, as
only there it can renew the login; that happens at most once an hour. Else it is asked in a home to throw away.

Facts: up to 0.101 a Codex that runs presents the refresh token that it read at its start, though another has used
it since, and is refused; from 0.114 on it reads the file again first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from providers.codex.app_server.refusal import refused_login
from providers.codex.auth import Credentials, KeptInKeyring, expiry, read_credentials
from providers.codex.program import Version
from providers.domain.errors import LoginExpired, NotSignedIn
from providers.source import RENEWED_EVERY, Question, account_key

READS_AGAIN = (0, 114, 0)
_BESIDE = "Your ChatGPT login is stale, and only the old Codex that is running with it can renew it."


class Plan(Struct, frozen=True):
    """In which home it is asked, and whether it is to renew the login: at once, or when it is refused.

    `rests_until` is when a refused one may be renewed again, where that was tried too lately.
    """

    at_home: bool = False
    renew: bool = False
    renew_refused: bool = False
    rests_until: datetime | None = None


class Renewals:
    """Remembers of each home when its login was last renewed, or was tried to be."""

    def __init__(self) -> None:
        self._tried: dict[Path, datetime] = {}

    def begin(self, question: Question) -> None:
        self._tried[question.home.path] = question.now

    def forget(self, question: Question) -> None:
        self._tried.pop(question.home.path, None)

    def began(self, question: Question) -> bool:
        """Whether that was for this very question."""
        return self._tried.get(question.home.path) == question.now

    def plan(self, question: Question) -> Plan:
        """Raises what keeps it from being asked at all: nobody signed in, or renewed too lately to be again."""
        credentials = asked_credentials(question)
        if credentials is None:
            # What is too old Codex renews by itself.
            wait = self._rested(question)
            return Plan(at_home=True, renew_refused=wait is None, rests_until=wait)
        if expiry(credentials, question.now) is None and not isinstance(question.after, LoginExpired):
            return Plan()
        last_read = question.last.fetched_at if question.last else None
        if last_read is not None and expiry(credentials, last_read) is None:
            last_read = None  # the login was valid then, and used without renewal
        if (wait := self._rested(question, credentials.refreshed_at, last_read)) is not None:
            raise refused_login(wait)
        return Plan(at_home=True, renew=True)

    def _rested(self, question: Question, *known: datetime | None) -> datetime | None:
        """When the login may be renewed again, None where it may be now; `known` is when it was, or was tried to
        be. A click does not shorten that.
        """
        tried = self._tried.get(question.home.path)
        last = max((at for at in (*known, tried) if at is not None), default=None)
        if last is not None and abs(question.now - last) < RENEWED_EVERY:
            return last + RENEWED_EVERY
        # Another process may have tried, and failed: these are the troubles that name their time for it alone.
        error = question.last_error
        if error is None or error.retry_at is None or error.kind not in ("login_expired", "timeout"):
            return None
        return error.retry_at if question.now < error.retry_at <= question.now + RENEWED_EVERY else None


def defer_to_running(plan: Plan, release: Version, home: Path, runs_with: Callable[[Path], bool]) -> Plan:
    """Raises LoginExpired where to renew the login would take it from an old Codex that runs with it."""
    wants = plan.renew or plan.renew_refused
    if not wants or release >= READS_AGAIN or not runs_with(home):
        return plan
    if plan.renew:
        raise LoginExpired(_BESIDE, remedy="Use that Codex, or quit it and run `codex` once.")
    return replace(plan, renew_refused=False)


def asked_credentials(question: Question) -> Credentials | None:
    """The login in its file, None for one in a keyring; raises what is wrong with it, or that it is another's."""
    try:
        credentials = read_credentials(question.home)
    except KeptInKeyring:
        return None
    if account_key(question.home, credentials.identity) != account_key(question.home, question.identity):
        raise another_account()
    return credentials


def another_account() -> NotSignedIn:
    return NotSignedIn(
        "Another account just signed in.", remedy="Nothing to do: its limits are fetched next."
    )
