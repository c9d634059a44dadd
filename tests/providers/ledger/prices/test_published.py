from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from genai_prices import data, types
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.cost import TokenUsage
from providers.ledger.prices.library import Library
from providers.ledger.prices.pricing import Rates
from providers.ledger.prices.published import NotPublished, Translated, translate
from tests.providers.ledger.prices.published_list import model, published, vendor
from tests.providers.ledger.prices.sample import price
from tools.make_rates import RATES
from tools.make_rates import published as published_by_the_library

DAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def read(document: object) -> Translated:
    payload = document if isinstance(document, bytes) else json.dumps(document).encode()
    return translate(payload, made_from="genai-prices", made_by="a test", day=DAY)


def rates_of(document: object) -> Rates:
    return Rates(RATES.read_bytes(), fetched=read(document).document)


def test_prices_by_date_by_length_and_by_service() -> None:
    rates = rates_of(published())
    short, long = TokenUsage(input_tokens=1_000_000 // 4), TokenUsage(input_tokens=1_000_000)
    before = datetime(2026, 8, 20, tzinfo=UTC)
    assert price(rates, "gpt-9-foo", short, before) == 1.25
    assert price(rates, "gpt-9-foo", short, NOW) == 1
    assert price(rates, "gpt-9-foo-2026-01-01", long, NOW) == 8
    assert price(rates, "gpt-9-foo", short, NOW, tier="fast") == 2
    assert price(rates, "gpt-9-foo", long, NOW, tier="fast") == 16
    assert price(rates, "claude-opus-9", long, NOW) == 3
    assert price(rates, "acme-1", long, NOW) is None
    assert rates.origin == "genai-prices, updated on 2026-11-28"


def test_what_the_library_publishes_is_understood_as_the_library_itself_understands_it() -> None:
    """Its own reader takes what ours takes."""
    payload = published_by_the_library(data.providers)
    assert types._providers_from_raw(json.loads(payload)) == data.providers
    found = read(payload)
    assert found.omitted == ()
    assert Library(found.document).ids == Library(RATES.read_bytes()).ids
    assert types._providers_from_raw(published())


WRONG: dict[str, Any] = {
    "an object": {"units": {}, "providers": published()},
    "no vendor of ours": [vendor("acme", {"equals": "x"}, model("x"))],
    "one vendor of two": published()[:1],
    "a vendor without models": [*published()[:1], vendor("openai", {"starts_with": "gpt-"})],
    "numbers in quotes": published(model("gpt-9", prices={"input_mtok": "a lot"})),
    "a negative price": published(model("gpt-9", prices={"input_mtok": -1})),
    "a price that nobody pays": published(model("gpt-9", prices={"input_mtok": 1e9})),
    "a price of another vendor": [
        *published(),
        vendor("x", {"equals": "x"}, model("x", prices={"a_mtok": -1})),
    ],
    "no prices": published({"id": "gpt-9", "match": {"equals": "gpt-9"}}),
    "an empty list of prices": published(model("gpt-9", prices=[])),
    "no match": published({"id": "gpt-9", "prices": {"input_mtok": 1}}),
    "two conditions in one": published(model("gpt-9", match={"equals": "a", "contains": "b"})),
    "an unknown condition": published(model("gpt-9", match={"sounds_like": "a"})),
    "a name with spaces": published(model("gpt 9")),
    "a date that is none": published(
        model("gpt-9", prices=[{"constraint": {"start_date": "soon"}, "prices": {"input_mtok": 1}}])
    ),
    "a service without a condition": published(model("gpt-9", price_variants=[{"when": {}, "prices": {}}])),
    "a step without a price": published(
        model("gpt-9", prices={"input_mtok": {"base": 1, "tiers": [{"start": 1}]}})
    ),
    "no JSON": b"<html>",
    "nothing": b"",
    "half of it": json.dumps(published()).encode()[:-9],
    "no number": b'[{"id": "openai", "models": [{"prices": {"input_mtok": NaN}}]}]',
    "a pit": b"[" * 100_000,
    "a deep clause": published(
        model("gpt-9", match=json.loads('{"or":[' * 400 + '{"equals":"a"}' + "]}" * 400))
    ),
    "a huge exponent": json.dumps(published()).replace(": 15", ": 1e999999").encode(),
    "another encoding": json.dumps(published()).encode("utf-16"),
}


@pytest.mark.parametrize("document", WRONG.values(), ids=WRONG.keys())
def test_anything_else_is_refused_as_a_whole(document: object) -> None:
    with pytest.raises(NotPublished):
        read(document)


def test_new_keys_are_passed_over() -> None:
    more = published(
        model("gpt-9", colour="red", prices={"input_mtok": 1, "output_dreams_mtok": 3, "output_mtok": 2})
    )
    assert rates_of(more).used("gpt-9", NOW) is not None


def test_what_stands_under_an_unknown_condition_is_left_out_and_named() -> None:
    by_night = {
        "constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"},
        "prices": {"input_mtok": 1},
    }
    by_day = {"prices": {"input_mtok": 2, "output_mtok": 2}}
    there = {"when": {"inference_geo": "us"}, "prices": {"input_mtok": 9}}
    both = {"when": {"speed": "fast", "route": "x"}, "prices": {"input_mtok": 9}}
    found = read(
        published(
            model("gpt-night", prices=[by_day, by_night]),
            model("gpt-us", price_variants=[there]),
            model("gpt-both", price_variants=[both]),
            model("gpt-slow", match={"or": [{"regex": "(a+)+$"}, {"equals": "gpt-slow-1"}]}),
            model("gpt-slower", match={"regex": "(a|a)*b"}),
        )
    )
    assert found.omitted == (
        "a condition of gpt-night",
        "a condition of gpt-us",
        "a condition of gpt-both",
        "a pattern of gpt-slower",
    )
    rates = Rates(RATES.read_bytes(), fetched=found.document)
    used = [rates.used(name, NOW) for name in ("gpt-night", "gpt-slow-1", "gpt-slower", "gpt-us")]
    assert [float(each.rates["input"]) if each else None for each in used] == [2, 3, 3, 3]
    geo = rates.used("gpt-us", NOW, tier="us")
    assert geo is not None
    assert geo.approximate


@given(st.data())
def test_no_list_however_wrong_raises_anything_else(draw: st.DataObject) -> None:
    """Some value of it is another one."""
    document: Any = published()
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw.draw(st.sampled_from(keys))
        if isinstance(place[key], (dict, list)) and place[key] and draw.draw(st.booleans()):
            place = place[key]
            continue
        values: st.SearchStrategy[Any] = (
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([]) | st.just({})
        )
        place[key] = draw.draw(values)
        break
    try:
        found = read(document)
    except NotPublished:
        return
    rates = Rates(RATES.read_bytes(), fetched=found.document)
    assert rates.fetched_problem is None
    assert all(rates.used(name, NOW, tier="fast") for name in rates.listed)
