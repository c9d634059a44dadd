"""An engine in this process whose clock is set forward and back: nothing it holds may grow, no round stop."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from msgspec.structs import replace

from providers.domain.errors import Offline, ServerError
from providers.domain.limits import Reading
from providers.source import Question
from tests.fake_provider import FakeSource, fake_provider, make_fake_home, reading
from tests.tray.engine.test_engine import FAST, Seen, running, scope_of, used
from tray.engine.engine import Engine

JUMPS = tuple(timedelta(hours=hours) for hours in (-240, -3, -0.1, 0.1, 1, 9, 240))


class Clock:
    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def soak(folder: Path, seconds: float, chance: Random) -> tuple[int, list[str]]:
    """How often the clock was set, and what was wrong."""
    clock, jumps = Clock(), 0

    def answer(question: Question) -> Reading:
        kind = chance.random() if jumps else 1.0
        if kind < 0.2:
            raise Offline("No connection.")
        if kind < 0.4:
            raise ServerError("Oh.")
        return reading(chance.randrange(100), at=question.now)

    server = FakeSource(answer)
    scope = scope_of(folder, fake_provider([make_fake_home(folder / name) for name in "ab"], server))
    scope.clock = clock
    problems = []
    with running(scope, replace(FAST, poll=timedelta(seconds=1))) as (engine, seen):
        seen.wait_for(lambda state: len(used(state)) == 2)
        before, ends = _held(), time.monotonic() + seconds
        while time.monotonic() < ends:
            clock.ahead += chance.choice(JUMPS)
            jumps += 1
            problems += _still_answers(engine, seen, server)
            seen.states[:-1] = []
        time.sleep(0.5)
        after = _held()
    if any(now > then + 3 for then, now in zip(before, after, strict=True)):
        problems.append(f"threads and files grew from {before} to {after}")
    return jumps, problems


def _still_answers(engine: Engine, seen: Seen, server: FakeSource) -> list[str]:
    asked = len(server.asked)
    engine.refresh(user_initiated=True)
    ends = time.monotonic() + 10
    while len(server.asked) < asked + 2:
        if time.monotonic() > ends:
            return [f"nobody was asked at {engine.scope.clock()}"]
        time.sleep(0.02)
    return [] if seen.states else ["no state"]


def _held() -> tuple[int, int]:
    return threading.active_count(), len(os.listdir("/proc/self/fd"))
