"""Where the time of `tankful cost --json` goes, the first scan of a corpus or one where nothing changed.

    python -m tests.bench.profile CORPUS [--again] [--keep FOLDER] [--functions 25]

CORPUS is one of tests.bench.run --list, as codex-3000. One process on one core, so that nothing is left to a
second one; the profiler makes calls dearer than they are: look for where to measure, and measure without it. Time
that SQLite, the file system or another library takes counts for the module that called it.
"""

from __future__ import annotations

import argparse
import pstats
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.corpora import by_name
from tests.bench.installation import ROOT, interpreter
from tests.bench.measured import warm
from tests.bench.peers import environ

_PROFILED = """
import cProfile, os, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
profile = cProfile.Profile()
profile.enable()
from tray.cli.main import main
main(sys.argv[1:])
profile.disable()
profile.dump_stats(os.environ["PROFILED"])
"""
_MODULES = 22

_Key = tuple[str, int, str]


def main() -> None:
    parser = argparse.ArgumentParser(prog="profile")
    parser.add_argument("corpus", type=by_name)
    parser.add_argument("--again", action="store_true", help="where nothing changed")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--functions", type=int, default=25)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tankful-profile-") as name:
        scratch = Path(name)
        folder = (options.keep or scratch).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        home = options.corpus.home(folder)
        warm(home)
        variables = environ(scratch / "own", options.corpus.provider, home)
        variables["PROFILED"] = str(scratch / "profile")
        command = [str(interpreter(folder)), "-c", _PROFILED, "cost", "--json"]
        command += ["--provider", options.corpus.provider]
        for _ in range(2 if options.again else 1):
            subprocess.run(command, cwd=ROOT, env=variables, check=True, stdout=subprocess.DEVNULL)
        report(pstats.Stats(str(scratch / "profile")), options.functions)


def report(profile: pstats.Stats, functions: int) -> None:
    stats: dict[_Key, Any] = profile.stats  # type: ignore[attr-defined]
    seconds = sum(own for _, _, own, _, _ in stats.values())
    print(f"{seconds * 1000:,.0f} ms under the profiler\n\n| module | ms | share |\n| --- | --: | --: |")
    modules: dict[str, float] = defaultdict(float)
    for module, own in _by_module(stats):
        modules[module] += own
    for module, own in sorted(modules.items(), key=lambda each: -each[1])[:_MODULES]:
        print(f"| {module} | {own * 1000:,.0f} | {own / seconds:.0%} |")
    print("\n| function | calls | own ms | with what it calls |\n| --- | --: | --: | --: |")
    for key, (_, calls, own, whole, _) in sorted(stats.items(), key=lambda each: -each[1][2])[:functions]:
        print(f"| {_named(key)} | {calls:,} | {own * 1000:,.0f} | {whole * 1000:,.0f} |")


def _by_module(stats: dict[_Key, Any]) -> Iterator[tuple[str, float]]:
    """Own time of each function; of those that are not Python's, by caller."""
    for (file, _, _), (_, _, own, _, callers) in stats.items():
        if file != "~":
            yield _module(file), own
            continue
        for (caller, _, _), (_, _, of_caller, _) in callers.items():
            yield _module(caller), of_caller


def _module(file: str) -> str:
    path = Path(file)
    if path.is_relative_to(ROOT):
        return str(path.relative_to(ROOT))
    if file.startswith("<frozen importlib"):
        return "imports"
    return "libraries" if "site-packages" in file else "Python's own"


def _named(key: _Key) -> str:
    file, line, name = key
    return f"`{name}`" if file == "~" else f"`{name}` ({_module(file)}:{line})"


if __name__ == "__main__":
    main()
