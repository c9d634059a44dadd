"""Why the limits of an account cannot be shown: a closed set of errors, each with one remedy.

    ProviderError
     ├─ NotSignedIn        nobody is signed in here, or the kind of login has no limits
     ├─ LoginExpired       the login has expired
     ├─ Denied             the server authenticated the request and denied it
     ├─ Blocked            something between here and the server responded instead
     ├─ RateLimited        too many requests; `retry_at` is when to retry
     ├─ Offline            no connection could be made
     ├─ TimedOut           connected, but no complete response within the deadline
     ├─ ServerError        the server failed
     ├─ ProgramMissing     a CLI that is needed is missing
     ├─ ProgramTooOld      it is installed but lacks what is needed
     └─ NotUnderstood      a response or a file in an unexpected format

A message never quotes a file or a response beyond a status code: it could contain tokens.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from providers.domain.limits import ErrorKind, UsageError

RETRIES = "tankful retries by itself."


class ProviderError(Exception):
    """Carries its message and its remedy; `retry_at` (UTC) if a time is known; `reached` as in UsageError."""

    kind: ClassVar[ErrorKind]
    remedy: str

    def __init__(
        self,
        message: str,
        *,
        remedy: str | None = None,
        retry_at: datetime | None = None,
        reached: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reached = reached
        self.retry_at = retry_at
        if remedy is not None:
            self.remedy = remedy

    def as_data(self) -> UsageError:
        return UsageError(
            kind=self.kind,
            message=self.message,
            remedy=self.remedy,
            retry_at=self.retry_at,
            reached=self.reached,
        )


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
    remedy = RETRIES


class Offline(ProviderError):
    kind = "offline"
    remedy = "Check your network connection."


class TimedOut(ProviderError):
    kind = "timeout"
    remedy = RETRIES


class ServerError(ProviderError):
    kind = "server_error"
    remedy = RETRIES


class ProgramMissing(ProviderError):
    kind = "program_missing"
    remedy = "Install the provider's CLI."


class ProgramTooOld(ProviderError):
    kind = "program_too_old"
    remedy = "Update the provider's CLI."


class NotUnderstood(ProviderError):
    kind = "not_understood"
    remedy = "Check for a tankful update: the format may have changed."


def as_error(data: UsageError) -> ProviderError:
    """The inverse of `ProviderError.as_data`."""
    kinds = {kind.kind: kind for kind in ProviderError.__subclasses__()}
    return kinds[data.kind](data.message, remedy=data.remedy, retry_at=data.retry_at, reached=data.reached)
