"""The entries of a snapshot before anything is asked: who is signed in where, by a login or by a cookie alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.account import account_keys
from providers.domain.errors import ProviderError
from providers.domain.limits import Identity
from providers.domain.saved_cookie import COOKIE_SOURCE, COOKIES_FILE, SavedCookie
from providers.polling.backoff import Client, LoginPlace
from providers.source import Home, PageSource, Provider, Source

_NO_HOME = Path(COOKIES_FILE)


class Target(Struct, frozen=True, kw_only=True):
    """An entry of the snapshot: an account with the homes it is signed in to, or a home without a login.

    `key` identifies it for as long as it exists. `client` is None if nobody is signed in; `error` then says
    why. `login_ends_at` is when the first of its logins ends. `only` is the chosen source, if any, `program`
    the path of the provider's CLI if the user set one; `account_pages` is whether those are wanted. The first
    entry of a provider has its `log_homes`: their cost is shown there. `cookie` is the one that was saved for the
    account; `by_cookie_alone` is True where no home has a login of it. `vacant` is a home where nobody is signed
    in at all.
    """

    key: str
    provider: Provider
    homes: tuple[Home, ...]
    log_homes: tuple[Home, ...] = ()
    error: ProviderError | None = None
    client: Client | None = None
    login_ends_at: datetime | None = None
    only: str | None = None
    program: Path | None = None
    account_pages: bool = True
    cookie: SavedCookie | None = None
    by_cookie_alone: bool = False
    vacant: bool = False

    @property
    def sources(self) -> tuple[Source, ...]:
        """Those that can say something of this account: the one that needs a cookie only where there is one."""
        return sources_for(
            self.provider, cookie=self.cookie is not None, login=not self.by_cookie_alone, only=self.only
        )


def page_sources(target: Target) -> tuple[PageSource, ...]:
    """Where the account pages are read, in order; none where they are switched off, or no login for them is there,
    or it is not the chosen one's.
    """
    make = target.provider.make_page_sources
    if make is None or not target.account_pages or target.client is None:
        return ()
    ids = {source.id for source in target.sources if target.only in (None, source.id)}
    return tuple(each for each in make() if ids.intersection(each.login_of))


def sources_for(provider: Provider, *, cookie: bool, login: bool, only: str | None) -> tuple[Source, ...]:
    """Those that can say something of an account with a `cookie`, a `login` of the CLI, or both.

    Where the source that needs a cookie is the `only` one to be asked, it says itself that there is none.
    """
    if only == COOKIE_SOURCE:
        return provider.sources
    return tuple(each for each in provider.sources if (cookie if each.id == COOKIE_SOURCE else login))


def with_cookies(
    targets: Sequence[Target], provider: Provider, cookies: Sequence[SavedCookie], *, exist: bool
) -> list[Target]:
    """The targets, with the cookies that were saved for their accounts, and those that have nothing but a cookie.

    A cookie belongs to a home whose login is of the same account. Else, where there is but one such cookie and
    one home without a login, it is shown there: whose else would that home be. Others have an entry of their own.
    Where no home `exist`s, those are all.
    """
    found, alone = list(targets), []
    for cookie in cookies:
        place = next((number for number, each in enumerate(found) if _is_of(each, cookie)), None)
        if place is None:
            alone.append(cookie)
        else:
            found[place] = replace(found[place], cookie=cookie)
    if alone and not exist:
        return [_by_cookie(provider, cookie) for cookie in alone]
    vacant = [number for number, each in enumerate(found) if each.vacant]
    if len(alone) == 1 and len(vacant) == 1:
        found[vacant[0]] = _by_cookie(provider, alone[0], *found[vacant[0]].homes)
        return found
    return found + [_by_cookie(provider, cookie) for cookie in alone]


def _is_of(target: Target, cookie: SavedCookie) -> bool:
    if target.client is None:
        return False
    who = target.client.identity
    keys = account_keys(target.provider.id, who.account_id, who.user_id, who.email)
    return not keys.isdisjoint(cookie.keys)


def _by_cookie(provider: Provider, cookie: SavedCookie, *homes: Home) -> Target:
    home = homes[0] if homes else Home(provider=provider.id, path=_NO_HOME, label="web")
    place = LoginPlace(home=home, since=cookie.saved_at, attested_at=cookie.saved_at)
    return Target(
        key=cookie.account,
        provider=provider,
        homes=homes,
        client=Client(
            key=cookie.account, identity=Identity(email=cookie.email, plan=cookie.plan), places=(place,)
        ),
        cookie=cookie,
        by_cookie_alone=True,
    )
