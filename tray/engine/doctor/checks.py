"""One check of a report: in a thread of its own, with a deadline, and never raising."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread
from typing import TypeVar

from providers.host.faults import own_place
from tray.engine.doctor.facts import Failed

T = TypeVar("T")


def begin(work: Callable[[], T], seconds: float) -> Callable[[], T | Failed]:
    """Start the work; returns a function that waits for it, until so many seconds after the start.

    Work that hangs is left behind in its thread, which keeps no process from ending.
    """
    done: list[T | Failed] = []

    def run() -> None:
        try:
            done.append(work())
        except Exception as error:  # noqa: BLE001 - one check must not take the report down
            done.append(Failed(f"Internal error ({type(error).__name__} at {own_place(error)})."))

    thread = Thread(target=run, name="check", daemon=True)
    thread.start()
    ends = time.monotonic() + seconds

    def result() -> T | Failed:
        thread.join(max(0.0, ends - time.monotonic()))
        return done[0] if done else Failed(f"No answer within {seconds:g} s.")

    return result
