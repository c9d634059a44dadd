"""Which processes come from which: pure."""

from __future__ import annotations

from collections.abc import Iterator

from providers.domain.processes import ProcessTable


def descendants(pid: int, table: ProcessTable) -> Iterator[int]:
    """All below this process, in no order."""
    below: dict[int, list[int]] = {}
    for process in table.processes.values():
        below.setdefault(process.parent, []).append(process.pid)
    seen = {pid}
    pending = [pid]
    while pending:
        for child in below.get(pending.pop(), ()):
            if child not in seen:
                seen.add(child)
                pending.append(child)
                yield child
