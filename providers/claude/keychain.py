"""The macOS Keychain item in which Claude Code stores its login.

Facts (2.1.332): service `Claude Code-credentials`, with `-` and 8 hex digits of the SHA-256 of the variable's text
where one is set (see `providers.claude.variables`); account `$USER`, else the name of the user, or
`claude-code-user` where that is not a plain name. Its content is that of `.credentials.json`.

macOS may prompt the user only during a refresh by hand. A login that was read is cached in memory. At other
times the Keychain is read silently: it answers programs that are always allowed, and shows no dialog for any
other. After a denial, also a silent one, it is not read again until the next refresh by hand.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import unicodedata
from collections.abc import Mapping

from msgspec import Struct

from providers.claude.variables import config_dir, default_home, secure_dir
from providers.domain.errors import NotSignedIn, ProviderError
from providers.host.keyring.system_keyring import Keyring, SystemKeyring
from providers.host.secret import Secret
from providers.source import Home

_DEFAULT = "Claude Code-credentials"
_PLAIN = re.compile(r"[a-zA-Z0-9._-]+")


class Item(Struct, frozen=True):
    """The content of an item. `stands_in` is True for a fallback: not the home's own item, but that of a
    Claude Code without CLAUDE_CONFIG_DIR.
    """

    content: Secret
    stands_in: bool = False


class Keychain:
    """The items of all homes. `here` is False on systems where Claude Code has none."""

    def __init__(
        self,
        keyring: Keyring | None = None,
        environ: Mapping[str, str] = os.environ,
        *,
        here: bool = sys.platform == "darwin",
    ) -> None:
        self.here = here
        self._keyring = keyring or SystemKeyring(environ)
        self._environ = environ
        self._cached: dict[str, Item | None] = {}
        self._denied: set[str] = set()

    def cached(self, home: Home) -> Item | None:
        """What was read before, without a prompt."""
        return self._cached.get(item(home, self._environ))

    def was_read(self, home: Home) -> bool:
        """Whether it is known what the home's item holds, or that there is none."""
        return item(home, self._environ) in self._cached

    def read(self, home: Home, *, user_initiated: bool) -> Item | None:
        """The home's item, None where there is none; only a `user_initiated` read may prompt.

        Where the default folder is named by the variable, and that item is missing, it falls back to the one
        of the default home: it is the same folder. Raises NotSignedIn where access was denied, now or since
        the last refresh by hand; what was read before stays cached.
        """
        name = item(home, self._environ)
        if name in self._denied and not user_initiated:
            raise _access_denied()
        try:
            content = self._keyring.read(name, self._account(), ask=user_initiated)
            stands_in = content is None and name != _DEFAULT and self._shares_default(home)
            if stands_in:
                content = self._keyring.read(_DEFAULT, self._account(), ask=user_initiated)
        except ProviderError as error:
            self._denied.add(name)
            raise _access_denied() from error
        self._denied.discard(name)
        found = None if content is None else Item(content, stands_in)
        self._cached[name] = found
        return found

    def _shares_default(self, home: Home) -> bool:
        return home.path == default_home() and secure_dir(home, self._environ) is None

    def _account(self) -> str:
        user = self._environ.get("USER") or _user_name()
        return user if _PLAIN.fullmatch(user) else "claude-code-user"


def item(home: Home, environ: Mapping[str, str] = os.environ) -> str:
    """The name of the home's item."""
    secure = secure_dir(home, environ)
    text = config_dir(home) if secure is None else secure
    if not text:
        return _DEFAULT
    normal = unicodedata.normalize("NFC", text)
    return f"{_DEFAULT}-{hashlib.sha256(normal.encode(errors='replace')).hexdigest()[:8]}"


def _user_name() -> str:
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return ""


def _access_denied() -> NotSignedIn:
    return NotSignedIn(
        "Your Claude Code login is in the macOS Keychain, which has not granted tankful access.",
        remedy="Choose Refresh now, and allow access when macOS asks.",
    )
