"""Names that are exported, as they are or as hashes. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping


class Redaction:
    """Hashes names of accounts, projects and homes, by a salt that nobody else knows: the same name has the same
    hash in all exports, and no one can try names until a hash fits. Without a salt, names stay what they are.
    """

    def __init__(self, salt: bytes | None = None, projects: Mapping[str, str] | None = None) -> None:
        """`projects` has the one name for each spelling of a folder."""
        self._salt = salt
        self._projects = projects or {}
        self._hashes: dict[tuple[str, str], str] = {}

    def account(self, name: str | None) -> str | None:
        return self._hashed("account", name)

    def home(self, name: str | None) -> str | None:
        return self._hashed("home", name)

    def project(self, name: str | None) -> str | None:
        return None if name is None else self._hashed("project", self._projects.get(name, name))

    def _hashed(self, kind: str, name: str | None) -> str | None:
        if self._salt is None or not name:
            return name or None
        held = self._hashes.get((kind, name))
        if held is None:
            text = f"{kind}:{name}".encode(errors="surrogatepass")
            held = self._hashes[kind, name] = hmac.digest(self._salt, text, "sha256").hex()[:12]
        return held
