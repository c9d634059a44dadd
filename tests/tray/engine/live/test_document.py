"""The document of live sessions: its shape, and that nothing of a look is lost in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.cost import Tally, TokenUsage
from providers.domain.live import (
    STATUSES,
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
from tray.engine.live.document import as_document, look_of

NOW = datetime(2026, 11, 28, 12, 0, 0, 250_000, UTC)
SINCE = datetime(2026, 11, 28, 11, 58, tzinfo=UTC)
USED = Tally(
    responses=3,
    usage=TokenUsage(input_tokens=100, cache_read_tokens=900, output_tokens=50),
    usd=0.25,
    unpriced=1,
)
SESSION = LiveSession(
    provider="codex",
    id="0199",
    home="~/.codex",
    status=SessionStatus(
        status="approval",
        since=SINCE,
        task=Task(tool="Bash", argument="cargo test", since=SINCE),
        evidence="hook",
    ),
    kind="exec",
    account="a1b2c3d4",
    project="/work/app",
    cwd="/work/app/src",
    model="gpt-5.5",
    effort="high",
    version="0.171.0",
    context_tokens=64_000,
    context_window=256_000,
    own=replace(USED, responses=2),
    tally=USED,
    turns=4,
    compactions=1,
    started_at=SINCE,
    last_at=SINCE,
    pid=4711,
    owner_certain=True,
    rss=300 << 20,
    tokens_per_minute=812.5,
    token_history=(100, 950),
    week_percent=3.25,
    children=(
        ChildProcess(
            pid=4712, command="node server.js", rss=50 << 20, ports=(3000, 3001), shared_ports=(3000,)
        ),
    ),
    subagents=(LiveSubagent(id="0200", status="working", name="explorer", tally=USED),),
    git=GitState(branch="main", added=1, modified=2),
    memory_files=2,
)
LOOK = SessionsLook(
    at=NOW,
    sessions=(SESSION,),
    mcp_servers=(McpServer(pid=4713, name="docs", session="0199", provider="codex"),),
    orphans=(
        OrphanProcess(
            pid=99, command="vite", ports=(5173,), provider="claude", session="c0ffee", project="/work/web"
        ),
    ),
    counted_at=SINCE,
    problems=("Processes of other users are not shown.",),
)


def written(look: SessionsLook) -> Any:
    return json.loads(json.dumps(as_document(look)))


def test_a_session_has_the_members_that_scripts_rely_on() -> None:
    (session,) = written(LOOK)["sessions"]
    assert session == {
        "provider": "codex",
        "id": "0199",
        "home": "~/.codex",
        "kind": "exec",
        "account": "a1b2c3d4",
        "project": "/work/app",
        "cwd": "/work/app/src",
        "title": None,
        "model": "gpt-5.5",
        "effort": "high",
        "version": "0.171.0",
        "status": "approval",
        "status_since": "2026-11-28T11:58:00Z",
        "status_from": "hook",
        "rate_limited": False,
        "task": {"tool": "Bash", "argument": "cargo test", "since": "2026-11-28T11:58:00Z"},
        "context_percent": 25.0,
        "context_tokens": 64_000,
        "context_window": 256_000,
        **_used(3),
        "own": _used(2),
        "week_percent": 3.25,
        "turns": 4,
        "compactions": 1,
        "started_at": "2026-11-28T11:58:00Z",
        "last_at": "2026-11-28T11:58:00Z",
        "pid": 4711,
        "owner_certain": True,
        "rss_mb": 300.0,
        "tokens_per_minute": 812.5,
        "token_history": [100, 950],
        "children": [
            {
                "pid": 4712,
                "command": "node server.js",
                "rss_mb": 50.0,
                "ports": [3000, 3001],
                "shared_ports": [3000],
            }
        ],
        "subagents": [{"id": "0200", "name": "explorer", "status": "working", **_used(3)}],
        "git": {"branch": "main", "added": 1, "modified": 2, "problem": None},
        "memory_files": 2,
        "more_children": 0,
    }


def _used(responses: int) -> dict[str, Any]:
    return {
        "tokens": {
            "input_tokens": 100,
            "cache_read_tokens": 900,
            "cache_write_tokens": 0,
            "cache_write_1h_tokens": 0,
            "output_tokens": 50,
            "reasoning_tokens": 0,
            "total_tokens": 1050,
        },
        "usd": 0.25,
        "responses": responses,
        "unpriced": 1,
    }


def test_the_rest_of_the_document() -> None:
    document = written(LOOK)
    del document["sessions"]
    assert document == {
        "schema": "tankful.sessions/1",
        "generated_at": "2026-11-28T12:00:00.250000Z",
        "counted_at": "2026-11-28T11:58:00Z",
        "mcp_servers": [{"pid": 4713, "name": "docs", "session": "0199", "provider": "codex"}],
        "orphans": [
            {
                "pid": 99,
                "command": "vite",
                "ports": [5173],
                "provider": "claude",
                "session": "c0ffee",
                "project": "/work/web",
            }
        ],
        "problems": ["Processes of other users are not shown."],
    }


def test_what_is_not_known_is_null_and_never_zero() -> None:
    bare = LiveSession(provider="codex", id="0199", home="~/.codex", status=SessionStatus(status="unknown"))
    (session,) = written(SessionsLook(at=NOW, sessions=(bare,)))["sessions"]
    known = {name: value for name, value in session.items() if value is not None}
    assert known == {
        "provider": "codex",
        "id": "0199",
        "home": "~/.codex",
        "kind": "",
        "status": "unknown",
        "status_from": "log",
        "rate_limited": False,
        "owner_certain": False,
        "token_history": [],
        "children": [],
        "more_children": 0,
        "subagents": [],
    }


TEXT = st.text(st.characters(), max_size=8)  # also half surrogates, as of paths that are no UTF-8
COUNT = st.integers(0, 1 << 40)
PID = st.integers(1, 1 << 22)
TIME = st.datetimes(datetime(1970, 1, 2), datetime(9999, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)
TALLY = st.builds(
    Tally,
    responses=COUNT,
    usage=st.builds(TokenUsage, COUNT, COUNT, COUNT, COUNT, COUNT, COUNT),
    usd=st.none() | st.integers(0, 10**9).map(lambda dollars: dollars / 1000),
    unpriced=COUNT,
)
STATUS = st.sampled_from(STATUSES)
SIZE = st.none() | st.integers(0, 1 << 20).map(lambda size: size << 20)
PORTS = st.lists(st.integers(1, 65535), max_size=3).map(tuple)
TENTHS = st.none() | st.integers(0, 10**7).map(lambda tenths: tenths / 10)
SESSIONS = st.builds(
    LiveSession,
    provider=TEXT,
    id=TEXT,
    home=TEXT,
    status=st.builds(
        SessionStatus,
        status=STATUS,
        since=st.none() | TIME,
        task=st.none() | st.builds(Task, tool=TEXT, argument=st.none() | TEXT, since=st.none() | TIME),
        evidence=st.sampled_from(["hook", "program", "log", "process"]),
    ),
    kind=TEXT,
    project=st.none() | TEXT,
    cwd=st.none() | TEXT,
    title=st.none() | TEXT,
    context_tokens=st.none() | COUNT,
    context_window=st.none() | COUNT,
    own=st.none() | TALLY,
    tally=st.none() | TALLY,
    turns=st.none() | COUNT,
    started_at=st.none() | TIME,
    last_at=st.none() | TIME,
    pid=st.none() | PID,
    owner_certain=st.booleans(),
    rss=SIZE,
    tokens_per_minute=TENTHS,
    token_history=st.lists(COUNT, max_size=4).map(tuple),
    week_percent=TENTHS,
    children=st.lists(
        st.builds(ChildProcess, pid=PID, command=TEXT, rss=SIZE, ports=PORTS, shared_ports=PORTS), max_size=2
    ).map(tuple),
    subagents=st.lists(
        st.builds(LiveSubagent, id=TEXT, status=STATUS, name=st.none() | TEXT, tally=st.none() | TALLY),
        max_size=2,
    ).map(tuple),
    git=st.none()
    | st.builds(
        GitState,
        branch=st.none() | TEXT,
        added=st.none() | COUNT,
        modified=st.none() | COUNT,
        problem=st.none() | TEXT,
    ),
    memory_files=st.none() | COUNT,
    rate_limited=st.booleans(),
)
LOOKS = st.builds(
    SessionsLook,
    at=TIME.map(lambda at: at + timedelta(milliseconds=7)),
    sessions=st.lists(SESSIONS, max_size=2).map(tuple),
    counted_at=st.none() | TIME,
    problems=st.lists(TEXT, max_size=2).map(tuple),
)


@given(LOOKS)
def test_a_look_is_the_same_after_it_was_written_and_read(look: SessionsLook) -> None:
    assert look_of(written(look)) == look


def test_of_a_whole_look_nothing_is_lost() -> None:
    assert look_of(written(LOOK)) == LOOK


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        [],
        {},
        {**written(LOOK), "schema": "tankful.sessions/2"},
        {**written(LOOK), "generated_at": 17},
        {**written(LOOK), "generated_at": "2026-11-28T12:00:00"},
        {**written(LOOK), "counted_at": "0001-01-01T00:00:00+14:00"},
        {**written(LOOK), "sessions": [{**written(LOOK)["sessions"][0], "rss_mb": 1e308}]},
        {**written(LOOK), "sessions": [{"provider": "codex"}]},
    ],
)
def test_what_is_no_such_document_is_refused(damaged: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        look_of(damaged)
