"""What a ChatGPT login says about itself: whose it is, and which headers go with its token.

The tokens are JWTs; their claims are not verified, since they only decide what to show.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from providers.codex import limits
from providers.domain.limits import Identity
from providers.domain.scalars import flag
from providers.host.secret import Secret

_CLAIM = "https://api.openai.com/auth"
_PROFILE = "https://api.openai.com/profile"


def claims_of(token: object) -> dict[str, Any]:
    """The claims of a JWT, or none: the server also accepts opaque tokens."""
    parts = token.split(".") if isinstance(token, str) else []
    if len(parts) != 3:
        return {}
    try:
        raw = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return as_object(msgspec.json.decode(raw))
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return {}


def as_object(value: object) -> dict[str, Any]:
    """Empty for anything but an object."""
    return value if isinstance(value, dict) else {}


def as_text(value: object) -> str | None:
    """None for anything but a text, and for a blank one."""
    return value if isinstance(value, str) and value.strip() else None


def identity_of(tokens: dict[str, Any], claims: dict[str, Any], access_claims: dict[str, Any]) -> Identity:
    """Whose login it is: the claims of the id token count first, then those of the access token."""
    about = as_object(claims.get(_CLAIM)) or as_object(access_claims.get(_CLAIM))
    user = as_text(about.get("chatgpt_user_id")) or as_text(about.get("chatgpt_account_user_id"))
    profile = as_object(claims.get(_PROFILE)) or as_object(access_claims.get(_PROFILE))
    account = as_text(tokens.get("account_id")) or as_text(about.get("chatgpt_account_id"))
    return Identity(
        account_id=account if account and Secret(account).sendable() else None,
        user_id=user,
        email=limits.email(claims.get("email")) or limits.email(profile.get("email")),
        plan=limits.plan(about.get("chatgpt_plan_type")),
    )


def headers_of(tokens: dict[str, Any], identity: Identity, claims: dict[str, Any]) -> dict[str, str]:
    """As 0.171 sends them: an account id that is blank is sent blank, and one that is null not at all.

    Where there is none, it is the one of the token: the answer is then about the account that is shown.
    """
    own = tokens.get("account_id")
    account = "" if isinstance(own, str) and not own.strip() else identity.account_id
    headers = {} if account is None else {"ChatGPT-Account-Id": account}
    if flag(as_object(claims.get(_CLAIM)).get("chatgpt_account_is_fedramp")):
        headers["X-OpenAI-Fedramp"] = "true"
    return headers
