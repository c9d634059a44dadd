"""Whether a task fits into what is left: what sessions of its project took of each window."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from providers.domain.session_percent import fits, session_percents
from providers.domain.window_value import PercentSpread
from providers.ledger import project_sessions
from providers.ledger.epoch_ms import ms
from providers.ledger.ledger import Ledger
from providers.ledger.project_sessions import ProjectSession
from providers.ledger.window_use import WindowUse, valued
from tray.engine.window_figures import Uses, worth

AT_WORK = timedelta(hours=1)
"""A session that was used since then may still be at work, so that nobody knows yet what it takes."""

Taken = Mapping[tuple[str, str], PercentSpread]
"""What a session took, by account and window."""


class ProjectFit(Struct, frozen=True):
    """`name` is the project's folder. Windows of which too few sessions are known are absent."""

    name: str
    taken: Taken


def project_fit(ledger: Ledger, wanted: str, uses: Uses, now: datetime) -> ProjectFit:
    """Of the project with that path or name, or of the one that the path is in. Raises NoSuchProject, or
    LedgerError.
    """
    folders = _folders(wanted)
    since = min((each.record.starts_at for own in uses.values() for each in own), default=now)

    def read(db: sqlite3.Connection) -> tuple[str, list[ProjectSession]]:
        name, spellings = project_sessions.spellings(db, wanted, folders, _above(folders))
        return name, project_sessions.sessions(db, spellings, ms(since), ms(now - AT_WORK))

    nothing: tuple[str, list[ProjectSession]] = (wanted, [])
    name, found = ledger.read(read, nothing)
    taken = {
        whose: spread
        for whose, own in uses.items()
        if (spread := _taken([each for each in found if each.account == whose[0]], own, now)) is not None
    }
    return ProjectFit(name, taken)


def _folders(wanted: str) -> list[str]:
    """The absolute path, and the one without links, which CLIs log; none where there is no such path."""
    path = os.path.expanduser(wanted)
    try:
        return [os.path.abspath(path), os.path.realpath(path)]
    except (OSError, ValueError):  # the working folder was deleted, or it holds a NUL
        return []


def _above(folders: Sequence[str]) -> Iterator[str]:
    """The folders that an existing one, the last of these, is in, the nearest first: up to that of its repository,
    else all below the person's home and the root, since what was done there says nothing of those in them.
    """
    home = os.path.realpath(os.path.expanduser("~"))
    folder = folders[-1] if folders else home
    while folder != home and os.path.isdir(folder) and not os.path.exists(os.path.join(folder, ".git")):
        folder = os.path.dirname(folder)
        if folder in (home, os.path.dirname(folder)):
            return
        yield folder


def _taken(found: list[ProjectSession], uses: Sequence[WindowUse], now: datetime) -> PercentSpread | None:
    usd = worth(uses, now).usd
    if usd is None or not usd.median:
        return None
    return session_percents([each.uses for each in found], valued(uses, usd.median))


def with_fit(document: dict[str, Any], fit: ProjectFit) -> dict[str, Any]:
    """The document of `tankful usage --json` with what a session of the project took of each window."""
    providers = []
    for entry in document["providers"]:
        ident = entry["account"] and entry["account"]["id"]
        windows = [
            window | _fact(fit.taken.get((ident, window["id"])), window) for window in entry["windows"]
        ]
        providers.append({**entry, "windows": windows})
    return {**document, "project": fit.name, "providers": providers}


def _fact(taken: PercentSpread | None, window: Mapping[str, Any]) -> dict[str, Any]:
    """`fits` is how many such sessions fit into what is left, None where that is not known."""
    if taken is None:
        return {}
    return {
        "session_percent": {
            "median": round(taken.median, 2),
            "low": round(taken.low, 2),
            "high": round(taken.high, 2),
            "sessions": taken.windows,
            "fits": None if window["stale"] else fits(window["remaining_percent"], taken),
        }
    }
