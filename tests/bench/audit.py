"""How long an audit of thousands of Claude sessions takes after a count, and how much memory. Linux.

    python -m tests.bench.audit [SESSIONS]

Of the sessions one in thirty is a fork, and one in thirty had a process that was killed; half of them used
something that is on no line. Each command runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.claude_332_totals import Totals, usage_of
from tests.bench.corpus import Line, Tokens, encode, stamp, uuid4
from tests.bench.exports import timed

MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5")
RESPONSES = 20
BEGAN = datetime(2026, 9, 1, 8, tzinfo=UTC)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    with tempfile.TemporaryDirectory(prefix="tankful-bench-") as name:
        folder = Path(name)
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": name,
            "TANKFUL_HOME": str(folder / "own"),
            "CODEX_HOME": str(folder / "codex"),
            "CLAUDE_CONFIG_DIR": str(folder / "claude"),
        }
        make(folder / "claude/projects/-home-dev-app", count)
        print("| command | wall s | CPU s | peak MB |\n| --- | --: | --: | --: |")
        for command in ("cost --days 400", "audit", "audit --json", "audit --all"):
            wall, cpu, peak, _ = timed(tuple(command.split()), environ, folder)
            print(f"| `{command}` | {wall:.2f} | {cpu:.2f} | {peak:.0f} |")


def make(project: Path, count: int) -> None:
    project.mkdir(parents=True)
    rng = random.Random(7)
    parent: _AuditedSession | None = None
    for number in range(count):
        session = _AuditedSession(
            rng, BEGAN + timedelta(minutes=20 * number), parent if number % 30 == 29 else None
        )
        session.write(project, was_killed=number % 30 == 14, beside=number % 2 == 0)
        parent = session


class _AuditedSession:
    def __init__(self, rng: random.Random, began: datetime, parent: _AuditedSession | None) -> None:
        self._rng, self._now = rng, began
        self._id = uuid4(rng)
        self._lines: list[Line] = []
        self.totals: Totals = Totals(began) if parent is None else parent.totals.forked()
        self.copied = [] if parent is None else parent.answered()

    def answered(self) -> list[Line]:
        return [line for line in self._lines if line["type"] == "assistant"]

    def write(self, project: Path, *, was_killed: bool, beside: bool) -> None:
        model = self._rng.choice(MODELS)
        for line in self.copied:
            self._lines.append(line | {"sessionId": self._id, "requestSessionId": line["sessionId"]})
        for number in range(RESPONSES):
            self._now += timedelta(seconds=30)
            if was_killed and number == RESPONSES // 2:  # and then resumed
                self.totals = Totals(self._now - timedelta(seconds=15))
            self._answer(model)
        if beside:
            self._lines.append({"type": "ai-title", "aiTitle": "A title", "sessionId": self._id})
            self.totals.add("claude-haiku-5-5", Tokens(1, 300, 0, 0, 0, 12, 0))
        text = b"".join(encode(line) + b"\n" for line in self._lines)
        total = json.loads(self.totals.line(self._id, self._now)) | {"totalCostUSD": None}
        (project / f"{self._id}.jsonl").write_bytes(text + encode(total) + b"\n")

    def _answer(self, model: str) -> None:
        fresh, read, output = (self._rng.randint(9, most) for most in (90, 90_000, 900))
        tokens = Tokens(1, fresh, read, 800, 200, output, 5)
        self.totals.add(model, tokens)
        message: Line = {"model": model, "id": f"msg_{uuid4(self._rng)}", "stop_reason": "end_turn"}
        self._lines.append(
            {
                "parentUuid": None,
                "isSidechain": False,
                "message": message | {"usage": usage_of(tokens)},
                "requestId": f"req_{uuid4(self._rng)}",
                "type": "assistant",
                "uuid": uuid4(self._rng),
                "timestamp": stamp(self._now),
                "cwd": "/home/dev/app",
                "sessionId": self._id,
                "version": "2.1.332",
            }
        )


if __name__ == "__main__":
    main()
