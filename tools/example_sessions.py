"""Live sessions with made-up data, for pictures of the menu and the icon and for tests of both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_MB = 2**20


def tally(usd: float | None, tokens: int) -> Tally:
    usage = TokenUsage(input_tokens=tokens // 10, cache_read_tokens=tokens - tokens // 10)
    return Tally(responses=12, usage=usage, usd=usd)


def minutes_ago(minutes: float) -> datetime:
    return AT - timedelta(minutes=minutes)


APPROVAL = LiveSession(
    provider="claude",
    id="3f2c9a10-5b1e-4c8d-9c41-7d0a8be2a91c",
    home="~/.claude",
    account="e5f6a7b8",
    project="/home/dev/src/cleaning",
    cwd="/home/dev/src/cleaning",
    status=SessionStatus(
        status="approval",
        since=minutes_ago(3),
        task=Task(tool="Bash", argument="npm run deploy -- --stage", since=minutes_ago(3)),
        evidence="program",
    ),
    model="claude-opus-5",
    effort="high",
    version="2.1.332",
    context_tokens=84_200,
    context_window=200_000,
    own=tally(1.84, 912_000),
    tally=tally(2.36, 1_180_000),
    turns=14,
    compactions=1,
    started_at=minutes_ago(74),
    last_at=minutes_ago(3),
    pid=40121,
    owner_certain=True,
    rss=312 * _MB,
    tokens_per_minute=3_400,
    week_percent=6.2,
    children=(
        ChildProcess(pid=40188, command="node server.js --port 3000", rss=96 * _MB, ports=(3000,)),
        ChildProcess(pid=40190, command="npm run watch", rss=61 * _MB),
    ),
    subagents=(LiveSubagent(id="a61f04", status="working", name="Explore", tally=tally(0.52, 268_000)),),
    git=GitState(branch="release/2.4", added=2, modified=5),
)
QUESTION = LiveSession(
    provider="codex",
    id="019a9f30-11aa-7bc2-8a10-5f1b0a9d77e2",
    home="~/.codex",
    account="a1b2c3d4",
    project="/home/dev/src/billing-api",
    cwd="/home/dev/src/billing-api",
    status=SessionStatus(
        status="waiting", since=minutes_ago(0.5), task=Task(tool="request_user_input"), evidence="log"
    ),
    model="gpt-5.5-codex",
    effort="medium",
    version="0.171.0",
    context_tokens=101_000,
    context_window=258_400,
    own=tally(0.71, 402_000),
    tally=tally(0.71, 402_000),
    turns=5,
    started_at=minutes_ago(31),
    pid=40533,
    owner_certain=True,
    rss=118 * _MB,
    git=GitState(branch="main"),
)
WORKING = replace(
    QUESTION,
    id="019a9f41-0c3d-7aa0-b4c4-2b9e16d1c0aa",
    project="/home/dev/src/tankful",
    cwd="/home/dev/src/tankful",
    status=SessionStatus(
        status="working", since=minutes_ago(6), task=Task(tool="exec_command", argument="uv run pytest -q")
    ),
    model="gpt-5.5",
    context_tokens=108_500,
    own=tally(1.2, 655_000),
    tally=tally(1.2, 655_000),
    tokens_per_minute=12_800,
    owner_certain=False,
    children=(
        ChildProcess(
            pid=41002, command="python -m http.server 3000", rss=24 * _MB, ports=(3000,), shared_ports=(3000,)
        ),
    ),
)
IDLE = replace(
    APPROVAL,
    id="77b0a8f2-9d1c-4f3e-8e55-01f2c3d4e5f6",
    project="/home/dev/src/docs",
    cwd="/home/dev/src/docs",
    status=SessionStatus(status="idle", since=minutes_ago(22), evidence="program"),
    model="claude-sonnet-5",
    context_tokens=31_000,
    own=tally(0.18, 96_000),
    tally=tally(0.18, 96_000),
    children=(),
    subagents=(),
)
DONE = replace(
    IDLE,
    id="c0ffee00-9d1c-4f3e-8e55-01f2c3d4e5f6",
    project="/home/dev/playground",
    cwd="/home/dev/playground",
    status=SessionStatus(status="done", since=minutes_ago(4), evidence="process"),
    own=tally(0.05, 21_000),
    tally=tally(0.05, 21_000),
    pid=None,
    owner_certain=False,
    rss=None,
)
EXAMPLES = (APPROVAL, QUESTION, WORKING, IDLE, DONE)
_ORPHAN = OrphanProcess(
    pid=39001,
    command="vite --host",
    ports=(5173,),
    provider="claude",
    session=DONE.id,
    project="/home/dev/playground",
)


def look(*sessions: LiveSession, at: datetime = AT) -> SessionsLook:
    servers = (McpServer(pid=40201, name="github", session=APPROVAL.id), McpServer(pid=40202, name="linear"))
    return SessionsLook(
        at=at,
        sessions=sessions,
        mcp_servers=servers,
        orphans=(_ORPHAN,),
        counted_at=at - timedelta(minutes=1),
    )


def many(count: int) -> SessionsLook:
    """That many, in turn of each kind."""
    found = [
        replace(EXAMPLES[number % 5], id=f"{number:08x}-aaaa", project=f"project-{number + 1}")
        for number in range(count)
    ]
    return look(*found)
