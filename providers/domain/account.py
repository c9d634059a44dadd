"""Names of accounts: short and opaque, the same wherever an account is met."""

from __future__ import annotations

import hashlib


def account_id(provider: str, account: str, person: str | None = "") -> str:
    """A short hash of the vendor's own ids; `person` tells the members of one workspace apart.

    Logs, logins and answers name an account alike only if they pass the same ids. It never changes: it names
    stored state and the series that people keep.
    """
    who = account if person is None else f"{account}/{person}"
    return hashlib.sha256(f"{provider}:{who}".encode(errors="replace")).hexdigest()[:8]
