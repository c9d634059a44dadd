"""Which process runs which session: by what it writes, and else not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from providers.codex.sessions import owners
from providers.domain.processes import OpenFile, ProcessTable
from providers.sessions import FoundSessions
from tests.providers.codex.sessions.fakes import Fake, FakeTable, lock, rollout, uuid, written

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
    table = FakeTable(Fake(pid=2, command=("codex", "mcp-server"), files=written(rollout(home, ONE))))
    found = find([home], table)
    assert (found.sessions, [each.pid for each in found.servers]) == ((), [2])
