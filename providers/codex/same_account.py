"""Whether an answer is about the account that it was asked for."""

from __future__ import annotations

from typing import Any

from providers.domain.errors import NotSignedIn
from providers.source import Question

_PERSON = "user-"


def require_same_account(question: Question, account_id: Any, user_id: Any = None) -> None:
    """Raises NotSignedIn for an answer that names another account.

    A personal account is named there by its user: `account_id` equals `user_id`, "user-…" (seen on live answers of
    2026), where the login has a UUID. Such an id cannot be compared with the login's, so it says nothing.
    """
    ours = question.identity.account_id
    if not ours or not isinstance(account_id, str) or not account_id or account_id == ours:
        return
    names_person = account_id == user_id or account_id.startswith(_PERSON)
    if ours.startswith(_PERSON) == names_person:
        # Either somebody has just signed in, or the server maps this login to another account, which persists.
        raise NotSignedIn(
            "ChatGPT reported another account's limits, which are not shown here.",
            remedy="If this persists, run `codex login` and sign in again.",
        )
