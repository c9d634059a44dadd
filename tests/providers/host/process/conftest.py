from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.host.process.child import probe_folder
from tests.left_behind import child_pids, children, folders, marked


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A probe's folder; nothing may be left of what a test did in it."""
    handles, processes = _handles(), child_pids()
    with probe_folder(tmp_path) as made:
        yield made
    assert marked(tmp_path) == []
    assert folders(tmp_path) == []
    assert children(processes) == []
    assert threading.active_count() == 1
    assert _handles() == handles


def _handles() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
