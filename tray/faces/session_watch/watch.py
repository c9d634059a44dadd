"""Looks every two seconds and shows the live sessions again: in place on a terminal, else whenever they change."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import NoReturn, TextIO

from msgspec.structs import replace

from providers.domain.live import LiveSession, SessionsLook
from tray.faces.bars.changes import PeerGone
from tray.faces.session_watch.keyboard import Keyboard
from tray.faces.session_watch.screen import TableScreen
from tray.faces.session_watch.wait import wait
from tray.view.output import Paper

LOOK_SECONDS = 2.0
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)
Look = Callable[[], SessionsLook]
Draw = Callable[[SessionsLook, Paper, int], str]
"""The text of a look, on this paper and in so many lines."""


def in_place(look: Look, draw: Draw, stream: TextIO, *, styled: bool, every: float = LOOK_SECONDS) -> None:
    """Until the person presses q or Ctrl-C, or a signal or the terminal's end ends it."""
    screen, keyboard = TableScreen(stream), Keyboard()
    due, found = 0.0, None
    with _until_stopped(), _open(screen, keyboard):
        while True:
            if found is None or time.monotonic() >= due:
                found, due = look(), time.monotonic() + every
            paper, height = screen.paper(styled=styled)
            screen.draw(draw(found, paper, height))
            wait(due - time.monotonic(), stream.fileno(), keyboard.descriptor, screen.is_resized)
            if "q" in keyboard.pressed().lower():
                return


def on_changes(
    look: Look, write: Callable[[SessionsLook], None], reader: int | None, *, every: float = LOOK_SECONDS
) -> None:
    """Writes a look whenever more has changed than time, memory and rates; until its reader ends, or a signal."""
    before: SessionsLook | None = None
    with _until_stopped():
        while True:
            due = time.monotonic() + every
            found = look()
            if (now := _lasting(found)) != before:
                write(found)
                before = now
            wait(due - time.monotonic(), reader)


def _lasting(look: SessionsLook) -> SessionsLook:
    """Without what changes all the time."""
    return replace(
        look,
        at=_ANY_TIME,
        counted_at=None,
        next_look=None,
        sessions=tuple(map(_lasting_session, look.sessions)),
    )


def _lasting_session(session: LiveSession) -> LiveSession:
    children = tuple(replace(child, rss=None) for child in session.children)
    return replace(session, rss=None, tokens_per_minute=None, children=children)


@contextmanager
def _until_stopped() -> Iterator[None]:
    """Each way in which it is stopped is its ordinary end."""
    names = ("SIGTERM", "SIGHUP", "SIGBREAK")
    before = {
        number: signal.signal(number, _stop)
        for name in names
        if (number := getattr(signal, name, None)) is not None
    }
    try:
        yield
    except (_Stopped, KeyboardInterrupt, PeerGone, BrokenPipeError):
        return
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Stopped(BaseException):
    """Not an Exception: whoever expects those must not take it for a fault."""


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Stopped


@contextmanager
def _open(screen: TableScreen, keyboard: Keyboard) -> Iterator[None]:
    """The person's own screen comes back at the end, and for as long as Ctrl-Z stops us."""
    with _suspended_by(screen, keyboard):
        try:
            keyboard.begin()
            screen.enter()
            yield
        finally:
            screen.leave()
            keyboard.end()


@contextmanager
def _suspended_by(screen: TableScreen, keyboard: Keyboard) -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return

    def stopped(_number: int, _frame: FrameType | None) -> None:
        screen.leave()
        keyboard.end()
        os.kill(os.getpid(), signal.SIGSTOP)
        keyboard.begin()
        screen.enter()

    before = signal.signal(signal.SIGTSTP, stopped)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)
