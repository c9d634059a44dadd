"""Tokens and cost as JSON for the filters of an address, in the shape of `tankful cost --json`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from providers.domain.cost import Tally, tallied
from providers.ledger.rollup.selection import Dimension, Key
from tray.engine.document_values import as_time
from tray.engine.zones import zone_name
from tray.faces.page.data import PageData
from tray.view.cost_document import tally_data

GROUPS: dict[str, Dimension] = {
    each: each for each in ("week", "month", "project", "effort", "account", "home")
}

_By = Callable[..., list[tuple[Key, Tally]]]


def cost(data: PageData) -> dict[str, Any]:
    """Besides sums by model, day and home, those by what the address has as `by`.

    What is not about the days and filters (burn rate, files, skipped lines) is absent.
    """
    lines, beyond = data.tallies(("provider",)), data.tallies(("provider",), beyond=True)
    providers = [str(name) for (name,) in sorted({*lines, *beyond})]
    since = data.selection.since
    if since is None:
        used = data.rollup.used_days(data.selection)
        since = used[0] if used else data.today
    until = data.selection.until or data.today
    return {
        "schema": "tankful.cost/1",
        "generated_at": as_time(data.now),
        "timezone": zone_name(data.zone),
        "since": since.isoformat(),
        "until": until.isoformat(),
        "complete": data.count.share is None and data.count.problem is None,
        "totals": tally_data(tallied(lines.values())),
        "not_on_lines": tally_data(tallied(beyond.values())),
        "providers": {each: _provider(data, each, lines, beyond) for each in providers},
    }


def _provider(
    data: PageData, provider: str, lines: dict[Key, Tally], beyond: dict[Key, Tally]
) -> dict[str, Any]:
    def by(*names: Dimension) -> list[tuple[Key, Tally]]:
        found = data.tallies(("provider", *names))
        return sorted((key[1:], tally) for key, tally in found.items() if key[0] == provider)

    models = by("model")
    total = lines.get((provider,)) or tallied(())
    group = GROUPS.get(data.query.by)
    return {
        "totals": tally_data(total),
        "not_on_lines": tally_data(beyond.get((provider,)) or tallied(())),
        "by_model": _flat(models),
        "by_day": _nested(by("day", "model")),
        "by_home": _flat(by("home")),
        "priced": _priced(total),
        "unpriced_models": sorted(str(name) for (name,), tally in models if tally.unpriced),
        **({} if group is None else {f"by_{group}": _grouped(by, group)}),
    }


def _grouped(by: _By, group: Dimension) -> dict[str, Any]:
    """A month is named as `2026-11`."""
    if group not in ("week", "month"):
        return _flat(by(group))
    nested = _nested(by(group, "model"))
    return {name[:7]: models for name, models in nested.items()} if group == "month" else nested


def _flat(rows: Iterable[tuple[Key, Tally]]) -> dict[str, Any]:
    return {str(name): tally_data(tally) for (name,), tally in rows}


def _nested(rows: Iterable[tuple[Key, Tally]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (name, model), tally in rows:
        found.setdefault(str(name), {})[str(model)] = tally_data(tally)
    return found


def _priced(total: Tally) -> str:
    if not total.unpriced:
        return "full"
    return "none" if total.unpriced == total.responses else "partial"
