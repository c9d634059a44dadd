"""What is damaged is made anew: responses from the observations of their logs, observations from the logs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from providers.ledger import index, log_checksums, messages, part_checksums
from providers.ledger.checksum import of_values
from providers.ledger.damage import DamageFound
from providers.ledger.statements import chunks, placeholders
from providers.logs import LogFormat

Formats = Mapping[str, LogFormat]
"""By provider."""


def repair(db: sqlite3.Connection, formats: Formats, parts: set[int], damaged: set[int]) -> frozenset[int]:
    """Removes the responses and messages of these parts; returns the logs they come from."""
    if not parts and not damaged:
        return frozenset()
    index.read_again(db, damaged)
    logs = {
        row[0]
        for chunk in chunks(parts)
        for row in db.execute(f"SELECT id FROM logs WHERE part IN ({placeholders(chunk)})", chunk)  # noqa: S608
    }
    if not logs <= _resolvable(db, formats, logs):
        raise DamageFound("responses of deleted logs")
    db.executemany("DELETE FROM responses WHERE part = ?", ((part,) for part in parts))
    messages.delete(db, parts)
    part_checksums.replace_parts(db, parts, [], {})
    _remove_damaged_contexts(db)
    unjudged = log_checksums.SET_JUDGED.format(judged="0", part="part")
    db.executemany(f"UPDATE logs SET {unjudged} WHERE id = ?", ((log,) for log in logs))  # noqa: S608
    for (provider,) in db.execute("SELECT DISTINCT provider FROM homes").fetchall():
        if index.is_complete(db, provider):
            index.set_complete(db, provider, complete=False)
    return frozenset(logs)


def resolvable_parts(db: sqlite3.Connection, formats: Formats, parts: Iterable[int]) -> set[int]:
    """Those of these parts of which every log can be resolved anew."""
    logs = {
        log: part
        for chunk in chunks(parts)
        for log, part in db.execute(f"SELECT id, part FROM logs WHERE part IN ({placeholders(chunk)})", chunk)  # noqa: S608
    }
    return set(logs.values()) - {logs[log] for log in logs.keys() - _resolvable(db, formats, logs)}


def _remove_damaged_contexts(db: sqlite3.Connection) -> None:
    """No response is left that has one of them: each is made anew where one is wanted."""
    rows = db.execute(f"SELECT id, checksum, {log_checksums.CONTEXT} FROM contexts")  # noqa: S608
    damaged = [(number,) for number, checksum, *values in rows if checksum != of_values(*values)]
    db.executemany("DELETE FROM contexts WHERE id = ?", damaged)


def _resolvable(db: sqlite3.Connection, formats: Formats, logs: Iterable[int]) -> set[int]:
    """Those that are still there, or whose observations can be read."""
    there = {
        row[0]
        for chunk in chunks(logs)
        for row in db.execute(f"SELECT id FROM logs WHERE gone = 0 AND id IN ({placeholders(chunk)})", chunk)  # noqa: S608
    }
    sound, _ = log_checksums.sound_logs(db, logs)
    named = _names(db, formats, sound).keys()
    return there | named | (sound.keys() - _of_providers(db, formats, sound))


def _of_providers(db: sqlite3.Connection, formats: Formats, logs: Iterable[int]) -> set[int]:
    numbers = list(logs)
    return {log for provider in formats for log in index.logs_of(db, provider, numbers)}


def _names(db: sqlite3.Connection, formats: Formats, logs: Iterable[int]) -> dict[int, frozenset[int]]:
    """The links of those whose observations can be read."""
    found: dict[int, frozenset[int]] = {}
    sound, _ = log_checksums.sound_logs(db, logs)
    providers = {
        row[0]: row[1]
        for chunk in chunks(sound)
        for row in db.execute(
            f"SELECT l.id, provider FROM logs l JOIN homes h ON h.id = home WHERE l.id IN ({placeholders(chunk)})",  # noqa: S608
            chunk,
        )
    }
    for log, (*_, observation) in sound.items():
        fmt = formats.get(providers[log])
        try:
            if fmt is not None:
                found[log] = fmt.links(observation)
        except ValueError:  # of an older version
            continue
    return found


def link(db: sqlite3.Connection, formats: Formats, logs: Iterable[int]) -> None:
    """A lost link would count twice what two logs share."""
    named = _names(db, formats, logs)
    links = sorted((name, log) for log, names in named.items() for name in names)
    db.executemany("INSERT OR IGNORE INTO links VALUES (?, ?)", links)
