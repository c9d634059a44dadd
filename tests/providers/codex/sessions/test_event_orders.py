"""Events in any order: nothing is raised, and an open turn is never over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from providers.domain.processes import ProcessTable
from providers.sessions import FoundSession, HookRecord
from tests.providers.codex.sessions.fakes import Fake, FakeTable, uuid
from tests.providers.codex.sessions.lines import (
    aborted,
    call,
    context,
    ended,
    event,
    line,
    output,
    script,
    started,
)
from tests.providers.codex.sessions.test_status import AGENT, ALONE, found, hook, status, tool

CALLS = st.sampled_from(
    ("exec_command", "request_user_input", "wait_agent", "write_stdin", "wait", "mcp__a__b")
)
IDS = st.sampled_from(("c1", "c2", "c3"))
TEXTS = st.sampled_from(
    ("ok", "Process running with session ID 1", "Script running with cell ID 1", "Process exited with code 0")
)
SECONDS = st.floats(0, 100, allow_nan=False)
EVENTS = st.one_of(
    st.builds(started, SECONDS),
    st.builds(ended, SECONDS),
    st.builds(aborted, SECONDS),
    st.builds(context, SECONDS, st.sampled_from(("never", "on-request", {"granular": {}}, None))),
    st.builds(call, SECONDS, CALLS, IDS, session_id=st.just(1), cell_id=st.just("1")),
    st.builds(script, SECONDS, st.sampled_from(("tools.exec_command({cmd: 'ls'})", "setTimeout()")), IDS),
    st.builds(output, SECONDS, TEXTS, IDS),
    st.builds(
        event, SECONDS, st.sampled_from(("agent_message", "user_message", "token_count", "task_started"))
    ),
    st.builds(
        lambda at, item: event(at, "item_completed", item=item), SECONDS, st.just({"type": "UserMessage"})
    ),
    st.builds(line, SECONDS, st.sampled_from(("compacted", "world_state", "session_meta", "response_item"))),
    st.binary(max_size=40),
)
FOUND = st.sampled_from(
    [found(), found(pid=None), found(kind="exec"), found(kind="daemon"), found(parent=uuid(2))]
)
TABLES = st.sampled_from(
    [ALONE, FakeTable(), FakeTable(Fake(pid=AGENT), tool()), FakeTable(Fake(pid=AGENT, environ=None))]
)
HOOKS = st.none() | st.builds(
    hook, st.sampled_from(("approval", "waiting", "working", "idle", "done")), SECONDS
)


@given(st.lists(EVENTS, max_size=30), FOUND, TABLES, HOOKS, SECONDS)
def test_whatever_is_written_an_open_turn_is_never_over(
    lines: list[bytes], of: FoundSession, table: ProcessTable, record: HookRecord | None, later: float
) -> None:
    shown = status(started(0), context(0), *lines, later=later, table=table, hook=record, of=of)
    turns = [each for each in lines if b'"type":"task_' in each or b'"type":"turn_aborted' in each]
    is_open = not turns or b"task_started" in turns[-1]
    assert not is_open or shown.status not in ("idle", "done")
    over = status(started(0), *lines, later=later, table=table, of=found(is_running=False, pid=None))
    assert over.status == "done"
