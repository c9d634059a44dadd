"""A provider on this machine: its program, its homes with their logins, and how its sources were last asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from providers.domain import typed
from providers.domain.account import account_keys
from providers.domain.errors import LoginExpired, ProgramMissing, ProviderError
from providers.domain.hook_line import Purpose
from providers.domain.limits import UsageError
from providers.host.files import short
from providers.host.keyring.cookies import saved_cookies
from providers.host.keyring.own_items import OwnItems, SystemItems
from providers.host.process.environment import environ_of
from providers.host.redact import redact
from providers.polling.account_store import AccountState, AccountStore
from providers.polling.page_store import PageStore, StoredPages
from providers.polling.targets import sources_for
from providers.source import Home, Login, Provider, ProviderSettings, Source, account_key
from tray.engine import published
from tray.engine.doctor.checks import begin
from tray.engine.doctor.facts import (
    AccountFacts,
    CookieFacts,
    Failed,
    HomeFacts,
    HookFacts,
    LoginFacts,
    PagesFacts,
    ProgramFacts,
    ProviderFacts,
    SourceFacts,
)
from tray.engine.doctor.hooks import hooks_of
from tray.engine.scope import Scope

PROGRAM_SECONDS = 14.0  # the login shell has 4 s, a version 5 s, and both are ended gently
HOMES_SECONDS = 8.0
KEYRING_SECONDS = 12.0  # the keyring itself has 10


def begin_provider(
    scope: Scope, provider: Provider, own: ProviderSettings, items: OwnItems | None = None
) -> Callable[[], ProviderFacts]:
    """Start its checks; returns a function that waits for them."""
    if not own.enabled:
        off = ProviderFacts(id=provider.id, title=provider.title, enabled=False)
        return lambda: off
    program = begin(lambda: _program(scope, provider, own), PROGRAM_SECONDS)
    homes = begin(lambda: _homes(scope, provider), HOMES_SECONDS)
    accounts = begin(lambda: _accounts(scope, provider, own), HOMES_SECONDS)
    hooks = begin(lambda: hooks_of(scope, provider, own), PROGRAM_SECONDS)
    cookies = begin(lambda: _cookies(scope, provider, items or SystemItems()), KEYRING_SECONDS)
    return lambda: ProviderFacts(
        id=provider.id,
        title=provider.title,
        enabled=True,
        homes=homes(),
        accounts=accounts(),
        program=program(),
        guards=_of_purpose("guard", hooks()),
        session_hooks=_of_purpose("sessions", hooks()),
        cookies=cookies(),
    )


def _of_purpose(purpose: Purpose, found: tuple[HookFacts, ...] | Failed) -> tuple[HookFacts, ...] | Failed:
    return found if isinstance(found, Failed) else tuple(each for each in found if each.purpose == purpose)


def _program(scope: Scope, provider: Provider, own: ProviderSettings) -> ProgramFacts | None:
    if provider.find_program is None:
        return None
    try:
        found = provider.find_program(environ_of(provider, scope.environ), own.program)
    except ProgramMissing as error:
        return ProgramFacts(command=provider.cli, error=error.as_data())
    return ProgramFacts(
        command=provider.cli, path=short(found.path), version=found.version, error=_data(found.error)
    )


def _homes(scope: Scope, provider: Provider) -> tuple[HomeFacts, ...]:
    usual = {home.path for home in provider.find_homes({})}
    return tuple(
        _home(provider, home, scope.clock(), chosen=home.path not in usual)
        for home in scope.homes_of(provider)
    )


def _home(provider: Provider, home: Home, now: datetime, *, chosen: bool) -> HomeFacts:
    exists = os.path.isdir(home.path)
    login = _login(provider.read_login(home, now)) if exists else None
    readable = exists and os.access(home.path, os.R_OK | os.X_OK)
    return HomeFacts(path=home.label, chosen=chosen, exists=exists, readable=readable, login=login)


def _login(login: Login) -> LoginFacts:
    email = login.identity.email if login.identity else None
    return LoginFacts(
        kind=login.kind,
        email=redact(email) if email else None,
        since=login.attested_at,
        ends_at=login.ends_at,
        expired=isinstance(login.error, LoginExpired),
        error=_data(login.error),
    )


def _accounts(scope: Scope, provider: Provider, own: ProviderSettings) -> tuple[AccountFacts, ...]:
    """From stored and published values; nothing is queried."""
    memory, now = AccountStore(scope.folders.state), scope.clock()
    homes: dict[str, list[str]] = {}
    by_cookie: dict[str, bool] = {}
    saved = saved_cookies(scope.folders.state, provider.id) if provider.accepts_cookies(own.source) else ()
    elsewhere = {cookie.account: cookie for cookie in saved}
    for home in scope.homes_of(provider):
        login = provider.read_login(home, now)
        if (who := login.identity) is not None:
            key = account_key(home, who)
            homes.setdefault(key, []).append(home.label)
            keys = account_keys(provider.id, who.account_id, who.user_id, who.email)
            of_home = [cookie.account for cookie in saved if not keys.isdisjoint(cookie.keys)]
            by_cookie[key] = bool(of_home)
            elsewhere = {name: cookie for name, cookie in elsewhere.items() if name not in of_home}
    homes |= {account: [] for account in elsewhere}
    document = published.read(str(scope.folders.state)) if homes else None
    found = []
    for key, labels in homes.items():
        known = memory.account(key, now)
        attempts = _published(document or {}, provider.id, labels)
        sources = sources_for(provider, cookie=by_cookie.get(key, True), login=bool(labels), only=own.source)
        facts = tuple(
            _source(source, known, attempts) for source in sources if own.source in (None, source.id)
        )
        found.append(
            AccountFacts(
                id=key,
                homes=tuple(labels),
                sources=facts,
                error=known.error,
                pages=_pages(PageStore(scope.folders.state).stored(key, now)),
            )
        )
    return tuple(found)


def _pages(stored: StoredPages) -> PagesFacts | None:
    if stored.asked_at is None:
        return None
    errors: dict[str, UsageError] = {
        page: outcome.error for page, outcome in stored.outcomes.items() if outcome.error is not None
    }
    return PagesFacts(asked_at=stored.asked_at, errors=errors)


def _cookies(scope: Scope, provider: Provider, items: OwnItems) -> tuple[CookieFacts, ...]:
    """The keyring is opened only where one was saved, and without a dialog."""
    error = None
    found = saved_cookies(scope.folders.state, provider.id)
    if found:
        try:
            items.check(ask=False)
        except ProviderError as refusal:
            error = refusal.as_data()
    return tuple(
        CookieFacts(
            account=cookie.account,
            email=redact(cookie.email) if cookie.email else None,
            saved_at=cookie.saved_at,
            error=error,
        )
        for cookie in found
    )


class _Attempt(Struct, frozen=True):
    source: str
    ok: bool
    error: UsageError | None = None


def _source(source: Source, known: AccountState, attempts: Mapping[str, _Attempt]) -> SourceFacts:
    asked = known.of(source.id)
    at = max((each.fetched_at for each in known.readings if each.source == source.id), default=asked.asked_at)
    ok, error = None, asked.error
    if asked.asked_at is not None or error is not None:
        ok = error is None
        at = at if ok else asked.asked_at
    elif (attempt := attempts.get(source.id)) is not None:
        ok, error = attempt.ok, attempt.error
    return SourceFacts(id=source.id, title=source.title, local=source.local, ok=ok, at=at, error=error)


def _published(document: Mapping[str, Any], provider: str, homes: list[str]) -> dict[str, _Attempt]:
    """How the sources of the account in these homes were last asked, as it was published."""
    for account in document.get("providers", ()):
        try:
            if account["provider"] == provider and set(account["homes"]) & set(homes):
                attempts = typed.convert(account["attempts"], list[_Attempt])
                return {attempt.source: attempt for attempt in attempts}
        except (KeyError, TypeError, msgspec.ValidationError):
            continue  # not as we write it
    return {}


def _data(error: ProviderError | None) -> UsageError | None:
    return error.as_data() if error else None
