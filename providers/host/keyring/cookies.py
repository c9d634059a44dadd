"""The cookies that a person saved: the secrets in the keyring, and a list of them without any secret.

The list is in the state folder. Where it names no cookie, the keyring is never opened, so nobody else is prompted
for a password.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from providers.domain import typed
from providers.domain.saved_cookie import COOKIES_FILE, SavedCookie
from providers.host.atomic import write_whole
from providers.host.file_lock import locked
from providers.host.files import read_small
from providers.host.keyring.own_items import OwnItems
from providers.host.private import make_folder
from providers.host.secret import Secret

_LOCK_SECONDS = 5.0
_SIZE_LIMIT = 1 << 20


def saved_cookies(folder: Path, provider: str | None = None) -> tuple[SavedCookie, ...]:
    """Those in the list of this state folder, the oldest first; none where it cannot be read."""
    try:
        found = typed.json_decode(read_small(folder / COOKIES_FILE, _SIZE_LIMIT), list[SavedCookie])
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return ()
    return tuple(
        each for each in found if each.saved_at.tzinfo is not None and provider in (None, each.provider)
    )


class CookieStore:
    """Adds and removes. Raises OSError and LockHeld for the list, and what OwnItems raises for the keyring."""

    def __init__(self, folder: Path, items: OwnItems) -> None:
        self._folder = folder
        self._items = items

    def save(self, cookie: SavedCookie, secret: Secret) -> None:
        """In place of the one that this account had."""
        make_folder(self._folder)
        with locked(self._folder / "cookies.lock", _LOCK_SECONDS, "saving a cookie"):
            others = self._others(cookie)
            self._items.write(cookie.item, secret)
            self._write((*others, cookie))

    def remove(self, cookie: SavedCookie) -> None:
        """Also from the list where the keyring has none any more."""
        with locked(self._folder / "cookies.lock", _LOCK_SECONDS, "removing a cookie"):
            self._items.delete(cookie.item)
            self._write(self._others(cookie))

    def _others(self, cookie: SavedCookie) -> tuple[SavedCookie, ...]:
        return tuple(each for each in saved_cookies(self._folder) if each.item != cookie.item)

    def _write(self, cookies: Sequence[SavedCookie]) -> None:
        write_whole(self._folder / COOKIES_FILE, msgspec.json.encode(cookies))
