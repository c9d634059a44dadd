"""How fast the sums of the page are made, kept up to date and asked: prints JSON, in milliseconds
of processor time.

python -m tests.bench.page [RESPONSES] [--dense] [--keep FOLDER]

Without --dense the ledger is like that of tests.bench.million: one session after the other, nine projects, two
models. With it there are two providers, 40 projects, eight models, and sessions with subagents side by side.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from providers.domain.cost import BilledResponse, Context, TokenUsage
from providers.ledger.database import opened, transaction
from providers.ledger.index import note_writing
from providers.ledger.ledger import Ledger
from providers.ledger.responses import replace_responses
from providers.ledger.rollup.rollup import Rollup
from providers.ledger.rollup.selection import Dimension, Selection

END = datetime(2026, 11, 20, tzinfo=UTC)
TODAY = END.date()
DAYS = 730
BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")
HOMES = {
    "codex": {Path("/home/dev/.codex"): "~/.codex", Path("/home/dev/work"): "~/work"},
    "claude": {Path("/home/dev/.claude"): "~/.claude"},
}
MODELS = {
    "codex": ("gpt-5.5", "gpt-5.4", "gpt-5.5-mini", "mystery"),
    "claude": ("opus-4-8", "sonnet-4-5", "haiku-4-5", "fable"),
}
_PARTS_AT_ONCE = 500


def fill(file: Path, responses: int, *, dense: bool) -> None:
    """A ledger of so many responses in two years."""
    rng = random.Random(1)
    parts = list(_dense(rng, responses) if dense else _plain(rng, responses))
    for provider in HOMES:
        own = [(number, made) for number, (name, made) in enumerate(parts, 1) if name == provider]
        for start in range(0, len(own), _PARTS_AT_ONCE):
            with opened(file, repair=True) as db, transaction(db):
                some = [([number], made) for number, made in own[start : start + _PARTS_AT_ONCE]]
                replace_responses(db, provider, some, _price)
                note_writing(db)


def _price(response: BilledResponse) -> int | None:
    return None if response.context.model == "mystery" else response.usage.total_tokens * 1_250_000


def _plain(rng: random.Random, responses: int) -> Iterator[tuple[str, list[BilledResponse]]]:
    sessions = responses // 100
    for number in range(sessions):
        at = END - timedelta(days=DAYS * (sessions - number) / sessions)
        project = f"/home/dev/app{rng.randint(1, 9)}"
        yield "codex", list(_session(rng, at, 100, "codex", f"thread-{number}", None, project, 2, 1))


def _dense(rng: random.Random, responses: int) -> Iterator[tuple[str, list[BilledResponse]]]:
    left, number = responses, 0
    while left > 0:
        number += 1
        day = DAYS * rng.random()
        at = END - timedelta(days=int(day), hours=-rng.gauss(14, 3.5))
        if at >= END:
            at -= timedelta(days=1)
        provider = rng.choice(("codex", "claude"))
        project = f"/home/dev/customer-{int(rng.paretovariate(0.7)) % 40}"
        made: list[BilledResponse] = []
        for agent in range(rng.choice((1, 1, 2, 4))):
            name = f"thread-{number}" if not agent else f"agent-{number}-{agent}"
            root = f"thread-{number}" if agent else None
            length = max(3, int(rng.lognormvariate(3, 1)))
            made += _session(rng, at + timedelta(minutes=agent), length, provider, name, root, project, 4, 3)
        left -= len(made)
        yield provider, made


def _session(
    rng: random.Random,
    at: datetime,
    length: int,
    provider: str,
    name: str,
    root: str | None,
    project: str,
    models: int,
    efforts: int,
) -> Iterator[BilledResponse]:
    home = rng.choice(list(HOMES[provider])) if models > 2 else next(iter(HOMES[provider]))
    for number in range(length):
        if number % 12 == 0:
            context = Context(
                home=home,
                model=rng.choice(MODELS[provider][:models]),
                session=name,
                root=root,
                project=project,
                effort=("high", "low", "medium")[rng.randrange(efforts)],
                account=f"account-of-{provider}",
            )
        at += timedelta(milliseconds=rng.randint(3_000, 60_000))
        prompt = rng.randint(10_000, 200_000)
        usage = TokenUsage(prompt, rng.randint(0, prompt), 0, 0, rng.randint(20, 3_000), rng.randint(0, 20))
        yield BilledResponse(round(at.timestamp() * 1000), rng.getrandbits(62), context, usage)


RANGES = {"30 days": TODAY - timedelta(days=29), "a year": TODAY - timedelta(days=364), "all": None}


def overview(rollup: Rollup, selection: Selection) -> None:
    """About what a tab asks."""
    asked: tuple[tuple[Dimension, ...], ...] = (
        (),
        ("provider",),
        ("day", "provider"),
        ("model",),
        ("project",),
        ("weekday", "part_of_day"),
        ("month", "provider"),
    )
    for by in asked:
        rollup.tallies(selection, by)
    rollup.values(selection)


def queries(rollup: Rollup, chosen: Selection) -> dict[str, Callable[[], object]]:
    first = rollup.responses(chosen, limit=100)
    return {
        "a tab": lambda: overview(rollup, chosen),
        "day, model": lambda: rollup.tallies(chosen, ("day", "model")),
        "project, model, effort": lambda: rollup.tallies(chosen, ("provider", "project", "model", "effort")),
        "menus": lambda: rollup.values(chosen),
        "sessions": lambda: rollup.sessions(chosen, limit=50),
        "sessions by cost, last page": lambda: rollup.sessions(chosen, "usd", 5_000, 50),
        "blocks": lambda: rollup.blocks(chosen, END, 100),
        "responses": lambda: rollup.responses(chosen, limit=100),
        "sessions, counted by day": lambda: rollup.session_counts(chosen, ("day", "provider")),
        "responses, next page": lambda: rollup.responses(chosen, first.older or "", 100),
        "burn rate": lambda: rollup.recent(chosen, END),
    }


def measure(folder: Path, responses: int, *, dense: bool) -> dict[str, Any]:
    file, cache = folder / "ledger.sqlite3", folder / "cache"
    if not file.exists():
        fill(file, responses, dense=dense)
    (cache / "rollup.sqlite3").unlink(missing_ok=True)
    ledger = Ledger(file)
    rollup = Rollup(cache / "rollup.sqlite3")
    found: dict[str, Any] = {"responses": responses, "dense": dense}
    found["made anew"] = once(lambda: ledger.load(rollup, HOMES))
    rollup.tallies(Selection(zone=BERLIN))
    rollup.save()
    found["file MB"] = round(sum(each.stat().st_size for each in cache.iterdir()) / 1e6, 1)
    again = Rollup(cache / "rollup.sqlite3", most_answers=0)
    found["started: loaded"] = once(lambda: ledger.load(again, HOMES))
    month = Selection(zone=BERLIN, since=TODAY - timedelta(days=29), until=TODAY)
    found["started: first tab"] = once(lambda: overview(again, month))
    found["nothing changed"] = once(lambda: ledger.load(again, HOMES))
    found["another zone, 30 days"] = once(lambda: overview(again, replace_zone(month, KATHMANDU)))
    found["another zone, all"] = once(lambda: overview(again, Selection(zone=ZoneInfo("Asia/Tokyo"))))
    found["one response more"] = statistics.median([appended(file, ledger, again, n) for n in range(7)])
    for name, since in RANGES.items():
        chosen = Selection(zone=BERLIN, since=since, until=TODAY)
        found[name] = {what: median(ask) for what, ask in queries(again, chosen).items()}
        filtered = Selection(
            zone=BERLIN, since=since, until=TODAY, provider="codex", model="gpt-5.4", project=PROJECT[dense]
        )
        found[f"{name}, filtered"] = {what: median(ask) for what, ask in queries(again, filtered).items()}
    found["peak MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
    return found


PROJECT = {False: "/home/dev/app3", True: "/home/dev/customer-5"}


def replace_zone(selection: Selection, zone: ZoneInfo) -> Selection:
    return Selection(zone=zone, since=selection.since, until=selection.until)


def appended(file: Path, ledger: Ledger, rollup: Rollup, number: int) -> float:
    context = Context(
        home=next(iter(HOMES["codex"])), model="gpt-5.5", session="new", project="/home/dev/new"
    )
    made = [
        BilledResponse(round(END.timestamp() * 1000) - each, each + 1, context, TokenUsage(output_tokens=1))
        for each in range(number + 1)
    ]
    with opened(file, repair=True) as db, transaction(db):
        replace_responses(db, "codex", [([10_000_000], made)], _price)
        note_writing(db)
    return once(lambda: ledger.load(rollup, HOMES))


def once(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return round((time.process_time() - began) * 1000, 1)


def median(work: Callable[[], object]) -> float:
    return statistics.median(once(work) for _ in range(3))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("responses", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--dense", action="store_true")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tankful-bench-") as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        print(json.dumps(measure(folder, options.responses, dense=options.dense), indent=1))


if __name__ == "__main__":
    main()
