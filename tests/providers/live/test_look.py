from __future__ import annotations

import errno
import os
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from msgspec.structs import replace

from providers.domain.context_use import ContextUse
from providers.domain.cost import Tally
from providers.domain.live import GitState, LiveSession, McpServer, SessionsLook
from providers.domain.processes import Process, ProcessTable
from providers.domain.session_figures import AskedSession, SessionFigures, SessionKey
from providers.ledger.database import LedgerError
from providers.live.compose import HomeAccount
from providers.live.git.states import GitStates
from providers.live.homes import HomeAnswers, ask_file_systems
from providers.live.look import LookContext, SessionLook
from providers.sessions import FoundServer, FoundSession, HookRecord
from tests.left_behind import until
from tests.providers.live.fakes import NOW, FakeProcesses, FakeSessions, FakeTable, provider, write


class FakeCosts:
    counted_at = NOW

    def __init__(self, figures: Mapping[str, SessionFigures], failure: Exception | None = None) -> None:
        self._figures = figures
        self._failure = failure
        self.asked: list[AskedSession] = []

    def figures(self, asked: Sequence[AskedSession], _now: datetime) -> Mapping[SessionKey, SessionFigures]:
        self.asked = list(asked)
        if self._failure:
            raise self._failure
        return {each.key: self._figures[each.key.id] for each in asked if each.key.id in self._figures}


def found(home: Path, ident: str, *lines: object, **members: object) -> FoundSession:
    log = home / f"{ident}.jsonl"
    write(log, *lines)
    return FoundSession(home=home, id=ident, log=log, **{"pid": 7, "is_running": True, **members})  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "one").mkdir()
    return tmp_path / "one"


def ids(look: SessionsLook) -> list[str]:
    return [each.id for each in look.sessions]


def only(look: SessionsLook) -> LiveSession:
    (session,) = look.sessions
    return session


def test_a_session_is_what_its_log_its_process_and_the_ledger_say(home: Path) -> None:
    one, sessions, homes = provider(home)
    sessions.sessions = [
        found(home, "a", {"model": "m"}, {"turn": "open", "at": NOW.isoformat()}, {"call": "Bash"}, cwd="/w")
    ]
    costs = FakeCosts({"a": SessionFigures(own=Tally(responses=1), tally=Tally(responses=3), week_share=0.5)})
    look = SessionLook(lambda: [(one, homes)], FakeProcesses(FakeTable(rss={7: 1000})), costs)
    account = HomeAccount(id="acc", week_percent=30.0, week_since=NOW - timedelta(days=2), is_blocked=True)
    shown = look.look(NOW, LookContext(accounts={home: account}))
    session = only(shown)
    assert (session.model, session.status.status, session.turns) == ("m", "working", 1)
    assert (session.home, session.account, session.project, session.cwd) == ("one", "acc", "/w", "/w")
    assert (session.pid, session.owner_certain, session.rss) == (7, True, 1000)
    assert (session.own, session.tally) == (Tally(responses=1), Tally(responses=3))
    assert (session.week_percent, session.rate_limited) == (15.0, True)
    assert (shown.at, shown.counted_at, shown.problems) == (NOW, NOW, ())
    assert shown.next_look == timedelta(seconds=2)
    assert costs.asked[0].week_since == NOW - timedelta(days=2)


def test_the_readers_know_of_which_clis_calls_no_prompt_is_shown(home: Path) -> None:
    one, sessions, homes = provider(home)
    sessions.sessions = [found(home, "a", {"turn": "open", "at": NOW.isoformat()})]
    SessionLook(lambda: [(one, homes)], FakeProcesses(), clis=("fake",)).look(NOW)
    assert [each.clis for each in sessions.readers] == [("fake",)]


def test_those_that_wait_come_first_then_the_newest(home: Path) -> None:
    one, sessions, homes = provider(home)
    sessions.sessions = [
        found(home, "idle", {"turn": "ended", "at": "2026-11-29T11:59:00+00:00"}),
        found(home, "old", {"turn": "open", "at": "2026-11-29T11:00:00+00:00"}),
        found(home, "new", {"turn": "open", "at": "2026-11-29T11:30:00+00:00"}),
        found(home, "asks", {"turn": "open", "at": "2026-11-29T10:00:00+00:00"}),
    ]
    look = SessionLook(lambda: [(one, homes)], FakeProcesses())
    hooks = {("fake", "asks"): HookRecord(status="approval", at=NOW)}
    assert ids(look.look(NOW, LookContext(hooks=hooks))) == ["asks", "new", "old", "idle"]


def test_subagents_stand_below_their_session_however_deep(home: Path) -> None:
    one, sessions, homes = provider(home)
    sessions.sessions = [
        found(home, "below", {"turn": "open"}, parent="top", name="explorer"),
        found(home, "deeper", {"turn": "ended"}, parent="below"),
        found(home, "top", {"turn": "ended"}),
        found(home, "alone", {"turn": "ended"}, parent="unknown"),
    ]
    sessions.below = {"top": [found(home, "file", {"turn": "open"}), sessions.sessions[0]]}
    costs = FakeCosts(
        {"top": SessionFigures(own=Tally(), tally=Tally(), subagents={"file": Tally(responses=2)})}
    )
    shown = SessionLook(lambda: [(one, homes)], FakeProcesses(), costs).look(NOW)
    top = next(each for each in shown.sessions if each.id == "top")
    assert sorted(ids(shown)) == ["alone", "top"]
    assert [(each.id, each.status, each.name) for each in top.subagents] == [
        ("below", "working", "explorer"),
        ("deeper", "idle", None),
        ("file", "working", None),
    ]
    assert top.subagents[2].tally == Tally(responses=2)
    asked = {name: set(below) for name, _, below in sessions.asked}
    assert asked["top"] == {"below", "file"}
    assert len(costs.asked[0].logs) + len(costs.asked[1].logs) == 5


def test_parents_in_a_circle_stand_alone(home: Path) -> None:
    one, sessions, homes = provider(home)
    sessions.sessions = [
        found(home, "a", parent="b"),
        found(home, "b", parent="a"),
        found(home, "c", parent="c"),
    ]
    shown = SessionLook(lambda: [(one, homes)], FakeProcesses()).look(NOW)
    assert sorted(ids(shown)) == ["a", "b", "c"]


def test_a_failing_provider_costs_no_other_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    bad, failing, bad_homes = provider(tmp_path / "a", ident="bad")
    good, sessions, good_homes = provider(tmp_path / "b", ident="good")
    failing.failure = ValueError("secret")
    sessions.sessions = [found(tmp_path / "b", "x", {"turn": "open"}), found(tmp_path / "b", "broken")]
    shown = SessionLook(lambda: [(bad, bad_homes), (good, good_homes)], FakeProcesses()).look(NOW)
    assert {each.id: each.status.status for each in shown.sessions} == {"x": "working", "broken": "unknown"}
    assert len(shown.problems) == 2
    assert "internal error (ValueError). Please report this." in shown.problems[0]
    assert "secret" not in "".join(shown.problems)


def test_what_cannot_be_read_is_a_problem_and_the_session_stays(home: Path) -> None:
    one, sessions, homes = provider(home)
    sessions.sessions = [FoundSession(home=home, id="a", log=home, pid=7, is_running=True)]
    costs = FakeCosts({}, LedgerError("The ledger is busy."))
    shown = SessionLook(lambda: [(one, homes)], FakeProcesses(), costs).look(NOW)
    assert ids(shown) == ["a"]
    assert len(shown.problems) == 2
    assert shown.problems[1] == "The ledger is busy."


def test_a_session_that_ended_is_done_for_five_minutes(home: Path) -> None:
    one, sessions, homes = provider(home)
    look = SessionLook(lambda: [(one, homes)], FakeProcesses())
    sessions.sessions = [found(home, "a", {"turn": "open"})]
    assert only(look.look(NOW)).status.status == "working"
    sessions.sessions = []
    session = only(look.look(NOW + timedelta(seconds=2)))
    assert (session.status.status, session.status.since, session.pid) == ("done", NOW, None)
    assert not session.owner_certain
    assert ids(look.look(NOW + timedelta(minutes=4, seconds=59))) == ["a"]
    assert ids(look.look(NOW + timedelta(minutes=5))) == []


def test_one_that_runs_again_is_not_done(home: Path) -> None:
    one, sessions, homes = provider(home)
    look = SessionLook(lambda: [(one, homes)], FakeProcesses())
    running = sessions.sessions = [found(home, "a", {"turn": "open"})]
    look.look(NOW)
    sessions.sessions = []
    look.look(NOW + timedelta(seconds=2))
    sessions.sessions = running
    assert only(look.look(NOW + timedelta(seconds=4))).status.status == "working"


def test_one_that_was_killed_ended_when_it_was_last_seen(home: Path) -> None:
    """However long it had been idle: its program left a record."""
    one, sessions, homes = provider(home)
    look = SessionLook(lambda: [(one, homes)], FakeProcesses())
    running = found(home, "a", {"turn": "ended", "at": "2026-11-29T09:00:00+00:00"})
    sessions.sessions = [running]
    look.look(NOW)
    sessions.sessions = [replace(running, is_running=False, pid=None)]
    session = only(look.look(NOW + timedelta(seconds=2)))
    assert (session.status.status, session.status.since) == ("done", NOW)
    assert ids(look.look(NOW + timedelta(minutes=6))) == []


def test_one_of_which_nobody_knows_whether_it_runs_does_not_end(home: Path) -> None:
    one, sessions, homes = provider(home)
    look = SessionLook(lambda: [(one, homes)], FakeProcesses())
    sessions.sessions = [found(home, "a", is_running=None, pid=None)]
    assert ids(look.look(NOW)) == ["a"]
    sessions.sessions = []
    assert ids(look.look(NOW + timedelta(seconds=2))) == []


def test_while_a_provider_fails_none_of_its_sessions_counts_as_ended(home: Path) -> None:
    one, sessions, homes = provider(home)
    look = SessionLook(lambda: [(one, homes)], FakeProcesses())
    running = sessions.sessions = [found(home, "a", {"turn": "open"})]
    look.look(NOW)
    sessions.sessions, sessions.failure = [], OSError()
    assert ids(look.look(NOW + timedelta(seconds=2))) == []
    sessions.sessions, sessions.failure = running, None
    assert only(look.look(NOW + timedelta(seconds=4))).status.status == "working"


def test_one_that_is_found_without_its_process_is_shown_for_five_minutes(home: Path) -> None:
    one, sessions, homes = provider(home)
    sessions.sessions = [
        found(home, "a", {"turn": "ended", "at": "2026-11-29T11:56:00+00:00"}, is_running=False, pid=None),
        found(home, "b", {"turn": "ended", "at": "2026-11-29T11:54:00+00:00"}, is_running=False, pid=None),
        found(home, "c", {"turn": "ended"}, is_running=False, pid=None),
        FoundSession(home=home, id="d", is_running=False),
    ]
    os.utime(home / "c.jsonl", (NOW.timestamp() - 60, NOW.timestamp() - 60))
    shown = SessionLook(lambda: [(one, homes)], FakeProcesses()).look(NOW)
    assert [(each.id, each.status.status) for each in shown.sessions] == [("c", "done"), ("a", "done")]


def test_children_belong_to_their_session_and_go_on_without_it(home: Path) -> None:
    one, sessions, homes = provider(home)
    sessions.sessions = [found(home, "a", {"turn": "open"}, cwd="/w")]
    program, child = (
        Process(pid=7, parent=1, started=0, name="fake"),
        Process(pid=8, parent=7, started=1, name="vite"),
    )
    processes = FakeProcesses(FakeTable(program, child, ports={8: (5173,)}))
    look = SessionLook(lambda: [(one, homes)], processes)
    assert [(each.pid, each.ports) for each in only(look.look(NOW)).children] == [(8, (5173,))]
    sessions.sessions, processes.table = [], FakeTable(child, ports={8: (5173,)})
    shown = look.look(NOW + timedelta(seconds=2))
    assert only(shown).children == ()
    assert [(each.pid, each.ports, each.session, each.project) for each in shown.orphans] == [
        (8, (5173,), "a", "/w")
    ]


def test_git_is_asked_about_the_folder_a_session_works_in(home: Path) -> None:
    asked: list[object] = []

    class FakeGit(GitStates):
        def look(self, folders: Mapping[str, object]) -> Mapping[str, GitState | None]:
            asked.append(dict(folders))
            return {folder: GitState(branch="main", added=1, modified=2) for folder in folders}

    one, sessions, homes = provider(home)
    sessions.sessions = [
        found(home, "a", {"at": NOW.isoformat()}, cwd="/w"),
        found(home, "b", {"at": NOW.isoformat()}, cwd="/w"),
        found(home, "c"),
    ]
    shown = SessionLook(lambda: [(one, homes)], FakeProcesses(), git=FakeGit()).look(NOW)
    assert {each.id: each.git and each.git.modified for each in shown.sessions} == {"a": 2, "b": 2, "c": None}
    assert asked == [{"/w": (NOW, NOW)}]


def test_the_largest_prompt_may_show_how_large_the_context_is(home: Path) -> None:
    one, sessions, homes = provider(home)
    one = replace(one, context_window=lambda use, _observations: 1000 if use.largest > 200 else None)
    sessions.sessions = [found(home, "a", {"context": 100}), found(home, "b", {"context": 100})]
    costs = FakeCosts({"a": SessionFigures(own=Tally(), tally=Tally(), largest_prompt=300)})
    shown = SessionLook(lambda: [(one, homes)], FakeProcesses(), costs).look(NOW)
    assert {each.id: each.context_percent for each in shown.sessions} == {"a": 10.0, "b": None}


def test_a_session_that_cannot_be_shown_costs_no_other_one(home: Path) -> None:
    def fails(use: ContextUse, _observations: object) -> int | None:
        raise KeyError(use.session)

    one, sessions, homes = provider(home)
    one = replace(one, context_window=fails)
    sessions.sessions = [found(home, "a", {"context": 100}), found(home, "b")]
    costs = FakeCosts({"a": SessionFigures(own=Tally(), tally=Tally())})
    shown = SessionLook(lambda: [(one, homes)], FakeProcesses(), costs).look(NOW)
    assert ids(shown) == ["b"]
    assert len(shown.problems) == 1


def test_what_kind_it_was_is_in_the_log_of_one_that_ended(home: Path) -> None:
    """One that runs may have been taken up by another program, which has written nothing yet."""
    one, sessions, homes = provider(home)
    look = SessionLook(lambda: [(one, homes)], FakeProcesses())
    for pid, kind in ((7, ""), (None, "exec")):
        sessions.sessions = [found(home, "a", {"turn": "open"}, {"kind": "exec"}, pid=pid)]
        assert only(look.look(NOW)).kind == kind


def test_where_no_process_can_be_looked_at_none_counts_as_ended(home: Path) -> None:
    class Exhausted(FakeProcesses):
        is_failing = False

        def look(self) -> ProcessTable:
            if self.is_failing:
                raise OSError(errno.EMFILE, "Too many open files")
            return super().look()

    one, sessions, homes = provider(home)
    sessions.sessions = [found(home, "a", {"turn": "open"})]
    processes = Exhausted()
    look = SessionLook(lambda: [(one, homes)], processes)
    assert only(look.look(NOW)).status.status == "working"
    processes.is_failing = True
    shown = look.look(NOW)
    assert (shown.sessions, shown.problems) == (
        (),
        ("The processes cannot be looked at (Too many open files). Close programs, or raise the limit.",),
    )
    processes.is_failing = False
    assert only(look.look(NOW)).status.status == "working"


def test_titles_only_if_the_person_wants_them(home: Path) -> None:
    one, sessions, homes = provider(home)
    sessions.sessions = [found(home, "a", {"title": "words"})]
    look = SessionLook(lambda: [(one, homes)], FakeProcesses())
    assert only(look.look(NOW)).title is None
    assert only(look.look(NOW, LookContext(with_titles=True))).title == "words"


def test_a_cli_that_serves_is_no_session(home: Path) -> None:
    one, sessions, homes = provider(home)
    sessions.servers = [FoundServer(pid=3, name="codex mcp-server")]
    shown = SessionLook(lambda: [(one, homes)], FakeProcesses()).look(NOW)
    assert shown.mcp_servers == (McpServer(pid=3, name="codex mcp-server", provider="fake"),)
    assert shown.sessions == ()


def test_a_provider_without_a_finder_has_no_sessions(home: Path) -> None:
    one, _, homes = provider(home)
    shown = SessionLook(lambda: [(replace(one, sessions=None), homes)], FakeProcesses()).look(NOW)
    assert shown == SessionsLook(at=NOW)


def test_in_the_only_look_all_turns_are_counted(home: Path) -> None:
    one, sessions, homes = provider(home)
    sessions.sessions = [
        found(home, "a", *[{"turn": "open"}, {"fill": "x" * 1000}] * 4000, {"turn": "open"}, {"model": "m"})
    ]
    assert only(SessionLook(lambda: [(one, homes)], FakeProcesses()).look(NOW)).turns is None
    shown = SessionLook(lambda: [(one, homes)], FakeProcesses()).look(NOW, LookContext(is_only=True))
    assert only(shown).turns == 4001


def test_the_log_of_a_session_that_is_no_longer_there_is_forgotten(home: Path) -> None:
    one, sessions, homes = provider(home)
    look = SessionLook(lambda: [(one, homes)], FakeProcesses())
    running = sessions.sessions = [found(home, "a", {"turn": "open"})]
    look.look(NOW)
    look.look(NOW + timedelta(seconds=2))
    assert len(sessions.readers) == 1
    sessions.sessions = []
    look.look(NOW + timedelta(minutes=6))
    sessions.sessions = running
    look.look(NOW + timedelta(minutes=7))
    assert len(sessions.readers) == 2


@pytest.mark.parametrize("others", [0, 1])
def test_a_subagent_about_whose_call_the_person_is_asked_waits_where_it_is_the_only_one(
    home: Path, others: int
) -> None:
    class Asking(FakeSessions):
        def status(self, found, facts, hook, subagents, table, now):  # type: ignore[no-untyped-def]
            own = super().status(found, facts, hook, subagents, table, now)
            return replace(own, status="approval", task=subagents["a"].task) if subagents else own

    one, _, homes = provider(home)
    sessions = Asking()
    calling = ({"turn": "open"}, {"call": "Bash", "argument": "make"})
    sessions.sessions = [found(home, "top", {"turn": "open"}), found(home, "a", *calling, parent="top")]
    sessions.sessions += [found(home, "idle", {"turn": "ended"}, parent="top")]
    sessions.sessions += [found(home, f"other{each}", *calling, parent="top") for each in range(others)]
    top = only(SessionLook(lambda: [(replace(one, sessions=sessions), homes)], FakeProcesses()).look(NOW))
    assert top.status.status == "approval"
    expected = (
        {"a": "working", "idle": "idle", "other0": "working"} if others else {"a": "approval", "idle": "idle"}
    )
    assert {each.id: each.status for each in top.subagents} == expected


class DeadMount:
    """The file system that these folders are on does not answer until `back` is set."""

    def __init__(self) -> None:
        self.dead: set[str] = set()
        self.back = Event()

    def __call__(self, folders: Collection[str]) -> None:
        if self.dead & {*folders}:
            self.back.wait()


@pytest.mark.parametrize("below", ["", "sessions"])
def test_a_home_on_a_dead_mount_costs_no_other(tmp_path: Path, below: str) -> None:
    one, sessions, homes = provider(tmp_path / "one", tmp_path / "two")
    for home in homes:
        home.path.mkdir()
    sessions.sessions = [found(home.path, home.path.name, {"turn": "open"}) for home in homes]
    disk = DeadMount()
    answers = HomeAnswers(disk, seconds=0.05)
    look = SessionLook(
        lambda: [(one, homes)], FakeProcesses(FakeTable(Process(7, 1, 0.0, "x"))), answers=answers
    )
    assert sorted(ids(look.look(NOW))) == ["one", "two"]
    disk.dead = {os.path.join(homes[0].path, below) if below else str(homes[0].path)}
    dead = look.look(NOW + timedelta(seconds=2))
    assert ids(dead) == ["two"]
    assert dead.problems == ("one does not answer. Check the network drive that it is on.",)
    sessions.sessions = [each for each in sessions.sessions if each.id == "one"]
    later = look.look(NOW + timedelta(seconds=4))
    assert [(each.id, each.status.status) for each in later.sessions] == [("two", "done")]
    disk.back.set()
    until(lambda: not look.look(NOW + timedelta(seconds=6)).problems, "it is never asked again")
    assert "one" in ids(look.look(NOW + timedelta(seconds=8)))


def test_a_folder_that_is_not_there_answers_too(tmp_path: Path) -> None:
    ask_file_systems([str(tmp_path), str(tmp_path / "missing")])
