"""A signal ends the tray at once, whatever the main thread is in."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from tests.programs import started
from tests.tray.desktop.fake_watcher import DEADLINE
from tray.cli.tray import _stop_on_signals

# A mutex that is locked twice is as deaf to Python's handlers as NSApp.run and GetMessage are.
DEAF = """
import ctypes, os
from tray.cli.tray import _stop_on_signals

def stop():
    print("stopped", flush=True)
    os._exit(0)

libc = ctypes.CDLL(None)
mutex = ctypes.create_string_buffer(256)
libc.pthread_mutex_lock(mutex)
with _stop_on_signals(stop):
    print("deaf", flush=True)
    libc.pthread_mutex_lock(mutex)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a zeroed pthread_mutex_t is a mutex on Linux")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_is_received_though_the_main_thread_is_blocked(number: signal.Signals) -> None:
    with started(
        [sys.executable, "-c", DEAF], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "deaf\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=DEADLINE)
    assert (out, err, process.returncode) == ("stopped\n", "", 0)


def test_everything_is_as_before_afterwards() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    stopped = threading.Event()
    with _stop_on_signals(stopped.set):
        signal.raise_signal(signal.SIGTERM)
        assert stopped.wait(DEADLINE)
    assert [signal.getsignal(number) for number in numbers] == before
    assert signal.set_wakeup_fd(-1) == -1


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no such signal")
def test_another_signal_stops_nothing() -> None:
    stopped = threading.Event()
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with _stop_on_signals(stopped.set):
            signal.raise_signal(signal.SIGUSR1)
            assert not stopped.wait(0.2)
            signal.raise_signal(signal.SIGTERM)
            assert stopped.wait(DEADLINE)
    finally:
        signal.signal(signal.SIGUSR1, before)
