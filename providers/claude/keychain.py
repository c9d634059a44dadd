"""The item of the macOS Keychain in which Claude Code keeps its login there.

Facts (2.1.329): service `Claude Code-credentials`, with `-` and 8 hex digits of the SHA-256 of CLAUDE_CONFIG_DIR
where that is set; account `$USER`, or `claude-code-user` where that is no plain name. Its content is that of
`.credentials.json`.

The person is asked only when they asked us: a refresh by hand. What they allowed is held in memory; what they
refused is not asked for again but by their next refresh. Between these the Keychain is asked in silence: it
answers who was allowed always, and shows no dialog to anybody else.
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
        self._held: dict[str, Secret] = {}
        self._silent: set[str] = set()

    def held(self, home: Home) -> Secret | None:
        """What was read before, without asking anybody."""
        return self._held.get(item(home))

    def read(self, home: Home, *, user_initiated: bool) -> Secret | None:
        """The item's content, None where there is none; the person is asked only `user_initiated`.

        Raises NotSignedIn where it was not given; what was read before stays then.
        """
        name = item(home)
        if name in self._silent and not user_initiated:
            raise _not_given()
        try:
            found = self._keyring.read(name, self._account(), ask=user_initiated)
        except ProviderError as trouble:
            self._silent.add(name)
            raise _not_given() from trouble
        self._silent.discard(name)
        if found is None:
            self._held.pop(name, None)
        else:
            self._held[name] = found
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


def _not_given() -> NotSignedIn:
    return NotSignedIn(
        "Your Claude Code login is in the macOS Keychain, which has not granted tankful access.",
        remedy="Choose Refresh now, and allow access when macOS asks.",
    )
