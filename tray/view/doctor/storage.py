"""The rows on what tankful keeps: ledger, settings, folders, log. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from tray.engine.doctor.facts import FolderFacts, LedgerFacts, LogFacts, SettingsFacts
from tray.view import format as fmt
from tray.view.doctor.row import ReportRow, failure, good, note, warning

_OTHERS_WRITE = 0o022
_OTHERS_READ = 0o077
_COUNT = "Run `tankful cost`: it counts the rest, and reports what fails."


def ledger(facts: LedgerFacts, titles: Mapping[str, str], now: datetime) -> Iterator[ReportRow]:
    if not facts.bytes and facts.error is None:
        yield note("file", f"{facts.path}, not created yet")
        return
    if facts.error is not None:
        yield note("file", f"{facts.path}, {_size(facts.bytes)}")
        yield failure("health", facts.error, _COUNT)
        return
    yield good("file", f"{facts.path}, {_size(facts.bytes)}, {_logs(facts.files or 0)}")
    yield _health(facts)
    yield _checksums(facts, now)
    if facts.removed and facts.removed_at is not None:
        rows = "1 damaged row was" if facts.removed == 1 else f"{facts.removed:,} damaged rows were"
        yield note("limit history", f"{rows} deleted {fmt.age(now - facts.removed_at)}")
    for provider, complete in facts.complete.items():
        name = titles.get(provider, provider)
        if complete is None:
            yield note(name, "never counted")
        elif complete:
            yield good(name, "all logs are counted")
        else:
            yield warning(name, "Not all logs are counted.", _COUNT)


def _health(facts: LedgerFacts) -> ReportRow:
    if facts.sound is False:
        return failure(
            "health",
            "The file is damaged.",
            "Run `tankful cost`: it keeps the damaged file and starts a new one.",
        )
    if facts.damage_met:
        return warning(
            "health",
            "A report found damage.",
            "Run `tankful cost`: it checks the whole file and repairs it.",
        )
    if facts.sound is None:
        return note("health", "not checked: the file is large")
    return good("health", "no damage found")


def _checksums(facts: LedgerFacts, now: datetime) -> ReportRow:
    """How far the slow check of everything is: a part of it is due once an hour."""
    share = f"{facts.checked:.0%}"
    if not facts.has_checksums:
        return note("checksums", f"{share} added so far; each count adds more")
    if facts.scrub_ended is None:
        return note("checksums", f"{share} checked so far; a part is checked every hour")
    last = f"all checked {fmt.age(now - facts.scrub_ended)}"
    return good("checksums", last if not facts.checked else f"{last}; {share} checked since")


def settings(facts: SettingsFacts) -> Iterator[ReportRow]:
    if facts.problem is not None:
        yield warning(
            "file",
            f"{facts.path}: {facts.problem.rstrip('.')}.",
            "Correct the file; what is valid in it is applied.",
        )
    elif facts.exists:
        yield good("file", facts.path)
    else:
        yield note("file", f"{facts.path}, not created yet")


def folders(facts: tuple[FolderFacts, ...]) -> Iterator[ReportRow]:
    for folder in facts:
        yield _folder(folder)


def _folder(folder: FolderFacts) -> ReportRow:
    shown = f"{folder.path} ({folder.mode})" if folder.mode else folder.path
    if not folder.writable:
        if folder.name == "settings" and folder.exists:  # as some people's system makes them
            return note(folder.name, f"{shown}, read-only")
        what = "cannot be written." if folder.exists else "cannot be created."
        return failure(
            folder.name,
            f"{folder.path} {what}",
            "Check its permissions and that no file is in its place, or set TANKFUL_HOME to another folder.",
        )
    if not folder.exists:
        return note(folder.name, f"{folder.path}, not created yet")
    if folder.mode is not None and int(folder.mode, 8) & _OTHERS_WRITE:
        return warning(
            folder.name,
            f"{folder.path} can be written by others ({folder.mode}).",
            f"Run `chmod 700 {folder.path}`.",
        )
    return good(folder.name, shown)


def log(facts: LogFacts) -> Iterator[ReportRow]:
    if not facts.exists:
        yield note("file", f"{facts.path}, not created yet")
        return
    if facts.mode is not None and int(facts.mode, 8) & _OTHERS_READ:
        yield warning(
            "file", f"{facts.path} can be read by others ({facts.mode}).", f"Run `chmod 600 {facts.path}`."
        )
    else:
        yield good("file", facts.path)
    if facts.faults:
        errors = "1 internal error" if facts.faults == 1 else f"{facts.faults} internal errors"
        yield warning(
            "errors",
            f"{errors}, the last at {facts.last_fault}.",
            f"Please report it, with the lines marked ERROR in {facts.path}.",
        )
    for number, line in enumerate(facts.transitions):
        yield note("" if number else "last lines", line)


def _logs(count: int) -> str:
    return "1 log" if count == 1 else f"{count:,} logs"


def _size(size: int) -> str:
    value = float(size)
    for unit in ("B", "KB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
