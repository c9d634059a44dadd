"""Prices as a table and as data: what `tankful prices` prints. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from providers.domain.cost import CostReport
from providers.ledger.prices.pricing import Rates
from providers.ledger.prices.rates import CLASSES, Used
from tray.engine.document_values import as_time
from tray.view import format as fmt
from tray.view.columns import TableLine, layout, wrapped
from tray.view.output import Paper

if TYPE_CHECKING:
    from providers.ledger.prices.update import Update

_HEADINGS = {
    "input": "input",
    "cache_read": "cache read",
    "cache_write": "cache write",
    "cache_write_1h": "1h write",
    "output": "output",
    "from": "from",
}
_CLASSES = tuple(_HEADINGS)[:-1]
_LEVELS = (
    tuple(_HEADINGS),
    ("input", "cache_read", "cache_write", "output", "from"),
    ("input", "cache_read", "output", "from"),
    _CLASSES,
    ("input", "cache_read", "cache_write", "output"),
    ("input", "cache_read", "output"),
    ("input", "output"),
)
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


def table(rows: Sequence[Row], paper: Paper) -> str:
    """A line for each model, in USD per million tokens.

    Where there is no room for the origins of the prices, the usual one is noted, and any other is below its model.
    """
    lines = [TableLine(model, _cells(used) | {"from": used.origin}) for model, _, used in rows]
    notes = ["USD per million tokens; long prompts and other services cost more or less: see --json."]
    shape = layout(lines, _HEADINGS, _LEVELS, paper, left=("from",))
    if "from" not in shape.keys:
        ((usual, _),) = Counter(line.cells["from"] for line in lines).most_common(1)
        lines = [
            replace(line, below=(f"from {line.cells['from']}",)) if line.cells["from"] != usual else line
            for line in lines
        ]
        notes.append(f"Prices are from {usual}, unless another origin is shown.")
    return "\n".join(
        (
            shape.head("model"),
            shape.rule(),
            *(text for line in lines for text in shape.row(line)),
            shape.rule(),
            *(text for note in notes for text in wrapped(note, paper)),
        )
    )


def used_rates(report: CostReport, rates: Rates, now: datetime) -> Iterator[tuple[str, Used]]:
    """The standard rates of each model on the last day of the report."""
    last = min(now, datetime.combine(report.until, datetime.min.time(), UTC))
    for model in report.by_model:
        used = rates.used(model, last)
        if used is not None:
            yield model, used


def rate_lines(report: CostReport, rates: Rates, now: datetime) -> Iterator[str]:
    for model, used in used_rates(report, rates, now):
        yield f"{model}: {_priced(used.rates)} ({used.model}, {used.origin})"


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


def _cells(used: Used) -> dict[str, str]:
    return {name: rate(used.rates.get(name)) for name in _CLASSES}


def rate(usd: Decimal | None) -> str:
    """With all its decimals; a dash where it is not known."""
    return "–" if usd is None else f"{usd.normalize():f}"


def _priced(rates: Mapping[str, Decimal]) -> str:
    tokens = ", ".join(
        f"{name.replace('_', ' ')} ${rate(usd)}" for name, usd in rates.items() if name != "web_search"
    )
    searches = rates.get("web_search")
    searched = "" if searches is None else f"; ${rate(searches)} per thousand web searches"
    return f"{tokens} per million tokens{searched}"
