"""What can stand between a person and their numbers: a closed set, each with one remedy.

    ProviderError
     ├─ NotSignedIn        nobody is logged in here, or with a kind of login that has no limits
     ├─ LoginExpired       the login was good once
     ├─ Denied             the server knows who asks and refuses
     ├─ Blocked            something between here and the server answered instead of it
     ├─ RateLimited        asked too often; `retry_at` says when it may be asked again
     ├─ Offline            no connection came about
     ├─ TimedOut           connected, and no whole answer within the deadline
     ├─ ServerError        the server failed
     ├─ ProgramMissing     a CLI that should be asked is not there
     ├─ ProgramTooOld      it is there and cannot answer
     └─ NotUnderstood      an answer or a file that is not what it should be

A message never quotes what a file or a server said beyond a status code: tokens could be in it.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from providers.domain.limits import ErrorKind, UsageError


class ProviderError(Exception):
    """Carries its sentence and its remedy; `retry_at` (UTC) where a time is known."""

    kind: ClassVar[ErrorKind]
    remedy: str

    def __init__(self, message: str, *, remedy: str | None = None, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_at = retry_at
        if remedy is not None:
            self.remedy = remedy

    def as_data(self) -> UsageError:
        return UsageError(kind=self.kind, message=self.message, remedy=self.remedy, retry_at=self.retry_at)


class NotSignedIn(ProviderError):
    kind = "not_signed_in"
    remedy = "Sign in with the provider's CLI."


class LoginExpired(ProviderError):
    kind = "login_expired"
    remedy = "Run the provider's CLI once; it renews the login."


class Denied(ProviderError):
    kind = "denied"
    remedy = "Check that this account may view its usage, or sign in again."


class Blocked(ProviderError):
    kind = "blocked"
    remedy = (
        "Check HTTPS_PROXY and your network: a proxy or firewall may have answered instead of the server."
    )


class RateLimited(ProviderError):
    kind = "rate_limited"
    remedy = "tankful retries by itself."


class Offline(ProviderError):
    kind = "offline"
    remedy = "Check your network connection."


class TimedOut(ProviderError):
    kind = "timeout"
    remedy = "tankful retries by itself."


class ServerError(ProviderError):
    kind = "server_error"
    remedy = "tankful retries by itself."


class ProgramMissing(ProviderError):
    kind = "program_missing"
    remedy = "Install the provider's CLI."


class ProgramTooOld(ProviderError):
    kind = "program_too_old"
    remedy = "Update the provider's CLI."


class NotUnderstood(ProviderError):
    kind = "not_understood"
    remedy = "Check for a tankful update: the format may have changed."


def as_error(told: UsageError) -> ProviderError:
    """The error that this was before it became data."""
    kinds = {kind.kind: kind for kind in ProviderError.__subclasses__()}
    return kinds[told.kind](told.message, remedy=told.remedy, retry_at=told.retry_at)
