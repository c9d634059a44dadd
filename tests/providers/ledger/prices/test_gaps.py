"""Our prices.toml holds what the price library lacks, and each entry goes when the library has it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from genai_prices import data

from providers.ledger.prices import pricing
from providers.ledger.prices.library import Library
from providers.ledger.prices.own_prices import PriceEntry, Region, read_prices
from tools.make_rates import GAPS, RATES, render_gaps

OURS = read_prices(RATES.with_name("prices.toml").read_text(encoding="utf-8"), "prices.toml")
LIBRARY = Library(RATES.read_bytes())
TODAY = date(2026, 11, 28)


def test_what_is_read_is_what_is_written() -> None:
    assert GAPS.read_text(encoding="utf-8") == render_gaps(), "run `python -m tools.make_rates`"
    texts = (RATES.with_name("prices.toml").read_text(encoding="utf-8"), GAPS.read_bytes())
    toml, json = (pricing.Rates(RATES.read_bytes(), ours) for ours in texts)
    at = datetime(2026, 11, 28, tzinfo=UTC)
    assert toml.turns == json.turns
    assert toml.models == json.models
    for entry in OURS.entries:
        assert toml.used(entry.model, at) == json.used(entry.model, at)
        assert toml.tiers(entry.model, at) == json.tiers(entry.model, at)


@pytest.mark.parametrize("entry", OURS.entries, ids=lambda entry: f"{entry.model}-{entry.line}")
def test_the_library_does_not_have_it(entry: PriceEntry) -> None:
    listing = LIBRARY.listing(LIBRARY.read_name(entry.model), entry.since or TODAY)
    if entry.like == entry.model:
        assert listing is not None, f"{entry.model} is not in the library any more"
        there = sorted(entry.tiers.keys() & listing.tiers.keys())
        assert not there, f"the library has {there} of {entry.model} now: delete them from prices.toml"
    else:
        assert listing is None, f"the library has {entry.model} now: delete it from prices.toml"


@pytest.mark.parametrize("region", OURS.regions, ids=lambda region: region.name)
def test_the_library_has_no_places(region: Region) -> None:
    keys = {
        key
        for vendor in data.providers
        if vendor.id == "anthropic"
        for model in vendor.models
        for variant in model.price_variants or ()
        for key in variant.when
    }
    assert keys == {"processing", "speed"}, f"the library may have the place {region.name} now"


@pytest.mark.parametrize("entry", [*OURS.entries, *OURS.regions], ids=repr)
def test_it_says_where_and_when_it_was_read(entry: PriceEntry | Region) -> None:
    assert entry.source is not None
    assert entry.source.startswith("https://")
    assert entry.checked is not None
    assert entry.checked >= date(2026, 11, 1)


def test_none_of_it_is_a_pattern() -> None:
    assert [entry.model for entry in OURS.entries if "*" in entry.model] == []


def test_all_of_it_leads_to_a_price() -> None:
    rates = pricing.Rates(RATES.read_bytes(), RATES.with_name("prices.toml").read_text(encoding="utf-8"))
    for entry in OURS.entries:
        at = datetime.combine(entry.since or TODAY, datetime.min.time(), UTC)
        assert all(rates.used(entry.model, at, tier=tier) for tier in (None, *entry.tiers))
