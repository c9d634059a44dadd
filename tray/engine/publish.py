"""snapshot.json: what the owner of the engine knows, for everybody else. `published` reads it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from providers.domain.cost import Counter, tallied
from providers.host.files import write_whole
from tray.engine import document, published
from tray.engine.settings import Settings
from tray.engine.state import HomeCost, State

Kind = Literal["tray", "headless", "watch", "command"]


class SnapshotFile:
    """An engine's listener that writes each change that others could see, in one step, readable by its owner
    alone.
    """

    def __init__(self, state_folder: Path, kind: Kind, clock: Callable[[], datetime]) -> None:
        self._file = state_folder / published.FILE
        self._kind = kind
        self._clock = clock
        self._written: dict[str, Any] | None = None

    def __call__(self, _before: State, state: State) -> None:
        """Raises OSError where it cannot be written; the old one stays then."""
        if state.snapshot is None:
            return
        facts = contents(state)
        if facts == self._written:
            return
        header = {
            "schema": published.SCHEMA,
            "revision": state.revision,
            "generated_at": document.as_time(self._clock()),
            "owner": {"pid": os.getpid(), "kind": self._kind},
        }
        write_whole(self._file, json.dumps({**header, **facts}, separators=(",", ":")).encode())
        self._written = facts


def contents(state: State) -> dict[str, Any]:
    """All of snapshot.json but who wrote it and when. Pure."""
    assert state.snapshot is not None  # noqa: S101 - until the first look there is nothing to publish
    return {
        "settings": _settings(state.settings),
        "providers": document.accounts(state.snapshot),
        "cost": _costs(state),
        "counters": [_counter(counter) for counter in state.counters],
    }


def _settings(settings: Settings) -> dict[str, Any]:
    """The values that apply, nested by their keys; no path and no command."""
    root: dict[str, Any] = {}
    for setting in settings.table:
        if setting.type.is_public:
            node = root
            for part in setting.path[:-1]:
                node = node.setdefault(part, {})
            value = settings.get(setting)
            node[setting.path[-1]] = value.total_seconds() if isinstance(value, timedelta) else value
    return {**root, "problem": settings.problem}


def _costs(state: State) -> dict[str, Any]:
    """By provider, all its homes together."""
    found: dict[str, dict[str, HomeCost]] = {}
    for account in state.snapshot.accounts if state.snapshot else ():
        for home in account.home_ids:
            if home in state.costs:
                found.setdefault(account.provider, {})[home] = state.costs[home]
    return {provider: _sum(list(costs.values())) for provider, costs in found.items()}


def _sum(costs: list[HomeCost]) -> dict[str, Any]:
    spans = ("today", "days_7", "days_30", "month")
    tallies = {span: tallied(getattr(cost.figures, span) for cost in costs) for span in spans}
    return {
        "day": costs[0].day.isoformat(),
        **{f"{span}_usd": document.as_usd(tally.usd) for span, tally in tallies.items()},
        **{f"{span}_tokens": tally.usage.total_tokens for span, tally in tallies.items()},
        "unpriced_models": sorted({model for cost in costs for model in cost.figures.unpriced_models}),
        "complete": all(cost.complete for cost in costs),
    }


def _counter(counter: Counter) -> dict[str, Any]:
    return {
        "provider": counter.provider,
        "account": counter.account,
        "model": counter.model,
        "epoch": counter.epoch,
        "responses": counter.tally.responses,
        **msgspec.structs.asdict(counter.tally.usage),
        "usd": document.as_usd(counter.tally.usd),
    }
