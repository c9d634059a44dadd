"""`tankful statusline --from-claude [-- command …]`: the command of Claude Code's status line.

It keeps the limits that stand in the JSON on stdin, and prints them in a short line; or, with a command behind
`--`, hands that the same JSON and prints its output. With `--template` the line is the person's own (see
`claude_template`). One word is a line for the shell, as Claude Code itself
would take it; several are a program and its arguments. Claude Code waits: nothing slow is imported here.
"""

from __future__ import annotations

import _thread  # threading takes a millisecond to import
import os
import sys
import time

from providers.claude.statusline import bridge
from providers.domain.rules import left_percent
from tray.view.words import percent

TYPE_CHECKING = False  # typing's own would cost milliseconds
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from typing import IO

    from tray.engine.published import Document
    from tray.faces.bars.template import Pieces

OK = 0
_READ_SECONDS = 2.0
_COMMAND_SECONDS = 2.0
_OUTPUT_LIMIT = 1 << 16


def answer(arguments: list[str]) -> int | None:
    """The fast path (see `tray.cli.commands`): passes on all but
    `--from-claude [--template T] [-- command …]`.
    """
    match arguments:
        case ["--from-claude", "--template", text, *rest] if not text.startswith("-"):
            from tray.faces.claude_template import parse

            own = parse(text, read_snapshot())
            if own is None:
                return None
        case ["--from-claude", *rest]:
            own = None
        case _:
            return None
    match rest:
        case []:
            return show([], own)
        case ["--", _, *_]:
            return show(rest[1:], own)
        case _:
            return None


def show(command: list[str], own: Pieces | None = None) -> int:
    """Prints the line, by the person's `own` template if there is one; the exit code is that of the command, 0
    without one.
    """
    raw = read_all(0, _READ_SECONDS)
    reported = bridge.parse(raw)
    if reported is not None:
        try:  # noqa: SIM105 - contextlib takes its time, too
            bridge.keep(reported, os.environ, time.time())
        except OSError:  # a full disk is reported by the tray; here it must not cost the line
            pass
    result = _output_of(command, raw) if command else None
    if result is None:
        text = line(reported.limits if reported else {}) if own is None else _filled(own, raw)
        result = OK, text.encode("utf-8", "replace")
    code, output = result
    if sys.stdout is not None:  # closed: the line has no reader, but the reading is kept
        sys.stdout.buffer.write(output)
    return code


def read_snapshot() -> Document | None:
    from tray.faces.bars import statusline

    return statusline.read_snapshot()


def _filled(own: Pieces, raw: bytes) -> str:
    """Where nobody keeps the published values up to date, they are refreshed in the background."""
    import json

    from providers.host.state_folder import state_folder
    from tray.engine.detached import start_round
    from tray.faces import claude_template

    folder, now, snapshot = state_folder(os.environ), time.time(), read_snapshot()
    if snapshot is None or claude_template.wants_round(snapshot, now):
        start_round(folder, now)
    try:
        sent = json.loads(raw)
    except (ValueError, RecursionError):
        sent = None
    return f"{claude_template.line(own, sent, snapshot, folder, now)}\n"


def line(limits: bridge.Limits) -> str:
    """What is left, rounded down: `5h 63 % · week 38 % left`."""
    names = dict(zip(bridge.WINDOWS, ("5h", "week"), strict=True))
    parts = [
        f"{names[name]} {percent(left_percent(window['used_percentage']))}" for name, window in limits.items()
    ]
    return f"{' · '.join(parts)} left\n" if parts else "limits not known yet\n"


def read_all(
    file: int,
    seconds: float,
    limit: int = bridge.SIZE_LIMIT,
    is_whole: Callable[[bytes], bool] = bridge.is_whole,
) -> bytes:
    """What comes until it is whole, the end, the deadline or the limit (bytes), whichever is first."""
    read = bytearray()
    running = _thread.allocate_lock()

    def work() -> None:
        try:
            while len(read) < limit and (part := os.read(file, 1 << 16)):
                read.extend(part)
                if is_whole(bytes(read)):  # the writer may leave the pipe open
                    return
        except OSError:
            pass
        finally:
            running.release()

    running.acquire()
    _thread.start_new_thread(work, ())
    running.acquire(timeout=seconds)
    return bytes(read[:limit])


def _output_of(command: list[str], raw: bytes) -> tuple[int, bytes] | None:
    """The exit code and the output of the command, None where it cannot be started or takes too long. One that
    prints without end is ended at the limit.
    """
    import signal
    import subprocess

    # Claude Code kills a status line that it no longer needs; our command must end with it, also one that is
    # just being started.
    early: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: early.append(number))
    line_for_shell = len(command) == 1 and not os.path.isfile(command[0])  # a path may have spaces in it
    try:
        process = subprocess.Popen(
            command[0] if line_for_shell else command,
            shell=line_for_shell,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError:
        return None
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        if early:
            sys.exit(128 + signal.SIGTERM)
        return _answer_of(process, raw)
    finally:
        if process.returncode is None:
            _end(process)
        if process.stdout is not None:
            process.stdout.close()


def _answer_of(process: subprocess.Popen[bytes], raw: bytes) -> tuple[int, bytes] | None:
    import subprocess

    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    until = time.monotonic() + _COMMAND_SECONDS
    _thread.start_new_thread(_feed, (process.stdin, raw))
    output = read_all(process.stdout.fileno(), _COMMAND_SECONDS, _OUTPUT_LIMIT, lambda _: False)
    if len(output) >= _OUTPUT_LIMIT:
        return OK, output
    try:  # it may have ended, and left something behind that holds on to its output
        return process.wait(max(until - time.monotonic(), 0)), output
    except subprocess.TimeoutExpired:
        return None


def _feed(file: IO[bytes], raw: bytes) -> None:
    """All of it, and then the end; until nobody reads it any more."""
    for step in (lambda: file.write(raw), file.close):  # the second, too, writes what is left
        try:  # noqa: SIM105 - as above
            step()
        except OSError:
            pass


def _end(process: subprocess.Popen[bytes]) -> None:
    import signal
    from contextlib import suppress

    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
