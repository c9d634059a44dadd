"""Which accounts have a cookie in the keyring: what is known of it without a secret."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from providers.domain.limits import Identity

COOKIE_SOURCE = "web"
"""The id of the source that uses such a cookie, of any provider."""
COOKIES_FILE = "cookies.json"
"""The list of them, in the state folder."""


class SavedCookie(Struct, frozen=True, kw_only=True):
    """A cookie that a person saved, without the cookie itself.

    `account` is the account's short hash, `keys` all hashes by which a login may name it: a login may know the
    person by the vendor's id, or by the email address alone.
    """

    provider: str
    account: str
    keys: tuple[str, ...]
    email: str | None = None
    plan: str | None = None
    saved_at: datetime

    @property
    def item(self) -> str:
        """The name of its item in the keyring."""
        return f"{self.provider}-{self.account}"


class Concealed(Protocol):
    """A secret that is shown to nobody: `providers.host.secret.Secret`."""

    def reveal(self) -> str: ...


class CookieSignIn(Struct, frozen=True, kw_only=True):
    """Whose cookie it is, the account's short hash and all others (`account_keys`), and what the keyring keeps."""

    identity: Identity
    account: str
    keys: tuple[str, ...]
    item: Concealed


class CookieLogin(Struct, frozen=True):
    """How the cookie of a vendor's web app stands in for a login of its CLI.

    The source that uses it has the id COOKIE_SOURCE. `sign_in` takes what a person pasted, the Home (`source`)
    whose server it is for, and the time; it raises ValueError with a sentence for what is no cookie, and
    ProviderError.
    """

    sign_in: Callable[[str, Any, datetime], CookieSignIn]
