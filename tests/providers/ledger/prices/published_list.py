"""A small list as genai-prices 0.2.3 publishes it: two vendors of ours, and one that is not."""

from __future__ import annotations

from typing import Any


def model(ident: str, **changes: Any) -> dict[str, Any]:
    prices = {"input_mtok": 3, "cache_read_mtok": 0.3, "output_mtok": 15}
    return {"id": ident, "name": "A model", "match": {"equals": ident}, "prices": prices} | changes


def vendor(ident: str, match: dict[str, Any], *models: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": ident,
        "name": ident.title(),
        "pricing_urls": [f"https://{ident}.example/pricing"],
        "api_pattern": f"https://api\\.{ident}\\.com",
        "model_match": match,
        "extractors": [{"api_flavor": "default", "root": "usage", "mappings": []}],
        "models": list(models),
    }


def published(*of_openai: dict[str, Any]) -> list[dict[str, Any]]:
    """With these models of OpenAI, or the usual one."""
    fast = {
        "when": {"service_tier": "fast"},
        "constraint": {"start_date": "2026-10-12"},
        "prices": {"input_mtok": {"base": 8, "tiers": [{"start": 272000, "price": 16}]}, "output_mtok": 40},
    }
    dated = [
        {"prices": {"input_mtok": 5, "output_mtok": 30}},
        {
            "constraint": {"start_date": "2026-08-21"},
            "prices": {
                "input_mtok": {"base": 4, "tiers": [{"start": 272000, "price": 8}]},
                "output_mtok": {"base": 20, "tiers": [{"start": 272000, "price": 30}]},
            },
        },
    ]
    names = {"or": [{"equals": "gpt-9-foo"}, {"regex": "^gpt-9-foo-\\d{4}-\\d{2}-\\d{2}$"}]}
    gpt = model("gpt-9-foo", match=names, prices=dated, price_variants=[fast], context_window=1000)
    return [
        vendor("anthropic", {"contains": "claude"}, model("claude-opus-9")),
        vendor("openai", {"starts_with": "gpt-"}, *(of_openai or (gpt,))),
        vendor("acme", {"starts_with": "acme"}, model("acme-1", match={"regex": "(a+)+$"})),
    ]
