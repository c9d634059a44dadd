"""snapshot.json: what the owner of the engine knows, for everybody else. `published` reads it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Literal, Self

import msgspec

from providers.domain.cost import Counter
from providers.domain.incident import Incident
from providers.host.atomic import write_whole
from providers.host.faults import logger_of
from providers.host.files import Stamp, stamp
from providers.host.storage import cannot_write
from tray.engine import budgets, document, published
from tray.engine.cost_settings import NOT_ON_LINES
from tray.engine.cost_summary import cost_summary
from tray.engine.document_values import as_time, as_usd
from tray.engine.settings import Settings
from tray.engine.state import HomeCost, State

CHECK_EVERY = timedelta(seconds=5)
WRITE_EVERY = timedelta(minutes=4 if sys.platform == "win32" else 9)
"""A little less than the age at which readers start a refresh of their own, where they cannot see the lock of a
quiet owner; where they can, a little less than the age that `guard` accepts. Each time writes 8 KB and more."""

Kind = Literal["tray", "headless", "watch", "command"]

_log = logger_of(__name__)


class SnapshotFile:
    """An engine's listener that writes each change that others could see, in one step, readable by its owner
    alone.

    Within its context it also writes again what somebody removed, what could not be written before, and what has
    not changed for minutes: so that who reads it can tell a quiet owner from none. `is_owner` is asked each time
    whether it still is this process that publishes; `complete` adds what others have published.
    """

    def __init__(
        self,
        state_folder: Path,
        kind: Kind,
        clock: Callable[[], datetime],
        check_every: timedelta = CHECK_EVERY,
        is_owner: Callable[[], bool] = lambda: True,
        complete: Callable[[dict[str, Any]], dict[str, Any]] = lambda facts: facts,
    ) -> None:
        self._file = state_folder / published.FILE
        self._kind = kind
        self._clock = clock
        self._check_every = check_every
        self._is_owner = is_owner
        self._complete = complete
        self._is_displaced = False
        self._writing = Lock()
        self._state: State | None = None
        self._facts: dict[str, Any] | None = None
        self._written: tuple[datetime, Stamp] | None = None
        self._is_failing = False
        self._ended = Event()
        self._checking = Thread(target=self._check, name="publish", daemon=True)

    def __enter__(self) -> Self:
        self._checking.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._checking.join()

    def __call__(self, _before: State, state: State) -> None:
        """Where it cannot be written, this is logged once, and the old one stays."""
        if state.snapshot is None:
            return
        with self._writing:
            facts = self._complete(contents(state))
            self._state = state
            if self._facts is None or _changed(self._facts, facts) or self._written is None:
                self._facts, self._written = facts, None
                self._try_to_write()

    def _write(self, state: State, facts: dict[str, Any]) -> None:
        now = self._clock()
        header = {
            "schema": published.SCHEMA,
            "revision": state.revision,
            "generated_at": as_time(now),
            "owner": {"pid": os.getpid(), "kind": self._kind},
        }
        write_whole(self._file, json.dumps({**header, **facts}, separators=(",", ":")).encode())
        self._written, self._is_failing = (now, stamp(str(self._file))), False

    def _check(self) -> None:
        while not self._ended.wait(self._check_every.total_seconds()):
            with self._writing:
                self._look_for_another_owner()
                if not self._is_current():
                    self._try_to_write()

    def _look_for_another_owner(self) -> None:
        was_displaced, self._is_displaced = self._is_displaced, not self._is_owner()
        if self._is_displaced and not was_displaced:
            _log.warning("another tankful publishes %s now: this one lost its lock", published.FILE)

    def _try_to_write(self) -> None:
        if self._state is None or self._facts is None or self._is_displaced:
            return
        try:
            self._write(self._state, self._facts)
        except OSError as error:  # tried again in a moment
            if not self._is_failing:
                _log.warning("%s is not written: %s", published.FILE, cannot_write(self._file.parent, error))
            self._is_failing = True
        else:
            self._is_failing = False

    def _is_current(self) -> bool:
        if self._written is None:
            return False
        at, written = self._written
        return written == stamp(str(self._file)) and timedelta(0) <= self._clock() - at < WRITE_EVERY


def _changed(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether anything but how many milliseconds an attempt took: a file that is read again is no news."""
    return _untimed(before) != _untimed(now)


def _untimed(facts: dict[str, Any]) -> dict[str, Any]:
    accounts = [
        {**account, "attempts": [{**attempt, "ms": 0} for attempt in account["attempts"]]}
        for account in facts["providers"]
    ]
    return {**facts, "providers": accounts}


def contents(state: State) -> dict[str, Any]:
    """All of snapshot.json except who wrote it and when. Pure."""
    assert state.snapshot is not None  # noqa: S101 - until the first look there is nothing to publish
    return {
        "settings": _settings(state.settings),
        "providers": document.accounts(state.snapshot),
        "cost": _costs(state),
        "budgets": budgets.facts(state.settings, state.costs, state.snapshot.accounts),
        "incidents": {ident: _incident(each) for ident, each in state.incidents.items()},
        "counters": [_counter(counter) for counter in state.counters],
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "title": incident.title,
        "impact": incident.impact,
        "updated_at": as_time(incident.updated_at),
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
        for home in account.cost_home_ids:
            if home in state.costs:
                found.setdefault(account.provider, {})[home] = state.costs[home]
    with_not_on_lines = state.settings.get(NOT_ON_LINES)
    return {provider: _sum(costs, with_not_on_lines) for provider, costs in found.items()}


def _sum(costs: Mapping[str, HomeCost], with_not_on_lines: bool) -> dict[str, Any]:
    """As of the day of the newest count."""
    day = max(cost.day for cost in costs.values())
    summary = cost_summary(costs, tuple(costs), day, with_not_on_lines=with_not_on_lines)
    assert summary is not None  # noqa: S101 - of no homes there is no sum
    return {"day": day.isoformat(), **document.cost_summary(summary)}


def _counter(counter: Counter) -> dict[str, Any]:
    return {
        "provider": counter.provider,
        "account": counter.account,
        "model": counter.model,
        "epoch": counter.epoch,
        "responses": counter.tally.responses,
        **msgspec.structs.asdict(counter.tally.usage),
        "usd": as_usd(counter.tally.usd),
    }
