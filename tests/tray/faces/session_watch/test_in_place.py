"""In a real terminal: it draws in place, follows the size, and leaves the terminal as it was, however it ends."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from providers.domain.live import SessionsLook
from providers.host.files import read_small
from providers.host.terminal.screen import Screen
from tests.programs import ROOT, started
from tests.tray.view.sessions.sample import APPROVAL, HOMES, IDLE, NOW, QUESTION, TITLES
from tray.engine.live.document import as_document, look_of
from tray.view.output import Paper
from tray.view.sessions import table

SECONDS = 60.0
HEAD = "2 sessions wait for you (1 approval, 1 question), 1 is idle."
LOOK = SessionsLook(at=NOW, sessions=(APPROVAL, QUESTION, IDLE), counted_at=NOW)
BEFORE = "$ tankful sessions --watch"
LEAVE = b"\x1b[?7h\x1b[?25h\x1b[?1049l"


class Shown:
    """The program in a terminal."""

    def __init__(
        self, process: subprocess.Popen[bytes], master: int, slave: int, file: Path, size: tuple[int, int]
    ) -> None:
        self.process = process
        self.master = master
        self._slave, self._before = slave, termios.tcgetattr(slave)
        self.sent = b""
        self._file = file
        self._screen = Screen(*size)
        self._screen.feed(BEFORE.encode() + b"\r\n")

    @property
    def text(self) -> str:
        return self._screen.text

    def looks(self, look: SessionsLook) -> None:
        write(self._file, look)

    def resize(self, columns: int, lines: int) -> None:
        self._screen = Screen(columns, lines)
        size(self.master, columns, lines)

    def read(self, seconds: float = 0.1) -> bytes:
        if not select.select([self.master], [], [], seconds)[0]:
            return b""
        with suppress(OSError):  # it has ended
            data = os.read(self.master, 1 << 16)
            self.sent += data
            self._screen.feed(data)
            return data
        return b""

    def until(self, true: Callable[[], bool]) -> None:
        ends = time.monotonic() + SECONDS
        while not true():
            assert time.monotonic() < ends, self.text
            self.read()

    def until_ended(self) -> int:
        self.until(lambda: self.process.poll() is not None)
        while self.read():
            pass
        assert termios.tcgetattr(self._slave) == self._before, "the terminal is not as it was"
        return self.process.returncode


def write(file: Path, look: SessionsLook) -> None:
    other = file.with_suffix(".new")
    other.write_text(json.dumps(as_document(look)))
    other.replace(file)


def size(terminal: int, columns: int, lines: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


@contextmanager
def watching(folder: Path, look: SessionsLook, columns: int = 100, lines: int = 60) -> Iterator[Shown]:
    file = folder / "look.json"
    write(file, look)
    master, slave = pty.openpty()
    size(slave, columns, lines)
    command = [sys.executable, "-m", "tests.tray.faces.session_watch.program", str(file)]
    try:
        with started(command, cwd=ROOT, stdin=slave, stdout=slave, stderr=slave) as process:
            shown = Shown(process, master, slave, file, (columns, lines))
            shown.until(lambda: b"\x1b[?1049h" in shown.sent)
            yield shown
    finally:
        os.close(slave)
        with suppress(OSError):
            os.close(master)


def expected(look: SessionsLook = LOOK, columns: int = 100, lines: int = 60) -> str:
    read = look_of(json.loads(json.dumps(as_document(look))))
    return table.text(read, TITLES, HOMES, Paper(width=columns), lines)


def test_it_shows_the_table_and_follows_each_change(tmp_path: Path) -> None:
    with watching(tmp_path, LOOK) as terminal:
        terminal.until(lambda: terminal.text == expected())
        sent = len(terminal.sent)
        other = replace(LOOK, sessions=(QUESTION, IDLE))
        terminal.looks(other)
        terminal.until(lambda: terminal.text == expected(other))
        assert b"\x1b[2J" not in terminal.sent[sent:], "nothing flickers"
        terminal.looks(SessionsLook(at=NOW))
        terminal.until(lambda: terminal.text == expected(SessionsLook(at=NOW)))


def test_it_writes_nothing_while_nothing_changes(tmp_path: Path) -> None:
    with watching(tmp_path, LOOK) as terminal:
        terminal.until(lambda: terminal.text == expected())
        for _ in range(10):
            assert terminal.read() == b""


def test_one_line_is_drawn_where_one_changes(tmp_path: Path) -> None:
    with watching(tmp_path, LOOK, 200) as terminal:
        terminal.until(lambda: terminal.text == expected(columns=200))
        sent = len(terminal.sent)
        terminal.looks(replace(LOOK, sessions=(APPROVAL, QUESTION, replace(IDLE, model="gpt-6"))))
        terminal.until(lambda: "gpt-6" in terminal.text)
        assert terminal.sent[sent:].count(b"\x1b[K") == 1


@pytest.mark.parametrize(("columns", "lines"), [(60, 20), (160, 60), (40, 6), (80, 3)])
def test_it_follows_the_size_of_the_terminal(columns: int, lines: int, tmp_path: Path) -> None:
    with watching(tmp_path, LOOK) as terminal:
        terminal.until(lambda: terminal.text == expected())
        terminal.resize(columns, lines)
        terminal.until(lambda: terminal.text == expected(columns=columns, lines=lines))


def test_a_terminal_that_is_too_narrow_shows_the_begin_of_each_line(tmp_path: Path) -> None:
    with watching(tmp_path, LOOK, 20, 10) as terminal:
        terminal.until(lambda: "! approval" in terminal.text)


@pytest.mark.parametrize("key", ["q", "Q", "\x03"])
def test_a_key_ends_it_and_the_screen_is_as_before(key: str, tmp_path: Path) -> None:
    with watching(tmp_path, LOOK) as terminal:
        terminal.until(lambda: HEAD in terminal.text)
        os.write(terminal.master, key.encode())
        assert terminal.until_ended() == 0
        assert terminal.text == f"{BEFORE}\nended"


def test_other_keys_neither_end_it_nor_show(tmp_path: Path) -> None:
    with watching(tmp_path, LOOK) as terminal:
        terminal.until(lambda: terminal.text == expected())
        os.write(terminal.master, b"xyz\x1b[A\r")
        for _ in range(5):
            assert terminal.read() == b""
        assert terminal.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_and_the_screen_is_as_before(number: signal.Signals, tmp_path: Path) -> None:
    with watching(tmp_path, LOOK) as terminal:
        terminal.until(lambda: HEAD in terminal.text)
        terminal.process.send_signal(number)
        assert terminal.until_ended() == 0
        assert terminal.text == f"{BEFORE}\nended"
        assert LEAVE in terminal.sent


def test_a_closed_terminal_ends_it(tmp_path: Path) -> None:
    with watching(tmp_path, LOOK) as terminal:
        terminal.until(lambda: HEAD in terminal.text)
        os.close(terminal.master)
        ends = time.monotonic() + SECONDS
        while terminal.process.poll() is None:
            assert time.monotonic() < ends
            time.sleep(0.05)


def test_ctrl_z_gives_the_screen_back_until_it_goes_on(tmp_path: Path) -> None:
    with watching(tmp_path, LOOK) as terminal:
        terminal.until(lambda: terminal.text == expected())
        terminal.process.send_signal(signal.SIGTSTP)
        terminal.until(lambda: terminal.text == BEFORE)
        terminal.until(lambda: state_of(terminal.process) == "T")
        terminal.process.send_signal(signal.SIGCONT)
        terminal.until(lambda: terminal.text == expected())
        os.write(terminal.master, b"q")
        assert terminal.until_ended() == 0
        assert terminal.text == f"{BEFORE}\nended"


def state_of(process: subprocess.Popen[Any]) -> str:
    return read_small(Path(f"/proc/{process.pid}/stat"), 4096).decode().rpartition(")")[2].split()[0]
