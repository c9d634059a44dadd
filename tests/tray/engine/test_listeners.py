from __future__ import annotations

import threading
import time

import pytest

from tray.engine.listeners import Listeners, Undo
from tray.engine.state import State

DEADLINE = 10.0
FIRST, SECOND, THIRD = (State(revision=number) for number in range(3))


def test_who_is_slow_gets_the_newest_state_before_the_end() -> None:
    listeners, began, release = Listeners(), threading.Event(), threading.Event()
    heard: list[tuple[State, State]] = []

    def slow(before: State, after: State) -> None:
        began.set()
        assert release.wait(DEADLINE)
        heard.append((before, after))

    listeners.add(slow, FIRST)
    listeners.notify(SECOND)
    assert began.wait(DEADLINE)
    listeners.notify(THIRD)
    threading.Timer(0.1, release.set).start()
    listeners.close()
    assert heard == [(FIRST, SECOND), (SECOND, THIRD)]


def test_a_listener_may_end_itself_or_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tray.engine.listeners._LINGER_SECONDS", 2 * DEADLINE)
    for ends_all in (False, True):
        listeners, done = Listeners(), threading.Event()
        undo: list[Undo] = []

        def ends(_before: State, _after: State) -> None:
            if ends_all:  # noqa: B023 - called in this round
                listeners.close()  # noqa: B023
            else:
                undo[0]()  # noqa: B023
            done.set()  # noqa: B023

        undo.append(listeners.add(ends, FIRST))
        began = time.monotonic()
        listeners.notify(SECOND)
        assert done.wait(DEADLINE)
        assert time.monotonic() - began < DEADLINE, "it does not wait for itself"
        listeners.close()


def test_who_has_ended_its_subscription_leaves_nothing_behind() -> None:
    listeners = Listeners()
    threads = threading.active_count()
    for _ in range(20):
        listeners.add(lambda _before, _after: None, FIRST)()
    ends = time.monotonic() + DEADLINE
    while threading.active_count() > threads:
        assert time.monotonic() < ends
        time.sleep(0.01)
    assert not listeners._workers
