"""Whose numbers: the providers, homes and prices of the user, with their clock and time zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from functools import partial
from pathlib import Path

from providers.host.files import Folders
from providers.ledger.changes import Shelf
from providers.ledger.logins import SeenLogin
from providers.ledger.prices.load import FETCHED, load_rates
from providers.ledger.prices.pricing import Rates
from providers.polling.homes import DEFAULT_SETTINGS, homes_of
from providers.registry import PROVIDERS
from providers.source import Home, Provider, account_key
from tray.engine.settings import FILE, Settings, SettingsFile
from tray.engine.settings_table import Table, table_of


def _seen_login(provider: Provider, home: Home, clock: Callable[[], datetime]) -> SeenLogin | None:
    """Who is signed in to this home; None where that is not known."""
    now = clock()
    login = provider.read_login(home, now)
    if login.identity is None:
        return None
    return SeenLogin(account_key(home, login.identity), login.attested_at or now, now)


def _emails(provider: Provider, home: Home, now: datetime) -> dict[str, str]:
    identity = provider.read_login(home, now).identity
    return {account_key(home, identity): identity.email} if identity and identity.email else {}


def utc_now() -> datetime:
    return datetime.now(UTC)


class Scope:
    """Reads only the settings file and the user's prices; thread-safe."""

    def __init__(
        self,
        environ: Mapping[str, str],
        folders: Folders,
        zone: tzinfo,
        *,
        providers: Sequence[Provider] = PROVIDERS,
        table: Table | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.environ = environ
        self.folders = folders
        self.zone = zone
        self.clock = clock
        self.providers = providers
        self.table = table_of(providers) if table is None else table
        self.settings_file = folders.settings / FILE
        self.prices_file = folders.settings / "prices.toml"
        self.fetched_prices = folders.state / FETCHED
        self._settings = SettingsFile(self.settings_file, self.table)

    def settings(self) -> Settings:
        """The user's settings as they are in the file now. A round reads them once and passes them on."""
        return self._settings.current()

    def chosen(self, provider: str | None = None, settings: Settings | None = None) -> list[Provider]:
        """The providers that are switched on; only the one with this id, if given."""
        own = (settings or self.settings()).providers
        return [
            each
            for each in self.providers
            if provider in (None, each.id) and own.get(each.id, DEFAULT_SETTINGS).enabled
        ]

    def homes(self, provider: str | None = None) -> tuple[Home, ...]:
        settings = self.settings()
        return tuple(
            home for each in self.chosen(provider, settings) for home in self.homes_of(each, settings)
        )

    def homes_of(self, provider: Provider, settings: Settings | None = None) -> tuple[Home, ...]:
        own = (settings or self.settings()).providers
        return homes_of(provider, self.environ, own.get(provider.id, DEFAULT_SETTINGS))

    def log_homes_of(self, provider: Provider, settings: Settings | None = None) -> tuple[Home, ...]:
        """Its homes, and then those that have logs only."""
        return *self.homes_of(provider, settings), *provider.find_log_homes(self.environ)

    def log_home_labels(self) -> dict[str, dict[Path, str]]:
        """The labels of the homes that have logs, by provider and path."""
        settings = self.settings()
        return {
            each.id: {home.path: home.label for home in self.log_homes_of(each, settings)}
            for each in self.chosen(settings=settings)
        }

    def shelves(self, providers: Sequence[Provider]) -> list[Shelf]:
        """What the ledger is to read."""
        settings = self.settings()
        return [
            Shelf(
                provider=each.id,
                home=home.path,
                format=each.logs,
                read_login=partial(_seen_login, each, home, self.clock),
            )
            for each in providers
            for home in self.log_homes_of(each, settings)
        ]

    def emails(self) -> dict[str, str]:
        """The email addresses of the accounts that are signed in, by account id, as far as their logins name
        them.
        """
        now, found = self.clock(), dict[str, str]()
        for provider in self.chosen():
            for home in self.homes_of(provider):
                found |= _emails(provider, home, now)
        return found

    def rates(self) -> Rates:
        """The prices of this version, or newer ones that were downloaded, overridden by the user's own."""
        return load_rates(self.prices_file, self.fetched_prices)

    def provider_ids(self) -> tuple[str, ...]:
        return tuple(provider.id for provider in self.providers)

    def source_ids(self, provider: str | None = None) -> tuple[str, ...]:
        """Those of all providers, or of this one."""
        asked = [each for each in self.providers if provider in (None, each.id)]
        return tuple(dict.fromkeys(ident for each in asked for ident in each.source_ids))

    def today(self) -> date:
        return self.clock().astimezone(self.zone).date()
