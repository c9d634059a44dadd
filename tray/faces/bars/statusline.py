"""`tankful statusline --format F` or `--template T`: what is left, in one line, from the published snapshot.

A bar asks every few seconds and hides the text of a program that fails: so this imports nothing beyond the
standard library, exits 0, and says what is wrong in the line itself. Where nobody keeps the snapshot up to
date, it starts one round in the background and answers from what is there.
"""

from __future__ import annotations

import os
import sys
import time

from providers.host.state_folder import is_trusted, state_folder
from tray.engine import published
from tray.engine.detached import start_round
from tray.engine.iso_time import epoch
from tray.faces.bars import options as bar_options
from tray.faces.bars import template, words
from tray.faces.bars.line import bar_line, problem

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from tray.engine.published import Document
    from tray.faces.bars.line import BarLine
    from tray.faces.bars.options import Options

OK = 0
NOT_KNOWN = "limits not known yet"
UNTRUSTED = "tankful's folder cannot be used: run tankful doctor"


def answer(arguments: list[str]) -> int | None:
    """The fast path (see `tray.cli.commands`): passes on what is not certainly right."""
    snapshot = read_snapshot()
    options = bar_options.read(arguments, providers(snapshot))
    return None if options is None else show(options, snapshot)


def read_snapshot() -> Document | None:
    return published.read(state_folder(os.environ)) if is_trusted(os.environ) else None


def providers(snapshot: Document | None) -> list[str]:
    """Those that certainly exist."""
    try:
        found = [account["provider"] for account in snapshot["providers"]] if snapshot else []
    except published.DAMAGED:
        return []
    return [each for each in found if isinstance(each, str)]


def show(options: Options, snapshot: Document | None) -> int:
    """Prints the line."""
    folder, now = state_folder(os.environ), time.time()
    text = None
    if not is_trusted(os.environ):
        text = written(problem(UNTRUSTED), options)
    else:
        if is_old(snapshot, options.max_age, now):
            start_round(folder, now)
        text = text_of(snapshot, options, now)
        if text is None:  # damaged: the next round rewrites it
            start_round(folder, now)
            text = written(problem(NOT_KNOWN), options)
    if sys.stdout is not None:
        sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    return OK


def is_old(snapshot: Document | None, max_age: float, now: float) -> bool:
    try:
        return snapshot is None or not 0 <= now - epoch(snapshot["generated_at"]) <= max_age
    except published.DAMAGED:
        return True


def text_of(snapshot: Document | None, options: Options, now: float) -> str | None:
    """The line, as its format has it; None of a snapshot that is not there, or damaged."""
    if snapshot is None:
        return None
    try:
        made = published.as_of(snapshot, now)
        line = bar_line(made, options.provider, now)
        if options.pieces is None:
            return words.plain(options.format.write(line))
        values = template.values(made, options.provider, now)
        own = template.fill(options.pieces, values, options.format.escape)
        return options.format.write_own(own, line)
    except (OSError, *published.DAMAGED):
        return None


def written(line: BarLine, options: Options) -> str:
    """A problem, in the place of the person's own template, too."""
    return words.plain(options.format.write(line))
