"""Which sessions are found, whose they are, and where their transcripts lie."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.claude.sessions.search import SessionSearch
from providers.domain.live import Status
from providers.sessions import FoundSession
from tests.providers.claude.sessions.fakes import (
    NOW,
    Fake,
    FakeTable,
    make_host,
    session_id,
    write_record,
    write_transcript,
)
from tests.providers.claude.sessions.written import answer, prompt

ONE, TWO = session_id(1), session_id(2)

as_root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root makes files of others"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / ".claude"


@pytest.fixture
def search(tmp_path: Path) -> SessionSearch:
    return SessionSearch(make_host(tmp_path))


def found(search: SessionSearch, table: FakeTable, *homes: Path) -> dict[str, FoundSession]:
    return {each.id: each for each in search.find(homes, table, NOW).sessions}


def test_two_in_one_folder_are_told_apart(search: SessionSearch, home: Path) -> None:
    """By their records, whatever was written last."""
    for session, pid in ((ONE, 11), (TWO, 12)):
        write_record(home, session, pid)
        write_transcript(home, session, prompt())
    sessions = found(search, FakeTable(Fake(pid=12), Fake(pid=11)), home)
    assert {each: sessions[each].pid for each in sessions} == {ONE: 11, TWO: 12}
    assert [sessions[each].log for each in (ONE, TWO)] == [
        home / f"projects/-home-dev-project/{each}.jsonl" for each in (ONE, TWO)
    ]


def test_one_of_an_old_day_is_found_where_it_began(search: SessionSearch, home: Path) -> None:
    """Resumed in another folder: its transcript stays in the project that it is of."""
    log = write_transcript(home, ONE, prompt(), project="-home-dev-elsewhere")
    os.utime(log, (NOW.timestamp() - 1e6,) * 2)
    write_transcript(home, TWO, prompt())
    write_record(home, ONE, 11)
    sessions = found(search, FakeTable(Fake(pid=11)), home)
    assert (sessions[ONE].log, sessions[ONE].pid) == (log, 11)


def test_a_session_without_a_prompt_has_no_log_yet(search: SessionSearch, home: Path) -> None:
    write_record(home, ONE, 11, status=None, statusUpdatedAt=None)
    table = FakeTable(Fake(pid=11))
    [one] = found(search, table, home).values()
    assert (one.log, one.is_running, one.record) == (None, True, None)
    log = write_transcript(home, ONE, prompt())
    assert found(search, table, home)[ONE].log == log


def test_in_two_homes(search: SessionSearch, home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_record(home, ONE, 11)
    write_record(other, TWO, 12)
    sessions = found(search, FakeTable(Fake(pid=11), Fake(pid=12)), home, other, tmp_path / "missing")
    assert {each: sessions[each].home for each in sessions} == {ONE: home, TWO: other}


@pytest.mark.parametrize(
    ("running", "pid", "is_running"),
    [
        ((), None, False),
        ((Fake(pid=11),), 11, True),
        ((Fake(pid=11, started=NOW.timestamp() - 60, name="bash"),), None, False),
        ((Fake(pid=12),), None, False),
    ],
    ids=["killed", "runs", "pid used again", "another pid"],
)
def test_a_record_outlives_its_process(
    running: tuple[Fake, ...], pid: int | None, is_running: bool, search: SessionSearch, home: Path
) -> None:
    write_record(home, ONE, 11, status="busy")
    [one] = found(search, FakeTable(*running), home).values()
    assert (one.pid, one.is_running) == (pid, is_running)
    assert (one.record is not None) is is_running


def test_a_folder_of_records_that_cannot_be_read_ends_no_session(search: SessionSearch, home: Path) -> None:
    """As on a disk that fails, or after a change of rights: a loop of links stands for both."""
    for session, pid in ((ONE, 11), (TWO, 12)):
        write_record(home, session, pid, status="busy")
    both = FakeTable(Fake(pid=11), Fake(pid=12))
    assert {each.is_running for each in found(search, both, home).values()} == {True}
    (home / "sessions").rename(home / "elsewhere")
    (home / "sessions").symlink_to("sessions")
    sessions = found(search, FakeTable(Fake(pid=12)), home)
    assert {each: sessions[each].is_running for each in sessions} == {ONE: False, TWO: True}
    assert found(SessionSearch(make_host(home.parent)), both, home) == {}


def test_a_pid_of_another_machine_is_nobodys(search: SessionSearch, home: Path) -> None:
    """A home that a container shares: the same number is another process here."""
    write_record(home, ONE, 11, pidDomain="linux:0123456789abcdef0123456789abcdef:pid:[4026532999]")
    [one] = found(search, FakeTable(Fake(pid=11)), home).values()
    assert (one.pid, one.is_running, one.record) == (None, None, None)


def test_what_was_killed_with_its_container_is_forgotten(search: SessionSearch, home: Path) -> None:
    """Nobody removes its record; but it may also be written by one that runs."""
    domain, old = "linux:0123456789abcdef0123456789abcdef:pid:[4026532999]", NOW.timestamp() - 86400
    record = {"pidDomain": domain, "updatedAt": int(old * 1000)}
    write_record(home, ONE, 11, **record)
    write_record(home, TWO, 12, **record)
    write_record(home, session_id(3), 13, **record)
    os.utime(write_transcript(home, ONE, prompt()), (old,) * 2)
    os.utime(write_transcript(home, TWO, prompt()), (old + 1,) * 2)
    assert found(search, FakeTable(), home).keys() == {TWO}


@as_root
def test_of_another_users_nobody_knows_whether_they_run(search: SessionSearch, home: Path) -> None:
    nobody = 65534
    os.chown(write_record(home, ONE, 11, status="busy"), nobody, -1)
    log = write_transcript(home, TWO, prompt())
    os.utime(log, (NOW.timestamp() - 60,) * 2)
    os.chown(log, nobody, -1)
    sessions = found(search, FakeTable(), home)
    assert {each: (sessions[each].pid, sessions[each].is_running) for each in sessions} == {
        ONE: (None, None),
        TWO: (None, None),
    }


def test_resumed_after_a_kill_it_is_that_of_the_new_process(search: SessionSearch, home: Path) -> None:
    write_record(home, ONE, 11, status="busy")
    write_record(home, ONE, 12, began=60)
    [one] = found(search, FakeTable(Fake(pid=12, started=NOW.timestamp() - 60)), home).values()
    assert (one.pid, one.is_running) == (12, True)


@pytest.mark.parametrize(("first", "second"), [("waiting", "idle"), ("idle", "waiting")])
def test_of_two_programs_with_one_session_the_one_that_waits_is_shown(
    first: str, second: str, search: SessionSearch, home: Path
) -> None:
    for pid, status, began in ((11, first, 600), (12, second, 60)):
        write_record(home, ONE, pid, began=began, status=status, waitingFor="permission prompt")
    table = FakeTable(Fake(pid=11), Fake(pid=12, started=NOW.timestamp() - 60))
    [one] = found(search, table, home).values()
    assert (one.record and one.record.status, one.pid) == ("approval", 11 if first == "waiting" else 12)


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"status": "busy"}, "working"),
        ({"status": "shell"}, "working"),
        ({"status": "idle"}, "idle"),
        ({"status": "waiting", "waitingFor": "permission prompt"}, "approval"),
        ({"status": "waiting", "waitingFor": "sandbox request"}, "approval"),
        ({"status": "waiting", "waitingFor": "input needed"}, "waiting"),
        ({"status": "waiting", "waitingFor": "what comes next"}, "waiting"),
        ({"status": "waiting"}, "waiting"),
        ({"status": "waiting", "waitingFor": "dialog open"}, "waiting"),
        ({"status": "what comes next"}, None),
        ({"status": 7}, None),
    ],
)
def test_the_status_that_it_wrote(
    members: dict[str, Any], status: Status | None, search: SessionSearch, home: Path
) -> None:
    write_record(home, ONE, 11, **members)
    [one] = found(search, FakeTable(Fake(pid=11)), home).values()
    assert (one.record and one.record.status) == status
    assert one.record is None or one.record.since == NOW


def test_a_torn_record_says_what_it_said_before(search: SessionSearch, home: Path) -> None:
    path = write_record(home, ONE, 11, status="busy")
    table = FakeTable(Fake(pid=11))
    found(search, table, home)
    path.write_bytes(path.read_bytes()[:40])
    [one] = found(search, table, home).values()
    assert one.record is not None
    assert one.record.status == "working"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"sessionId":7}', b'{"sessionId":"../../x","pid":11}', b"\xff", b"[" * 5000],
)
def test_what_is_no_record_says_nothing(content: bytes, search: SessionSearch, home: Path) -> None:
    path = write_record(home, ONE, 11)
    path.write_bytes(content)
    assert found(search, FakeTable(Fake(pid=11)), home) == {}


def test_no_key_is_ever_opened(search: SessionSearch, home: Path) -> None:
    """Nor a folder or a pipe, which would keep us waiting."""
    folder = write_record(home, ONE, 11).parent
    os.mkfifo(folder / "11.0f0f.key")
    os.mkfifo(folder / "12.json")
    (folder / "13.json").mkdir()
    assert set(found(search, FakeTable(Fake(pid=11)), home)) == {ONE}


def test_what_is_no_session(search: SessionSearch, home: Path) -> None:
    write_record(home, ONE, 11, kind="daemon")
    write_record(home, TWO, 12, kind="bg", spare=True)
    assert found(search, FakeTable(Fake(pid=11), Fake(pid=12)), home) == {}


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({}, ""),
        ({"entrypoint": "sdk-cli"}, "exec"),
        ({"entrypoint": "sdk-py"}, "exec"),
        ({"entrypoint": "claude-desktop"}, "app"),
        ({"entrypoint": "claude-vscode"}, "app"),
        ({"kind": "bg"}, "background"),
        ({"entrypoint": None, "kind": None}, ""),
    ],
)
def test_what_kind_of_session_it_is(
    members: dict[str, Any], kind: str, search: SessionSearch, home: Path
) -> None:
    write_record(home, ONE, 11, **members)
    assert found(search, FakeTable(Fake(pid=11)), home)[ONE].kind == kind


def test_a_linked_home_has_the_same_sessions(search: SessionSearch, home: Path, tmp_path: Path) -> None:
    write_record(home, ONE, 11)
    write_transcript(home, ONE, prompt())
    link = tmp_path / "link"
    link.symlink_to(home)
    table = FakeTable(Fake(pid=11))
    assert found(search, table, link)[ONE].log is not None
    assert [each.home for each in search.find([link, home], table, NOW).sessions] == [link]


def test_subagents_run_while_their_session_does(search: SessionSearch, home: Path) -> None:
    log = write_transcript(home, ONE, prompt(), answer())
    folder = log.with_suffix("") / "subagents"
    (folder / "workflows/wf_1").mkdir(parents=True)
    for at, name in enumerate(("agent-a1.jsonl", "workflows/wf_1/agent-a2.jsonl", "agent-a3.meta.json")):
        (folder / name).write_bytes(prompt(isSidechain=True))
        os.utime(folder / name, (NOW.timestamp() + at,) * 2)
    (folder / "agent-a1.meta.json").write_text('{"agentType":"Explore","description":"words"}')
    (folder / "workflows/wf_1/agent-a2.meta.json").write_text('{"agentType":"a sentence of many words."}')
    write_record(home, ONE, 11, status="busy")
    [one] = found(search, FakeTable(Fake(pid=11)), home).values()
    below = search.subagents(one)
    assert [(each.id, each.name, each.is_running, each.parent) for each in below] == [
        ("a2", None, True, ONE),
        ("a1", "Explore", True, ONE),
    ]
    os.utime(below[1].log or "", (NOW.timestamp() - 700,) * 2)  # of a process before this one
    assert [each.is_running for each in search.subagents(one)] == [True, False]
    write_record(home, ONE, 11, status="idle", updatedAt=1)
    [one] = found(search, FakeTable(Fake(pid=11)), home).values()
    assert [each.is_running for each in search.subagents(one)] == [False, False]
    assert search.subagents(below[0]) == ()


def test_files_of_memory_are_counted(search: SessionSearch, home: Path) -> None:
    log = write_transcript(home, ONE, prompt())
    write_record(home, ONE, 11)
    table = FakeTable(Fake(pid=11))
    assert found(search, table, home)[ONE].memory_files == 0
    (log.parent / "memory").mkdir()
    (log.parent / "memory/MEMORY.md").touch()
    assert found(search, table, home)[ONE].memory_files == 1


def test_a_missing_log_is_searched_for_now_and_then(search: SessionSearch, home: Path) -> None:
    """In all projects, of which there may be many."""
    write_record(home, ONE, 11)
    table = FakeTable(Fake(pid=11))
    found(search, table, home)
    log = write_transcript(home, ONE, prompt(), project="-elsewhere")
    assert found(search, table, home)[ONE].log is None
    [one] = search.find([home], table, NOW + timedelta(seconds=11)).sessions
    assert one.log == log


def test_without_a_record_a_tool_tells_whose_session_it_is(search: SessionSearch, home: Path) -> None:
    """And it is remembered when that has ended."""
    log = write_transcript(home, ONE, prompt())
    write_transcript(home, TWO, prompt())
    write_record(home, TWO, 99)
    agent = Fake(pid=11)
    tool = Fake(pid=12, parent=11, name="zsh", environ={"CLAUDE_CODE_SESSION_ID": ONE, "CLAUDE_PID": "11"})
    foreign = Fake(pid=13, parent=11, name="zsh", environ={"CLAUDE_CODE_SESSION_ID": TWO, "CLAUDE_PID": "7"})
    for running in ((agent, foreign, tool), (agent,)):
        one = found(search, FakeTable(*running), home)[ONE]
        assert (one.pid, one.is_running, one.log) == (11, True, log)
    assert ONE not in found(search, FakeTable(Fake(pid=11, started=NOW.timestamp() - 60)), home)


def test_without_any_record_what_is_written_is_nobodys(search: SessionSearch, home: Path) -> None:
    """2.1.30: two in one folder, and no evidence which of them writes what."""
    started = NOW.timestamp() - 600
    for session, written in ((ONE, started + 60), (TWO, started + 90), (session_id(3), started - 60)):
        log = write_transcript(home, session, prompt())
        os.utime(log, (written, written))
    running = Fake(pid=11, command=("node", "/usr/bin/claude"), name="node"), Fake(pid=12)
    sessions = found(search, FakeTable(*running), home)
    assert {each: (one.pid, one.is_running) for each, one in sessions.items()} == {
        ONE: (None, None),
        TWO: (None, None),
    }
    (home / "sessions").mkdir()
    assert found(search, FakeTable(*running), home) == {}
    assert found(search, FakeTable(), home) == {}


def test_a_program_that_just_began_has_its_record_soon(search: SessionSearch, home: Path) -> None:
    write_transcript(home, ONE, prompt())
    assert found(search, FakeTable(Fake(pid=11, started=NOW.timestamp() - 1)), home) == {}


def test_one_that_ended_a_moment_ago_is_found_without_a_record(search: SessionSearch, home: Path) -> None:
    write_record(home, ONE, 11)
    logs = [write_transcript(home, session, prompt()) for session in (ONE, TWO, session_id(3))]
    for log, minutes in zip(logs, (1, 4, 6), strict=True):
        os.utime(log, (NOW.timestamp() - 60 * minutes,) * 2)
    sessions = found(search, FakeTable(Fake(pid=11)), home)
    assert {each: (sessions[each].is_running, sessions[each].pid) for each in sessions} == {
        ONE: (True, 11),
        TWO: (False, None),
    }


def test_beside_a_program_without_a_record_nobody_knows_whether_one_ended(
    search: SessionSearch, home: Path
) -> None:
    write_record(home, ONE, 11)
    log = write_transcript(home, TWO, prompt())
    os.utime(log, (NOW.timestamp() - 60,) * 2)
    other = Fake(pid=12)
    assert found(search, FakeTable(Fake(pid=11), other), home)[TWO].is_running is None
    for environ in ({"HOME": str(home.parent)}, {"CLAUDE_CONFIG_DIR": f"{home}/"}):
        own = Fake(pid=12, environ=environ)
        assert found(search, FakeTable(Fake(pid=11), own), home)[TWO].is_running is None
    for environ in ({"HOME": "/home/other"}, {"HOME": str(home.parent), "CLAUDE_CONFIG_DIR": "/other"}):
        foreign = Fake(pid=12, environ=environ)
        assert found(search, FakeTable(Fake(pid=11), foreign), home)[TWO].is_running is False
    starts = Fake(pid=12, started=NOW.timestamp() - 1)
    assert found(search, FakeTable(Fake(pid=11), starts), home)[TWO].is_running is False
    record = write_record(home, TWO, 13)
    assert found(search, FakeTable(Fake(pid=11), other, Fake(pid=13)), home)[TWO].is_running is True
    record.unlink()
    assert found(search, FakeTable(Fake(pid=11), other), home)[TWO].is_running is False
