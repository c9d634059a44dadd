from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tray.engine.jobs import Jobs

DEADLINE = 10.0


class Held:
    """Work that begins, and ends when it is let go."""

    def __init__(self) -> None:
        self.began, self.release = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.began.set()
        assert self.release.wait(DEADLINE)


@pytest.fixture
def held() -> Iterator[Held]:
    work = Held()
    yield work
    work.release.set()


def test_of_several_that_wait_the_last_is_run(held: Held) -> None:
    jobs, waiting = Jobs(), [threading.Event() for _ in range(3)]
    jobs.start("look", held)
    for work in waiting:
        jobs.start("look", work.set)
    other = threading.Event()
    jobs.start("count", other.set)
    assert other.wait(DEADLINE), "another name waits for nobody"
    held.release.set()
    assert waiting[-1].wait(DEADLINE)
    jobs.close(DEADLINE)
    assert [work.is_set() for work in waiting] == [False, False, True]


def test_one_that_raises_lets_the_next_run(held: Held) -> None:
    jobs, done = Jobs(), threading.Event()

    def breaks() -> None:
        held()
        raise ZeroDivisionError

    jobs.start("look", breaks)
    jobs.start("look", done.set)
    held.release.set()
    assert done.wait(DEADLINE)
    jobs.close(DEADLINE)


def test_nothing_begins_once_they_are_closed(held: Held) -> None:
    jobs, ran = Jobs(), list[str]()
    jobs.start("look", held)
    assert held.began.wait(DEADLINE)
    jobs.start("look", lambda: ran.append("waiting"))
    jobs.close(0)
    jobs.start("count", lambda: ran.append("late"))
    held.release.set()
    jobs.close(DEADLINE)
    assert ran == []


def test_what_waits_needs_no_further_thread(held: Held) -> None:
    jobs, threads = Jobs(), list[threading.Thread]()

    def first() -> None:
        threads.append(threading.current_thread())
        held()

    jobs.start("look", first)
    assert held.began.wait(DEADLINE)
    jobs.start("look", lambda: threads.append(threading.current_thread()))
    held.release.set()
    threads[0].join(DEADLINE)
    assert threads == [threads[0]] * 2
