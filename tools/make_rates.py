"""Writes providers/ledger/prices/rates.json from the genai-prices package. Run it after updating that package:

uv run python -m tools.make_rates
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices import data, types

from providers.ledger import prices
from providers.ledger.prices.published import translate

RATES = Path(prices.__file__).with_name("rates.json")


def render(day: str) -> str:
    """The file as text; the same library and day give the same text."""
    translated = translate(
        published(data.providers),
        made_from=f"genai-prices {version('genai-prices')}",
        made_by="tools/make_rates.py",
        day=date.fromisoformat(day),
    )
    if translated.omitted:
        raise SystemExit(f"not known here: {', '.join(translated.omitted)}")
    return translated.document.decode()


def published(providers: Iterable[types.Provider]) -> bytes:
    """As the library publishes its data for updates."""
    return json.dumps([_plain(provider) for provider in providers]).encode()


def _plain(value: Any) -> Any:
    match value:
        case types.ModelPrice():
            return {key: _plain(rate) for key, rate in vars(value).items() if rate is not None}
        case Decimal():
            return int(value) if value == int(value) else float(value)
        case date() | time():
            return value.isoformat()
        case list() | tuple():
            return [_plain(each) for each in value]
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case _ if dataclasses.is_dataclass(value):
            fields = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
            return {
                name.rstrip("_"): _plain(each)
                for name, each in fields
                if each is not None and not name.startswith("_")
            }
        case other:
            return other


if __name__ == "__main__":
    RATES.write_text(render(datetime.now(UTC).date().isoformat()), encoding="utf-8")
    print(f"wrote {RATES.name}")
