from __future__ import annotations

from pathlib import Path

from providers.domain.limits import Identity
from providers.polling.backoff import Client
from providers.polling.targets import Target
from tests.fake_provider import fake_provider
from tray.engine.poll_queue import PollQueue

FAKE = fake_provider([Path("/a")])


def target(key: str, *, signed_in: bool = True) -> Target:
    client = Client(key=key, identity=Identity(), places=()) if signed_in else None
    return Target(provider=FAKE, key=key, homes=(), client=client)


TARGETS = {key: target(key) for key in "abcdef"}


def test_a_few_are_asked_at_once_and_slow_ones_hold_up_nobody() -> None:
    now = 0.0
    queue = PollQueue(lambda: now)
    queue.add(TARGETS.values(), "due")
    assert [each.key for each, _ in queue.take(TARGETS)] == ["a", "b", "c", "d"]
    assert list(queue.take(TARGETS)) == []
    queue.ended("b")
    assert [each.key for each, _ in queue.take(TARGETS)] == ["e"]
    now = 4.0
    assert [each.key for each, _ in queue.take(TARGETS)] == ["f"]
    assert queue
    for key in "acdef":
        queue.ended(key)
    assert not queue


def test_the_more_urgent_mode_wins_and_nobody_is_asked_twice_at_once() -> None:
    queue = PollQueue()
    for mode in ("due", "now", "due"):
        queue.add([TARGETS["a"]], mode)
    assert [mode for _, mode in queue.take(TARGETS)] == ["now"]
    queue.add([TARGETS["a"]], "due")
    assert list(queue.take(TARGETS)) == []
    queue.ended("a")
    assert [mode for _, mode in queue.take(TARGETS)] == ["due"]


def test_who_is_not_signed_in_or_no_more_there_does_not_wait() -> None:
    queue = PollQueue()
    queue.add([target("x", signed_in=False)], "now")
    assert not queue
    queue.add([TARGETS["a"]], "now")
    assert list(queue.take({})) == []
    assert not queue


def test_what_a_person_wants_ends_with_the_last_of_them_and_is_said_once() -> None:
    queue = PollQueue()
    assert queue.take_wanted() is None
    queue.add([TARGETS["a"], TARGETS["b"]], "now")
    queue.want()
    assert len(list(queue.take(TARGETS))) == 2
    queue.ended("a")
    assert queue.take_wanted() is None
    queue.add([TARGETS["c"]], "due")
    queue.ended("b")
    assert queue.take_wanted() == frozenset("ab"), "whoever else is asked"
    assert queue.take_wanted() is None
    queue.want()
    assert list(queue.take({})) == []
    assert queue.take_wanted() == frozenset("c"), "also where they are no more"
