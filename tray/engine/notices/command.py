"""`notify.command`: a program of the person's own for each notice, with the notice as JSON on its standard input.

It is never a shell, gets seconds, and leaves no process behind. Notices wait in line for it; of too many the
oldest are left out.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from threading import Condition, Thread
from typing import Any

from providers.domain.errors import ProviderError
from providers.domain.visible import json_text
from providers.host.faults import log_fault, logger_of
from providers.host.process.child import Child, probe_folder
from tray.engine.document_values import as_time
from tray.engine.notices.notice import Notice

SCHEMA = "tankful.notice/1"
SECONDS = 10.0
MOST_WAITING = 16
_LOOK_SECONDS = 0.25
_log = logger_of(__name__)


class CommandFailed(Exception):
    """The program did not run to its end; str() is the reason, without what it printed."""


def as_json(notice: Notice) -> dict[str, Any]:
    """What the program reads. Times are in UTC; `account` is a hash, `remaining_percent` 0-100 or null."""
    return {
        "schema": SCHEMA,
        "kind": notice.kind,
        "title": notice.title,
        "body": notice.body,
        "provider": notice.provider,
        "account": notice.account,
        "session": notice.session,
        "window": notice.window,
        "remaining_percent": notice.remaining_percent,
        "resets_at": as_time(notice.resets_at),
        "withdrawn": False,
    }


def run_command(
    command: str,
    notice: Notice,
    environ: Mapping[str, str],
    *,
    seconds: float = SECONDS,
    is_stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Raises CommandFailed."""
    try:
        argv = shlex.split(command)
    except ValueError:
        raise CommandFailed("a quotation mark is not closed") from None
    name = os.path.expanduser(argv[0]) if argv else ""
    program = shutil.which(name, path=environ.get("PATH"))
    if program is None:
        raise CommandFailed("the program was not found")
    data = json_text(json.dumps(as_json(notice), ensure_ascii=False)).encode() + b"\n"
    ends = time.monotonic() + seconds
    try:
        with (
            probe_folder() as folder,
            Child([program, *argv[1:]], environ=environ, folder=folder, talks=True, grace=0.5) as child,
        ):
            try:
                child.write(data)
                child.close_input()
            except OSError:
                pass  # it has ended, or does not care
            while child.code is None:
                if is_stopping() or time.monotonic() > ends:
                    raise CommandFailed(f"it was ended after {time.monotonic() - ends + seconds:.0f} s")
                if child.open:
                    child.next(_LOOK_SECONDS)
                else:
                    child.wait(_LOOK_SECONDS)
            if child.code:
                raise CommandFailed(f"exit code {child.code}")
    except ProviderError as error:
        raise CommandFailed(error.message) from None


class CommandRunner:
    """Runs the command for one notice at a time, in a thread that starts with the first. A failure is logged when
    it begins, and its end when it ends.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        hidden: Iterable[str] = (),
        run: Callable[..., None] = run_command,
    ) -> None:
        """The program gets the environment without the `hidden` variables, in whose names * is anything."""
        self._visible = without(environ, hidden)
        self._run = run
        self._waiting: deque[tuple[str, Notice]] = deque(maxlen=MOST_WAITING)
        self._changed = Condition()
        self._closed = False
        self._thread: Thread | None = None
        self._failed = ""

    def put(self, command: str, notice: Notice) -> None:
        """Returns at once."""
        with self._changed:
            if self._closed:
                return
            self._waiting.append((command, notice))
            self._changed.notify()
            if self._thread is None:
                self._thread = Thread(target=self._work, name="notice-command", daemon=True)
                self._thread.start()

    def close(self, seconds: float = 2.0) -> None:
        """End what runs, and drop what waits."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(seconds)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._waiting)
                if self._closed:
                    return
                command, notice = self._waiting.popleft()
            try:
                self._run(command, notice, self._visible, is_stopping=lambda: self._closed)
            except CommandFailed as failure:
                self._note("" if self._closed else str(failure))
            except Exception as error:  # noqa: BLE001 - the next notice may have its program
                log_fault(_log, "could not run notify.command", error)
            else:
                self._note("")

    def _note(self, failure: str) -> None:
        if failure and failure != self._failed:
            _log.warning("notify.command failed: %s", failure)
        elif not failure and self._failed:
            _log.info("notify.command works again")
        self._failed = failure


def without(environ: Mapping[str, str], hidden: Iterable[str]) -> dict[str, str]:
    """The environment without the `hidden` variables, in whose names * is anything."""
    patterns = tuple(hidden)
    return {
        name: value
        for name, value in environ.items()
        if not any(fnmatchcase(name.upper(), pattern) for pattern in patterns)
    }
