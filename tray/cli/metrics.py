"""`tankful metrics`: limits and counters for Prometheus, as text or as a file for node_exporter."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tray.cli.console import NOTHING_READ, OK, BadArgument, open_scope, tell

if TYPE_CHECKING:
    import argparse

    from tray.engine.published import Document
    from tray.engine.scope import Scope

EXAMPLES = (
    ("tankful metrics", "what a scrape would get"),
    (
        "tankful metrics --textfile /var/lib/prometheus/node-exporter/tankful.prom",
        "for node_exporter, from a timer, each minute",
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--textfile",
        metavar="FILE",
        help="write them to this file, whose name must end in .prom, for node_exporter's textfile collector",
    )


def run(options: argparse.Namespace) -> int:
    """Where nobody keeps the snapshot up to date, it takes a round itself, which is published as any other."""
    from tray.engine import published
    from tray.faces import metrics

    target = None if options.textfile is None else _target(options.textfile)
    scope = open_scope()
    now, folder = scope.clock().timestamp(), str(scope.folders.state)
    document = published.read(folder)
    try:
        text = metrics.text(document, now) if document and published.is_kept(document, now) else None
    except published.DAMAGED:
        text = None
    if text is None:
        text = metrics.text(_taken(scope), time.time())
    if target is not None:
        return _write(target, text.encode())
    if sys.stdout is not None:
        sys.stdout.buffer.write(text.encode())
    return OK


def _taken(scope: Scope) -> Document:
    from providers.ledger.database import LedgerError
    from tray.engine.costs import Costs
    from tray.engine.document_values import as_time
    from tray.engine.once import take_round
    from tray.engine.publish import contents
    from tray.engine.state import State

    costs = Costs(scope)
    try:
        costs.count()
    except LedgerError as error:
        tell(str(error))
    snapshot = take_round(scope, costs, "due", waiting=tell)
    state = State(settings=scope.settings(), snapshot=snapshot, counters=costs.counters())
    return {"generated_at": as_time(scope.clock()), **contents(state)}


def _target(name: str) -> Path:
    """Where a link leads to. Raises BadArgument for what node_exporter would not read, and for what is no file."""
    if not name.endswith(".prom"):
        raise BadArgument("FILE must end in .prom: node_exporter reads no other files")
    target = Path(os.path.realpath(name))
    try:
        mode = target.stat().st_mode
    except OSError:  # not there yet; or it cannot be written, which is reported then
        return target
    if not stat.S_ISREG(mode):
        raise BadArgument(f"{name} is not a regular file")
    return target


def _write(target: Path, content: bytes) -> int:
    from providers.host.atomic import write_whole
    from providers.host.storage import reason_of

    try:
        # Others read it. The folder is node_exporter's, and not ours to make.
        if not os.path.isdir(target.parent):
            raise BadArgument(f"the folder {target.parent} does not exist")
        write_whole(target, content, mode=0o644)
    except OSError as error:
        reason, remedy = reason_of(target.parent, error)
        if "TANKFUL_HOME" in remedy:  # which is for files of our own
            remedy = "Choose another folder for it."
        held = " The old file stays." if os.path.exists(target) else ""
        tell(f"Cannot write {target}: {reason}. {remedy}{held}")
        return NOTHING_READ
    return OK
