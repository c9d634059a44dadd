"""How a state becomes the next: pure functions of (state, event). Nothing else makes a new state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.cost import Counter
from providers.domain.incident import Incident
from providers.domain.limits import AccountUsage, UsageSnapshot
from providers.domain.live import SessionsLook
from tray.engine.cost_settings import NOT_ON_LINES
from tray.engine.cost_summary import cost_summary
from tray.engine.settings import Settings
from tray.engine.state import HomeCost, LastRefresh, State


class SettingsRead(Struct, frozen=True):
    """The settings file has changed."""

    settings: Settings


class SettingSaved(Struct, frozen=True):
    """A change of the settings was written to their file; or not, for this reason (a sentence)."""

    problem: str | None = None


class AccountsFound(Struct, frozen=True):
    """These entries are there now, in this order; `read` is what is known of those that are new, as far as it
    is.
    """

    keys: tuple[str, ...]
    read: tuple[AccountUsage, ...] = ()


class AccountRead(Struct, frozen=True):
    """What is known of an account now, `key` being the entry it was read for."""

    key: str
    usage: AccountUsage


class AskingBegan(Struct, frozen=True):
    """A server, or a program, is being asked about this account."""

    key: str


class AskingEnded(Struct, frozen=True):
    """It has answered, or failed to."""

    key: str


class RefreshEnded(Struct, frozen=True):
    """All these accounts, by their entries' keys, that the person wanted refreshed were asked by then."""

    at: datetime
    keys: frozenset[str]


class CountBegan(Struct, frozen=True):
    """Logs are being read."""


class CountProgressed(Struct, frozen=True):
    """This share of them has been read, 0-1; None if unknown."""

    share: float | None


class CostsRead(Struct, frozen=True):
    """What the ledger holds, by the homes' ids; `counters` are None where they were not asked for.

    `is_explained` is whether the person knows of what is on no line of a log.
    """

    costs: Mapping[str, HomeCost]
    counters: tuple[Counter, ...] | None = None
    is_explained: bool = True


class Explained(Struct, frozen=True):
    """The person has seen that totals include what is on no line of a log."""


class CountWaits(Struct, frozen=True):
    """Another process is counting, as this sentence says; None as soon as this one counts."""

    sentence: str | None


class CountEnded(Struct, frozen=True):
    """All logs are read; or not, for this reason (a sentence)."""

    problem: str | None = None


class IncidentsRead(Struct, frozen=True):
    """What the status pages report now, by the providers' ids."""

    incidents: Mapping[str, Incident]


class Muted(Struct, frozen=True):
    """The person wants no notices until then; None: wants them again."""

    until: datetime | None


class RefreshPlanned(Struct, frozen=True):
    """Servers are polled this often now."""

    every: timedelta


class Paused(Struct, frozen=True):
    """The person wants no polls until then; None: wants them again."""

    until: datetime | None


class SessionsLooked(Struct, frozen=True):
    """The live sessions now; None where nobody looks any more, so that nobody takes old ones for now."""

    look: SessionsLook | None


Event = (
    SettingsRead
    | SettingSaved
    | AccountsFound
    | AccountRead
    | AskingBegan
    | AskingEnded
    | RefreshEnded
    | CountBegan
    | CountProgressed
    | CostsRead
    | Explained
    | CountWaits
    | CountEnded
    | IncidentsRead
    | Muted
    | Paused
    | RefreshPlanned
    | SessionsLooked
)


def after(state: State, event: Event, now: datetime, today: date) -> State:
    """The state after an event; the very same one where nothing is different. `today` is the person's."""
    changed = _join(_after(state, event, now), today)
    before, newest = state.snapshot, changed.snapshot
    if before is not None and newest is not None and before.accounts == newest.accounts:
        changed = replace(changed, snapshot=before)  # read again, and nothing is different
    if changed == state:
        return state
    return replace(changed, revision=state.revision + 1)


def _after(state: State, event: Event, now: datetime) -> State:
    match event:
        case SettingsRead() | SettingSaved():
            return _with_settings(state, event)
        case AccountsFound() | AccountRead() | AskingBegan() | AskingEnded() | RefreshEnded():
            return _with_accounts(state, event, now)
        case CountBegan() | CountProgressed() | CountWaits() | CostsRead() | CountEnded():
            return _with_count(state, event)
        case Explained():
            return replace(state, is_explained=True)
        case IncidentsRead(incidents):
            return replace(state, incidents=incidents)
        case Muted(until):
            return replace(state, muted_until=until)
        case Paused(until):
            return replace(state, paused_until=until)
        case RefreshPlanned(every):
            return replace(state, refresh_every=every)
        case SessionsLooked(look):
            return replace(state, sessions=_unless_equal(state.sessions, look))


def _unless_equal(before: SessionsLook | None, look: SessionsLook | None) -> SessionsLook | None:
    """The one before where the new one differs in nothing but its time: nobody has to draw that again."""
    if before is None or look is None or replace(look, at=before.at) != before:
        return look
    return before


def _with_accounts(
    state: State,
    event: AccountsFound | AccountRead | AskingBegan | AskingEnded | RefreshEnded,
    now: datetime,
) -> State:
    match event:
        case AccountsFound(keys, read):
            found = replace(state, order=keys, asking=state.asking & set(keys))
            # What was there stays until something is known of what is there now: nothing blinks.
            blind = keys and not read and not _known(found)
            return found if blind else _with(found, {usage.key: usage for usage in read}, now)
        case AccountRead(key, usage):
            return _with(state, {key: usage}, now) if key in state.order else state
        case AskingBegan(key):
            return replace(state, asking=state.asking | {key})
        case AskingEnded(key):
            return replace(state, asking=state.asking - {key})
        case RefreshEnded(at, keys):
            accounts = state.snapshot.accounts if state.snapshot else ()
            failed = tuple(each.key for each in accounts if each.key in keys and each.error is not None)
            return replace(state, refreshed=LastRefresh(at=at, failed=failed))


def _with_count(
    state: State, event: CountBegan | CountProgressed | CountWaits | CostsRead | CountEnded
) -> State:
    match event:
        case CountBegan():
            return replace(state, counting=True, progress=None)
        case CountProgressed(share):
            return replace(state, progress=share) if state.counting else state
        case CountWaits(sentence):
            return replace(state, count_problem=sentence)
        case CostsRead(costs, counters, is_explained):
            counters = counters or state.counters
            return replace(state, costs=costs, counters=counters, is_explained=is_explained)
        case CountEnded(problem):
            return replace(state, counting=False, progress=None, count_problem=problem)


def _with_settings(state: State, event: SettingsRead | SettingSaved) -> State:
    if isinstance(event, SettingSaved):
        return replace(state, save_problem=event.problem)
    return replace(state, settings=event.settings, save_problem=None)


def _with(state: State, read: dict[str, AccountUsage], now: datetime) -> State:
    """With what was read of accounts, in the order of the entries, and without those that are no more."""
    before = state.snapshot.accounts if state.snapshot else ()
    known = {account.key: account for account in before} | read
    accounts = tuple(known[key] for key in state.order if key in known)
    return replace(state, snapshot=UsageSnapshot(generated_at=now, accounts=accounts))


def _known(state: State) -> bool:
    """Whether anything is known of any entry that is there."""
    return any(account.key in state.order for account in (state.snapshot.accounts if state.snapshot else ()))


def _join(state: State, today: date) -> State:
    """Accounts with what their homes cost, and how often they are refreshed."""
    if state.snapshot is None:
        return state
    with_not_on_lines = state.settings.get(NOT_ON_LINES)
    accounts = tuple(
        replace(
            account,
            cost=cost_summary(state.costs, account.cost_home_ids, today, with_not_on_lines=with_not_on_lines),
            refresh_every=state.refresh_every,
        )
        for account in state.snapshot.accounts
    )
    if accounts == state.snapshot.accounts:
        return state
    return replace(state, snapshot=replace(state.snapshot, accounts=accounts))
