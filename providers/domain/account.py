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


def account_keys(provider: str, account: str | None, user: str | None, email: str | None) -> frozenset[str]:
    """All names that a login of this account may have had, as `account_id` makes them.

    A login may know its person by the vendor's id or by the email address alone, so two logins are of one account
    where they have a name in common.
    """
    people = [person for person in (user, (email or "").lower()) if person]
    if not people and account:
        people = [""]
    return frozenset(account_id(provider, account or "", person) for person in people)
