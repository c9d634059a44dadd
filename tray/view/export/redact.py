"""Names that are exported, as they are or as hashes. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from providers.ledger.prices.names import is_one_of

HASH_LENGTH = 12
"""Hex digits: more than an account's id has."""


class Redaction:
    """Hashes whatever names a person, their work or their machines, by a salt that nobody else knows: the same
    name has the same hash in all exports, and no one can try names until a hash fits. Without a salt, names stay
    what they are.
    """

    def __init__(
        self,
        projects: Mapping[str, str] | None = None,
        salt: bytes | None = None,
        models: frozenset[str] = frozenset(),
    ) -> None:
        """`projects` has the one name for each spelling of a folder. `models` are those that the world knows,
        which tell nothing: all others may be those of a person's own gateway, or hold a company's name.
        """
        self._salt = salt
        self._projects = projects or {}
        self._models = models

    def account(self, name: str | None) -> str | None:
        return self._hashed("account", name)

    def home(self, name: str | None) -> str | None:
        return self._hashed("home", name)

    def project(self, name: str | None) -> str | None:
        return None if name is None else self._hashed("project", self._projects.get(name, name))

    def session(self, name: str | None) -> str | None:
        return self._hashed("session", name)

    def machine(self, name: str | None) -> str | None:
        return self._hashed("machine", name)

    def program(self, name: str | None) -> str | None:
        """What a CLI was started by."""
        return self._hashed("program", name)

    def model(self, name: str | None) -> str | None:
        return name if name and is_one_of(name, self._models) else self._hashed("model", name)

    def _hashed(self, kind: str, name: str | None) -> str | None:
        if self._salt is None or not name:
            return name or None
        text = f"{kind}:{name}".encode(errors="surrogatepass")
        return hmac.digest(self._salt, text, "sha256").hex()[:HASH_LENGTH]
