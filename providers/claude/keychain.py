"""The macOS Keychain item in which Claude Code stores its login.

Facts (2.1.329): service `Claude Code-credentials`, with `-` and 8 hex digits of the SHA-256 of CLAUDE_CONFIG_DIR
where that is set; account `$USER`, or `claude-code-user` where that is not a plain name. Its content is that
of `.credentials.json`.

macOS may prompt the user only during a refresh by hand. A login that was read is cached in memory; after a denial
there is no further prompt until the next refresh by hand. In between the Keychain is read silently: it answers
programs that are always allowed, and shows no dialog for any other.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import unicodedata
from collections.abc import Mapping

from providers.claude.config import default_home
from providers.domain.errors import NotSignedIn, ProviderError
from providers.host.keyring.system_keyring import Keyring, SystemKeyring
from providers.host.secret import Secret
from providers.source import Home

_PLAIN = re.compile(r"[a-zA-Z0-9._-]+")


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
        self._cached: dict[str, Secret] = {}
        self._denied: set[str] = set()

    def cached(self, home: Home) -> Secret | None:
        """What was read before, without a prompt."""
        return self._cached.get(item(home))

    def read(self, home: Home, *, user_initiated: bool) -> Secret | None:
        """The item's content, None where there is none; only a `user_initiated` read may prompt.

        Raises NotSignedIn where access was denied; what was read before stays cached.
        """
        name = item(home)
        if name in self._denied and not user_initiated:
            raise _access_denied()
        try:
            found = self._keyring.read(name, self._account(), ask=user_initiated)
        except ProviderError as error:
            self._denied.add(name)
            raise _access_denied() from error
        self._denied.discard(name)
        if found is None:
            self._cached.pop(name, None)
        else:
            self._cached[name] = found
        return found

    def _account(self) -> str:
        user = self._environ.get("USER", "")
        return user if _PLAIN.fullmatch(user) else "claude-code-user"


def item(home: Home) -> str:
    """The name of the home's item."""
    if home.path == default_home():
        return "Claude Code-credentials"
    folder = unicodedata.normalize("NFC", str(home.path))
    return f"Claude Code-credentials-{hashlib.sha256(folder.encode(errors='replace')).hexdigest()[:8]}"


def _access_denied() -> NotSignedIn:
    return NotSignedIn(
        "Your Claude Code login is in the macOS Keychain, which has not granted tankful access.",
        remedy="Choose Refresh now, and allow access when macOS asks.",
    )
