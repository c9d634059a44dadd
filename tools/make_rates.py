"""Writes providers/ledger/prices/rates.json from the genai-prices package. Run it after updating that package:

uv run python -m tools.make_rates
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices import data, types

from providers.ledger import prices

RATES = Path(prices.__file__).with_name("rates.json")
VENDORS = ("anthropic", "openai")
TIERS = {"service_tier", "speed", "processing"}  # what a vendor calls it; the words under them do not collide
STANDARD = "default"
CLASSES = {
    "input_mtok": "input",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_mtok": "output",
    "web_searches_kcount": "web_search",
}


def render(day: str) -> str:
    """The file as text; the same library and day give the same text."""
    vendors = {provider.id: provider for provider in data.providers}
    document = {
        "about": "USD per million tokens, web_search per thousand; models match in this order, first wins",
        "made_by": "tools/make_rates.py",
        "made_from": f"genai-prices {version('genai-prices')}",
        "made_on": day,
        "vendors": [_vendor(vendors[name]) for name in VENDORS],
    }
    return json.dumps(document, indent=1) + "\n"


def _vendor(vendor: types.Provider) -> dict[str, Any]:
    if vendor.model_match is None:
        raise SystemExit(f"{vendor.id} does not say which models are its own")
    return {
        "id": vendor.id,
        "match": _clause(vendor.model_match),
        "models": [_model(model) for model in vendor.models],
    }


def _model(model: types.ModelInfo) -> dict[str, Any]:
    prices = model.prices
    dated = prices if isinstance(prices, list) else [types.ConditionalPrice(prices=prices)]
    described = {
        "id": model.id,
        "match": _clause(model.match),
        "prices": [{**_since(price.constraint), **_rates(price.prices)} for price in dated],
    }
    variants = [_variant(variant) for variant in model.price_variants or () if _rates(variant.prices)]
    return {**described, "variants": variants} if variants else described


def _variant(variant: types.PriceVariant) -> dict[str, Any]:
    match list(variant.when.items()):
        case [(key, tier)] if key in TIERS and tier != STANDARD:
            return {"tier": tier, **_since(variant.constraint), **_rates(variant.prices)}
        case other:
            raise SystemExit(f"a variant under a condition that is not known here: {other}")


def _rates(prices: types.ModelPrice) -> dict[str, Any]:
    rates = {name: _rate(getattr(prices, key)) for key, name in CLASSES.items()}
    return {name: rate for name, rate in rates.items() if rate is not None}


def _since(constraint: types.StartDateConstraint | types.TimeOfDateConstraint | None) -> dict[str, str]:
    match constraint:
        case None:
            return {}
        case types.StartDateConstraint(start_date=start):
            return {"since": start.isoformat()}
        case (
            other
        ):  # hours of the day: neither vendor has such a price, and no reader of this file knows them
            raise SystemExit(f"a price under a condition that is not known here: {other}")


def _rate(price: Decimal | types.TieredPrices | None) -> Any:
    match price:
        case types.TieredPrices(base=base, tiers=tiers):
            steps = [{"above": tier.start, "rate": _number(tier.price)} for tier in tiers]
            return {"base": _number(base), "tiers": steps}
        case None:
            return None
        case plain:
            return _number(plain)


def _number(price: Decimal) -> float | int:
    number = int(price) if price == int(price) else float(price)
    if Decimal(str(number)) != price:
        raise SystemExit(f"{price} does not survive as a JSON number")
    return number


def _clause(clause: Any) -> dict[str, Any]:
    match clause:
        case types.ClauseEquals(equals=text):
            return {"equals": text}
        case types.ClauseStartsWith(starts_with=text):
            return {"starts_with": text}
        case types.ClauseEndsWith(ends_with=text):
            return {"ends_with": text}
        case types.ClauseContains(contains=text):
            return {"contains": text}
        case types.ClauseRegex(regex=text):
            return {"regex": text}
        case types.ClauseOr(or_=clauses):
            return {"any": [_clause(each) for each in clauses]}
        case types.ClauseAnd(and_=clauses):
            return {"all": [_clause(each) for each in clauses]}
        case other:
            raise SystemExit(f"a match clause that is not known here: {other}")


if __name__ == "__main__":
    RATES.write_text(render(datetime.now(UTC).date().isoformat()), encoding="utf-8")
    print(f"wrote {RATES.name}")
