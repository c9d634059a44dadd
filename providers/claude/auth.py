"""Claude Code's login: read, never written; its refresh token is never even looked at.

Facts (2.1.197-2.1.329): `.credentials.json` in the home, on macOS the Keychain, hold `claudeAiOauth.{accessToken,
expiresAt (ms), scopes, subscriptionType, rateLimitTier, refreshTokenExpiresAt? (ms)}`; newer ones name the account
there too. `CLAUDE_CODE_OAUTH_TOKEN` (from `claude setup-token`) takes precedence for the CLI; here it comes
last, since it usually lacks the scope that limits need. Claude Code renews its login itself whenever it runs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from providers.claude import limits
from providers.claude.config import Config, default_home, read_config, uuid
from providers.claude.keychain import Keychain
from providers.domain.errors import Denied, LoginExpired, NotSignedIn, NotUnderstood, ProviderError
from providers.domain.limits import Identity
from providers.host.files import read_small, short, split_homes
from providers.host.secret import Secret
from providers.source import Home, Login

SIGN_IN = "Run `claude`, then /login."
TO_SEE_LIMITS = "To see limits, run `claude`, then /login."
FILE_LIMIT = 1 << 20
SCOPE = "user:profile"


class Credentials(Struct, frozen=True, kw_only=True):
    """A login. `scopes` is None where unknown; `ends_at` is when it can no longer be renewed.

    `attested_at`: since when it is known to have been in this home. `from_environment`: it is a token from there.
    """

    access_token: Secret
    identity: Identity
    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None
    ends_at: datetime | None = None
    attested_at: datetime | None = None
    from_environment: bool = False


class Logins:
    """Who is signed in to each home: from the file, else the Keychain, else the token in the environment."""

    def __init__(self, environ: Mapping[str, str] = os.environ, keychain: Keychain | None = None) -> None:
        self._environ = environ
        self._keychain = keychain or Keychain(environ=environ)

    def login(self, home: Home, now: datetime) -> Login:
        """Who is signed in to this home, without a prompt; an expired login still identifies its account."""
        try:
            credentials = self.known(home)
        except ProviderError as error:
            return Login(error=error)
        if credentials is None:  # the Keychain is read together with the limits
            return Login(identity=_identity({}, read_config(home)), kind="macOS Keychain")
        return Login(
            identity=credentials.identity,
            attested_at=credentials.attested_at,
            error=error_of(credentials, now),
            ends_at=credentials.ends_at,
            kind="CLAUDE_CODE_OAUTH_TOKEN" if credentials.from_environment else "Claude",
        )

    def known(self, home: Home) -> Credentials | None:
        """The login as far as it is known without a dialog, None where only the Keychain has it.

        Raises NotSignedIn or NotUnderstood, each naming the file and what to do.
        """
        path = home.path / ".credentials.json"
        raw = _content(path)
        if raw is None and (cached := self._keychain.cached(home)) is not None:
            return _parsed(cached.reveal().encode(), "The Keychain item", read_config(home), None)
        if raw is not None:
            return _parsed(raw, short(path), read_config(home), _written(path))
        if self._keychain.here and read_config(home).account is not None:
            return None
        if (token := self._environ.get("CLAUDE_CODE_OAUTH_TOKEN")) and home.path == self._own_home():
            return _from_environment(token)
        raise _not_signed_in(home) if os.path.isdir(home.path) else _no_home(home)

    def read(self, home: Home, now: datetime, *, user_initiated: bool) -> Credentials:
        """The login to send. Only a `user_initiated` read may prompt for it; raises what `known` does."""
        credentials = self.known(home)
        if credentials is not None and not (self.may_be_newer(home) and _is_expired(credentials, now)):
            return credentials
        try:
            self._keychain.read(home, user_initiated=user_initiated)
        except NotSignedIn:
            if credentials is None:
                raise
            return credentials  # expired: more informative than a locked Keychain
        credentials = self.known(home)
        if credentials is None:
            raise _not_signed_in(home)
        return credentials

    def may_be_newer(self, home: Home) -> bool:
        """Whether the known login is a copy of the Keychain item, which Claude Code may have renewed since."""
        return self._keychain.cached(home) is not None and not os.path.exists(home.path / ".credentials.json")

    def _own_home(self) -> Path:
        """The home that a CLI started from here would use."""
        return (*split_homes(self._environ.get("CLAUDE_CONFIG_DIR", "")), default_home())[0]


def error_of(credentials: Credentials, now: datetime) -> ProviderError | None:
    """Why a request with this token would fail, None if it may succeed."""
    if credentials.ends_at is not None and credentials.ends_at <= now and _is_expired(credentials, now):
        return LoginExpired("Your Claude login expired and can no longer be renewed.", remedy=SIGN_IN)
    if credentials.scopes is not None and SCOPE not in credentials.scopes:
        return no_scope(from_environment=credentials.from_environment)
    if _is_expired(credentials, now):
        return LoginExpired("Your Claude login expired.", remedy="Run `claude` once to renew it.")
    return None


def no_scope(*, from_environment: bool) -> Denied:
    """The error for a token without the permission to read limits."""
    if from_environment:
        return Denied(
            "Limits are unavailable with the token in CLAUDE_CODE_OAUTH_TOKEN.",
            remedy=TO_SEE_LIMITS,
        )
    return Denied("Not readable with this login: it lacks the permission for usage limits.", remedy=SIGN_IN)


def _is_expired(credentials: Credentials, now: datetime) -> bool:
    return credentials.expires_at is not None and credentials.expires_at <= now


def _content(path: Path) -> bytes | None:
    try:
        return read_small(path, FILE_LIMIT)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise NotUnderstood(
            f"{short(path)} cannot be read ({error.strerror}).", remedy="Check the file's permissions."
        ) from None


def _parsed(raw: bytes, place: str, config: Config, attested_at: datetime | None) -> Credentials:
    try:
        content = msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotUnderstood(f"{place} is not valid JSON.", remedy=SIGN_IN) from None
    login = content.get("claudeAiOauth") if isinstance(content, dict) else None
    if not isinstance(login, dict) or not login.get("accessToken"):
        raise NotSignedIn(f"{place} contains no Claude login.", remedy=SIGN_IN)
    token = login["accessToken"]
    if not isinstance(token, str) or not Secret(token).sendable():
        raise NotUnderstood(f"{place} contains a malformed access token.", remedy=SIGN_IN)
    return Credentials(
        access_token=Secret(token),
        identity=_identity(login, config),
        scopes=_scopes(login.get("scopes")),
        expires_at=_milliseconds(login.get("expiresAt")),
        ends_at=_milliseconds(login.get("refreshTokenExpiresAt")),
        attested_at=attested_at,
    )


def _from_environment(token: str) -> Credentials:
    """Its account is unknown: not necessarily the one that last signed in here."""
    if not Secret(token).sendable():
        raise NotUnderstood(
            "CLAUDE_CODE_OAUTH_TOKEN contains a malformed token.", remedy=f"Fix or unset it. {SIGN_IN}"
        )
    return Credentials(access_token=Secret(token), identity=Identity(), from_environment=True)


def _identity(login: dict[str, Any], config: Config) -> Identity:
    """An account has separate limits in each organization.

    Raises NotUnderstood while that is unknown: a wrong account would be fetched, and the right one forgotten.
    """
    account, organization = uuid(login.get("accountUuid")), uuid(login.get("organizationUuid"))
    if account is None and config.torn is not None:
        raise NotUnderstood(
            f"{config.torn} is not valid JSON.",
            remedy="It is read again automatically. If this persists, start `claude` once.",
        )
    if account in (None, config.account):
        account, organization = config.account, organization or config.organization
    return Identity(
        account_id="/".join(part for part in (account, organization) if part) if account else None,
        plan=limits.plan(login.get("subscriptionType"), login.get("rateLimitTier")),
    )


def _scopes(raw: object) -> frozenset[str] | None:
    if not isinstance(raw, list):
        return None
    return frozenset(scope for scope in raw if isinstance(scope, str))


def _milliseconds(raw: object) -> datetime | None:
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        with suppress(OverflowError):  # integers in JSON are unbounded
            return limits.moment(raw / 1000)
    return None


def _written(path: Path) -> datetime | None:
    """The file is written at each sign-in and each renewal, which cannot be distinguished."""
    with suppress(OSError, OverflowError, ValueError):  # deleted since it was read; the next poll will see
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return None


def _no_home(home: Home) -> NotSignedIn:
    return NotSignedIn(
        f"{home.label} does not exist.",
        remedy=f"Install Claude Code, or fix CLAUDE_CONFIG_DIR. {SIGN_IN}",
    )


def _not_signed_in(home: Home) -> NotSignedIn:
    return NotSignedIn(f"Not signed in to Claude Code in {home.label}.", remedy=SIGN_IN)
