from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.ledger.parallel import pays, read_in_two
from tests.programs import started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a second reader")


@pytest.fixture(autouse=True)
def nobody_is_left() -> Iterator[None]:
    """Neither a process nor a pipe."""
    before = len(os.listdir("/proc/self/fd"))
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert len(os.listdir("/proc/self/fd")) == before


def told(count: int, read: Callable[[int], tuple[Any, ...]]) -> dict[int, tuple[Any, ...]]:
    said: dict[int, tuple[Any, ...]] = {}
    for place, each in read_in_two(count, read):
        assert place not in said
        said[place] = each
    return said


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 200_000), max_size=40))
def test_each_place_is_read_once(sizes: list[int]) -> None:
    """Some of them are longer than a pipe holds."""
    said = told(len(sizes), lambda place: (place, b"x" * sizes[place], None, frozenset({place})))
    assert said == {i: (i, b"x" * size, None, frozenset({i})) for i, size in enumerate(sizes)}


def test_both_do_their_share() -> None:
    def read(place: int) -> tuple[int]:
        time.sleep(0.002)
        return (os.getpid(),)

    assert len(set(told(100, read).values())) == 2


def test_what_a_reader_that_died_owes_is_read_here() -> None:
    here = os.getpid()

    def read(place: int) -> tuple[int]:
        if os.getpid() != here and place < 95:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.001)
        return (place,)

    assert told(100, read) == {place: (place,) for place in range(100)}


def test_a_reader_that_stumbles_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    here = os.getpid()

    def read(place: int) -> tuple[int]:
        if os.getpid() != here:
            raise ValueError("not this one")
        return (place,)

    assert told(10, read) == {place: (place,) for place in range(10)}
    assert capfd.readouterr() == ("", "")


def test_what_cannot_be_sent_is_read_here() -> None:
    here = os.getpid()

    def read(place: int) -> tuple[Any, ...]:
        time.sleep(0.001)
        return (place, object() if os.getpid() != here and place < 60 else None)

    assert told(100, read) == {place: (place, None) for place in range(100)}


def test_results_come_while_there_is_more_to_read() -> None:
    here, (ours, theirs) = os.getpid(), os.pipe()

    def read(place: int) -> tuple[int]:
        if os.getpid() != here:
            time.sleep(0.002)
            os.write(theirs, b"." if place == 150 else b"")
        elif place == 1:
            os.read(ours, 1)  # the other one is at place 150 by now, and has sent some
        return (os.getpid(),)

    try:
        by = [pid for _, (pid,) in read_in_two(200, read)]
    finally:
        os.close(ours)
        os.close(theirs)
    assert by[:2] == [here, here]
    assert by[2] != here
    assert here in by[3:]


def test_where_there_is_no_process_to_have_one_reads_alone() -> None:
    def refused() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    assert list(read_in_two(3, lambda place: (place,), refused)) == [(0, (0,)), (1, (1,)), (2, (2,))]


def test_ended_children_that_nobody_waits_for() -> None:
    """As some launchers leave it to their programs."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert told(20, lambda place: (place,)) == {place: (place,) for place in range(20)}
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_an_interrupt_ends_both(tmp_path: Path) -> None:
    """The one that reads says so; the other one, which reads for it, is silent."""
    script = (
        "import os, time\nfrom providers.ledger.parallel import read_in_two\n"
        "def read(place):\n    time.sleep(0.01)\n    return (os.getpid(),)\n"
        "for place, said in read_in_two(100_000, read):\n    print(said[0], flush=True)\n"
    )
    command = [sys.executable, "-c", script]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = {int(process.stdout.readline()) for _ in range(20)}
        assert len(pids) == 2
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
        assert errors.count("KeyboardInterrupt") == 1
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_who_stops_in_the_middle_leaves_nothing() -> None:
    with closing(read_in_two(1000, lambda place: (b"x" * 100_000,))) as reading:
        assert next(reading)[0] == 0


def test_nobody_forks_for_little() -> None:
    assert not pays(99, 100)
    assert pays(100, 100) == (len(os.sched_getaffinity(0)) > 1)
