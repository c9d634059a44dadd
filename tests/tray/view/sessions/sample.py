"""Looks at live sessions as people have them.

`python -m tests.tray.view.sessions.sample` writes the tables that test_table compares.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from providers.domain.cost import Tally, TokenUsage
from providers.domain.live import (
    ChildProcess,
    GitState,
    LiveSession,
    LiveSubagent,
    McpServer,
    OrphanProcess,
    SessionsLook,
    SessionStatus,
    Task,
)
from tray.view.output import Paper
from tray.view.sessions import table

NOW = datetime(2026, 11, 28, 15, 42, tzinfo=UTC)
TITLES = {"codex": "Codex", "claude": "Claude"}
HOMES = ("~/.codex", "~/.claude")


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def tally(tokens: int, usd: float | None, *, unpriced: int = 0) -> Tally:
    usage = TokenUsage(input_tokens=tokens // 10, cache_read_tokens=tokens - tokens // 10)
    return Tally(responses=12, usage=usage, usd=usd, unpriced=unpriced)


APPROVAL = LiveSession(
    provider="codex",
    id="019abc40-ba03-7ee0-8885-1a2b3c4d5e6f",
    home="~/.codex",
    status=SessionStatus(
        status="approval",
        since=ago(minutes=2),
        task=Task(tool="Bash", argument="npm publish --access public", since=ago(minutes=2)),
        evidence="process",
    ),
    project="/home/dev/tankful",
    cwd="/home/dev/tankful",
    model="gpt-5.5",
    effort="high",
    version="0.171.0",
    context_tokens=212_000,
    context_window=272_000,
    own=tally(1_000_000, 3.12),
    tally=tally(1_240_000, 4.32),
    turns=12,
    started_at=ago(hours=3),
    last_at=ago(minutes=2),
    pid=4100,
    owner_certain=True,
    rss=310_000_000,
    week_percent=6.4,
    children=(
        ChildProcess(
            pid=4242, command="node server.js", rss=181_000_000, ports=(3000,), shared_ports=(3000,)
        ),
        ChildProcess(pid=4250, command="node /home/dev/.npm/github-mcp", rss=64_000_000),
    ),
    git=GitState(branch="main", added=2, modified=3),
)
QUESTION = LiveSession(
    provider="claude",
    id="7c0e4f7e-8f5b-4a8e-9d59-0f6ed1a7f0c2",
    home="~/.claude",
    status=SessionStatus(
        status="waiting", since=ago(seconds=40), task=Task(tool="AskUserQuestion"), evidence="program"
    ),
    project="/home/dev/projects/customers/northwind/services/billing-and-invoicing",
    model="claude-opus-4-7",
    context_tokens=186_000,
    context_window=200_000,
    own=tally(4_800_000, 11.84),
    tally=tally(4_800_000, 11.84),
    turns=31,
    compactions=2,
    started_at=ago(hours=29),
    pid=5100,
    owner_certain=True,
    rss=522_000_000,
    week_percent=17.2,
    git=GitState(branch="feature/invoice-numbers-without-gaps", added=0, modified=14),
)
WORKING = LiveSession(
    provider="claude",
    id="0d3cb7f6-1f0b-4d2c-a6a5-5f1f5f0f8b11",
    home="~/.claude",
    status=SessionStatus(
        status="working",
        since=ago(minutes=11),
        task=Task(tool="Agent", argument="look for callers of parse()", since=ago(minutes=4)),
        evidence="program",
    ),
    project="/home/dev/projects/網站",
    model="claude-opus-4-7",
    context_tokens=61_000,
    context_window=200_000,
    own=tally(900_000, 2.2),
    tally=tally(1_700_000, 3.91),
    turns=4,
    started_at=ago(minutes=52),
    pid=5200,
    owner_certain=True,
    rss=488_000_000,
    week_percent=0.4,
    subagents=(
        LiveSubagent(id="a1b2c3d4e5", status="working", name="explore", tally=tally(640_000, 1.31)),
        LiveSubagent(id="ffeeddccbb", status="working", tally=tally(160_000, 0.4)),
        LiveSubagent(id="0011223344", status="done", name="plan"),
    ),
    children=(
        ChildProcess(
            pid=5300,
            command="python3 -m http.server",
            rss=24_000_000,
            ports=(3000, 8000),
            shared_ports=(3000,),
        ),
        *(
            ChildProcess(pid=5310 + at, command=f"esbuild --service={at}", rss=40_000_000 + at)
            for at in range(5)
        ),
    ),
    git=GitState(branch="main", added=0, modified=0),
)
LOG_ONLY = LiveSession(
    provider="codex",
    id="019abc41-ba03-7ee0-8885-aaaaaaaaaaaa",
    home="~/work/.codex",
    status=SessionStatus(
        status="working",
        since=ago(minutes=4),
        task=Task(tool="exec_command", argument="cargo test --workspace", since=ago(minutes=3)),
    ),
    kind="app",
    project="C:\\Users\\dev\\source\\repos\\Desktop App",
    model="gpt-5.5-codex-max-2026-10-01-preview",
    effort="medium",
    context_tokens=30_000,
    context_window=272_000,
    tally=tally(310_000, 0.61, unpriced=3),
    started_at=ago(minutes=18),
    owner_certain=False,
    git=GitState(branch="fix", problem="git status took too long"),
)
IDLE = LiveSession(
    provider="codex",
    id="019abc42-ba03-7ee0-8885-bbbbbbbbbbbb",
    home="~/.codex",
    status=SessionStatus(status="idle", since=ago(hours=5), evidence="log"),
    project="/home/dev/dotfiles",
    model="gpt-5.5",
    effort="low",
    context_tokens=14_000,
    context_window=272_000,
    tally=tally(48_000, None),
    started_at=ago(days=3),
    pid=4300,
    owner_certain=True,
    rss=96_000_000,
    week_percent=0.2,
    rate_limited=True,
)
DONE = LiveSession(
    provider="codex",
    id="019abc43-ba03-7ee0-8885-cccccccccccc",
    home="~/.codex",
    status=SessionStatus(status="done", since=ago(minutes=3)),
    kind="exec",
    project="/home/dev/tankful",
    model="gpt-5.5",
    effort="high",
    tally=tally(88_000, 0.19),
    started_at=ago(minutes=5),
)
UNKNOWN = LiveSession(
    provider="claude",
    id="9e0e4f7e-8f5b-4a8e-9d59-0f6ed1a7f0c3",
    home="~/.claude",
    status=SessionStatus(status="unknown", evidence="process"),
    pid=5400,
    owner_certain=True,
    rss=201_000_000,
)
FULL = SessionsLook(
    at=NOW,
    sessions=(APPROVAL, QUESTION, WORKING, LOG_ONLY, IDLE, UNKNOWN, DONE),
    mcp_servers=(
        McpServer(pid=4250, name="github", session=APPROVAL.id),
        McpServer(pid=4251, name="postgres", session=APPROVAL.id),
        McpServer(pid=6000, name="codex mcp-server", provider="codex"),
    ),
    orphans=(
        OrphanProcess(
            pid=123, command="node server.js", ports=(3001,), provider="codex", session="x", project="tankful"
        ),
    ),
    counted_at=ago(minutes=12),
)
ONE = SessionsLook(at=NOW, sessions=(replace(WORKING, subagents=(), children=()),), counted_at=NOW)
QUIET = SessionsLook(
    at=NOW, sessions=(replace(IDLE, rate_limited=False), replace(IDLE, id="x", status=DONE.status))
)
EMPTY = SessionsLook(at=NOW)
LOOKS = {"full": FULL, "one": ONE, "quiet": QUIET, "empty": EMPTY}
WIDTHS = (60, 80, 120, 160, 200)
GOLDEN = Path(__file__).with_name("golden")


def shown(
    name: str, width: int, *, encoding: str = "utf-8", styled: bool = False, height: int | None = None
) -> str:
    paper = Paper(width=width, encoding=encoding, styled=styled)
    return table.text(LOOKS[name], TITLES, HOMES, paper, height)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in LOOKS:
        for columns in WIDTHS:
            (GOLDEN / f"{each}-{columns}.txt").write_text(f"{shown(each, columns)}\n", encoding="utf-8")
