"""What a process holds and has used so far (Linux)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import psutil
from msgspec import Struct


class Sample(Struct, frozen=True, kw_only=True):
    """At one moment: MB of memory, how many threads, open files and children; and since its start: seconds of
    processor time, bytes written to a disk (less those of files that were deleted before that).
    """

    rss: float
    threads: int
    files: int
    children: int
    cpu: float
    written: int


def sample(process: psutil.Process) -> Sample:
    with process.oneshot():
        times = process.cpu_times()
        return Sample(
            rss=process.memory_info().rss / 1e6,
            threads=process.num_threads(),
            files=len(os.listdir(f"/proc/{process.pid}/fd")),
            children=len(process.children()),
            cpu=times.user + times.system,
            written=written(process.pid),
        )


def written(pid: int) -> int:
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    counts = {name: int(value) for name, _, value in (line.partition(": ") for line in lines)}
    return counts["write_bytes"] - counts["cancelled_write_bytes"]


def growth(samples: Sequence[Sample], *, megabytes: float, count: int) -> list[str]:
    """What grew after the first third, in sentences: each is the least of the last third beside the least of the
    second, so that what comes and goes is none.
    """
    third = len(samples) // 3
    middle, last = samples[third : 2 * third], samples[-third:]
    found = []
    for name, allowed in (("rss", megabytes), ("threads", count), ("files", count), ("children", 0)):
        before, after = (min(getattr(each, name) for each in part) for part in (middle, last))
        if after > before + allowed:
            found.append(f"{name} grew from {before:.1f} to {after:.1f}")
    return found
