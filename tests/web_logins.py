"""Made-up logins of ChatGPT's web app: cookies, sessions, and what tells that one leaked."""

from __future__ import annotations

import time
from typing import Any

from tests.homes import jwt

NAME = "__Secure-next-auth.session-token"
COOKIE_MARK = "cookie-secret-91be07"
NEXT_MARK = "cookie-secret-next-2f80cd"
TOKEN_MARK = "web-token-secret-6d11ab"
SECRETS = (COOKIE_MARK, NEXT_MARK, TOKEN_MARK)
COOKIE = f"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..{COOKIE_MARK}.payload-of-some-length.tag"
NEXT_COOKIE = f"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..{NEXT_MARK}.payload-of-some-length.tag"
PASTED = f"{NAME}={COOKIE}"


def session(
    account: str = "acct-1", user: str = "user-1", email: str = "dev@example.com", lasts: float = 86_400
) -> dict[str, Any]:
    """What the session address says of a login, with a token that lasts so many seconds from the real now on."""
    about = {"chatgpt_account_id": account, "chatgpt_user_id": user}
    claims = {"exp": int(time.time() + lasts), "https://api.openai.com/auth": about}
    return {
        "user": {"id": user, "name": "Dev", "email": email},
        "expires": "2099-01-01T00:00:00.000Z",
        "account": {"id": account, "planType": "plus", "structure": "personal"},
        "accessToken": jwt(claims, TOKEN_MARK),
        "authProvider": "openai",
    }


def sets(cookie: str = NEXT_COOKIE, name: str = NAME) -> str:
    """A Set-Cookie header as the server sends it."""
    return f"{name}={cookie}; Path=/; Expires=Fri, 01 Jan 2099 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax"
