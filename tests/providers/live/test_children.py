"""Which processes belong to which session."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.live import ChildProcess
from providers.domain.processes import Process
from providers.domain.session_figures import SessionKey
from providers.live.children import MOST_CHILDREN, SessionChildren, SessionProgram, find_children
from tests.providers.live.fakes import FakeTable

HOME = Path("/home/dev/.codex")
VARIABLE = "SESSION"


def key(ident: str) -> SessionKey:
    return SessionKey("fake", HOME, ident)


def program(ident: str, pid: int, *subagents: str) -> SessionProgram:
    return SessionProgram(key=key(ident), pid=pid, ids=frozenset({ident, *subagents}), variable=VARIABLE)


def running(pid: int, parent: int, started: float | None = None, name: str = "node") -> Process:
    return Process(pid, parent, float(pid) if started is None else started, name)


def pids(found: Mapping[SessionKey, SessionChildren]) -> dict[str, list[int]]:
    return {each.id: [child.pid for child in of.shown] for each, of in found.items()}


def test_all_below_the_program_in_the_order_in_which_they_began() -> None:
    table = FakeTable(
        running(1, 0), running(10, 1), running(40, 10), running(20, 10), running(30, 20), running(11, 1)
    )
    assert pids(find_children([program("a", 10)], {10}, table)) == {"a": [20, 30, 40]}


def test_what_is_shown_of_a_child() -> None:
    table = FakeTable(
        running(10, 1),
        running(20, 10),
        running(30, 10, name="sh\x1b[0m"),
        rss={20: 4096},
        commands={20: ("/usr/bin/node", "vite", "--token", "hunter2"), 30: ()},
        ports={20: (3000, 5173)},
    )
    (found,) = find_children([program("a", 10)], {10}, table).values()
    assert found == SessionChildren(
        (
            ChildProcess(pid=20, command="node vite --token [redacted]", rss=4096, ports=(3000, 5173)),
            ChildProcess(pid=30, command="sh"),
        ),
        more=0,
    )


def test_a_session_in_a_session_keeps_its_own() -> None:
    """Its wrapper is no child, the shell that started it is one."""
    table = FakeTable(
        running(10, 1), running(20, 10), running(30, 20), running(40, 30), running(50, 40), running(60, 10)
    )
    found = find_children([program("outer", 10), program("inner", 40)], {10, 30, 40}, table)
    assert pids(found) == {"outer": [20, 60], "inner": [50]}


def test_what_a_sandbox_holds_is_a_child() -> None:
    table = FakeTable(running(10, 1), running(20, 10, name="codex"), running(30, 20))
    assert pids(find_children([program("a", 10)], {10, 20}, table)) == {"a": [30]}


def test_of_a_daemon_with_many_sessions_only_those_that_name_theirs() -> None:
    table = FakeTable(
        running(10, 1),
        running(20, 10),
        running(21, 20),
        running(30, 10),
        running(40, 10),
        environments={20: {VARIABLE: "a"}, 30: {VARIABLE: "b-sub"}, 40: {"OTHER": "a"}},
    )
    found = find_children([program("a", 10), program("b", 10, "b-sub")], {10}, table)
    assert pids(found) == {"a": [20, 21], "b": [30]}


def test_one_that_left_its_parent_is_found_by_its_variable() -> None:
    table = FakeTable(
        running(1, 0),
        running(10, 1),
        running(20, 10),
        running(70, 1),
        running(71, 1),
        running(72, 1),
        environments={
            70: {VARIABLE: "outer"},
            71: {VARIABLE: "inner", "PATH": "x"},
            72: {VARIABLE: "another one"},
        },
    )
    found = find_children([program("outer", 10), program("inner", 20)], {10, 20}, table)
    assert pids(found) == {"outer": [70], "inner": [71]}


def test_of_two_sessions_that_both_left_it_a_variable_the_inner_one_counts() -> None:
    table = FakeTable(
        running(10, 1),
        running(20, 10),
        running(70, 1),
        environments={70: {VARIABLE: "outer", "INNER": "inner"}},
    )
    inner = SessionProgram(key=key("inner"), pid=20, ids=frozenset({"inner"}), variable="INNER")
    assert pids(find_children([program("outer", 10), inner], {10, 20}, table)) == {"outer": [], "inner": [70]}


def test_a_number_that_is_another_ones_now_has_no_children() -> None:
    """Windows keeps the number of a parent that has ended, and gives it away again."""
    table = FakeTable(
        running(10, 1, started=100.0), running(20, 10, started=50.0), running(30, 10, started=100.0)
    )
    assert pids(find_children([program("a", 10)], {10}, table)) == {"a": [30]}


def test_parents_in_a_circle() -> None:
    table = FakeTable(running(10, 20, 5.0), running(20, 30, 5.0), running(30, 10, 5.0), running(40, 40, 5.0))
    assert pids(find_children([program("a", 10)], {10}, table)) == {"a": [20, 30]}


def test_ports_of_two_sessions_are_marked() -> None:
    table = FakeTable(
        running(10, 1),
        running(11, 1),
        running(20, 10),
        running(21, 20),
        running(30, 11),
        ports={20: (3000, 8080), 21: (8080,), 30: (3000,)},
    )
    found = find_children([program("a", 10), program("b", 11)], {10, 11}, table)
    assert {child.pid: child.shared_ports for of in found.values() for child in of.shown} == {
        20: (3000,),
        21: (),
        30: (3000,),
    }


def test_no_more_than_so_many_are_shown_and_those_that_listen_first() -> None:
    count = MOST_CHILDREN + 10
    table = FakeTable(
        running(10, 1), *(running(100 + each, 10) for each in range(count)), ports={100 + count - 1: (80,)}
    )
    (found,) = find_children([program("a", 10)], {10}, table).values()
    assert len(found.shown) == MOST_CHILDREN
    assert found.more == 10
    assert [child.pid for child in found.shown][:2] == [100 + count - 1, 100]


def test_a_program_that_has_ended_has_none() -> None:
    assert find_children([program("a", 10)], {10}, FakeTable(running(20, 10))) == {}


def test_of_a_child_that_calls_a_cli_no_prompt_is_shown() -> None:
    commands = {
        20: ("bash", "-lc", "cd x && fake -p 'why is it red' | tee out"),
        21: ("npx", "@vendor/fake", "exec", "why is it red"),
        22: ("env", "fake", "why is it red"),
        23: ("node", "/lib/node_modules/@vendor/fake/cli.js", "-p", "why is it red"),
    }
    table = FakeTable(running(10, 1), *(running(pid, 10) for pid in commands), commands=commands)
    (found,) = find_children([program("a", 10)], {10}, table, clis=("fake",)).values()
    assert [child.command for child in found.shown] == [
        "… fake -p …",
        "npx fake …",
        "env fake …",
        "node fake -p …",
    ]


WRAPPED = "source /home/dev/.fake/shell-snapshots/s.sh || true && eval {} < /dev/null && pwd -P >| /tmp/x"


@pytest.mark.parametrize(
    ("script", "is_shown"),
    [
        ("npm test", False),
        ("cd 'my shop' && npm test", False),
        (WRAPPED.format("'npm test'"), False),
        (WRAPPED.format("'npm run a; npm run b'"), True),
        ("for i in 1 2; do npm test; done", True),
        ("npm test | tee out", True),
    ],
)
def test_a_shell_that_waits_for_its_one_command_is_not_shown_beside_it(
    script: str, *, is_shown: bool
) -> None:
    commands = {20: ("/bin/bash", "-c", script), 30: ("npm", "test")}
    shell = running(20, 10, name="bash")
    table = FakeTable(running(10, 1), shell, running(30, 20), commands=commands)
    assert pids(find_children([program("a", 10)], {10}, table)) == {"a": [20, 30] if is_shown else [30]}
    table = FakeTable(running(10, 1), shell, running(30, 20), commands=commands, ports={20: (80,)})
    assert pids(find_children([program("a", 10)], {10}, table)) == {"a": [20, 30]}, "it listens"
    table = FakeTable(running(10, 1), shell, commands=commands)
    assert pids(find_children([program("a", 10)], {10}, table)) == {"a": [20]}, "it has no child"


def test_a_shell_without_a_script_is_shown() -> None:
    table = FakeTable(
        running(10, 1), running(20, 10, name="bash"), running(30, 20), commands={20: ("bash", "build.sh")}
    )
    assert pids(find_children([program("a", 10)], {10}, table)) == {"a": [20, 30]}


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 3)), max_size=14),
    st.lists(st.integers(0, 12), max_size=4),
    st.sets(st.integers(0, 12), max_size=4),
)
def test_whatever_the_parents_are_each_belongs_to_one_session(
    found: list[tuple[int, int, int]], programs: list[int], agents: set[int]
) -> None:
    table = FakeTable(*(running(pid, parent, float(started)) for pid, parent, started in found))
    owners = [program(str(at), pid) for at, pid in enumerate(programs)]
    children = find_children(owners, {*agents, *programs}, table)
    shown = [child.pid for of in children.values() for child in of.shown]
    assert len(shown) == len(set(shown))
    assert not {*shown} & {*agents, *programs}
    assert {*shown} <= table.processes.keys()
