"""`tankful engine`: what `tankful watch` starts beside it where no process owns the engine. Prints nothing.

It ends with the pipe that is its standard input, as soon as a tray wants to take over, and where another tankful
has taken its lock.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from tray.cli.console import OK, make_scope

if TYPE_CHECKING:
    import argparse

    from tray.engine.engine import Engine
    from tray.engine.notices.notifier import Notifier
    from tray.engine.single_instance import SingleInstance

_LOOK_SECONDS = 5.0
"""As often as it is made sure that the lock is still held."""


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_options: argparse.Namespace) -> int:
    from tray.cli.tray import with_engine
    from tray.engine.single_instance import SingleInstance, StateFolderUnusable

    scope = make_scope()
    single = SingleInstance(scope.folders.state)
    with suppress(StateFolderUnusable):  # what cannot be kept can be shown to nobody
        if single.acquire():
            try:
                return with_engine(scope, "watch", single, partial(_until_not_needed, single))
            finally:
                single.release()
    return OK


def _until_not_needed(single: SingleInstance, engine: Engine, _notifier: Notifier) -> int:
    from tray.engine import takeover
    from tray.faces.bars.changes import FileChanges, PeerGone

    folder = str(engine.scope.folders.state)
    _interrupt_at_end_of_input()
    engine.start()
    try:
        with (
            suppress(PeerGone, KeyboardInterrupt),
            FileChanges(folder, (takeover.WANTED,), peer=0) as changes,
        ):
            while not (single.is_lost or takeover.is_wanted(folder, time.time())):
                changes.wait(_LOOK_SECONDS)
    finally:
        engine.close()
    return OK


def _interrupt_at_end_of_input() -> None:
    """Where the end of a pipe is heard of by nothing but reading it."""
    if sys.platform != "win32":
        return
    import _thread

    def read() -> None:
        if sys.stdin is not None:
            sys.stdin.buffer.read()
        _thread.interrupt_main()

    _thread.start_new_thread(read, ())
