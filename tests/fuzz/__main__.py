"""Fuzz what reads the files and answers of others: see the README beside this file."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.run import Outcome, run
from tests.fuzz.targets import all_targets

DEFAULT_SECONDS = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where all properties hold, 1 where one does not, 64 for bad arguments."""
    with tempfile.TemporaryDirectory(prefix="tankful-fuzz-homes-") as folder:
        known = {target.name: target for target in all_targets(Path(folder))}
        options = _options(arguments, list(known))
        chosen = [known[name] for name in options.target or known]
        cases, seconds = options.cases, options.seconds
        if options.case is not None:
            cases, seconds = len(chosen), None
        elif cases is None and seconds is None:
            seconds = DEFAULT_SECONDS
        outcomes = []
        for target in chosen:
            outcome = run(
                target,
                options.seed,
                cases=cases and -(-cases // len(chosen)),
                seconds=seconds and seconds / len(chosen),
                first=options.case or 0,
            )
            outcomes.append(outcome)
            print(_row(outcome), flush=True)
    return _summary(outcomes)


def _options(arguments: Sequence[str] | None, names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=__doc__, epilog=f"targets: {', '.join(names)}"
    )
    parser.add_argument("target", nargs="*", metavar="TARGET", help="all of them, unless some are named")
    parser.add_argument("--seconds", type=float, help=f"in all, shared evenly (default: {DEFAULT_SECONDS:g})")
    parser.add_argument("--cases", type=int, help="in all, shared evenly")
    parser.add_argument("--seed", type=int, default=0, help="other cases (default: 0)")
    parser.add_argument("--case", type=int, help="this one alone, as a failure names it")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.target if name not in names]:
        parser.exit(64, f"no target {', '.join(unknown)}; there are {', '.join(names)}\n")
    return options


def _row(outcome: Outcome) -> str:
    rate = outcome.cases / outcome.seconds if outcome.seconds else 0
    seconds, case = outcome.slowest
    slowest = f"slowest {seconds * 1000:.1f} ms (case {case})"
    failed = f"{outcome.failed or 'none'} failed"
    return f"{outcome.target:18} {outcome.cases:9,} cases {rate:8,.0f}/s  {slowest:34} {failed}"


def _summary(outcomes: Sequence[Outcome]) -> int:
    """Prints it, and writes each failing input to a folder that stays."""
    cases, seconds = sum(each.cases for each in outcomes), sum(each.seconds for each in outcomes)
    print(f"{cases:,} cases in {seconds:.0f} s, {_peak_megabytes()} MB at most")
    failures = [failure for outcome in outcomes for failure in outcome.failures.values()]
    if not failures:
        return 0
    folder = Path(tempfile.mkdtemp(prefix="tankful-fuzz-"))
    for failure in failures:
        print(f"\n{failure.reason}\n    {failure.save(folder)}\n    {failure.command}")
    return 1


def _peak_megabytes() -> int | str:
    try:
        import resource
    except ImportError:  # Windows
        return "?"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    sys.exit(main())
