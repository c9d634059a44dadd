"""The log entries for a change of the state: something failed, or works again. Pure.

Sources are named by their ids, accounts and homes by their short hashes; of an error only its kind is logged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from providers.domain.limits import AccountUsage, UsageError
from tray.engine.document_values import as_time
from tray.engine.state import State

_SETTINGS = "settings"
_LINE = re.compile(r"\blines? (\d+)")


class TransitionEntry(Struct, frozen=True):
    """One line of the log."""

    level: Literal["info", "warning"]
    text: str


class _Failure(Struct, frozen=True):
    """`kind` is None of what has a `sentence` instead. When it is tried again makes no other failure of it."""

    kind: str | None = None
    sentence: str = ""
    retry_at: datetime | None = None

    def same(self, other: _Failure) -> bool:
        return (self.kind, self.sentence) == (other.kind, other.sentence)


Outcomes = dict[str, _Failure | None]
"""How each thing that can fail was last found, by its name: the failure, or None where it works."""


def entries(before: Outcomes, after: Outcomes) -> list[TransitionEntry]:
    """The entries for what differs in `after`, in its order; none where nothing does.

    What fails when it is first seen counts as having worked before. What is not in `after` says nothing: a source
    is absent while others are asked before it.
    """
    found = [_entry(name, before.get(name), failure) for name, failure in after.items()]
    return [entry for entry in found if entry is not None]


def _entry(name: str, before: _Failure | None, after: _Failure | None) -> TransitionEntry | None:
    if after is None:
        return (
            None
            if before is None
            else TransitionEntry("info", f"{name} {'work' if name == _SETTINGS else 'works'} again")
        )
    if before is not None and before.same(after):
        return None
    was = f", was {before.kind}" if before is not None and before.kind else ""
    why = f" ({after.kind}{was})" if after.kind else ""
    sentence = f": {after.sentence}" if after.sentence else ""
    retry = f"; next try {as_time(after.retry_at)}" if after.retry_at else ""
    return TransitionEntry("warning", f"{name} failed{why}{sentence}{retry}")


def outcomes(state: State) -> Outcomes:
    """In the order of the accounts."""
    found: Outcomes = {}
    for usage in state.snapshot.accounts if state.snapshot else ():
        found |= _of_account(usage)
    found["ledger"] = _Failure(sentence=state.count_problem) if state.count_problem else None
    problem = state.settings_problem
    found[_SETTINGS] = _Failure(sentence=settings_problem(problem)) if problem else None
    return found


def _of_account(usage: AccountUsage) -> Mapping[str, _Failure | None]:
    """The login of each home; of an account its sources, and what failed beside them."""
    signed_in = usage.account is not None
    found: Outcomes = {
        f"{usage.provider} home {home}: login": None if signed_in else _failure(usage.error)
        for home in usage.home_ids
    }
    if not signed_in:
        return found
    name = f"{usage.provider} {usage.key}"
    for attempt in usage.attempts:
        found[f"{name}: {attempt.source}"] = None if attempt.ok else _failure(attempt.error)
    errors = [(attempt.error.kind, attempt.error.message) for attempt in usage.attempts if attempt.error]
    own = usage.error is not None and (usage.error.kind, usage.error.message) not in errors
    found[f"{name}: state"] = _failure(usage.error) if own else None
    return found


def _failure(error: UsageError | None) -> _Failure | None:
    """Also of an entry that gives no reason: an account that is not signed in."""
    return _Failure(kind="not_signed_in") if error is None else _Failure(error.kind, "", error.retry_at)


def settings_problem(sentence: str) -> str:
    """The lines that it names, without their content; the whole sentence if it names none."""
    lines = list(dict.fromkeys(_LINE.findall(sentence)))
    if not lines:
        return sentence
    return f"{'line' if len(lines) == 1 else 'lines'} {', '.join(lines)} not valid"
