"""From homes to one snapshot: who is signed in where, what is known of each account, what is in the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.errors import ProviderError
from providers.domain.limits import Account, AccountUsage, UsageError, UsageSnapshot
from providers.domain.merge import merge
from providers.host.files import short
from providers.polling.account_store import AccountMemory, Memory
from providers.polling.backoff import Client, Place
from providers.polling.poll import Mode, Round, poll, stumbled
from providers.source import Home, Provider, ProviderSettings, account_key

UNSET = ProviderSettings()


def take_usage(
    providers: Sequence[Provider],
    environ: Mapping[str, str],
    memory: Memory,
    clock: Callable[[], datetime],
    *,
    mode: Mode = "due",
    only_source: str | None = None,
    settings: Mapping[str, ProviderSettings] = {},
) -> UsageSnapshot:
    """Everything known now, one entry for each account in the order of the homes. Never raises.

    With `only_source`, or a source chosen in the `settings`, no other source is asked, and nothing another one
    said is shown. A provider that is switched off or has no such source has no entry, nor has one that was never
    used here, unless there is no other.
    """
    accounts: list[AccountUsage] = []
    absent: list[AccountUsage] = []
    for provider in providers:
        own = settings.get(provider.id, UNSET)
        only = only_source or own.source
        if not own.enabled or only not in (None, *provider.source_ids):
            continue
        try:
            homes, there = _look_around(provider, environ, own)
        except Exception as error:  # noqa: BLE001 - the other providers speak all the same
            accounts.append(_signed_out(provider, (), stumbled(error, "the list of homes")))
            continue
        ask = partial(
            Round,
            sources=provider.sources,
            interval=provider.interval,
            mode=mode,
            clock=clock,
            only=only,
            program=own.program,
        )
        groups = _groups(provider, homes, memory, clock())
        (accounts if there else absent).extend(_entry(provider, group, ask, memory) for group in groups)
    return UsageSnapshot(generated_at=clock(), accounts=tuple(accounts or absent))


def homes_of(
    provider: Provider, environ: Mapping[str, str], settings: ProviderSettings = UNSET
) -> tuple[Home, ...]:
    """The provider's homes, and those that the settings name beside them; each once."""
    found = {home.path: home for home in provider.find_homes(environ)}
    for path in settings.homes:
        found.setdefault(path, Home(provider=provider.id, path=path, label=short(path)))
    return tuple(found.values())


def _look_around(
    provider: Provider, environ: Mapping[str, str], settings: ProviderSettings
) -> tuple[tuple[Home, ...], bool]:
    """The homes to look into, and whether there is any; where there is none, the first that could be.

    Where a program would keep itself unasked says nothing, unless it is there.
    """
    homes = homes_of(provider, environ, settings)
    usual = {home.path for home in provider.find_homes({})}
    there = tuple(home for home in homes if home.path not in usual or home.path.is_dir())
    return there or homes[:1], bool(there)


class _Group(Struct, frozen=True):
    """The homes of one account, or one home without; `login_ends_at` is when the first of its logins ends."""

    homes: tuple[Home, ...]
    trouble: ProviderError | None = None
    client: Client | None = None
    login_ends_at: datetime | None = None


def _groups(provider: Provider, homes: Sequence[Home], memory: Memory, now: datetime) -> list[_Group]:
    groups: dict[str, _Group] = {}
    for home in homes:
        try:
            login = provider.read_login(home, now)
            if login.identity is None:
                groups[f"home:{home.path}"] = _Group((home,), login.trouble)
                continue
            key = account_key(home, login.identity)
            since = memory.account_since(home.path, key, login.attested_at, now)
        except Exception as error:  # noqa: BLE001 - the other homes speak all the same
            groups[f"home:{home.path}"] = _Group((home,), stumbled(error, "this home"))
            continue
        before = groups.get(key)
        place = Place(home=home, since=since, attested_at=login.attested_at)
        places = (*(before.client.places if before and before.client else ()), place)
        ends = (login.ends_at, before.login_ends_at if before else None)
        groups[key] = _Group(
            tuple(each.home for each in places),
            client=Client(key=key, identity=login.identity, places=places),
            login_ends_at=min((end for end in ends if end is not None), default=None),
        )
    return list(groups.values())


def _entry(provider: Provider, group: _Group, ask: partial[Round], memory: Memory) -> AccountUsage:
    if group.client is None:
        return _signed_out(provider, group.homes, group.trouble)
    try:
        usage = _account(provider, ask(client=group.client), memory)
    except Exception as error:  # noqa: BLE001 - the other accounts speak all the same
        return _signed_out(provider, group.homes, stumbled(error, "this account"))
    return replace(usage, login_ends_at=group.login_ends_at)


def _signed_out(provider: Provider, homes: Sequence[Home], trouble: ProviderError | None) -> AccountUsage:
    return AccountUsage(
        provider=provider.id,
        title=provider.title,
        homes=tuple(home.label for home in homes),
        error=trouble.as_data() if trouble else None,
    )


def _account(provider: Provider, this: Round, memory: Memory) -> AccountUsage:
    known = poll(this, memory)
    ids = {source.id for source in this.chosen}
    merged = merge(reading for reading in known.readings if reading.source in ids)
    error = known.error if this.chosen == this.sources else _own_error(known, this)
    identity, key = this.client.identity, this.client.key
    if merged.email and not identity.email:  # another who signs in there is another account
        key = account_key(this.client.places[0].home, replace(identity, email=merged.email))
    return AccountUsage(
        provider=provider.id,
        title=provider.title,
        homes=tuple(place.home.label for place in this.client.places),
        account=Account(id=key, email=merged.email or identity.email, plan=merged.plan or identity.plan),
        windows=merged.windows,
        credits=merged.credits,
        spend=merged.spend,
        resets=merged.resets,
        limit_reached_at=merged.limit_reached_at,
        tokens=merged.tokens,
        limits_known=merged.limits_known,
        attempts=tuple(attempt for attempt in known.attempts if attempt.source in ids),
        source_titles={source.id: source.title for source in this.chosen},
        error=error,
        offline_since=known.offline_since if error is not None and error.kind == "offline" else None,
    )


def _own_error(known: AccountMemory, this: Round) -> UsageError | None:
    """What stands between the person and the chosen sources: not what another one ran into."""
    ids = {source.id for source in this.chosen}
    own = next((attempt.error for attempt in known.attempts if attempt.error and attempt.source in ids), None)
    others = [attempt.error for attempt in known.attempts if attempt.source not in ids]
    if own is not None or known.error in others or not this.chain:
        return own
    return known.error  # of nobody's making but ours: nothing could be kept
