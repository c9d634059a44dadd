"""What each session of a project used, response by response. Read-only.

Without a look at checksums: the next count finds what is damaged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from msgspec import Struct

from providers.domain import project
from providers.domain.session_percent import SessionUse
from providers.ledger.statements import placeholders
from providers.ledger.sums import PICO


class ProjectSession(Struct, frozen=True):
    """A session that a person started, with its subagents."""

    account: str
    uses: SessionUse


class NoSuchProject(ValueError):
    """Nothing is logged of it; str() is a sentence."""


def spellings(
    db: sqlite3.Connection, wanted: str, folders: Sequence[str], above: Iterable[str] = ()
) -> tuple[str, list[str]]:
    """The name of a project and all spellings of it that are logged: `wanted` is its path (also one of `folders`,
    where it was written as a relative one or leads over a link), or else the name of its folder, or else a path
    inside it: the first of `above` of which something is logged. Raises NoSuchProject.
    """
    logged = [row[0] for row in db.execute("SELECT DISTINCT project FROM contexts WHERE project != ''")]
    found = _at(logged, wanted, *folders)
    if not found:
        found = [each for each in logged if _last(each) == wanted.rstrip("/\\").casefold()]
    if not found:
        found = next(filter(None, (_at(logged, each) for each in above)), [])
    names = sorted(set(project.names(found).values()))
    if not names:
        raise NoSuchProject(
            f"no session of {wanted!r} is logged; `tankful cost --by project` lists all projects."
        )
    if len(names) > 1:
        raise NoSuchProject(
            f"several projects are called {wanted!r}; name one by its path: {', '.join(names)}"
        )
    return names[0], found


def sessions(
    db: sqlite3.Connection, projects: Sequence[str], since_ms: int, until_ms: int
) -> list[ProjectSession]:
    """Those that were used since then, from their begin on, by one account, and not any more after `until_ms`:
    such a one may still be at work. `projects` are all spellings of one.
    """
    rows = db.execute(
        "SELECT coalesce(nullif(root, ''), session), account, at_ms, pico_usd FROM parts p"  # noqa: S608
        " CROSS JOIN responses r ON r.part = p.id CROSS JOIN contexts c ON c.id = context AND c.not_on_lines = 0"
        f" WHERE p.last_ms >= ? AND project IN ({placeholders(projects)}) GROUP BY part, at_ms, key",
        (since_ms, *projects),
    )
    found: dict[str, list[tuple[int, float | None]]] = {}
    accounts: dict[str, set[str]] = {}
    for session, account, at_ms, pico in rows:
        found.setdefault(session, []).append((at_ms, None if pico is None else pico / PICO))
        accounts.setdefault(session, set()).add(account)
    return [
        ProjectSession(account, uses)
        for session, uses in found.items()
        if len(accounts[session]) == 1 and max(at_ms for at_ms, _ in uses) <= until_ms
        for account in accounts[session]
    ]


def _at(logged: Sequence[str], *folders: str) -> list[str]:
    keys = {project.key(each) for each in folders}
    return [each for each in logged if project.key(each) in keys]


def _last(folder: str) -> str:
    return folder.replace("\\", "/").rstrip("/").rpartition("/")[2].casefold()
