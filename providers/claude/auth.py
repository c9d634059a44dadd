"""Claude Code's login: read, never written; its refresh token is never even looked at.

Facts (2.1.197-2.1.332): `.credentials.json` in the home, on macOS the Keychain, hold `claudeAiOauth.{accessToken,
expiresAt (ms), scopes, subscriptionType, rateLimitTier, refreshTokenExpiresAt? (ms)}`; newer ones name the account
there too. On macOS a file can be left from before the Keychain, or from when it was locked, so the login that
ends later counts. `CLAUDE_CODE_OAUTH_TOKEN` (from `claude setup-token`) takes precedence for the CLI; here it
comes last, since it usually lacks the scope that limits need. Claude Code renews its login itself whenever it
runs.
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
from msgspec.structs import replace

from providers.claude import limits
from providers.claude.config import Config, read_config, uuid
from providers.claude.keychain import Keychain
from providers.claude.variables import is_own, login_folder
from providers.domain.errors import Denied, LoginExpired, NotSignedIn, NotUnderstood, ProviderError
from providers.domain.limits import Identity
from providers.domain.scalars import moment
from providers.host.files import read_small, short
from providers.host.secret import Secret
from providers.source import Home, Login

SIGN_IN = "Run `claude`, then /login."
TO_SEE_LIMITS = "To see limits, run `claude`, then /login."
FILE_LIMIT = 1 << 20
SCOPE = "user:profile"
_OF_DEFAULT = "Claude (Keychain item without CLAUDE_CONFIG_DIR)"


class Credentials(Struct, frozen=True, kw_only=True):
    """A login. `scopes` is None where unknown; `ends_at` is when it can no longer be renewed.

    `attested_at`: since when it is known to have been in this home. `from_environment`: it is a token from there.
    `kind` is its display name.
    """

    access_token: Secret
    identity: Identity
    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None
    ends_at: datetime | None = None
    attested_at: datetime | None = None
    from_environment: bool = False
    kind: str = "Claude"


class Logins:
    """Who is signed in to each home: from the file or the Keychain, else the token in the environment."""

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
            kind=credentials.kind,
        )

    def known(self, home: Home) -> Credentials | None:
        """The login as far as it is known without a dialog, None where only the Keychain has it.

        Raises NotSignedIn or NotUnderstood, each naming the file and what to do.
        """
        found, errors = [], []
        for read in (self._of_item, self._of_file):  # the one that Claude Code reads first
            try:
                credentials = read(home)
            except ProviderError as error:
                errors.append(error)
            else:
                found += [credentials] if credentials else []
        if found:
            return max(found, key=_end)
        unreadable = [error for error in errors if not isinstance(error, NotSignedIn)]
        may_wait = not unreadable or not self._keychain.was_read(home)
        if self._keychain.here and may_wait and read_config(home).account is not None:
            return None
        if unreadable:
            raise unreadable[0]
        if (token := self._environ.get("CLAUDE_CODE_OAUTH_TOKEN")) and is_own(home, self._environ):
            return _from_environment(token)
        if errors:
            raise errors[0]
        raise _not_signed_in(home) if os.path.isdir(home.path) else _no_home(home)

    def read(self, home: Home, now: datetime, *, user_initiated: bool) -> Credentials:
        """The login to send. Only a `user_initiated` read may prompt for it; raises what `known` does."""
        known = self.known(home)
        is_stale = known is None or _is_expired(known, now)
        if known is not None and not (self.may_be_newer and (is_stale or not self._keychain.was_read(home))):
            return known
        try:
            self._keychain.read(home, user_initiated=user_initiated and is_stale)
        except NotSignedIn:
            if known is None:
                raise
            return known  # even an expired one is more informative than a locked Keychain
        newest = self.known(home)
        if newest is None:
            raise _not_signed_in(home)
        return newest

    @property
    def may_be_newer(self) -> bool:
        """Whether there may be a newer login than the known one, in the Keychain, where Claude Code renews it."""
        return self._keychain.here

    def _of_file(self, home: Home) -> Credentials | None:
        path = login_folder(home, self._environ) / ".credentials.json"
        raw = _content(path)
        return None if raw is None else _parsed(raw, short(path), read_config(home), _written(path))

    def _of_item(self, home: Home) -> Credentials | None:
        item = self._keychain.cached(home)
        if item is None:
            return None
        # A fallback belongs to the home without the variable, whose `.claude.json` is elsewhere.
        whose = replace(home, named=None) if item.stands_in else home
        parsed = _parsed(item.content.reveal().encode(), "The Keychain item", read_config(whose), None)
        return replace(parsed, kind=_OF_DEFAULT) if item.stands_in else parsed


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


def _end(credentials: Credentials) -> datetime:
    return credentials.expires_at or datetime.min.replace(tzinfo=UTC)


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
        expires_at=moment(login.get("expiresAt")),
        ends_at=moment(login.get("refreshTokenExpiresAt")),
        attested_at=attested_at,
    )


def _from_environment(token: str) -> Credentials:
    """Its account is unknown: not necessarily the one that last signed in here."""
    if not Secret(token).sendable():
        raise NotUnderstood(
            "CLAUDE_CODE_OAUTH_TOKEN contains a malformed token.", remedy=f"Fix or unset it. {SIGN_IN}"
        )
    return Credentials(
        access_token=Secret(token),
        identity=Identity(),
        from_environment=True,
        kind="CLAUDE_CODE_OAUTH_TOKEN",
    )


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
    """None where none are named: then only the server knows what such a login may do."""
    named = raw if isinstance(raw, list) else []
    return frozenset(scope for scope in named if isinstance(scope, str)) or None


def _written(path: Path) -> datetime | None:
    """The file is written at each sign-in and each renewal, which cannot be distinguished."""
    with suppress(OSError, OverflowError, ValueError):  # deleted since it was read; the next poll will see
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return None


def _no_home(home: Home) -> NotSignedIn:
    return NotSignedIn(
        f"{home.label} does not exist.",
        remedy=f"Install Claude Code, or {home.to_correct('CLAUDE_CONFIG_DIR')}. {SIGN_IN}",
    )


def _not_signed_in(home: Home) -> NotSignedIn:
    return NotSignedIn(f"Not signed in to Claude Code in {home.label}.", remedy=SIGN_IN)
