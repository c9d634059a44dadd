"""The settings that each provider has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from providers.setting import Bool, Choice, FilePath, FolderList, Menu, Setting
from providers.source import Provider, ProviderSettings


class SourceNames(Struct, frozen=True):
    """The display names of a provider's sources, by id; calling it imports their HTTP libraries."""

    provider: Provider

    def __call__(self) -> dict[str, str]:
        return {"auto": "Automatic", **{source.id: source.title for source in self.provider.sources}}


def settings_of(provider: Provider) -> tuple[Setting[Any], ...]:
    """The settings of each provider; their values become its ProviderSettings."""
    name, prefix = provider.title, f"providers.{provider.id}"
    pages = (
        f"Ask {name}'s server for the account's credit history, usage by surface and past windows, hourly."
    )
    homes = f"Further folders of {name}, besides those of the environment."
    program = f"The program of {name}, if tankful does not find it."
    chosen = Menu(text=f"{name} source", names=SourceNames(provider))
    return (
        Setting(
            f"{prefix}.enabled",
            Bool(),
            True,
            f"Show the limits and the cost of {name}.",
            menu=Menu(text=name, path=("Providers",)),
        ),
        Setting(f"{prefix}.homes", FolderList(), (), homes),
        Setting(f"{prefix}.program", FilePath(), None, program),
        Setting(
            f"{prefix}.source",
            Choice(("auto", *provider.source_ids)),
            "auto",
            f"Read the limits of {name} from this source only.",
            menu=chosen if len(provider.source_ids) > 1 else None,
        ),
        *(
            (Setting(f"{prefix}.account_pages", Bool(), True, pages),)
            if provider.make_page_sources is not None
            else ()
        ),
    )


def provider_settings(values: Mapping[str, Any]) -> dict[str, ProviderSettings]:
    """The settings of each provider, by its id, from values by their keys."""
    found: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        top, ident, *rest = (*key.split("."), "", "")
        if top == "providers":
            found.setdefault(ident, {})[rest[0]] = None if (rest[0], value) == ("source", "auto") else value
    return {ident: ProviderSettings(**own) for ident, own in found.items()}
