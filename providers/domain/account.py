"""Names of accounts: short and opaque, the same wherever an account is found."""

from __future__ import annotations


def account_id(provider: str, account: str, person: str | None = "") -> str:
    """8 hex digits: a hash of the vendor's own ids. `person` distinguishes the members of one workspace.

    That is "" where the vendor names none, and None where `account` is not the vendor's id but a home's path.
    Logs, logins and answers get the same name only for the same ids. What they hash to never changes: it
    names stored state, and the metrics series that people keep.
    """
    from hashlib import sha256  # it loads OpenSSL, which takes 3 ms

    who = account if person is None else f"{account}/{person}"
    return sha256(f"{provider}:{who}".encode(errors="replace")).hexdigest()[:8]
