from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from providers.host.process.running import is_running


def test_a_process_runs_until_it_has_ended() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert is_running(process.pid)
    process.communicate()
    assert not is_running(process.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only a library could tell")
def test_one_that_nobody_waited_for_has_ended() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    ends = time.monotonic() + 30
    while is_running(process.pid):
        assert time.monotonic() < ends
        time.sleep(0.01)
    assert process.returncode is None
    process.wait()


def test_one_of_another_user_runs_too() -> None:
    assert is_running(1) or sys.platform == "win32"
    assert is_running(os.getpid())


def test_a_number_that_no_process_has() -> None:
    assert not is_running(1 << 30)
    assert not is_running(1 << 70)
