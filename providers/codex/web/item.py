"""What the keyring keeps for an account: the cookie, and the server that it may be sent to."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from providers.codex.config import is_safe_base
from providers.codex.web.pasted import Cookies, whole
from providers.domain import typed
from providers.domain.errors import NotSignedIn
from providers.host.secret import Secret


class WebLogin(Struct, frozen=True, kw_only=True):
    """`base` is the URL of the server's endpoints. No settings file can have the cookie sent elsewhere later."""

    base: str
    cookies: Cookies

    def __repr__(self) -> str:
        return "WebLogin(…)"

    def as_secret(self) -> Secret:
        return Secret(msgspec.json.encode(self).decode())


def read_item(secret: Secret) -> WebLogin:
    """Raises NotSignedIn for anything but what `as_secret` makes."""
    try:
        login = typed.json_decode(secret.reveal().encode(), WebLogin)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        login = None
    if login is None or not _is_sound(login):
        raise NotSignedIn(
            "The cookie in the keyring is damaged.", remedy="Paste it again: `tankful login-cookie`."
        )
    return login


def _is_sound(login: WebLogin) -> bool:
    """Whether it is all that a login needs, and may be sent as it is."""
    cookies = login.cookies
    sendable = all(Secret(value).sendable() for value in cookies.values())
    return bool(cookies) and whole(cookies) == cookies and sendable and is_safe_base(login.base)
