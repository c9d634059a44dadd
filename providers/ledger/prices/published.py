"""The list that the price library publishes for its own updates, read into the document that `library` reads.

genai-prices 0.2.3 fetches an array of providers (`DEFAULT_UPDATE_URL` in its update_prices.py, "Expected fetched
prices payload to be a provider array"); the shapes here are those of its data.schema.json. Keys that it may add
are ignored; a value of another type than in that schema is an error for the whole list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from providers.domain import typed
from providers.ledger.prices.library import FORMAT, Library
from providers.ledger.prices.rates import HIGHEST_RATE

VENDORS = ("anthropic", "openai")
_TIERS = {"service_tier", "speed", "processing"}  # by vendor; the words under them do not collide
_STANDARD = "default"
_CLASSES = {
    "input_mtok": "input",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_mtok": "output",
    "web_searches_kcount": "web_search",
}
_DEEPEST = 8
_PLAIN_REGEX = re.compile(r"\^?(?:[\w@:/-]|\\[.d]|\{\d{1,2}\}|\[[\w@:/.-]+\])*\$?")
"""Without anything that could backtrack for long on a crafted name."""

_Id = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^\S+$")]


class NotPublished(ValueError):
    """The payload is not such a list; str() says why, for a log."""


class _Clause(Struct, frozen=True, forbid_unknown_fields=True, rename={"any": "or", "all": "and"}):
    equals: str | None = None
    starts_with: str | None = None
    ends_with: str | None = None
    contains: str | None = None
    regex: str | None = None
    any: tuple[_Clause, ...] | None = None
    all: tuple[_Clause, ...] | None = None

    def __post_init__(self) -> None:
        if sum(value is not None for value in msgspec.structs.astuple(self)) != 1:
            raise ValueError("a clause has one condition")


class _Step(Struct, frozen=True, forbid_unknown_fields=True):
    start: Annotated[int, Meta(ge=0)]
    price: Decimal


class _Tiered(Struct, frozen=True, forbid_unknown_fields=True):
    base: Decimal
    tiers: tuple[_Step, ...]


_Prices = dict[str, Decimal | _Tiered]


class _Constraint(Struct, frozen=True):
    start_date: date | None = None
    start_time: str | None = None
    end_time: str | None = None


class _Conditional(Struct, frozen=True):
    prices: _Prices
    constraint: _Constraint | None = None


class _Variant(Struct, frozen=True):
    when: Annotated[dict[str, str], Meta(min_length=1)]
    prices: _Prices
    constraint: _Constraint | None = None


class _Model(Struct, frozen=True):
    id: _Id
    match: _Clause
    prices: _Prices | Annotated[tuple[_Conditional, ...], Meta(min_length=1)]
    price_variants: tuple[_Variant, ...] | None = None
    name: str | None = None
    description: str | None = None
    price_comments: str | None = None
    context_window: int | None = None
    deprecated: bool | None = None


class _Vendor(Struct, frozen=True):
    id: _Id
    name: str
    api_pattern: str
    models: tuple[_Model, ...]
    model_match: _Clause | None = None
    provider_match: _Clause | None = None
    pricing_urls: tuple[str, ...] | None = None
    fallback_model_providers: tuple[str, ...] | None = None
    extractors: tuple[dict[str, Any], ...] | None = None


class Translated(Struct, frozen=True):
    """The document; `omitted` is what was left out because it depends on a condition not supported here."""

    document: bytes
    omitted: tuple[str, ...] = field(default=())


def translate(payload: bytes, *, made_from: str, made_by: str, day: date) -> Translated:
    """The document for `library`, deterministic. Raises NotPublished if any of the payload is malformed."""
    try:
        vendors = {vendor.id: vendor for vendor in typed.json_decode(payload, tuple[_Vendor, ...])}
        for vendor in vendors.values():
            _check(vendor)
        omitted: list[str] = []
        document = {
            "about": "USD per million tokens, web_search per thousand; models match in this order, first wins",
            "format": FORMAT,
            "made_by": made_by,
            "made_from": made_from,
            "made_on": day.isoformat(),
            "vendors": [_vendor(vendors[name], omitted) for name in VENDORS],
        }
        content = (json.dumps(document, indent=1) + "\n").encode()
        Library(content)
    except KeyError as error:
        raise NotPublished(f"no prices of {error}") from None
    except (ValueError, RecursionError, ArithmeticError) as error:  # msgspec's are ValueErrors
        raise NotPublished(str(error)) from None
    return Translated(content, tuple(dict.fromkeys(omitted)))


def _check(vendor: _Vendor) -> None:
    for model in vendor.models:
        if any(not amount.is_finite() or not 0 <= amount <= HIGHEST_RATE for amount in _amounts(model)):
            raise ValueError(f"{model.id} has an impossible price")


def _amounts(model: _Model) -> Iterator[Decimal]:
    variants = [variant.prices for variant in model.price_variants or ()]
    for prices in (*(each.prices for each in _dated(model)), *variants):
        for rate in prices.values():
            if isinstance(rate, _Tiered):
                yield from (rate.base, *(step.price for step in rate.tiers))
            else:
                yield rate


def _dated(model: _Model) -> tuple[_Conditional, ...]:
    return model.prices if isinstance(model.prices, tuple) else (_Conditional(model.prices),)


def _vendor(vendor: _Vendor, omitted: list[str]) -> dict[str, Any]:
    if vendor.model_match is None or not vendor.models:
        raise ValueError(f"{vendor.id} does not say which models are its own")
    models = [_model(model, omitted) for model in vendor.models]
    match = _clause(vendor.model_match)
    if match is None:
        raise ValueError(f"{vendor.id} does not say which models are its own")
    return {"id": vendor.id, "match": match, "models": [model for model in models if model["prices"]]}


def _model(model: _Model, omitted: list[str]) -> dict[str, Any]:
    match = _clause(model.match)
    if match is None:
        omitted.append(f"a pattern of {model.id}")
    prices = [
        {**_since(price.constraint), **_rates(price.prices)}
        for price in _dated(model)
        if _is_known(price.constraint)
    ]
    variants = [
        {"tier": tier, **_since(variant.constraint), **rates}
        for variant in model.price_variants or ()
        if (tier := _tier(variant)) not in (None, _STANDARD) and (rates := _rates(variant.prices))
    ]
    unknown = sum(not _is_known(price.constraint) for price in _dated(model))
    if unknown or any(_tier(variant) is None for variant in model.price_variants or ()):
        omitted.append(f"a condition of {model.id}")
    described = {"id": model.id, "match": match or {"equals": model.id}, "prices": prices}
    return {**described, "variants": variants} if variants else described


def _tier(variant: _Variant) -> str | None:
    """None for one with a condition that is not supported here."""
    match list(variant.when.items()):
        case [(key, tier)] if key in _TIERS and _is_known(variant.constraint):
            return tier
        case _:
            return None


def _is_known(constraint: _Constraint | None) -> bool:
    """Whether it is supported. Hours of the day are not: neither vendor has such a price."""
    return constraint is None or constraint.start_date is not None


def _since(constraint: _Constraint | None) -> dict[str, str]:
    return {"since": constraint.start_date.isoformat()} if constraint and constraint.start_date else {}


def _rates(prices: _Prices) -> dict[str, Any]:
    return {name: _rate(prices[key]) for key, name in _CLASSES.items() if key in prices}


def _rate(rate: Decimal | _Tiered) -> Any:
    if not isinstance(rate, _Tiered):
        return _number(rate)
    steps = sorted(rate.tiers, key=lambda step: step.start)
    return {
        "base": _number(rate.base),
        "tiers": [{"above": step.start, "rate": _number(step.price)} for step in steps],
    }


def _number(price: Decimal) -> float | int:
    number = int(price) if price == int(price) else float(price)
    if Decimal(str(number)) != price:
        raise ValueError(f"{price} does not survive as a JSON number")
    return number


def _clause(clause: _Clause, depth: int = 0) -> dict[str, Any] | None:
    """Without regexes that are not plain; None if nothing is left."""
    if depth > _DEEPEST:
        raise ValueError("clauses are nested too deep")
    if clause.any is not None:
        parts = [part for each in clause.any if (part := _clause(each, depth + 1)) is not None]
        return {"any": parts} if parts else None
    if clause.all is not None:
        parts = [part for each in clause.all if (part := _clause(each, depth + 1)) is not None]
        return {"all": parts} if parts and len(parts) == len(clause.all) else None
    if clause.regex is not None and not _PLAIN_REGEX.fullmatch(clause.regex):
        return None
    return {
        name: value
        for name in ("equals", "starts_with", "ends_with", "contains", "regex")
        if (value := getattr(clause, name)) is not None
    }
