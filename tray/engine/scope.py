"""Whose numbers: the providers, homes and prices of the person who runs this, with their clock and zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo

from providers.host.files import Folders
from providers.ledger.prices.pricing import Rates, load_rates
from providers.ledger.refresh import Shelf
from providers.polling.accounts import homes_of
from providers.registry import PROVIDERS
from providers.source import Home, Provider, ProviderSettings
from tray.engine.settings import Settings, SettingsFile


def utc_now() -> datetime:
    return datetime.now(UTC)


class Scope:
    """Reads nothing but the settings file and the person's prices; safe to be asked from several threads."""

    def __init__(
        self,
        environ: Mapping[str, str],
        folders: Folders,
        zone: tzinfo,
        *,
        providers: Sequence[Provider] = PROVIDERS,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.environ = environ
        self.folders = folders
        self.zone = zone
        self.clock = clock
        self.providers = providers
        sources = {each.id: each.source_ids for each in providers}
        self._settings = SettingsFile(folders.settings / "settings.toml", sources)

    def settings(self) -> Settings:
        """What the person set, as it stands in their file now."""
        return self._settings.current()

    def chosen(self, provider: str | None = None) -> list[Provider]:
        """The providers that are not switched off; of this id alone where one is given."""
        return [each for each in self.providers if provider in (None, each.id) and self._own(each.id).enabled]

    def homes(self, provider: str | None = None) -> tuple[Home, ...]:
        return tuple(home for each in self.chosen(provider) for home in self.homes_of(each))

    def homes_of(self, provider: Provider) -> tuple[Home, ...]:
        return homes_of(provider, self.environ, self._own(provider.id))

    def shelves(self, providers: Sequence[Provider]) -> list[Shelf]:
        """What the ledger is to read."""
        return [
            Shelf(provider=each.id, home=home.path, format=each.logs)
            for each in providers
            for home in self.homes_of(each)
        ]

    def rates(self) -> Rates:
        """The prices that came with this version, under the person's own."""
        return load_rates(self.folders.settings / "prices.toml")

    def provider_ids(self) -> tuple[str, ...]:
        return tuple(provider.id for provider in self.providers)

    def source_ids(self, provider: str | None = None) -> tuple[str, ...]:
        """Those of all providers, or of this one."""
        asked = [each for each in self.providers if provider in (None, each.id)]
        return tuple(dict.fromkeys(ident for each in asked for ident in each.source_ids))

    def today(self) -> date:
        return self.clock().astimezone(self.zone).date()

    def _own(self, provider: str) -> ProviderSettings:
        return self.settings().providers.get(provider, ProviderSettings())
