"""From homes to one snapshot: who is signed in where, what is known of each account, what is in the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from providers.memory import Memory
from providers.merge import merge
from providers.models import Account, AccountUsage, UsageSnapshot
from providers.pipeline import Client, Mode, poll
from providers.source import Home, Login, Provider, Source, account_key


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
        for group in _groups(provider, environ, memory, clock()):
            if group.client is None:
                accounts.append(_signed_out(provider, group))
            else:
                accounts.append(_account(provider, group.client, sources, memory, clock, mode))
    return UsageSnapshot(generated_at=clock(), accounts=tuple(accounts))


class _Group(Struct, frozen=True):
    """The homes of one account, or one home without."""

    homes: tuple[Home, ...]
    login: Login
    client: Client | None = None


def _groups(provider: Provider, environ: Mapping[str, str], memory: Memory, now: datetime) -> list[_Group]:
    groups: dict[str, _Group] = {}
    for home in provider.find_homes(environ):
        login = provider.read_login(home, now)
        if login.identity is None:
            groups[f"home:{home.path}"] = _Group((home,), login)
            continue
        key = account_key(home, login.identity)
        since = memory.account_since(home.path, key, login.attested_at, now)
        before = groups.get(key)
        homes = (*(before.client.homes if before and before.client else ()), (home, since))
        client = Client(key=key, identity=login.identity, homes=homes)
        groups[key] = _Group(tuple(each for each, _ in homes), login, client)
    return list(groups.values())


def _signed_out(provider: Provider, group: _Group) -> AccountUsage:
    trouble = group.login.trouble
    return AccountUsage(
        provider=provider.id,
        title=provider.title,
        homes=tuple(home.label for home in group.homes),
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
    homes = tuple(home for home, _ in client.homes)
    return AccountUsage(
        provider=provider.id,
        title=provider.title,
        homes=tuple(home.label for home in homes),
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
        error=known.error,
        offline_since=known.offline_since,
    )
