"""Damages ledgers and checks what becomes of them.

python -m tests.damage [--ledgers 300] [--seed N] [--seconds S]

Each ledger is damaged once, reported on, counted, and reported on again. It fails where one stays broken, or where
other totals than the right ones are given without a word.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from providers.ledger.database import LedgerError
from tests.damage.kinds import KINDS, Kind
from tests.damage.people import Answer, Person, copied, settled, with_wal


def main() -> int:
    parser = argparse.ArgumentParser(prog="damage")
    parser.add_argument("--ledgers", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after these")
    options = parser.parse_args()
    until = time.monotonic() + options.seconds
    found: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory(prefix="tankful-damage-") as scratch:
        whole = settled(Path(scratch) / "whole", random.Random(options.seed))
        recent = copied(whole, Path(scratch) / "recent")
        truth = whole.report()
        with_wal(recent)
        for number in range(options.ledgers):
            if time.monotonic() > until:
                break
            kind = KINDS[number % len(KINDS)]
            chance = random.Random(f"{options.seed} {number}")
            has_wal = number % 4 == 3
            copy = copied(recent if has_wal else whole, Path(scratch) / str(number))
            of_wal = has_wal and chance.random() < 0.5
            outcome = damaged(copy, copy.wal if of_wal else copy.path, kind, chance, truth)
            found[kind.__name__, outcome] += 1
            if outcome in BAD:
                print(f"{outcome}: --seed {options.seed}, ledger {number}, {kind.__name__}", flush=True)
    for (kind_name, outcome), count in sorted(found.items()):
        print(f"{kind_name:16} {outcome:32} {count:4}")
    bad = sum(count for (_, outcome), count in found.items() if outcome in BAD)
    print(f"{found.total()} ledgers, {bad} bad")
    return 1 if bad else 0


BAD = (
    "stays broken",
    "other totals without a word",
    "limits that never were",
    "limits lost without a word",
    "an exception",
)


def damaged(person: Person, file: Path, kind: Kind, chance: random.Random, truth: Answer) -> str:
    """What became of the ledger, of which this file was damaged."""
    kind(file, chance)
    try:
        first = person.report()
        quarantined = person.count()
        last = person.report()
        if (
            last.limits != truth.limits and not quarantined and not person.removed()
        ):  # as the scrub does within hours
            person.check_all()
            quarantined = person.count()
            last = person.report()
        reported = bool(quarantined) or last == truth or person.removed() > 0
    except LedgerError as error:
        print(error)
        return "stays broken"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        print(f"{type(error).__name__}: {error}")
        return "an exception"
    if last.sentence:
        return "stays broken"
    if (not first.sentence and first.figures != truth.figures) or (
        last.figures != truth.figures and not quarantined
    ):
        return "other totals without a word"
    if not first.limits <= truth.limits or not last.limits <= truth.limits:
        return "limits that never were"
    if last.limits != truth.limits and not reported:
        return "limits lost without a word"
    if last != truth:
        return "lost, and reported"
    if quarantined:
        return "quarantined, all is back"
    return "repaired in place" if first.sentence else "right all the time"


if __name__ == "__main__":
    sys.exit(main())
