"""Logs whose size lies in how many belong together, or in how much one holds: nothing in them but what counts.

    python -m tests.bench.families family codex|claude SUBAGENTS FOLDER
    python -m tests.bench.families log codex|claude RESPONSES FOLDER

A session with as many subagents, of which each answered RESPONSES_EACH times, or one log of as many responses.
Beside the logs it leaves `billed.json`, as make_logs does.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from tests.bench import claude_logs, million
from tests.bench.corpus import Billed, Line, Tokens, age_folders, encode, uuid4, uuid7

RESPONSES_EACH = 20


def make(kind: str, provider: str, number: int, home: Path, now: datetime) -> Billed:
    billed, rng = Billed(), random.Random(1)
    write = {"codex": _codex, "claude": _claude}[provider]
    if kind == "log":
        write(home, rng, now - timedelta(days=30), number, 0, billed)
    else:
        write(home, rng, now - timedelta(days=2), RESPONSES_EACH, number, billed)
    age_folders(home)
    return billed


def _codex(
    home: Path, rng: random.Random, start: datetime, responses: int, subagents: int, billed: Billed
) -> None:
    session = uuid7(start, rng)
    for number in range(subagents + 1):
        at = start + timedelta(seconds=number)
        thread = uuid7(at, rng) if number else session
        of_agent: Line = {}
        if number:
            spawned = {
                "parent_thread_id": session,
                "depth": 1,
                "agent_nickname": "Hubble",
                "agent_role": None,
            }
            source = {"subagent": {"thread_spawn": spawned}}
            of_agent = {"session_id": session, "parent_thread_id": session, "source": source}
        path = home / f"sessions/{at:%Y/%m/%d}/rollout-{at:%Y-%m-%dT%H-%M-%S}-{thread}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for line in million.lines(thread, at, rng, responses):
                if line["type"] == "session_meta":
                    line["payload"] |= of_agent
                elif line["type"] == "token_usage_record":
                    billed.add("", million.tokens(line["payload"]["usage"]))
                file.write(encode(line))
        os.utime(path, (at.timestamp(), at.timestamp()))


def _claude(
    home: Path, rng: random.Random, start: datetime, responses: int, subagents: int, billed: Billed
) -> None:
    project = home / "projects/-home-dev-app"
    session, place = uuid4(rng), 0
    paths = [project / f"{session}.jsonl"]
    paths += [project / session / f"subagents/agent-a{number:016x}.jsonl" for number in range(subagents)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for at in _times(start, responses):
                place += 1
                file.write(claude_logs.one_more(path, at, place))
                billed.add("", Tokens(1, input_tokens=500, cache_read_tokens=500, output_tokens=100))
        os.utime(path, (start.timestamp(), start.timestamp()))
        start += timedelta(seconds=1)


def _times(start: datetime, count: int) -> Iterator[datetime]:
    return (start + timedelta(seconds=20 * number) for number in range(count))


if __name__ == "__main__":
    _, chosen, of, many, folder = sys.argv
    made = make(chosen, of, int(many), Path(folder), datetime.now(UTC))
    told = {"totals": made.totals, "total_tokens": made.totals.total, "not_on_lines": made.beyond}
    (Path(folder) / "billed.json").write_bytes(msgspec.json.encode(told))
