"""`tankful login-cookie`: saves the cookie of a vendor's web app in the system's keyring."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tray.cli.console import NOTHING_READ, OK, BadArgument, open_scope, tell

if TYPE_CHECKING:
    import argparse

    from providers.domain.saved_cookie import CookieSignIn, SavedCookie
    from providers.host.keyring.own_items import OwnItems
    from providers.source import Provider
    from tray.engine.scope import Scope


EXAMPLES = (
    ("tankful login-cookie", "paste the cookie of the web app; it is not shown"),
    ("tankful login-cookie --account dev@example.com", "refuse one of another account"),
    ("tankful login-cookie --list", "the accounts whose cookie is saved"),
    ("tankful login-cookie --remove --account dev@example.com", "delete it from the keyring"),
)
_LONGEST = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Save the cookie of the web app in the system's keyring, so that limits can be read with it."
    )
    parser.add_argument(
        "--account",
        metavar="A",
        help="whose cookie it is: an email address, or the id that `tankful usage --json` shows",
    )
    parser.add_argument("--provider", metavar="ID", help="of which provider; needed where there are several")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--remove", action="store_true", help="delete a saved cookie from the keyring")
    action.add_argument("--list", action="store_true", help="list the accounts whose cookie is saved")


def run(options: argparse.Namespace, items: OwnItems | None = None) -> int:
    """Raises BadArgument for an unknown provider, and for an account that is none of those with a cookie."""
    from providers.domain.errors import ProviderError
    from providers.host.file_lock import LockHeld
    from providers.host.keyring.own_items import SystemItems
    from providers.host.storage import cannot_write

    scope = open_scope()
    provider = _provider(scope, options.provider)
    items = items or SystemItems()
    try:
        if options.list:
            return _list(scope, provider)
        if options.remove:
            return _remove(scope, provider, options.account, items)
        return _save(scope, provider, options.account, items)
    except (ProviderError, LockHeld) as error:
        tell(f"{error.message} {error.remedy}")
    except OSError as error:
        tell(f"the list of cookies cannot be written. {cannot_write(scope.folders.state, error)}")
    return NOTHING_READ


def _provider(scope: Scope, chosen: str | None) -> Provider:
    able = {each.id: each for each in scope.providers if each.cookie_login is not None}
    if chosen is None and len(able) == 1:
        return next(iter(able.values()))
    if chosen not in able:
        what = "name a provider" if chosen is None else f"no cookie is of use for {chosen!r}"
        raise BadArgument(f"{what}; choose from {', '.join(able)}")
    return able[chosen]


def _list(scope: Scope, provider: Provider) -> int:
    from tray.view.output import emit

    found = _saved(scope, provider)
    if not found:
        emit("No cookie is saved.")
    for cookie in found:
        emit(
            f"{cookie.account}  {cookie.email or ''}  saved {cookie.saved_at.astimezone(scope.zone):%Y-%m-%d}"
        )
    return OK


def _saved(scope: Scope, provider: Provider) -> tuple[SavedCookie, ...]:
    from providers.host.keyring.cookies import saved_cookies

    return saved_cookies(scope.folders.state, provider.id)


def _remove(scope: Scope, provider: Provider, account: str | None, items: OwnItems) -> int:
    from providers.host.keyring.cookies import CookieStore
    from tray.view.output import emit

    saved = _saved(scope, provider)
    fitting = [each for each in saved if account is None or _is_named(account, each.keys, each.email)]
    if len(fitting) > 1:
        ids = ", ".join(each.account for each in fitting)
        raise BadArgument(f"several cookies fit: choose one by --account and its id, of {ids}")
    if not fitting:
        tell("no such cookie is saved." if account else "no cookie is saved.")
        return NOTHING_READ
    CookieStore(scope.folders.state, items).remove(fitting[0])
    emit(f"The cookie of {_name(fitting[0])} was deleted from the keyring.")
    return OK


def _save(scope: Scope, provider: Provider, account: str | None, items: OwnItems) -> int:
    from providers.domain.saved_cookie import COOKIE_SOURCE, SavedCookie
    from providers.host.keyring.cookies import CookieStore
    from providers.host.secret import Secret
    from providers.polling.account_store import AccountStore
    from providers.polling.accounts import find_targets
    from tray.view.output import emit

    items.check(ask=True)  # before anybody looks for a cookie that cannot be kept
    found = _signed_in(scope, provider, _pasted(provider))
    who = found.identity
    if account is not None and not _is_named(account, found.keys, who.email, who.account_id, who.user_id):
        tell(f"this cookie is of another account, {_shown(found)}. Nothing was saved.")
        return NOTHING_READ
    cookie = SavedCookie(
        provider=provider.id,
        account=found.account,
        keys=found.keys,
        email=who.email,
        plan=who.plan,
        saved_at=scope.clock(),
    )
    CookieStore(scope.folders.state, items).save(cookie, Secret(found.item.reveal()))
    emit(f"The cookie of {_name(cookie)} was saved in the keyring.")
    memory = AccountStore(scope.folders.state)
    settings = scope.settings().providers
    for target in find_targets([provider], scope.environ, memory, scope.clock(), settings=settings):
        if target.cookie == cookie:
            memory.forget(target.key, COOKIE_SOURCE, scope.clock())
    return OK


def _signed_in(scope: Scope, provider: Provider, pasted: str) -> CookieSignIn:
    """Raises BadArgument for what is no cookie, or ProviderError."""
    assert provider.cookie_login is not None  # noqa: S101 - `_provider` chose one with it
    try:
        return provider.cookie_login.sign_in(pasted, scope.homes_of(provider)[0], scope.clock())
    except ValueError as error:
        tell(str(error))
        raise SystemExit(NOTHING_READ) from None


def _pasted(provider: Provider) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.buffer.read(_LONGEST).decode(errors="replace")
    from tray.cli.hidden_input import read_hidden

    try:
        return read_hidden(
            f"Paste the cookie of {provider.title}'s web app, then press Enter (it is not shown): "
        )
    except EOFError:
        return ""


def _is_named(name: str, keys: tuple[str, ...], *others: str | None) -> bool:
    """Whether a person may mean this account: by its email address, our short hash, or the vendor's id."""
    return name.strip().lower() in {each.lower() for each in (*keys, *others) if each}


def _name(cookie: SavedCookie) -> str:
    return f"{cookie.email} ({cookie.account})" if cookie.email else cookie.account


def _shown(found: CookieSignIn) -> str:
    return found.identity.email or found.account
