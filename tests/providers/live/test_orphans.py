"""Processes that go on listening after their session has ended."""

from __future__ import annotations

from pathlib import Path

from providers.domain.live import ChildProcess, OrphanProcess
from providers.domain.processes import Process
from providers.domain.session_figures import SessionKey
from providers.live.children import SessionChildren
from providers.live.orphans import MOST_REMEMBERED, OrphanTracker
from tests.providers.live.fakes import FakeTable

KEY = SessionKey("fake", Path("/home/dev/.codex"), "a")
OTHER = SessionKey("fake", Path("/home/dev/.codex"), "b")
SHOP = {KEY: "shop"}
SERVER = ChildProcess(pid=20, command="node vite", ports=(5173,))


def children(*shown: ChildProcess) -> dict[SessionKey, SessionChildren]:
    return {KEY: SessionChildren(shown)}


def table(started: float = 1.0, *ports: int) -> FakeTable:
    return FakeTable(Process(20, 1, started, "node"), ports={20: ports})


def orphan(*ports: int) -> OrphanProcess:
    return OrphanProcess(
        pid=20, command="node vite", ports=ports, provider="fake", session="a", project="shop"
    )


def test_a_server_that_outlives_its_session() -> None:
    orphans = OrphanTracker()
    assert orphans.look(children(SERVER), SHOP, (), table(1.0, 5173)) == ()
    for _ in range(2):
        assert orphans.look({}, {OTHER: None}, (), table(1.0, 5173)) == (orphan(5173),)
    assert orphans.look({}, {}, (), table(1.0)) == ()
    assert orphans.look({}, {}, (), table(1.0, 80)) == (orphan(80),)
    assert orphans.look({}, {}, (), FakeTable()) == ()
    assert orphans.look({}, {}, (), table(1.0, 5173)) == ()


def test_one_that_never_listened_is_none() -> None:
    orphans = OrphanTracker()
    orphans.look(children(ChildProcess(pid=20, command="sleep")), SHOP, (), table())
    assert orphans.look({}, {}, (), table(1.0, 5173)) == ()


def test_a_session_that_still_runs_leaves_none() -> None:
    """Also where nobody knows any more which program runs it."""
    orphans = OrphanTracker()
    orphans.look(children(SERVER), SHOP, (), table(1.0, 5173))
    assert orphans.look({}, SHOP, (), table(1.0, 5173)) == ()
    assert orphans.look(children(), SHOP, (), table(1.0, 5173)) == ()


def test_where_nothing_was_found_out_nothing_is_left() -> None:
    orphans = OrphanTracker()
    orphans.look(children(SERVER), SHOP, (), table(1.0, 5173))
    assert orphans.look({}, {}, {"fake"}, table(1.0, 5173)) == ()
    assert orphans.look({}, {}, (), table(1.0, 5173)) == (orphan(5173),)


def test_another_process_with_its_number_is_none() -> None:
    orphans = OrphanTracker()
    orphans.look(children(SERVER), SHOP, (), table(1.0, 5173))
    assert orphans.look({}, {}, (), table(2.0, 5173)) == ()


def test_one_that_another_session_has_now_is_its_child() -> None:
    orphans = OrphanTracker()
    orphans.look(children(SERVER), SHOP, (), table(1.0, 5173))
    now = {OTHER: SessionChildren((SERVER,))}
    assert orphans.look(now, {OTHER: "shop"}, (), table(1.0, 5173)) == ()
    found = orphans.look({}, {KEY: "shop"}, (), table(1.0, 5173))
    assert [each.session for each in found] == ["b"]


def test_those_that_were_seen_last_are_remembered() -> None:
    orphans = OrphanTracker()
    count = MOST_REMEMBERED + 5
    shown = [ChildProcess(pid=pid, command=str(pid), ports=(pid,)) for pid in range(1, count + 1)]
    running = FakeTable(
        *(Process(pid, 0, 1.0, "x") for pid in range(1, count + 1)),
        ports={pid: (pid,) for pid in range(1, count + 1)},
    )
    orphans.look(children(*shown), SHOP, (), running)
    found = orphans.look({}, {}, (), running)
    assert [each.pid for each in found] == list(range(6, count + 1))
