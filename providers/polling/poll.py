"""One poll of an account's sources: load → decide (pure) → fetch → record (pure) → save. Never raises.

Local sources cost nothing and are read each time, in every home of the account. The others are fetched along the
chain as `decide` says, no more often than the provider's interval and each source's own backoff allow, and by one
process at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from providers.domain.errors import LoginExpired, NotUnderstood, ProviderError, TimedOut
from providers.domain.limits import Attempt, Reading, UsageError
from providers.host.faults import log_fault, logger_of
from providers.host.file_lock import LockHeld
from providers.host.files import short
from providers.host.storage import reason_of
from providers.polling.account_store import LOCK_SECONDS, AccountState, AccountStore
from providers.polling.backoff import LoginPlace
from providers.polling.decide import (
    ChainProgress,
    Fetched,
    Mode,
    Round,
    RoundEnd,
    checkpoint,
    decide,
    may_begin,
    record,
    wants_to_ask,
    with_local,
)
from providers.source import Question, Source

__all__ = ["Mode", "Round", "ask", "internal_error", "look", "poll"]

_PATIENCE_SECONDS = 2.0
_log = logger_of(__name__)


def poll(this: Round, memory: AccountStore) -> AccountState:
    """The state of the account after this round; saved for the next one and for other processes."""
    return look(this, memory, ask(this, memory))


def look(this: Round, memory: AccountStore, known: AccountState | None = None) -> AccountState:
    """The state of the account with fresh readings of its local sources; makes no request."""
    known = memory.account(this.client.key, this.clock()) if known is None else known
    for source in this.chosen:
        if source.local:
            known = with_local(known, _fetch(this, source, this.client.places, everywhere=True))
    return known


def ask(this: Round, memory: AccountStore) -> AccountState:
    """The state of the account after fetching from the sources that are due, under its lock."""
    key = this.client.key
    known = memory.account(key, this.clock())
    if not wants_to_ask(this, known, this.clock()):
        return known
    # With something to show there is no need to wait long for another process's fetch.
    brief = this.mode == "due" and known.readings
    try:
        with memory.asking(key, _PATIENCE_SECONDS if brief else LOCK_SECONDS):
            known = memory.account(key, this.clock())
            if not may_begin(this, known, this.clock()):
                return known  # another process fetched while we waited
            # Saved before the request: a crash in between must not lead to a second request.
            known = replace(known, asked_at=this.clock(), under_way=True)
            memory.save_account(key, known)
            known = replace(_ask_chain(this, known, memory.save_account), under_way=False)
            return _saved(key, known, memory)
    except LockHeld as error:
        # Its result will be here next time.
        if brief and not error.is_suspended:
            memory.tell(f"{error.message} These are the last known limits.")
        else:
            memory.hinder(key, TimedOut(error.message, remedy=error.remedy).as_data())
        return memory.account(key, this.clock())
    except OSError as error:
        return _ask_unsaved(this, memory, error)


def _ask_unsaved(this: Round, memory: AccountStore, problem: OSError) -> AccountState:
    """Where nothing can be saved or locked: what is fetched is kept in this process.

    Only who owns the engine, and a person who asks for it, fetches then: of others there may be many, and none
    would know when the last one did.
    """
    key = this.client.key
    known = memory.account(key, this.clock())
    if not (memory.owner or this.mode == "now"):
        known = replace(known, error=_not_fetched(memory, problem))
    elif may_begin(this, known, this.clock()):
        known = replace(known, asked_at=this.clock())
        memory.hold_account(key, known)
        known = _ask_chain(this, known, memory.hold_account)
    memory.hold_account(key, known)
    return known


def _ask_chain(this: Round, known: AccountState, save: Callable[[str, AccountState], None]) -> AccountState:
    """Along the chain, as far as each is a fallback for those before."""
    progress = ChainProgress()
    while True:
        began = this.clock()
        step = decide(this, known, progress, began)
        if isinstance(step, RoundEnd):
            return step.known
        if (interrupted := checkpoint(this, known, step, began)) is not None:
            save(this.client.key, interrupted)
        fetched = _fetch(this, step.source, step.places, after=step.after, known=known)
        recorded = record(this, known, step, fetched, began, this.clock())
        if isinstance(recorded, RoundEnd):
            return recorded.known
        known, progress = recorded


def _saved(key: str, known: AccountState, memory: AccountStore) -> AccountState:
    """A result that cannot be saved is kept in this process."""
    try:
        memory.save_account(key, known)
    except OSError as error:
        known = replace(known, error=known.error or _not_kept(memory, error))
        memory.hold_account(key, known)
    return known


def _fetch(
    this: Round,
    source: Source,
    places: Sequence[LoginPlace],
    *,
    after: ProviderError | None = None,
    known: AccountState | None = None,
    everywhere: bool = False,
) -> Fetched:
    """Fetch once, in the first place where the source is available, or in each of them."""
    began = time.monotonic()
    readings: list[Reading] = []
    error: ProviderError | None = None
    answered, ever_asked, refused = False, False, None
    for place in places:
        question = _question(this, source, place, after, known or AccountState())
        asked, reading, error = _fetch_at(source, question)
        ever_asked = ever_asked or asked
        answered = answered or (asked and error is None)
        if reading is not None:
            readings.append(reading)
        if asked and not everywhere:
            refused = place if isinstance(error, LoginExpired) else None
            break
    if answered:
        error = None
    attempt = Attempt(
        source=source.id,
        ok=error is None,
        ms=round((time.monotonic() - began) * 1000),
        error=error.as_data() if error else None,
        notes=tuple(dict.fromkeys(note for reading in readings for note in reading.dropped)),
    )
    return Fetched(attempt, error, tuple(readings), ever_asked, refused)


def _question(
    this: Round, source: Source, place: LoginPlace, after: ProviderError | None, known: AccountState
) -> Question:
    return Question(
        home=place.home,
        identity=this.client.identity,
        account_since=place.since,
        now=this.clock(),
        after=after,
        last=_last(known, source),
        last_error=known.of(source.id).error,
        program=this.program,
        user_initiated=this.mode == "now",
        cookie=this.cookie,
    )


def _last(known: AccountState, source: Source) -> Reading | None:
    readings = (reading for reading in known.readings if reading.source == source.id)
    return max(readings, key=lambda reading: reading.fetched_at, default=None)


def _fetch_at(source: Source, question: Question) -> tuple[bool, Reading | None, ProviderError | None]:
    """Whether it was available there, its reading, its error."""
    asked = False
    try:
        reason = source.unavailable(question)
        if reason is not None:
            return False, None, reason
        asked = True
        return True, source.read(question), None
    except ProviderError as error:
        return asked, None, error
    except Exception as error:  # noqa: BLE001 - an internal error must not blank what is known
        return asked, None, internal_error(error, "this response")


def internal_error(error: Exception, over: str) -> NotUnderstood:
    """An internal error as an error like any other; it names the exception type, and quotes nothing."""
    log_fault(_log, f"could not read {over}", error)
    return NotUnderstood(
        f"Internal error while handling {over} ({type(error).__name__}).", remedy="Please report this."
    )


def _not_fetched(memory: AccountStore, error: OSError) -> UsageError:
    reason, remedy = reason_of(memory.folder, error)
    return NotUnderstood(
        f"Limits are not fetched because {short(memory.folder)} cannot be written: {reason}.",
        remedy=f"{remedy} `tankful usage --refresh` fetches them anyway.",
    ).as_data()


def _not_kept(memory: AccountStore, error: OSError) -> UsageError:
    reason, remedy = reason_of(memory.folder, error)
    return NotUnderstood(
        f"Limits are not saved because {short(memory.folder)} cannot be written: {reason}.", remedy=remedy
    ).as_data()
