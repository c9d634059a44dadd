"""Codex's `auth.json`: read, never written; its refresh token is never even looked at.

Facts: Codex 0.45-0.169 store `tokens.{id_token, access_token, account_id}`, `last_refresh` and, with an API key
alone, `OPENAI_API_KEY`. The id_token is a JWT; its claims are not verified, since they only decide
what to show.
"""

from __future__ import annotations

import base64
import binascii
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from providers.codex import limits
from providers.codex.config import FILE_LIMIT, login_store
from providers.domain.errors import LoginExpired, NotSignedIn, NotUnderstood, ProviderError
from providers.domain.limits import Identity
from providers.host.files import read_small, short
from providers.host.secret import Secret
from providers.source import Home, Login

SIGN_IN = "Run `codex login` and sign in with ChatGPT."
ELSE_SIGN_IN = "If that does not help, run `codex login` and sign in with ChatGPT."
RUN_ONCE = "Run `codex` once to renew your login."
TO_SEE_LIMITS = "To see limits, run `codex login` and sign in with ChatGPT."
_AFTER_REFRESH = timedelta(minutes=5)
_EXPIRES_SOON = timedelta(minutes=5)
_OLD = timedelta(days=8)
_CLAIM = "https://api.openai.com/auth"
_PROFILE = "https://api.openai.com/profile"


class Credentials(Struct, frozen=True, kw_only=True):
    """A usable ChatGPT login. `attested_at`: since when it is known to have been in this home.

    `refreshed_at` is when Codex last renewed it, None where unknown.
    """

    access_token: Secret
    identity: Identity
    expires_at: datetime | None
    refreshed_at: datetime | None
    attested_at: datetime | None


class KeptInKeyring(NotUnderstood):
    """A login that only Codex itself can read. Its kind allows a fallback to another source."""


class WithoutLimits(NotSignedIn):
    """A login without limits; `login` is its display name."""

    def __init__(self, login: str, message: str) -> None:
        super().__init__(message, remedy=TO_SEE_LIMITS)
        self.login = login


def read_login(home: Home, now: datetime) -> Login:
    """Who is signed in to this home; an expired login still identifies its account, one in a keyring does not."""
    try:
        credentials = read_credentials(home)
    except KeptInKeyring:
        return Login(identity=Identity(), kind="system keyring")
    except WithoutLimits as error:
        return Login(error=error, kind=error.login)
    except ProviderError as error:
        return Login(error=error)
    return Login(
        identity=credentials.identity,
        attested_at=credentials.attested_at,
        error=expiry(credentials, now),
        kind="ChatGPT",
    )


def read_credentials(home: Home) -> Credentials:
    """Raises NotSignedIn, KeptInKeyring or NotUnderstood, each naming the file and what to do."""
    path = home.path / "auth.json"
    content = _content(home, path)
    refreshed = _refreshed(content)
    tokens = content.get("tokens")
    if not isinstance(tokens, dict) or not tokens.get("access_token"):
        raise _no_tokens(path, content)
    access = tokens["access_token"]
    if not isinstance(access, str) or not Secret(access).sendable():
        raise NotUnderstood(f"{short(path)} contains a malformed access token.", remedy=SIGN_IN)
    claims, access_claims = _claims(tokens.get("id_token")), _claims(access)
    return Credentials(
        access_token=Secret(access),
        identity=_identity(tokens, claims, access_claims),
        expires_at=_epoch(access_claims.get("exp")),
        refreshed_at=refreshed,
        attested_at=_attested(path, refreshed),
    )


def expiry(credentials: Credentials, now: datetime) -> LoginExpired | None:
    """The error for a login that Codex itself would renew before using it; None for a fresh one.

    Codex 0.169 checks the access token's `exp`; where it has none, the time of its last renewal. 0.58-0.101 check
    only the latter; for us, who never renew it, a token is valid until it expires.
    """
    if credentials.expires_at is not None:
        if credentials.expires_at > now + _EXPIRES_SOON:
            return None
        return LoginExpired(f"Your ChatGPT login {_expired(credentials.expires_at, now)}.", remedy=RUN_ONCE)
    if credentials.refreshed_at is None or now - credentials.refreshed_at <= _OLD:
        return None
    days = (now - credentials.refreshed_at).days
    return LoginExpired(f"Your ChatGPT login is {days} days old.", remedy=RUN_ONCE)


def auth_without_refresh(home: Home, now: datetime) -> bytes:
    """An `auth.json` that cannot be renewed: it has this login's access token and no refresh token.

    Codex accepts no login without that member, so it is present and empty; and `last_refresh` is now, or Codex
    would try to renew it. Raises as `read_credentials` does.
    """
    tokens = _object(_content(home, home.path / "auth.json").get("tokens"))
    kept = {name: tokens.get(name) for name in ("id_token", "access_token", "account_id")}
    return msgspec.json.encode(
        {
            "OPENAI_API_KEY": None,
            "auth_mode": "chatgpt",
            "tokens": kept | {"refresh_token": ""},
            "last_refresh": now,
        }
    )


def _expired(when: datetime, now: datetime) -> str:
    days = (now - when).days
    if when > now:
        return "expires within minutes"
    return "expired today" if days == 0 else "expired yesterday" if days == 1 else f"expired {days} days ago"


def _content(home: Home, path: Path) -> dict[str, Any]:
    store = login_store(home)
    if store == "keyring" and os.path.isdir(
        home.path
    ):  # a file that is there all the same is not read by Codex
        raise _kept_in_keyring(f"Codex keeps the login for {home.label} in the system keyring.")
    try:
        raw = read_small(path, FILE_LIMIT)
    except (FileNotFoundError, NotADirectoryError):
        if not os.path.isdir(home.path):
            raise NotSignedIn(
                f"{home.label} does not exist.", remedy=f"Install Codex, or fix CODEX_HOME. {SIGN_IN}"
            ) from None
        if store == "auto":
            raise _kept_in_keyring(
                f"Any login for {home.label} is in the system keyring: there is no auth.json."
            ) from None
        raise NotSignedIn(f"Not signed in to Codex in {home.label}.", remedy=SIGN_IN) from None
    except OSError as error:
        raise NotUnderstood(
            f"{short(path)} cannot be read ({error.strerror}).", remedy="Check the file's permissions."
        ) from None
    try:
        content = msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotUnderstood(f"{short(path)} is not valid JSON.", remedy=SIGN_IN) from None
    if not isinstance(content, dict):
        raise NotUnderstood(f"{short(path)} contains no login.", remedy=SIGN_IN)
    return content


def _kept_in_keyring(message: str) -> KeptInKeyring:
    return KeptInKeyring(message, remedy="Only Codex itself can use it: make sure that Codex is installed.")


def _no_tokens(path: Path, content: dict[str, Any]) -> NotSignedIn:
    if content.get("OPENAI_API_KEY"):
        return WithoutLimits("API key", "API key login: it has no limits, only costs.")
    if content.get("personal_access_token"):
        return WithoutLimits(
            "personal access token", "Personal access token login: its limits cannot be read."
        )
    return NotSignedIn(f"{short(path)} contains no ChatGPT login.", remedy=SIGN_IN)


def _identity(tokens: dict[str, Any], claims: dict[str, Any], access_claims: dict[str, Any]) -> Identity:
    about = _object(claims.get(_CLAIM)) or _object(access_claims.get(_CLAIM))
    profile = _object(claims.get(_PROFILE)) or _object(access_claims.get(_PROFILE))
    account = _text(tokens.get("account_id")) or _text(about.get("chatgpt_account_id"))
    return Identity(
        account_id=account if account and Secret(account).sendable() else None,
        email=limits.email(claims.get("email")) or limits.email(profile.get("email")),
        plan=limits.plan(about.get("chatgpt_plan_type")),
    )


def _refreshed(content: dict[str, Any]) -> datetime | None:
    with suppress(msgspec.ValidationError, OverflowError, ValueError):  # missing from older files
        moment = msgspec.convert(content.get("last_refresh"), datetime)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _attested(path: Path, refreshed: datetime | None) -> datetime | None:
    """Since when this login is known to have been in this file; if in doubt, the later time.

    Its tokens do not contain that: `auth_time` and `iat` are those of a browser session, which may be weeks
    older than the login to this home. Codex writes the file when it refreshes; one that was written well after
    its last refresh was put there by another program, and its login with it.
    """
    written = None
    with suppress(OSError, OverflowError, ValueError):  # deleted since it was read; the next poll will see
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if refreshed is None or written is None:
        return refreshed or written
    return written if written - refreshed > _AFTER_REFRESH else refreshed


def _claims(token: object) -> dict[str, Any]:
    """The claims of a JWT, or none: the server also accepts opaque tokens."""
    parts = token.split(".") if isinstance(token, str) else []
    if len(parts) != 3:
        return {}
    try:
        raw = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return _object(msgspec.json.decode(raw))
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return {}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _epoch(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None
