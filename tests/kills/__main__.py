"""Kills counts at random moments, while reports are read, and checks that the totals are right in the end.

python -m tests.kills [--kills 200] [--seed N] [--seconds S]

Logs of both providers grow, and a process that counts them is killed (SIGKILL) again and again. All that time
reports are read: none may call the ledger damaged. In the end a count that is left alone must come to what one
count of the same logs comes to. POSIX only.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.damage.people import Answer, Person, make_logs

LONGEST = 0.25
"""Seconds until a kill, at most: a count that takes less has ended by itself, and is not one of the kills."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="kills")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after these")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="tankful-kills-") as scratch:
        whole, person = Person(Path(scratch) / "whole"), Person(Path(scratch) / "person")
        make_logs(whole, chance)
        killed, alarms, until = 0, 0, time.monotonic() + options.seconds
        reports = 0
        while killed < options.kills and time.monotonic() < until:
            grow(whole, person, chance)
            child = counting(person)
            ends = time.monotonic() + chance.uniform(0, LONGEST)
            while time.monotonic() < ends and not is_over(child):
                alarms += is_alarm(person.report())
                reports += 1
            killed += kill(child)
            alarms += is_alarm(person.report())
        grow(whole, person, chance, whole_logs=True)
        whole.count()
        person.count()
        right = person.report().figures == whole.report().figures
        right = right and not whole.report().sentence
    totals = "right" if right else "WRONG"
    print(f"{killed} kills, {reports} reports beside them, {alarms} false alarms, totals {totals}")
    return 0 if right and not alarms else 1


def grow(whole: Person, person: Person, chance: random.Random, *, whole_logs: bool = False) -> None:
    """Of each log a little more, at any byte; of some nothing yet."""
    for name, home in whole.homes.items():
        for log in home.rglob("*.jsonl"):
            target = person.homes[name] / log.relative_to(home)
            there = target.stat().st_size if target.exists() else 0
            missing = log.stat().st_size - there
            if not whole_logs and (not missing or chance.random() < 0.9):
                continue
            length = missing if whole_logs else chance.randint(0, missing // 8 + 1)
            target.parent.mkdir(parents=True, exist_ok=True)
            with log.open("rb") as source, target.open("ab") as grown:
                source.seek(there)
                grown.write(source.read(length))


def counting(person: Person) -> int:
    child = os.fork()
    if child:
        return child
    try:
        person.count()
    finally:
        os._exit(0)


def is_over(child: int) -> bool:
    """Without reaping it."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def kill(child: int) -> bool:
    """Whether it was killed before it ended."""
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def is_alarm(answer: Answer) -> bool:
    return "damaged" in answer.sentence


if __name__ == "__main__":
    sys.exit(main())
