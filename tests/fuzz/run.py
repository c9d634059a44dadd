"""Runs the cases of a target: each has random numbers of its own, so that any can be repeated alone."""

from __future__ import annotations

import re
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random

from msgspec import Struct

from tests.fuzz.mutate import Make

DEADLINE = 5.0
"""Seconds of the processor for one case, of which a thousandth is enough."""
PATIENCE = 60.0
"""Seconds by the clock, for one that waits without end: generous, since a busy machine is no fault."""
_OURS = re.compile(r"/(?:providers|tray)/")


class Violation(AssertionError):
    """A property that does not hold; str() says which."""


class TookTooLong(BaseException):
    """No Exception: a parser that catches whatever happens must not catch this."""


class Target(Struct, frozen=True, kw_only=True):
    """`check` raises Violation where a property does not hold; any other exception of it is a fault, too."""

    name: str
    make: Make
    check: Callable[[bytes], None]
    suffix: str = ".json"


class Failure(Struct, frozen=True, kw_only=True):
    """The first case of a kind: `reason` is the same for all of them."""

    target: str
    case: int
    seed: int
    reason: str
    details: str
    content: bytes
    suffix: str

    @property
    def command(self) -> str:
        """Runs this case again."""
        return f"python -m tests.fuzz --seed {self.seed} --case {self.case} {self.target}"

    def save(self, folder: Path) -> Path:
        """The input and, beside it, what went wrong."""
        path = folder / f"{self.target}-{self.seed}-{self.case}{self.suffix}"
        path.write_bytes(self.content)
        path.with_name(path.name + ".txt").write_text(f"{self.command}\n\n{self.details}", "utf-8", "replace")
        return path


class Outcome(Struct, kw_only=True):
    """`failures` has one for each reason, `failed` counts all cases that failed. `slowest` is the case that took
    most time of the processor, with that in seconds.
    """

    target: str
    cases: int = 0
    seconds: float = 0.0
    slowest: tuple[float, int] = (0.0, 0)
    failed: int = 0
    failures: dict[str, Failure] = {}


def case_input(target: Target, seed: int, case: int) -> bytes:
    return target.make(Random(f"{seed}/{target.name}/{case}"))


def run(
    target: Target,
    seed: int,
    *,
    cases: int | None = None,
    seconds: float | None = None,
    first: int = 0,
    deadline: float = DEADLINE,
    patience: float = PATIENCE,
) -> Outcome:
    """So many cases, from `first` on, or for so long."""
    outcome = Outcome(target=target.name)
    began = time.perf_counter()
    with _alarms() as set_alarms, _errors_of_threads() as of_threads:
        for case in count(first) if cases is None else range(first, first + cases):
            if seconds is not None and time.perf_counter() - began >= seconds:
                break
            content = case_input(target, seed, case)
            started = time.process_time()
            error: BaseException | None = None
            try:
                set_alarms(deadline, patience)
                target.check(content)
            except (Exception, TookTooLong) as raised:  # noqa: BLE001 - whatever it is, it is what we look for
                error = raised
            finally:
                set_alarms(0, 0)
            outcome.slowest = max(outcome.slowest, (time.process_time() - started, case))
            outcome.cases += 1
            while of_threads:
                error = of_threads.pop()
            if error is not None:
                _note(outcome, target, seed, case, content, error)
    outcome.seconds = time.perf_counter() - began
    return outcome


def _note(
    outcome: Outcome, target: Target, seed: int, case: int, content: bytes, error: BaseException
) -> None:
    outcome.failed += 1
    reason = _reason(error)
    if reason not in outcome.failures:
        outcome.failures[reason] = Failure(
            target=target.name,
            case=case,
            seed=seed,
            reason=reason,
            details="".join(traceback.format_exception(error)),
            content=content,
            suffix=target.suffix,
        )


def _reason(error: BaseException) -> str:
    """What it says of the property, without figures; of an exception the last of our lines on its way."""
    if isinstance(error, Violation):
        return re.sub(r"[-+]?\d[\d.:e+-]*", "#", str(error).partition("\n")[0])
    if isinstance(error, TookTooLong):
        return "took too long"
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _OURS.search(Path(frame.filename).as_posix())] or frames
    return f"{type(error).__name__} at {'/'.join(Path(ours[-1].filename).parts[-3:])}:{ours[-1].lineno}"


@contextmanager
def _alarms() -> Iterator[Callable[[float, float], object]]:
    """To set alarms that raise TookTooLong, after so many seconds of the processor and by the clock.

    Whoever runs the tests may have an alarm by the clock: it stays, and there is none of ours. Windows has none.
    """
    if not hasattr(signal, "setitimer"):
        yield lambda _processor, _clock: None
        return
    alarms = {signal.ITIMER_PROF: signal.SIGPROF}
    if signal.getitimer(signal.ITIMER_REAL)[0] == 0:
        alarms[signal.ITIMER_REAL] = signal.SIGALRM

    def ring(_number: int, _frame: object) -> None:
        raise TookTooLong

    def set_alarms(processor: float, clock: float) -> None:
        signal.setitimer(signal.ITIMER_PROF, processor)
        if signal.ITIMER_REAL in alarms:
            signal.setitimer(signal.ITIMER_REAL, clock)

    before = [(number, signal.signal(number, ring)) for number in alarms.values()]
    try:
        yield set_alarms
    finally:
        set_alarms(0, 0)
        for number, handler in before:
            signal.signal(number, handler)


@contextmanager
def _errors_of_threads() -> Iterator[list[BaseException]]:
    """What ended a thread since, which would cost no case but be printed."""
    found: list[BaseException] = []

    def note(ended: threading.ExceptHookArgs) -> None:
        found.append(ended.exc_value or ended.exc_type())

    before, threading.excepthook = threading.excepthook, note
    try:
        yield found
    finally:
        threading.excepthook = before


def require(holds: bool, what: str) -> None:
    """Raises Violation."""
    if not holds:
        raise Violation(what)
