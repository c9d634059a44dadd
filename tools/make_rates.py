"""Writes, in providers/ledger/prices, rates.json from the genai-prices package and gaps.json from prices.toml.

Run it after updating that package; after a change of that file, `gaps` alone is enough:

uv run python -m tools.make_rates [gaps]
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from genai_prices import data, types

from providers.ledger import prices
from providers.ledger.prices.own_prices import read_prices
from providers.ledger.prices.published import translate

RATES = Path(prices.__file__).with_name("rates.json")
OURS, GAPS = RATES.with_name("prices.toml"), RATES.with_name("gaps.json")


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


def render_gaps() -> str:
    """Our own prices, as the program reads them."""
    found = read_prices(OURS.read_text(encoding="utf-8"), OURS.name)
    return msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n"


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
    if sys.argv[1:] != ["gaps"]:
        RATES.write_text(render(datetime.now(UTC).date().isoformat()), encoding="utf-8")
        print(f"wrote {RATES.name}")
    GAPS.write_text(render_gaps(), encoding="utf-8")
    print(f"wrote {GAPS.name}")
