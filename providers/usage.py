"""From homes to one snapshot: who is signed in where, what is known of each account, what is in the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from providers.errors import ProviderError
from providers.memory import AccountMemory, Memory
from providers.merge import merge
from providers.models import Account, AccountUsage, Identity, UsageError, UsageSnapshot
from providers.pipeline import Client, Mode, Place, poll, stumbled
from providers.source import Home, Provider, Source, account_key


def take_usage(
    providers: Sequence[Provider],
    environ: Mapping[str, str],
    memory: Memory,
    clock: Callable[[], datetime],
    *,
    mode: Mode = "due",
    only_source: str | None = None,
) -> UsageSnapshot:
    """Everything known now, one entry for each account in the order of the homes. Never raises.

    With `only_source` no other source is asked, and nothing another one said is shown.
    """
    accounts: list[AccountUsage] = []
    for provider in providers:
        sources = [source for source in provider.sources if only_source in (None, source.id)]
        try:
            homes = provider.find_homes(environ)
        except Exception as error:  # noqa: BLE001 - the other providers speak all the same
            accounts.append(_signed_out(provider, (), stumbled(error, "the list of homes")))
            continue
        for group in _groups(provider, homes, memory, clock()):
            if group.client is None:
                accounts.append(_signed_out(provider, group.homes, group.trouble))
                continue
            try:
                accounts.append(_account(provider, group.client, sources, memory, clock, mode))
            except Exception as error:  # noqa: BLE001 - the other accounts speak all the same
                accounts.append(_signed_out(provider, group.homes, stumbled(error, "this account")))
    return UsageSnapshot(generated_at=clock(), accounts=tuple(accounts))


class _Group(Struct, frozen=True):
    """The homes of one account, or one home without."""

    homes: tuple[Home, ...]
    trouble: ProviderError | None = None
    client: Client | None = None


def _groups(provider: Provider, homes: Sequence[Home], memory: Memory, now: datetime) -> list[_Group]:
    groups: dict[str, _Group] = {}
    for home in homes:
        try:
            identity, place, trouble = _look_into(provider, home, memory, now)
        except Exception as error:  # noqa: BLE001 - the other homes speak all the same
            identity, place, trouble = None, None, stumbled(error, "this home")
        if identity is None or place is None:
            groups[f"home:{home.path}"] = _Group((home,), trouble)
            continue
        key = account_key(home, identity)
        before = groups.get(key)
        places = (*(before.client.places if before and before.client else ()), place)
        client = Client(key=key, identity=identity, places=places)
        groups[key] = _Group(tuple(each.home for each in places), client=client)
    return list(groups.values())


def _look_into(
    provider: Provider, home: Home, memory: Memory, now: datetime
) -> tuple[Identity | None, Place | None, ProviderError | None]:
    """Who is signed in to this home, and since when it is known to be theirs."""
    login = provider.read_login(home, now)
    if login.identity is None:
        return None, None, login.trouble
    since = memory.account_since(home.path, account_key(home, login.identity), login.attested_at, now)
    return login.identity, Place(home=home, since=since, attested_at=login.attested_at), login.trouble


def _signed_out(provider: Provider, homes: Sequence[Home], trouble: ProviderError | None) -> AccountUsage:
    return AccountUsage(
        provider=provider.id,
        title=provider.title,
        homes=tuple(home.label for home in homes),
        error=trouble.as_data() if trouble else None,
    )


def _account(
    provider: Provider,
    client: Client,
    sources: list[Source],
    memory: Memory,
    clock: Callable[[], datetime],
    mode: Mode,
) -> AccountUsage:
    known = poll(client, sources, memory, interval=provider.interval, mode=mode, clock=clock)
    ids = {source.id for source in sources}
    merged = merge(reading for reading in known.readings if reading.source in ids)
    error = known.error if len(sources) == len(provider.sources) else _own_error(known, sources)
    return AccountUsage(
        provider=provider.id,
        title=provider.title,
        homes=tuple(place.home.label for place in client.places),
        account=Account(
            id=client.key,
            email=merged.email or client.identity.email,
            plan=merged.plan or client.identity.plan,
        ),
        windows=merged.windows,
        credits=merged.credits,
        limits_known=merged.limits_known,
        attempts=tuple(attempt for attempt in known.attempts if attempt.source in ids),
        source_titles={source.id: source.title for source in sources},
        error=error,
        offline_since=known.offline_since if error is not None and error.kind == "offline" else None,
    )


def _own_error(known: AccountMemory, sources: Sequence[Source]) -> UsageError | None:
    """What stands between the person and these sources: not what another one ran into."""
    ids = {source.id for source in sources}
    own = next((attempt.error for attempt in known.attempts if attempt.error and attempt.source in ids), None)
    others = [attempt.error for attempt in known.attempts if attempt.source not in ids]
    if own is not None or known.error in others or all(source.local for source in sources):
        return own
    return known.error  # of nobody's making but ours: nothing could be kept
