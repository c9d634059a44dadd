"""Which repository git is asked about, and when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from providers.domain.live import GitState
from providers.host.process.brief import Brief
from providers.live.git.repository import Repository, find_repository
from providers.live.git.states import OFTEN, PAUSE, SELDOM, GitStates

CLEAN = GitState(branch="main", added=0, modified=0)


class Machine:
    """Folders with repositories, a clock, and a git that counts how often it is asked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = 100.0
        self.takes = 0.0
        self.asked: list[str] = []
        self.is_slow = False
        self.git: str | None = "git"
        self.states = GitStates(environ={}, find=lambda: self.git, run=self.run, clock=lambda: self.now)

    def run(self, command: Sequence[str], **_: Any) -> Brief:
        self.asked.append(Path(command[2]).name)
        self.now += self.takes
        if command[0] == "broken":
            raise FileNotFoundError("broken")
        if self.is_slow:
            return Brief(out=b"", code=None, timed_out=True)
        return Brief(out=b"# branch.head main\0", code=0)

    def add(self, name: str) -> str:
        git_dir = self.root / name / ".git"
        git_dir.mkdir(parents=True)
        (git_dir / "HEAD").write_text("ref: refs/heads/on-disk\n")
        return str(self.root / name)

    def look(self, **happened: object) -> dict[str, GitState | None]:
        """By the names of folders."""
        found = self.states.look({str(self.root / name): each for name, each in happened.items()})
        return {Path(folder).name: state for folder, state in found.items()}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_git_is_asked_again_when_something_happened_and_no_more_often(machine: Machine) -> None:
    machine.add("shop")
    for now, line, asked in (
        (0.0, 1, 1),
        (OFTEN - 1, 2, 1),
        (OFTEN, 3, 2),
        (OFTEN * 2, 3, 2),
        (OFTEN * 3, 4, 3),
        (OFTEN * 3 + SELDOM - 1, 4, 3),
        (OFTEN * 3 + SELDOM, 4, 4),
    ):
        machine.now = 100 + now
        assert machine.look(shop=line) == {"shop": CLEAN}
        assert len(machine.asked) == asked


def test_it_is_asked_when_the_index_changed(machine: Machine) -> None:
    root = machine.add("shop")
    machine.look(shop=1)
    Path(root, ".git/index").write_text("x")
    machine.now += OFTEN
    machine.look(shop=1)
    assert len(machine.asked) == 2


def test_sessions_of_one_repository_share_an_answer(machine: Machine) -> None:
    root = Path(machine.add("shop"))
    (root / "src").mkdir()
    folders = {str(root): 1, str(root / "src"): 2}
    assert machine.states.look(folders) == dict.fromkeys(folders, CLEAN)
    assert machine.asked == ["shop"]


def test_without_a_repository_git_is_not_asked(machine: Machine) -> None:
    (machine.root / "plain").mkdir()
    assert machine.look(plain=1) == {"plain": None}
    machine.add("plain")
    assert machine.look(plain=1) == {"plain": None}
    machine.now += OFTEN
    assert machine.look(plain=1) == {"plain": CLEAN}
    assert machine.asked == ["plain"]


def test_a_slow_repository_is_left_alone_for_a_while(machine: Machine) -> None:
    machine.add("shop")
    machine.is_slow = True
    slow = machine.look(shop=1)["shop"]
    assert slow is not None
    assert (slow.branch, slow.added, slow.modified) == ("on-disk", None, None)
    assert slow.problem == "git status takes too long here. The next try is in 10 minutes."
    machine.is_slow = False
    machine.look()
    for later in (OFTEN, PAUSE - OFTEN - 1):
        machine.now += later
        assert machine.look(shop=machine.now) == {"shop": slow}
    assert len(machine.asked) == 1
    machine.now += 1
    assert machine.look(shop=1) == {"shop": CLEAN}


@pytest.mark.parametrize("git", [None, "broken"])
def test_without_git_the_branch_is_known_all_the_same(machine: Machine, git: str | None) -> None:
    machine.add("shop")
    machine.git = git
    found = machine.look(shop=1)["shop"]
    assert found == GitState(
        branch="on-disk", problem="git cannot be started. Install it to see what was changed."
    )


def test_one_look_asks_for_all_that_are_new_within_its_time(machine: Machine) -> None:
    names = [f"r{each}" for each in range(6)]
    for name in names:
        machine.add(name)
    machine.takes = 0.3
    happened = dict.fromkeys(names, 1)
    first = machine.look(**happened)
    assert [name for name in names if first[name] is None] == ["r4", "r5"]
    assert None not in machine.look(**happened).values()
    assert sorted(machine.asked) == names


def test_later_looks_ask_for_one_in_turns(machine: Machine) -> None:
    names = [f"r{each}" for each in range(3)]
    for name in names:
        machine.add(name)
    machine.look(**dict.fromkeys(names, 1))
    machine.now += OFTEN
    for line, due in enumerate((*names, None), 2):
        machine.asked.clear()
        machine.look(**dict.fromkeys(names, line))
        assert machine.asked == ([due] if due else [])
        machine.now += 1


def test_git_takes_a_hundredth_of_the_time_at_most(machine: Machine) -> None:
    names = [f"r{each}" for each in range(4)]
    for name in names:
        machine.add(name)
    machine.look(**dict.fromkeys(names, 0))
    machine.asked.clear()
    machine.takes = 0.2
    began = machine.now
    for line in range(1, 1000):
        machine.now += 2
        machine.look(**dict.fromkeys(names, line))
    assert 0.009 < len(machine.asked) * machine.takes / (machine.now - began) < 0.0101
    assert all(machine.asked.count(name) >= len(machine.asked) // 4 for name in names)


def test_what_no_session_is_in_is_forgotten(machine: Machine) -> None:
    machine.add("shop")
    machine.look(shop=1)
    machine.look()
    machine.look(shop=1)
    assert machine.asked == ["shop", "shop"]


def test_a_folder_that_does_not_answer_costs_no_other(tmp_path: Path) -> None:
    machine, back = Machine(tmp_path), Event()

    def search(folder: str) -> Repository | None:
        if folder.endswith("dead"):
            back.wait()
        return find_repository(folder)

    machine.states = GitStates(
        environ={},
        find=lambda: "git",
        run=machine.run,
        search=search,
        clock=lambda: machine.now,
        seconds=0.05,
    )
    machine.add("shop")
    problem = "The folder does not answer. Check the network drive that it is on."
    for _ in range(2):
        assert machine.look(dead=1, shop=1) == {"dead": GitState(problem=problem), "shop": CLEAN}
    back.set()
