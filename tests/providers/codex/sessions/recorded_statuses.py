"""What is said after each line of a recorded rollout, as a table to read.

python -m tests.providers.codex.sessions.recorded_statuses writes the tables anew, beside the rollouts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from providers.codex.sessions.finder import CodexSessions
from providers.codex.sessions.reader import LiveRollout
from providers.domain.live import SessionStatus
from providers.sessions import FoundSession, OpenCall, SessionFacts
from tests.providers.codex.sessions.fakes import Fake, FakeTable

RECORDED = Path(__file__).parent / "recorded"
AGENT, TOOL = 100, 101
COLUMNS = (24, 46, 34, 34, 9)
HEADER = ("time", "line", "10 s later, no tool's process", "with the tool's process", "if killed")


def table(rollout: Path) -> str:
    rows = [HEADER, *_rows(rollout)]
    lines = (" ".join(cell.ljust(width) for cell, width in zip(row, COLUMNS, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _rows(rollout: Path) -> Iterator[tuple[str, ...]]:
    reader = LiveRollout()
    kind = "exec" if "exec" in rollout.name else ""
    for line in rollout.read_bytes().splitlines():
        reader.feed(line)
        facts = reader.facts
        session = FoundSession(
            home=Path("/home"), id=facts.session or "", pid=AGENT, is_running=True, kind=kind
        )
        assert facts.last_at is not None
        later = facts.last_at + timedelta(seconds=10)
        killed = FoundSession(home=Path("/home"), id=session.id, is_running=False)
        sessions = CodexSessions()
        alone = sessions.status(session, facts, None, {}, FakeTable(Fake(pid=AGENT)), later)
        with_tool = sessions.status(session, facts, None, {}, with_process(facts), later)
        over = sessions.status(killed, facts, None, {}, FakeTable(), later)
        read = json.loads(line)
        yield read["timestamp"], _said(read), _shown(alone), _shown(with_tool), over.status


def with_process(facts: SessionFacts) -> FakeTable:
    """The program with a process of the newest call."""
    calls = [call for call in facts.calls if not call.asks]
    return FakeTable(Fake(pid=AGENT), *(_process(call, facts) for call in calls[-1:]))


def _process(call: OpenCall, facts: SessionFacts) -> Fake:
    began = call.task.since.timestamp() if call.task.since else 0
    is_script = call.id.startswith("c") and facts.model != "mock-model"
    ids = {"CODEX_TOOL_CALL_ID": "exec-1" if is_script else call.id, "CODEX_THREAD_ID": facts.session or ""}
    return Fake(pid=TOOL, parent=AGENT, started=began + 0.05, name="bash", command=("bash",), environ=ids)


def _said(line: dict[str, object]) -> str:
    payload = line["payload"]
    assert isinstance(payload, dict)
    item = payload.get("item") or {}
    words = (line["type"], payload.get("type"), payload.get("name") or payload.get("role"), item.get("type"))
    return " ".join(str(word) for word in words if word)


def _shown(now: SessionStatus) -> str:
    about = f": {now.task.tool} {now.task.argument or ''}".rstrip() if now.task else ""
    return f"{now.status}{about}"


if __name__ == "__main__":
    for each in sorted(RECORDED.glob("*.jsonl")):
        each.with_suffix(".txt").write_text(table(each))
