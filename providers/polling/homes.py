"""Whose homes: those of the environment and of the settings. Apart from the polls, which who counts does
without.
"""

from __future__ import annotations

from collections.abc import Mapping

from providers.host.files import short
from providers.source import Home, Provider, ProviderSettings

DEFAULT_SETTINGS = ProviderSettings()


def homes_of(
    provider: Provider, environ: Mapping[str, str], settings: ProviderSettings = DEFAULT_SETTINGS
) -> tuple[Home, ...]:
    """The provider's homes, and the additional ones of the settings; each once."""
    found = {home.path: home for home in provider.find_homes(environ)}
    for path in settings.homes:
        found.setdefault(path, Home(provider=provider.id, path=path, label=short(path), in_settings=True))
    return tuple(found.values())
