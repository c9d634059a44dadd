"""From homes to one snapshot: which account is signed in where, its state, its error."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from threading import Thread

from msgspec.structs import replace

from providers.domain.errors import NotSignedIn, ProviderError
from providers.domain.limits import Account, AccountUsage, UsageError, UsageSnapshot
from providers.domain.merge import merge
from providers.host.keyring.cookies import saved_cookies
from providers.polling.account_store import AccountState, AccountStore
from providers.polling.backoff import Client, LoginPlace
from providers.polling.homes import DEFAULT_SETTINGS, homes_of
from providers.polling.page_store import PageStore
from providers.polling.poll import Mode, Round, ask, internal_error, look
from providers.polling.targets import Target, page_sources, with_cookies
from providers.source import Home, Provider, ProviderSettings, account_key

ROUND_SECONDS: dict[Mode, float] = {"due": 10.0, "now": 60.0}
"""How long `take_usage` waits for all sources together: longer if the user asked for it."""
LOOK_SECONDS = 2.0
"""How long it waits for the local sources of those that are not done by then."""


def take_usage(
    providers: Sequence[Provider],
    environ: Mapping[str, str],
    memory: AccountStore,
    clock: Callable[[], datetime],
    *,
    mode: Mode = "due",
    only_source: str | None = None,
    settings: Mapping[str, ProviderSettings] = {},
    ask_seconds: float | None = None,
    look_seconds: float = LOOK_SECONDS,
) -> UsageSnapshot:
    """Everything known now, one entry per account in the order of the homes. Never raises.

    Accounts are fetched concurrently; one that is not done within `ask_seconds` (those of ROUND_SECONDS) is shown
    with its stored state and what its local sources say within `look_seconds`.
    """
    targets = find_targets(providers, environ, memory, clock(), only_source=only_source, settings=settings)
    answers: dict[str, AccountUsage] = {}
    if mode != "cached":
        asked = [target for target in targets if target.client is not None]
        within = ROUND_SECONDS[mode] if ask_seconds is None else ask_seconds
        answers = _all(asked, lambda target: ask_for(target, memory, clock, mode), within)
    late = [target for target in targets if target.key not in answers]
    answers |= _all(late, lambda target: look_at(target, memory, clock), look_seconds)
    accounts = tuple(answers.get(target.key) or known_of(target, memory, clock) for target in targets)
    return UsageSnapshot(generated_at=clock(), accounts=accounts)


def find_targets(
    providers: Sequence[Provider],
    environ: Mapping[str, str],
    memory: AccountStore,
    now: datetime,
    *,
    only_source: str | None = None,
    settings: Mapping[str, ProviderSettings] = {},
) -> tuple[Target, ...]:
    """Who is signed in where, in the order of the homes. Never raises.

    With `only_source`, or a source chosen in the `settings`, no other source is fetched, and no reading of another
    one is shown. A provider that is disabled or has no such source has no entry, nor has one that was never used
    here, unless there is no other.
    """
    found: list[Target] = []
    absent: list[Target] = []
    for provider in providers:
        own = settings.get(provider.id, DEFAULT_SETTINGS)
        only = only_source or own.source
        if not own.enabled or only not in (None, *provider.source_ids):
            continue
        try:
            homes, exist = _existing_homes(provider, environ, own)
            log_homes = provider.find_log_homes(environ)
        except Exception as error:  # noqa: BLE001 - it must not affect the other providers
            internal = internal_error(error, "the list of homes")
            found.append(Target(key=provider.id, provider=provider, homes=(), error=internal))
            continue
        cookies = saved_cookies(memory.folder, provider.id) if provider.accepts_cookies(only) else ()
        targets = with_cookies(_by_account(provider, homes, memory, now), provider, cookies, exist=exist)
        (found if exist or cookies else absent).extend(
            replace(
                target,
                only=only,
                program=own.program,
                account_pages=own.account_pages,
                log_homes=() if number else log_homes,
            )
            for number, target in enumerate(targets)
        )
    return tuple(found or absent)


def ask_only(target: Target, memory: AccountStore, clock: Callable[[], datetime], mode: Mode) -> None:
    """Fetch from the target's servers and programs, and save the result. Never raises."""
    _usage(target, memory, lambda this: ask(this, memory), clock, mode)


def ask_for(target: Target, memory: AccountStore, clock: Callable[[], datetime], mode: Mode) -> AccountUsage:
    """Fetch from the target's sources, as far as `mode` allows, and return the result. Never raises."""
    return _usage(target, memory, lambda this: look(this, memory, ask(this, memory)), clock, mode)


def known_of(target: Target, memory: AccountStore, clock: Callable[[], datetime]) -> AccountUsage:
    """The stored state of the target; reads no source, not even local ones. Never raises."""
    return _usage(target, memory, lambda this: memory.account(this.client.key, clock()), clock, "cached")


def look_at(target: Target, memory: AccountStore, clock: Callable[[], datetime]) -> AccountUsage:
    """The state of the target with fresh readings of its local sources; makes no request. Never raises."""
    return _usage(target, memory, lambda this: look(this, memory), clock, "cached")


def _all(
    targets: Sequence[Target], read: Callable[[Target], AccountUsage], seconds: float
) -> dict[str, AccountUsage]:
    """Concurrently: the results that come within so many seconds, by the targets' keys."""
    answers: dict[str, AccountUsage] = {}

    def read_one(target: Target) -> None:
        answers[target.key] = read(target)

    threads = [Thread(target=read_one, args=(target,), name="read", daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    return dict(answers)


def _existing_homes(
    provider: Provider, environ: Mapping[str, str], settings: ProviderSettings
) -> tuple[tuple[Home, ...], bool]:
    """The homes to read, and whether any exists; if none does, the first candidate.

    A program's default folder counts only if it exists.
    """
    homes = homes_of(provider, environ, settings)
    usual = {home.path for home in provider.find_homes({})}
    existing = tuple(home for home in homes if home.path not in usual or os.path.isdir(home.path))
    return existing or homes[:1], bool(existing)


def _by_account(
    provider: Provider, homes: Sequence[Home], memory: AccountStore, now: datetime
) -> list[Target]:
    targets: dict[str, Target] = {}
    for home in homes:
        alone = Target(key=home.id, provider=provider, homes=(home,))
        try:
            login = provider.read_login(home, now)
            if login.identity is None:
                vacant = isinstance(login.error, NotSignedIn) and login.kind is None
                targets[home.id] = replace(alone, error=login.error, vacant=vacant)
                continue
            key = account_key(home, login.identity)
            since = memory.account_since(home.path, key, login.attested_at, now)
        except Exception as error:  # noqa: BLE001 - it must not affect the other homes
            targets[home.id] = replace(alone, error=internal_error(error, "this home"))
            continue
        before = targets.get(key)
        place = LoginPlace(home=home, since=since, attested_at=login.attested_at)
        places = (*(before.client.places if before and before.client else ()), place)
        ends = (login.ends_at, before.login_ends_at if before else None)
        targets[key] = Target(
            key=key,
            provider=provider,
            homes=tuple(each.home for each in places),
            client=Client(key=key, identity=login.identity, places=places),
            login_ends_at=min((end for end in ends if end is not None), default=None),
        )
    return list(targets.values())


def _usage(
    target: Target,
    memory: AccountStore,
    know: Callable[[Round], AccountState],
    clock: Callable[[], datetime],
    mode: Mode,
) -> AccountUsage:
    if target.client is None:
        return _without_account(target, target.error)
    provider = target.provider
    try:
        this = Round(
            client=target.client,
            sources=target.sources,
            interval=provider.interval,
            mode=mode,
            clock=clock,
            only=target.only,
            program=target.program,
            cookie=target.cookie,
        )
        usage = _of_account(target, target.client, this, know(this))
        if not page_sources(target):
            return usage
        return replace(usage, pages=PageStore(memory.folder).stored(target.client.key, clock()).pages)
    except Exception as error:  # noqa: BLE001 - it must not affect the other accounts
        return _without_account(target, internal_error(error, "this account"))


def _without_account(target: Target, error: ProviderError | None) -> AccountUsage:
    return AccountUsage(
        key=target.key,
        provider=target.provider.id,
        title=target.provider.title,
        homes=tuple(home.label for home in target.homes),
        home_ids=tuple(home.id for home in target.homes),
        log_home_ids=tuple(home.id for home in target.log_homes),
        error=error.as_data() if error else None,
    )


def _of_account(target: Target, client: Client, this: Round, known: AccountState) -> AccountUsage:
    ids = {source.id for source in this.chosen}
    merged = merge(reading for reading in known.readings if reading.source in ids)
    error = known.error if this.chosen == this.sources else _own_error(known, this)
    identity, key = client.identity, client.key
    if (
        merged.email and not identity.email and not target.by_cookie_alone
    ):  # whoever signs in there next is another account
        key = account_key(client.places[0].home, replace(identity, email=merged.email))
    return replace(
        _without_account(target, None),
        account=Account(id=key, email=merged.email or identity.email, plan=merged.plan or identity.plan),
        windows=merged.windows,
        credits=merged.credits,
        spend=merged.spend,
        resets=merged.resets,
        limit_reached_at=merged.limit_reached_at,
        login_ends_at=target.login_ends_at,
        tokens=merged.tokens,
        limits_known=merged.limits_known,
        attempts=tuple(attempt for attempt in known.attempts if attempt.source in ids),
        source_titles={source.id: source.title for source in this.chosen},
        error=error,
        offline_since=known.offline_since if error is not None and error.kind == "offline" else None,
    )


def _own_error(known: AccountState, this: Round) -> UsageError | None:
    """The error of the chosen sources, not that of another one."""
    ids = {source.id for source in this.chosen}
    own = next((attempt.error for attempt in known.attempts if attempt.error and attempt.source in ids), None)
    others = [attempt.error for attempt in known.attempts if attempt.source not in ids]
    if own is not None or known.error in others or not this.chain:
        return own
    return known.error  # our own: the state could not be saved
