"""Which processes belong to which session. Pure, of one look at the processes.

A session's are those below its program. Where one program runs several (a daemon), and where a process has left
its parent (a server that was started in the background), the variable counts that the CLI gives to its tools;
without one nobody knows whose it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from providers.domain.live import ChildProcess
from providers.domain.process_tree import children_of, tree
from providers.domain.processes import ProcessTable
from providers.domain.session_figures import SessionKey
from providers.host.shown_command import script_of, shown_argument, shown_command

MOST_CHILDREN = 64
_SHELL = re.compile(r"sh(?:\.exe)?$|^pwsh|^powershell|^cmd", re.IGNORECASE)
_IN_A_FOLDER = re.compile(r"^\s*cd\s+(?:'[^']*'|\"[^\"]*\"|[^\s;&|]+)\s*&&")
_MORE_COMMANDS = re.compile(r"[;&|\n`]|\$\(", re.ASCII)
_MOST_ASKED = 512
"""Of one session: of no more the ports are asked for."""


class SessionProgram(Struct, frozen=True, kw_only=True):
    """`pid` is the program that runs this session. `ids` are the session's and its subagents', which their tools
    have in `variable`.
    """

    key: SessionKey
    pid: int
    ids: frozenset[str]
    variable: str | None = None


class SessionChildren(Struct, frozen=True):
    """The shown ones, those that listen first, then in the order in which they began; and how many more there
    are.
    """

    shown: tuple[ChildProcess, ...] = ()
    more: int = 0


def find_children(
    programs: Sequence[SessionProgram],
    agents: Collection[int],
    table: ProcessTable,
    clis: Collection[str] = (),
) -> Mapping[SessionKey, SessionChildren]:
    """`agents` are the processes of the CLIs: they are no children, but have some. `clis` are the names of their
    commands: of what calls one the prompt is not shown.
    """
    owned = _owned(programs, agents, table)
    ports = {key: table.ports(pids[:_MOST_ASKED]) for key, pids in owned.items()}
    users: dict[int, set[SessionKey]] = defaultdict(set)
    for key, of in ports.items():
        for each in of.values():
            for port in each:
                users[port].add(key)
    shared = {port for port, keys in users.items() if len(keys) > 1}
    return {key: _shown(pids, ports[key], shared, table, clis) for key, pids in owned.items()}


def _owned(
    programs: Sequence[SessionProgram], agents: Collection[int], table: ProcessTable
) -> dict[SessionKey, list[int]]:
    """The pids of each session's, in the order in which they began."""
    running = [each for each in programs if each.pid in table.processes]
    by_pid: dict[int, list[SessionProgram]] = defaultdict(list)
    for each in running:
        by_pid[each.pid].append(each)
    below = children_of(table.processes)
    owned: dict[SessionKey, list[int]] = {each.key: [] for each in running}
    seen = {*agents, *by_pid}
    names = {each.variable for each in running if each.variable}
    for pid, own in by_pid.items():
        for child in below.get(pid, ()):
            found = list(tree(child, below, without=by_pid))
            seen.update(found)
            owner = own[0] if len(own) == 1 else _called_by(child, own, names, table)
            if owner is not None:
                owned[owner.key] += (each for each in found if each not in agents)
    for pid in table.processes.keys() - seen:
        if (owner := _called_by(pid, running, names, table)) is not None:
            owned[owner.key].append(pid)
    for pids in owned.values():
        pids.sort(key=lambda pid: (table.processes[pid].started, pid))
    return owned


def _called_by(
    pid: int, programs: Sequence[SessionProgram], names: Collection[str], table: ProcessTable
) -> SessionProgram | None:
    """The session whose tool it is, by its environment; of a session in a session, the inner one. `names` are
    the variables of all.
    """
    known = table.environment(pid, names) if names else {}
    if not known:
        return None
    found = [each for each in programs if each.variable and known.get(each.variable) in each.ids]
    return max(found, key=lambda each: table.processes[each.pid].started, default=None)


def _is_wrapper(pid: int, table: ProcessTable) -> bool:
    """Whether it is a shell that only waits for its one command, which is a child of the session, too."""
    script = script_of(table.command(pid)) if _SHELL.search(table.processes[pid].name) else None
    return script is not None and not _MORE_COMMANDS.search(_IN_A_FOLDER.sub("", script))


def _shown(
    pids: Sequence[int],
    ports: Mapping[int, tuple[int, ...]],
    shared: Collection[int],
    table: ProcessTable,
    clis: Collection[str],
) -> SessionChildren:
    parents = {table.processes[pid].parent for pid in pids}
    pids = [pid for pid in pids if pid not in parents or ports.get(pid) or not _is_wrapper(pid, table)]
    first = sorted(pids, key=lambda pid: not ports.get(pid))[:MOST_CHILDREN]
    children = tuple(
        ChildProcess(
            pid=pid,
            command=shown_command(table.command(pid), clis=clis) or shown_argument(table.processes[pid].name),
            rss=table.memory(pid),
            ports=ports.get(pid, ()),
            shared_ports=tuple(port for port in ports.get(pid, ()) if port in shared),
        )
        for pid in first
    )
    return SessionChildren(children, more=len(pids) - len(first))
