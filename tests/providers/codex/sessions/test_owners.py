"""Which process runs which session: by what it writes, and else not at all."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from providers.codex.sessions import owners
from providers.codex.sessions.finder import CodexSessions
from providers.domain.processes import OpenFile, ProcessTable
from providers.sessions import FoundSession, FoundSessions
from tests.providers.codex.sessions.fakes import Fake, FakeTable, lock, rollout, uuid, written
from tests.providers.codex.sessions.lines import line

NOW = datetime(2026, 11, 29, 15, 3, tzinfo=UTC)
ONE, TWO, THREE = uuid(1), uuid(2), uuid(3)


def find(homes: list[Path], table: ProcessTable) -> FoundSessions:
    return owners.find(homes, table, NOW)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def test_a_terminal_without_a_prompt_has_a_lock_alone(home: Path) -> None:
    (found,) = find([home], FakeTable(Fake(pid=7, started=9.0, files=written(lock(home, ONE))))).sessions
    assert (found.id, found.pid, found.log, found.is_running) == (ONE, 7, None, True)
    assert found.cwd == "/home/dev/project"
    assert found.since is not None
    assert found.since.timestamp() == 9


def test_since_when_its_program_holds_it(home: Path) -> None:
    """A program makes the lock anew."""
    held = lock(home, ONE)
    held.parent.mkdir()
    held.touch()
    os.utime(held, (1000.5, 1000.5))
    daemon = ("codex", "app-server", "--managed-daemon")
    for files, command, expected in (
        (written(held, rollout(home, ONE)), ("codex",), 1000.5),
        (written(held), daemon, 1000.5),
        (written(rollout(home, ONE)), ("codex",), 9.0),
        (written(rollout(home, ONE)), daemon, None),
    ):
        (found,) = find([home], FakeTable(Fake(pid=7, started=9.0, files=files, command=command))).sessions
        assert (found.held_since.timestamp() if found.held_since else None) == expected


def test_two_in_one_folder_and_one_of_an_old_day(home: Path) -> None:
    old = rollout(home, THREE, day="2025/01/31")
    table = FakeTable(
        Fake(pid=3, files=written(lock(home, ONE), rollout(home, ONE))),
        Fake(pid=2, files=written(lock(home, TWO), rollout(home, TWO))),
        Fake(pid=1, files=written(lock(home, THREE), old), command=("codex", "resume", THREE)),
    )
    found = {each.id: each for each in find([home], table).sessions}
    assert {name: each.pid for name, each in found.items()} == {ONE: 3, TWO: 2, THREE: 1}
    assert found[THREE].log == old


def test_the_wrapper_of_npm_is_no_session(home: Path) -> None:
    table = FakeTable(
        Fake(pid=2, command=("sh", "/usr/local/bin/codex"), name="sh"),
        Fake(pid=3, parent=2, command=("node", "/usr/bin/codex", "exec", "hello"), name="node"),
        Fake(pid=4, parent=3, command=("codex", "exec", "hello"), files=written(rollout(home, ONE))),
    )
    found = find([home], table)
    assert [(each.pid, each.kind) for each in found.sessions] == [(4, "exec")]
    assert found.agents == {2, 3, 4}


def test_a_home_by_another_name(home: Path) -> None:
    real, linked = home / "real", home / "linked"
    real.mkdir()
    linked.symlink_to(real)
    (found,) = find([linked], FakeTable(Fake(pid=4, files=written(rollout(real, ONE))))).sessions
    assert found.home == linked


def test_sessions_of_two_homes(home: Path) -> None:
    work, own, other = home / "work", home / "own", home / "other"
    table = FakeTable(
        *(
            Fake(pid=pid, files=written(lock(each, uuid(pid))))
            for pid, each in enumerate((work, own, other), 1)
        )
    )
    assert {each.pid: each.home for each in find([own, work], table).sessions} == {1: work, 2: own}


def test_a_thread_that_was_reverted_is_written_in_its_last_file(home: Path) -> None:
    first = rollout(home, ONE, at="15-02-00")
    second = rollout(home, ONE, at="15-02-09", segment=TWO)
    for files in (written(first, second), written(second, first)):
        (found,) = find([home], FakeTable(Fake(pid=4, files=files))).sessions
        assert (found.id, found.log) == (ONE, second)


def test_the_daemon_runs_all_of_its_home(home: Path) -> None:
    daemon = ("codex", "app-server", "--listen", "unix://", "--managed-daemon")
    table = FakeTable(
        Fake(pid=2),
        Fake(
            pid=3,
            parent=2,
            command=daemon,
            files=written(lock(home, ONE), lock(home, TWO), rollout(home, TWO)),
        ),
        Fake(pid=4, parent=2, command=("codex", "app-server", "daemon", "pid-update-loop")),
    )
    found = find([home], table).sessions
    assert {each.id: (each.pid, each.kind) for each in found} == {ONE: (3, "daemon"), TWO: (3, "daemon")}


def test_what_is_only_read_is_no_evidence(home: Path) -> None:
    reads = OpenFile(str(rollout(home, ONE)), writes=False)
    assert [each.pid for each in find([home], FakeTable(Fake(pid=2, files=(reads,)))).sessions] == []


def test_where_the_system_does_not_say_who_writes_only_a_lock_is_evidence(home: Path) -> None:
    """As on Windows."""
    log, held = (OpenFile(str(path), writes=None) for path in (rollout(home, ONE), lock(home, ONE)))
    (found,) = find([home], FakeTable(Fake(pid=2, files=(log,)))).sessions
    assert (found.id, found.pid, found.is_running) == (ONE, None, True)
    (found,) = find([home], FakeTable(Fake(pid=2, files=(log, held)))).sessions
    assert (found.id, found.pid) == (ONE, 2)


def test_a_server_for_other_programs_is_no_session(home: Path) -> None:
    log = made(rollout(home, ONE, day=local_day()))
    table = FakeTable(Fake(pid=2, command=("codex", "mcp-server"), files=written(log)))
    found = find([home], table)
    assert (found.sessions, [each.pid for each in found.servers]) == ((), [2])


def test_a_terminal_of_which_nothing_is_known_is_shown_and_cannot_be_acted_on(home: Path) -> None:
    """As where the system hides what is open, or while a person chooses a session."""
    environ = {"CODEX_HOME": str(home)}
    since = NOW.timestamp() - 11
    table = FakeTable(
        Fake(pid=2, environ=environ, started=since, files=None),
        Fake(pid=3, environ=environ, started=since),
        Fake(pid=4, environ=environ, started=NOW.timestamp() - 9),  # it has only begun
        Fake(pid=5, environ={"CODEX_HOME": "/other"}, started=since),
        Fake(pid=6, environ=None, started=since),
        Fake(pid=7, environ=environ, started=since, command=("codex", "app-server")),
    )
    found = find([home], table).sessions
    assert [(each.id, each.pid, each.is_running) for each in found] == [
        ("process-2", None, None),
        ("process-3", None, None),
    ]


def test_a_terminal_beside_a_daemon_shows_what_that_one_runs(home: Path) -> None:
    environ = {"CODEX_HOME": str(home)}
    daemon = ("codex", "app-server", "--managed-daemon")
    table = FakeTable(
        Fake(pid=2, environ=environ, started=9.0),
        Fake(pid=3, environ=environ, command=daemon, files=written(lock(home, ONE))),
    )
    assert [each.id for each in find([home], table).sessions] == [ONE]


def test_the_default_home_is_below_the_person_s_own(home: Path) -> None:
    table = FakeTable(Fake(pid=2, environ={"HOME": str(home)}))
    (found,) = find([home / ".codex"], table).sessions
    assert found.home == home / ".codex"


def made(path: Path, *, parent: str | None = None, age: float = 10, originator: str = "codex-tui") -> Path:
    source = {"subagent": {"thread_spawn": {"parent_thread_id": parent, "agent_path": "/root/helper"}}}
    about = {"originator": originator} | ({"source": source} if parent else {})
    path.parent.mkdir(parents=True, exist_ok=True)
    session = path.stem[28:64]
    path.write_bytes(
        line(0, "session_meta", id=session, cwd="/home/dev", cli_version="0.171.0", **about) + b"\n"
    )
    os.utime(path, (NOW.timestamp() - age,) * 2)
    return path


def local_day(*, days: int = 0) -> str:
    return (NOW.astimezone() - timedelta(days=days)).strftime("%Y/%m/%d")


def test_a_session_that_ended_a_moment_ago(home: Path) -> None:
    ended = made(rollout(home, ONE, day=local_day(days=1)), originator="codex_exec")
    made(rollout(home, TWO, day=local_day()), age=301)
    running = made(rollout(home, THREE, day=local_day()))
    table = FakeTable(Fake(pid=2, files=written(running)))
    found = {each.id: each for each in find([home], table).sessions}
    assert set(found) == {ONE, THREE}
    assert (found[ONE].is_running, found[ONE].pid, found[ONE].kind) == (False, None, "exec")
    assert (found[ONE].log, found[ONE].cwd, found[ONE].version) == (ended, "/home/dev", "0.171.0")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root makes files of others")
def test_of_another_users_nobody_knows_whether_they_run(home: Path) -> None:
    os.chown(made(rollout(home, ONE, day=local_day())), 65534, -1)
    (found,) = find([home], FakeTable()).sessions
    assert (found.id, found.is_running) == (ONE, None)


def test_rollouts_on_another_disk_are_those_of_the_home_that_links_to_them(home: Path) -> None:
    """Without them a session with a lock would seem to be idle for ever."""
    disk = home.parent / "disk/rollouts"
    home.mkdir(exist_ok=True)
    disk.mkdir(parents=True)
    (home / "sessions").symlink_to(disk, target_is_directory=True)
    log = made(rollout(home, ONE, day=local_day()))
    real = Path(os.path.realpath(log))
    assert real.is_relative_to(disk)
    table = FakeTable(Fake(pid=2, files=written(real, home / f"thread-writer-locks/{ONE}.lock")))
    (found,) = find([home], table).sessions
    assert (found.id, found.pid, found.home, found.log) == (ONE, 2, home, log)


def test_in_a_home_of_two_names_one_has_ended_once(home: Path) -> None:
    made(rollout(home, ONE, day=local_day()))
    link = home.parent / "link"
    link.symlink_to(home, target_is_directory=True)
    running = made(rollout(home, TWO, day=local_day()))
    table = FakeTable(Fake(pid=2, files=written(running)))
    found = find([link, home], table).sessions
    assert sorted((each.id, each.home) for each in found) == [(ONE, home), (TWO, home)]


def test_where_what_is_open_is_hidden_it_may_still_run(home: Path) -> None:
    made(rollout(home, ONE, day=local_day()))
    (found,) = find([home], FakeTable(Fake(pid=2, files=None))).sessions
    assert (found.id, found.is_running) == (ONE, None)


def test_a_subagent_has_a_parent_and_a_name(home: Path) -> None:
    parent, child = made(rollout(home, ONE)), made(rollout(home, TWO), parent=ONE)
    table = FakeTable(Fake(pid=2, files=written(parent, child)))
    assert [(each.id, each.parent, each.name) for each in find([home], table).sessions] == [
        (ONE, None, None),
        (TWO, ONE, "helper"),
    ]


def test_subagents_of_which_only_the_logs_are_left(home: Path) -> None:
    """Of the session's own day, and of the one on which it was last written."""
    sessions = CodexSessions()
    own = FoundSession(home=home, id=ONE, log=made(rollout(home, ONE, day="2025/01/31")))
    assert list(sessions.subagents(own)) == []
    made(rollout(home, TWO, day="2025/01/31"), parent=ONE)
    made(rollout(home, THREE, day=local_day()), parent=ONE)
    made(rollout(home, uuid(4), day=local_day()), parent=TWO)
    half = rollout(home, uuid(5), day=local_day())
    half.write_bytes(b'{"timestamp":')
    assert [(each.id, each.is_running) for each in sessions.subagents(own)] == [(THREE, False), (TWO, False)]
    made(half, parent=ONE)
    (half.parent / "another").touch()
    assert {each.id for each in sessions.subagents(own)} == {TWO, THREE, uuid(5)}
