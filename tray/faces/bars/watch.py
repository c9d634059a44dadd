"""`tankful watch`: the line of a bar again whenever it changes, until its reader exits.

It waits for the snapshot to be written, and for the moments at which the same snapshot means something else: a
reset, a value that becomes old, a minute of an age. It imports nothing beyond the standard library; where nobody
keeps the snapshot up to date, a process beside it does (see `keeper`).
"""

from __future__ import annotations

import json
import os
import sys
import time

from providers.domain import rules
from providers.domain.visible import json_text
from providers.host.private import make_folder
from providers.host.state_folder import is_trusted, state_folder
from tray.engine import published
from tray.engine.detached import ENGINE_LOCK, own_command
from tray.engine.iso_time import epoch
from tray.faces.bars import options as bar_options
from tray.faces.bars.changes import FileChanges, PeerGone, stamp
from tray.faces.bars.keeper import SHORT_SECONDS, Keeper
from tray.faces.bars.line import problem
from tray.faces.bars.statusline import NOT_KNOWN, UNTRUSTED, providers, read_snapshot, text_of, written

TYPE_CHECKING = False  # typing itself would cost a megabyte
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from tray.engine.published import Document
    from tray.faces.bars.options import Options

OK = 0
CHECKED = "--checked"
"""The first argument of one that was started again, after its arguments were checked with all libraries."""
LOOK_SECONDS = 60.0
"""A line may hold an age or a countdown, in minutes."""


def answer(arguments: list[str]) -> int | None:
    """The fast path (see `tray.cli.commands`): passes on what is not certainly right."""
    is_json, is_checked = "--json" in arguments, arguments[:1] == [CHECKED]
    rest = [each for each in arguments if each not in ("--json", CHECKED)]
    if "--max-age" in rest:
        return None
    if is_json and ("--format" in rest or "--template" in rest):
        return None
    if not {"--format", "--template"} & set(rest):
        rest = ["--format", "text", *rest]
    options = bar_options.read(rest, None if is_checked else providers(read_snapshot()))
    return None if options is None else show(options, is_json=is_json)


def show(options: Options, *, is_json: bool) -> int:
    """Prints lines until the reader is gone, or a signal ends it."""
    import signal

    if sys.stdout is None:  # nobody reads
        return OK
    signal.signal(signal.SIGTERM, _end)
    folder = state_folder(os.environ)
    try:  # noqa: SIM105 - contextlib takes its memory
        make_folder(folder)
    except OSError:  # nothing can be kept here, and so nothing is known
        pass
    peer = sys.stdout.fileno()
    watched = _Document(options) if is_json else _Line(options)
    with Keeper(folder) as keeper, FileChanges(folder, (published.FILE, ENGINE_LOCK), peer) as changes:
        try:
            _follow(folder, watched, keeper, changes)
        except PeerGone:
            return OK


def restart(arguments: Sequence[str]) -> None:
    """Replace this process by one that loads only the standard library; these arguments are valid."""
    command = own_command("watch", CHECKED, *arguments)
    if sys.platform != "win32":  # there it would be another process, which nobody waits for
        os.execv(command[0], command)  # noqa: S606 - it is this very program


def _end(_number: int, _frame: object) -> NoReturn:
    """At once: what is still to be written may have a reader that does not read."""
    os._exit(OK)


def _follow(folder: str, watched: _Line | _Document, keeper: Keeper, changes: FileChanges) -> NoReturn:
    file, seen = os.path.join(folder, published.FILE), None
    changed, snapshot = frozenset({published.FILE}), None
    while True:
        found = stamp(file)  # on a network's disk, others write without an event here
        if published.FILE in changed or found != seen:
            snapshot, seen = published.read(folder), found
        if hasattr(time, "tzset"):
            time.tzset()  # the person may have travelled
        now, is_ours = time.time(), is_trusted(os.environ)
        if text := watched.changed_text(
            snapshot if is_ours else None, now, NOT_KNOWN if is_ours else UNTRUSTED
        ):
            _print(text)
        if is_ours:
            keeper.look(snapshot)
        # A lock is reported as closed a moment before it is free.
        due = min(keeper.due, SHORT_SECONDS if ENGINE_LOCK in changed else LOOK_SECONDS)
        changed = changes.wait(max(0.0, min(LOOK_SECONDS, due, until_another(snapshot, now))))


def _print(text: str) -> None:
    if sys.stdout is not None:
        sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
        sys.stdout.buffer.flush()


def until_another(snapshot: Document | None, now: float) -> float:
    """In how many seconds the same snapshot means something else: a window resets, or a value is stale."""
    try:
        moments = [
            at
            for account in (snapshot or {"providers": []})["providers"]
            for window in account["windows"]
            for at in (
                epoch(window["resets_at"]) if window["resets_at"] else now,
                epoch(window["fetched_at"])
                + max(rules.FRESH_SECONDS, 2 * account.get("refresh_seconds", rules.REFRESH_SECONDS)),
            )
        ]
    except published.DAMAGED:
        return LOOK_SECONDS
    return min((at - now + 0.05 for at in moments if at > now), default=LOOK_SECONDS)


class _Line:
    """The last line that was printed."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._last: str | None = None

    def changed_text(self, snapshot: Document | None, now: float, otherwise: str) -> str | None:
        """The line, if it is another one; `otherwise` is what it says of no snapshot."""
        text = text_of(snapshot, self._options, now)
        if text is None:
            text = written(problem(otherwise), self._options)
        before, self._last = self._last, text
        return None if text == before else text


class _Document:
    """The same for the document of `usage --json`, on one line."""

    def __init__(self, options: Options) -> None:
        self._provider = options.provider
        self._last: object = None

    def changed_text(self, snapshot: Document | None, now: float, _otherwise: str) -> str | None:
        document: Document = {"schema": "tankful.usage/1", "generated_at": None, "providers": []}
        try:
            if snapshot is not None:
                document = published.usage(snapshot, now)
            chosen = [each for each in document["providers"] if self._provider in ("all", each["provider"])]
            text = json.dumps(
                {**document, "providers": chosen}, ensure_ascii=False, allow_nan=False, separators=(",", ":")
            )
            facts = [_undated(account) for account in chosen]
        except published.DAMAGED:
            return None
        before, self._last = self._last, facts
        return None if facts == before else json_text(text)


def _undated(account: Document) -> Document:
    """Without what a clock alone changes in every moment: how far even use would be by now."""
    windows = [
        {**window, "pace": window["pace"] and window["pace"]["verdict"]} for window in account["windows"]
    ]
    attempts = [{**attempt, "ms": 0} for attempt in account["attempts"]]
    return {**account, "windows": windows, "attempts": attempts}
