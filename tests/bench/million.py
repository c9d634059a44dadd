"""A million responses over two years: how large the ledger gets, and how fast it answers. Prints JSON.

python -m tests.bench.million [RESPONSES]

The rollouts hold nothing but what counts, a hundred responses each, so 1.1 GB of them are made, read and deleted.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from providers.ledger.changes import Shelf
from providers.ledger.ledger import Ledger
from providers.ledger.prices.load import load_rates
from providers.registry import PROVIDERS
from tests.bench.corpus import Tokens, stamp, uuid7

END = datetime(2026, 11, 20, tzinfo=UTC)
DAYS = 730
PER_ROLLOUT = 100
CLASSES = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
)


def measure(folder: Path, responses: int) -> dict[str, float]:
    home = folder / "home"
    make(home, responses)
    logs = next(each.logs for each in PROVIDERS if each.id == "codex")
    path = folder / "ledger.sqlite3"
    ledger = Ledger(path)
    began = time.perf_counter()
    ledger.refresh([Shelf(provider="codex", home=home, format=logs)], load_rates())
    scanned = time.perf_counter() - began
    reports, figures = [], []
    for _ in range(5):
        began = time.perf_counter()
        until = END.date()
        ledger.report(
            "codex", {home: "home"}, since=until - timedelta(days=29), until=until, zone=UTC, now=END
        )
        reports.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        ledger.home_figures("codex", [home], zone=UTC, now=END)
        figures.append((time.perf_counter() - began) * 1000)
    return {
        "responses": responses,
        "first_scan_s": round(scanned, 1),
        "ledger_mb": round(path.stat().st_size / 1e6, 1),
        "report_of_30_days_ms": round(sorted(reports)[2], 1),
        "figures_of_the_menu_ms": round(sorted(figures)[2], 1),
    }


def make(home: Path, responses: int) -> None:
    rng = random.Random(1)
    rollouts = responses // PER_ROLLOUT
    for number in range(rollouts):
        start = END - timedelta(days=DAYS * (rollouts - number) / rollouts)
        thread = uuid7(start, rng)
        path = (
            home
            / "sessions"
            / start.strftime("%Y/%m/%d")
            / f"rollout-{start:%Y-%m-%dT%H-%M-%S}-{thread}.jsonl"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        made = (json.dumps(line, separators=(",", ":")) for line in lines(thread, start, rng))
        path.write_text("\n".join(made) + "\n")


def lines(
    thread: str, now: datetime, rng: random.Random, responses: int = PER_ROLLOUT
) -> Iterator[dict[str, Any]]:
    """Of a rollout."""

    def line(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"timestamp": stamp(now), "type": kind, "payload": payload}

    project = f"/home/dev/app{rng.randint(1, 9)}"
    yield line("session_meta", {"id": thread, "session_id": thread, "cwd": project, "cli_version": "0.169.0"})
    turn, total = "", [0] * 5
    for number in range(responses):
        if number % 6 == 0:
            turn = uuid7(now, rng)
            model = rng.choice(("gpt-5.5", "gpt-5.4"))
            yield line("turn_context", {"turn_id": turn, "model": model, "effort": "high"})
        now += timedelta(milliseconds=rng.randint(3_000, 60_000))
        prompt = rng.randint(10_000, 200_000)
        output = rng.randint(20, 3_000)
        used = [prompt, rng.randint(0, prompt), 0, output, min(rng.randint(0, 900), output)]
        total = [before + more for before, more in zip(total, used, strict=True)]
        ids = {"thread_id": thread, "turn_id": turn, "response_id": f"resp_{rng.getrandbits(96):x}"}
        yield line("token_usage_record", ids | {"usage": _usage(used), "thread_token_usage": _usage(total)})
        info = {"total_token_usage": _usage(total), "last_token_usage": _usage(used)}
        yield line("event_msg", {"type": "token_count", "info": info, "rate_limits": None})


def tokens(usage: dict[str, int]) -> Tokens:
    """Of what `lines` made."""
    cached = usage["cached_input_tokens"]
    return Tokens(
        responses=1,
        input_tokens=usage["input_tokens"] - cached,
        cache_read_tokens=cached,
        output_tokens=usage["output_tokens"],
        reasoning_tokens=usage["reasoning_output_tokens"],
    )


def _usage(counts: list[int]) -> dict[str, int]:
    return dict(zip(CLASSES, counts, strict=True)) | {"total_tokens": counts[0] + counts[3]}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="tankful-bench-") as scratch:
        print(json.dumps(measure(Path(scratch), int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)))
