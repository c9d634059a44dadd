"""What shared code relies on in every provider."""

from __future__ import annotations

from datetime import timedelta

import pytest

from providers.registry import PROVIDERS
from providers.source import Provider

each_provider = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)


@each_provider
def test_its_sources_have_names_of_their_own(provider: Provider) -> None:
    ids = [source.id for source in provider.sources]
    assert len(set(ids)) == len(ids)
    assert len({source.title for source in provider.sources}) == len(ids)


@each_provider
def test_the_endpoint_is_asked_before_any_program(provider: Provider) -> None:
    remote = [source for source in provider.sources if not source.local]
    assert [source.id for source in remote][:1] == ["oauth"]
    assert remote[0].rest == timedelta(0)
    assert timedelta(minutes=1) <= provider.interval <= timedelta(minutes=5)


@each_provider
def test_it_finds_homes_without_anything_named(provider: Provider) -> None:
    homes = provider.find_homes({})
    assert homes
    assert {home.provider for home in homes} == {provider.id}


@each_provider
def test_its_own_pages_are_reached_by_https(provider: Provider) -> None:
    links = provider.links
    assert all(link.startswith("https://") for link in (links.usage, links.status, links.changelog))
    assert provider.cli
