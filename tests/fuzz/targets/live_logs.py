"""The ends of logs, from which a session's status is read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from providers.codex.sessions.finder import CodexSessions
from providers.domain.live import STATUSES
from providers.host.shown_command import LONGEST_SHOWN
from providers.sessions import FoundSession
from tests.fuzz import mutate
from tests.fuzz.run import Target, require
from tests.providers.codex.sessions.fakes import Fake, FakeTable
from tests.providers.codex.sessions.recorded_statuses import RECORDED

AGENT, NOW = 100, datetime(2026, 11, 29, 16, tzinfo=UTC)
RUNNING = FoundSession(home=Path("/home"), id="", pid=AGENT, is_running=True)
OVER = FoundSession(home=Path("/home"), id="", is_running=False)
ALONE = FakeTable(Fake(pid=AGENT))


def targets(_folder: Path) -> tuple[Target, ...]:
    samples = [path.read_bytes() for path in sorted(RECORDED.glob("*.jsonl"))]
    return (
        Target(name="live-rollouts", make=mutate.of_lines(samples, most=60), check=_check, suffix=".jsonl"),
    )


def _check(content: bytes) -> None:
    """An open turn is not over, and what is shown of a tool is a short line."""
    sessions = CodexSessions()
    reader = sessions.reader()
    for line in content.split(b"\n"):
        sessions.counts(line)
        reader.feed(line)
    facts = reader.facts
    shown = sessions.status(RUNNING, facts, None, {}, ALONE, NOW)
    require(shown.status in STATUSES, f"{shown.status!a}")
    require(facts.turn != "open" or shown.status not in ("idle", "done"), f"{shown.status} within a turn")
    require(sessions.status(OVER, facts, None, {}, ALONE, NOW).status == "done", "it ended")
    for call in facts.calls:
        argument = call.task.argument or ""
        require(len(argument) <= LONGEST_SHOWN and (argument.isprintable()), f"{argument!a} is shown")
