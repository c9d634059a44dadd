"""`tankful export`: what tankful knows, row by row, for spreadsheets, databases, metric stores and calendars.

Columns are only ever added. Times are UTC, days are those of the time zone; an unknown cell is empty, or null.
"""

from __future__ import annotations

import sys
from itertools import chain, islice
from typing import TYPE_CHECKING

from tray.cli.arguments import add_provider
from tray.cli.console import (
    NOTHING_READ,
    OK,
    BadArgument,
    chosen,
    open_scope,
    tell,
    tell_count_problems,
    tell_price_problems,
)
from tray.cli.counting import counting
from tray.cli.days import day_of, zone_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from tray.engine.costs import Costs
    from tray.engine.scope import Scope
    from tray.view.export.pieces import Wanted, What

_WHAT: tuple[What, ...] = ("responses", "days", "limits", "windows")
_FORMATS: dict[str, tuple[What, ...]] = {
    "csv": _WHAT,
    "jsonl": _WHAT,
    "prometheus": ("responses", "limits"),
    "ics": ("windows",),
}
_FRAMES: dict[str, tuple[bytes, ...]] = {
    "csv": (b"time,", b"day,", b"starts_at,"),
    "jsonl": (),
    "prometheus": (b"#",),
    "ics": (b"BEGIN:VCALENDAR", b"CALSCALE", b"END:VCALENDAR"),
}
"""How those pieces begin that are there without any row."""
EXAMPLES = (
    ("tankful export --what days > days.csv", "tokens and cost of each day, for a spreadsheet"),
    (
        "tankful export --what responses --format jsonl --since 2026-11-01 --redact",
        "each response, without names",
    ),
    ("tankful export --format ics > resets.ics", "the resets to come, for a calendar"),
    ("tankful export --format prometheus > past.txt", "counters and limits of the past, for a metric store"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--what",
        choices=_WHAT,
        help="billed responses one by one, or summed by day; how the limits changed; or their windows and resets",
    )
    parser.add_argument(
        "--format",
        choices=tuple(_FORMATS),
        default="csv",
        help="a table (default), a JSON object on each line, metrics with timestamps, or a calendar of resets",
    )
    parser.add_argument("--since", metavar="DATE", help="from this day on, such as 2026-11-01")
    parser.add_argument("--until", metavar="DATE", help="up to and including this day")
    add_provider(parser, "export")
    parser.add_argument(
        "--timezone",
        metavar="ZONE",
        help="time zone for days, such as Europe/Berlin (default: the system's)",
    )
    parser.add_argument(
        "--machine",
        metavar="NAME",
        help="what this machine is called in the rows (default: `machine.name`, or else its host name)",
    )
    parser.add_argument(
        "--redact",
        action="store_true",
        help="replace the names of accounts, projects, homes, sessions, programs, machines and models of your"
        " own with hashes that nobody can guess",
    )


def run(options: argparse.Namespace) -> int:
    """Counts first, and waits for that; raises BadArgument."""
    from providers.ledger.database import LedgerDamaged, LedgerError
    from tray.engine.costs import Costs
    from tray.engine.salt import SaltUnusable
    from tray.view.export.pieces import Pieces

    scope = open_scope()
    wanted = _wanted(options, scope)
    tell_price_problems(scope)
    costs = Costs(scope)
    try:
        if wanted.format == "ics":
            _look(scope, costs)
        _count(costs, wanted.provider)
        try:
            first, rest = _begun(Pieces(scope, costs.ledger, wanted).made())
        except LedgerDamaged:  # it is marked as damaged: another count repairs it
            _count(costs, wanted.provider)
            first, rest = _begun(Pieces(scope, costs.ledger, wanted).made())
        if not _write(chain(first, rest), _FRAMES[wanted.format]):
            tell("there is nothing to export.")
        return OK
    except LedgerError as error:
        tell(str(error))
    except SaltUnusable as error:
        tell(f"{error.filename} cannot be used: {error.strerror}. Remove it to start over with new hashes.")
    return NOTHING_READ


def _look(scope: Scope, costs: Costs) -> None:
    """Ask for the limits if nobody else does: a calendar is about what is to come."""
    from tray.engine.once import kept_snapshot, take_round

    if kept_snapshot(scope) is None:
        take_round(scope, costs, "due", waiting=tell)


def _count(costs: Costs, provider: str | None) -> None:
    with counting() as progress:
        problem = costs.count_all(provider, progress, tell)
    tell_count_problems(costs, problem)


def _begun(pieces: Iterator[bytes]) -> tuple[list[bytes], Iterator[bytes]]:
    """The first two: the second is not there before the ledger was found to be sound."""
    return list(islice(pieces, 2)), pieces


def _write(pieces: Iterable[bytes], frames: tuple[bytes, ...]) -> bool:
    """Whether there was any row among them."""
    found = False
    for piece in pieces:
        found = found or not piece.startswith(frames)
        if sys.stdout is not None:
            sys.stdout.buffer.write(piece)
    return found


def _wanted(options: argparse.Namespace, scope: Scope) -> Wanted:
    from tray.engine.machine import MACHINE_NAME, machine_name
    from tray.view.export.pieces import Wanted

    what = _what(options)
    since = day_of(options.since) if options.since else None
    until = day_of(options.until) if options.until else None
    if since and until and since > until:
        raise BadArgument(f"the range ends before it begins: {since} to {until}")
    return Wanted(
        what=what,
        format=options.format,
        since=since,
        until=until,
        zone=zone_of(options.timezone) if options.timezone else scope.zone,
        provider=chosen("provider", options.provider, "all", scope.provider_ids()),
        redact=options.redact,
        machine=machine_name(options.machine or scope.settings().get(MACHINE_NAME)),
    )


def _what(options: argparse.Namespace) -> tuple[What, ...]:
    """What is exported, of that which the format can hold."""
    possible = _FORMATS[options.format]
    if options.what is None:
        if len(possible) == len(_WHAT):
            raise BadArgument(f"--what is required; choose from {', '.join(_WHAT)}")
        return possible
    wanted: What = "responses" if options.what == "days" and options.format == "prometheus" else options.what
    if wanted not in possible:
        raise BadArgument(f"{options.format} cannot hold {options.what}; choose from {', '.join(possible)}")
    return (wanted,)
