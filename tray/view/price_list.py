"""Prices as a table and as data: what `tankful prices` prints. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from providers.ledger.prices.pricing import Rates, Used
from providers.ledger.prices.rates import CLASSES
from tray.engine.document import as_time
from tray.view import format as fmt

if TYPE_CHECKING:
    from providers.ledger.prices.update import Update

_HEAD = ("model", "input", "cache read", "cache write", "1h write", "output", "from")
_COLUMNS = ("input", "cache_read", "cache_write", "cache_write_1h", "output")
_NAMES = 5

Row = tuple[str, tuple[str, ...], Used]
"""A model, its other services with known rates, and its standard price."""


def rows(rates: Rates, now: datetime, parts: Sequence[str] = ()) -> tuple[Row, ...]:
    """The models that have one of `parts` in their names, all without any; as of `now`."""
    return tuple(
        (model, rates.tiers(model, now), used)
        for model in rates.models
        if (not parts or any(part in model.lower() for part in parts))
        and (used := rates.used(model, now)) is not None
    )


def table(rows: Sequence[Row]) -> str:
    """A line for each model, in USD per million tokens."""
    lines = [_HEAD, *((fmt.plain(model), *_cells(used), fmt.plain(used.origin)) for model, _, used in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    text = [
        "  ".join(
            (
                name.ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(cells, widths[1:-1], strict=True)),
                origin,
            )
        )
        for name, *cells, origin in lines
    ]
    rule = "─" * max(map(len, text))
    note = "USD per million tokens; long prompts and other services cost more or less: see --json."
    return "\n".join((text[0], rule, *text[1:], rule, note))


def as_data(rows: Sequence[Row], rates: Rates, now: datetime) -> dict[str, Any]:
    """The document of `tankful prices list --json`."""
    return {
        "schema": "tankful.prices/1",
        "generated_at": as_time(now),
        "models": {
            model: used_data(used) | _services(model, tiers, rates, now) for model, tiers, used in rows
        },
    }


def used_data(used: Used) -> dict[str, Any]:
    """A model's rates, as in `cost --json --rates` too: USD per million tokens, `web_search` per thousand."""
    return {
        "listed_as": used.model,
        "origin": used.origin,
        "usd_per_million": _floats(used.rates),
        "above": {str(prompt): _floats(rates) for prompt, rates in used.above.items()},
    }


def updated(update: Update) -> str:
    """What `tankful prices update` says when it is done."""
    lines = [f"Prices updated: {update.models} models, {len(update.new)} of them new."]
    if update.new:
        lines.append(f"New: {fmt.some(update.new, _NAMES)}.")
    if update.lacking:
        lines.append(
            f"Not in this list, so the built-in prices still apply: {fmt.some(update.lacking, _NAMES)}."
        )
    if update.omitted:
        lines.append(f"Not understood and left out: {fmt.some(update.omitted, _NAMES)}.")
    return "\n".join(lines)


def _services(model: str, tiers: tuple[str, ...], rates: Rates, now: datetime) -> dict[str, Any]:
    found = {tier: rates.used(model, now, tier=tier) for tier in tiers}
    return {"services": {tier: used_data(used) for tier, used in found.items() if used is not None}}


def _floats(rates: dict[str, Decimal]) -> dict[str, float]:
    return {name: float(rates[name]) for name in CLASSES if name in rates}


def _cells(used: Used) -> tuple[str, ...]:
    return tuple(f"{used.rates[name].normalize():f}" if name in used.rates else "–" for name in _COLUMNS)
