"""Which processes come from which: pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from providers.domain.processes import Process


def children_of(processes: Mapping[int, Process]) -> Mapping[int, list[int]]:
    """The pids of the children of each. One that is older than its parent has none: another has its number now."""
    children: dict[int, list[int]] = defaultdict(list)
    for process in processes.values():
        parent = processes.get(process.parent)
        if parent is not None and parent.started <= process.started and parent.pid != process.pid:
            children[parent.pid].append(process.pid)
    return children


def tree(pid: int, children: Mapping[int, list[int]], without: Collection[int] = ()) -> Iterator[int]:
    """This one and all below it, in no order; none of those `without`, and nothing below them."""
    pending, seen = [pid], {*without}
    while pending:
        pid = pending.pop()
        if pid not in seen:
            seen.add(pid)
            yield pid
            pending += children.get(pid, ())
