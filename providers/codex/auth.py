"""Codex's `auth.json`: read, never written; its refresh token is never even looked at.

Facts: Codex 0.45-0.171 store `tokens.{id_token, access_token, account_id}`, `last_refresh` and, with an API key
alone, `OPENAI_API_KEY`. `auth_mode` names the login that counts, whatever else is in the file; without one, a
personal access token does, then an API key, then the tokens (0.171, tried; 0.60 prefers an API key to the tokens
as well).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from providers.codex.claims import as_object, as_text, claims_of, headers_of, identity_of
from providers.codex.config import FILE_LIMIT, login_store
from providers.domain import typed
from providers.domain.errors import LoginExpired, NotSignedIn, NotUnderstood, ProviderError
from providers.domain.limits import Identity
from providers.domain.scalars import moment
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
_CHATGPT = "chatgpt"
_IMPLIED_MODES = (
    ("personal_access_token", "personalAccessToken"),
    ("bedrock_api_key", "bedrockApiKey"),
    ("OPENAI_API_KEY", "apikey"),
    ("tokens", _CHATGPT),
    ("agent_identity", "agentIdentity"),  # where there is nothing else
)
_WITHOUT_LIMITS = {
    "apikey": "API key",
    "bedrockApiKey": "Amazon Bedrock",
    "bedrockAccessKeys": "Amazon Bedrock",
}
_ONLY_CODEX = {"personalAccessToken": "personal access token", "agentIdentity": "agent identity"}


class Credentials(Struct, frozen=True, kw_only=True):
    """A usable ChatGPT login. `attested_at`: since when it is known to have been in this home.

    `refreshed_at` is when Codex last renewed it, None where unknown. `headers` go with the token: which account it
    is for, and that this is a FedRAMP one.
    """

    access_token: Secret
    identity: Identity
    expires_at: datetime | None
    refreshed_at: datetime | None
    attested_at: datetime | None
    headers: Mapping[str, str] = {}


class OnlyCodex(NotUnderstood):
    """A login that only Codex itself can use, in its own home; `login` is its display name.

    Its kind allows a fallback to another source.
    """

    def __init__(self, login: str, message: str) -> None:
        super().__init__(message, remedy="Only Codex itself can use it: make sure that Codex is installed.")
        self.login = login


class KeptInKeyring(OnlyCodex):
    """A ChatGPT login that only Codex itself can read."""

    def __init__(self, message: str) -> None:
        super().__init__("system keyring", message)


class WithoutLimits(NotSignedIn):
    """A login without limits; `login` is its display name."""

    def __init__(self, login: str, message: str) -> None:
        super().__init__(message, remedy=TO_SEE_LIMITS)
        self.login = login


def read_login(home: Home, now: datetime) -> Login:
    """Who is signed in to this home.

    An expired login still identifies its account; one that only Codex can use does not.
    """
    try:
        credentials = read_credentials(home)
    except OnlyCodex as error:
        return Login(identity=Identity(), kind=error.login)
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
    """Raises NotSignedIn, OnlyCodex or NotUnderstood, each naming the file or the login, and what to do."""
    path = home.path / "auth.json"
    content = _content(home, path)
    if (other := _other_login(_mode(content))) is not None:
        raise other
    refreshed = _refreshed(content)
    tokens = content.get("tokens")
    if not isinstance(tokens, dict) or not tokens.get("access_token"):
        raise NotSignedIn(f"{short(path)} contains no ChatGPT login.", remedy=SIGN_IN)
    access = tokens["access_token"]
    if not isinstance(access, str) or not Secret(access).sendable():
        raise NotUnderstood(f"{short(path)} contains a malformed access token.", remedy=SIGN_IN)
    claims, access_claims = claims_of(tokens.get("id_token")), claims_of(access)
    identity = identity_of(tokens, claims, access_claims)
    return Credentials(
        access_token=Secret(access),
        identity=identity,
        headers=headers_of(tokens, identity, claims or access_claims),
        expires_at=moment(access_claims.get("exp")),
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
    tokens = as_object(_content(home, home.path / "auth.json").get("tokens"))
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
    if store == "keyring" and os.path.isdir(home.path):  # Codex does not read a file that is left there
        raise KeptInKeyring(f"Codex keeps the login for {home.label} in the system keyring.")
    try:
        raw = read_small(path, FILE_LIMIT)
    except (FileNotFoundError, NotADirectoryError):
        if not os.path.isdir(home.path):
            raise NotSignedIn(
                f"{home.label} does not exist.",
                remedy=f"Install Codex, or {home.to_correct('CODEX_HOME')}. {SIGN_IN}",
            ) from None
        if store == "auto":
            raise KeptInKeyring(
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


def _mode(content: dict[str, Any]) -> str:
    """Which login counts, as Codex 0.171 decides it."""
    if mode := as_text(content.get("auth_mode")):
        return mode
    return next((mode for member, mode in _IMPLIED_MODES if content.get(member)), _CHATGPT)


def _other_login(mode: str) -> ProviderError | None:
    """The error for a login other than ChatGPT's tokens."""
    if mode in (_CHATGPT, "chatgptAuthTokens"):
        return None
    if mode in _WITHOUT_LIMITS:
        login = _WITHOUT_LIMITS[mode]
        return WithoutLimits(login, f"{login} login: it has no limits, only costs.")
    login = _ONLY_CODEX.get(mode, "login of another kind")
    article = "an" if login[0] in "aeiou" else "a"
    return OnlyCodex(login, f"Codex is signed in with {article} {login}.")


def _refreshed(content: dict[str, Any]) -> datetime | None:
    with suppress(msgspec.ValidationError, OverflowError, ValueError):  # missing from older files
        at = typed.convert(content.get("last_refresh"), datetime)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
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
