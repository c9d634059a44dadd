from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from providers.claude.descriptor import CLAUDE, find_homes

NOBODY = """
import os
from providers.registry import PROVIDERS
os.environ.pop("HOME", None)
os.setuid(54321)
print([home.provider for each in PROVIDERS for home in each.find_homes({})])
"""


def test_the_list_or_the_two_usual_folders() -> None:
    assert [str(home.path) for home in find_homes({"CLAUDE_CONFIG_DIR": "/a, /b,/a"})] == ["/a", "/b"]
    assert [home.label for home in find_homes({})] == ["~/.claude", "~/.config/claude"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become nobody")
def test_who_has_no_home_has_homes_that_are_not_there() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NOBODY], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == ("['codex', 'claude', 'claude']\n", "")


def test_its_ways_to_the_limits() -> None:
    assert [source.id for source in CLAUDE.sources] == ["oauth", "usage-command", "statusline", "noted"]
    assert CLAUDE.interval == timedelta(minutes=5)
