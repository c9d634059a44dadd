from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.errors import NotUnderstood, ProgramMissing
from providers.host.process.child import probe_folder
from providers.host.terminal.line import Size
from providers.host.terminal.screen import Screen
from providers.host.terminal.terminal import Terminal, in_terminal
from providers.host.terminal.windows_terminal import ConPty
from tests.programs import started

SIZE = Size(80, 24)

posix = pytest.mark.skipif(sys.platform == "win32", reason="a pseudo terminal")


@contextmanager
def running(script: str, below: Path, size: Size = SIZE) -> Iterator[Terminal]:
    """A Python program in a terminal."""
    command = [sys.executable, "-c", script]
    with (
        probe_folder(below) as folder,
        in_terminal(command, environ={"PATH": os.environ["PATH"]}, folder=folder, size=size) as terminal,
    ):
        yield terminal


@contextmanager
def missing_program(below: Path) -> Iterator[Terminal]:
    gone = [str(below / "gone")]
    with (
        probe_folder(below) as folder,
        in_terminal(gone, environ={}, folder=folder, size=SIZE) as terminal,
    ):
        yield terminal


class TestScreen:
    @pytest.mark.parametrize(
        ("question", "answer"),
        [
            (b"\x1b[6n", b"\x1b[2;4R"),
            (b"\x1b[c", b"\x1b[?62;22c"),
            (b"\x1b[0c", b"\x1b[?62;22c"),
            (b"\x1b]10;?\x1b\\", b"\x1b]10;rgb:d0d0/d0d0/d0d0\x1b\\"),
            (b"\x1b]11;?\x07", b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
            (b"\x1b[?u", b"\x1b[?0u"),
            (b"\x1b]0;a title\x07", b""),
            (b"\x1b]11;red\x07", b""),
            (b"\x1b[>7u\x1b[?25l\x1b[>4;1m\x1b[?2004h", b""),
        ],
    )
    def test_questions_are_answered_wherever_they_are_cut(self, question: bytes, answer: bytes) -> None:
        sent = b"one\r\ntwo" + question
        for cut in range(len(sent) + 1):
            screen = Screen(20, 5)
            assert screen.feed(sent[:cut]) + screen.feed(sent[cut:]) == answer
            assert screen.text == "one\ntwo"

    def test_the_answer_tells_where_the_cursor_was_when_it_was_asked(self) -> None:
        screen = Screen(10, 5)
        assert screen.feed(b"ab\x1b[6ncd\x1b[6n") == b"\x1b[1;3R\x1b[1;5R"
        assert screen.feed(b"e" * 30 + b"\x1b[6n") == b"\x1b[4;5R"

    def test_a_second_screen_leaves_the_first_as_it_was(self) -> None:
        screen = Screen(20, 5)
        screen.feed(b"below\x1b[?1049h\x1b[H\x1b[2Jabove")
        assert screen.text == "above"
        screen.feed(b"\x1b[?1049l")
        assert screen.text == "below"

    def test_signs_of_several_bytes_may_be_cut(self) -> None:
        screen = Screen(20, 5)
        for byte in "[█░] › é e\u0301".encode():
            screen.feed(bytes([byte]))
        assert screen.text == "[█░] › é e"

    def test_a_sequence_without_an_end_is_not_kept(self) -> None:
        screen = Screen(20, 5)
        for _ in range(100):
            screen.feed(b"\x1b]0;" + b"x" * 1000)
        assert len(screen._begun) < 10_000

    @given(st.lists(st.binary(max_size=60) | st.sampled_from([b"\x1b[", b"\x1b]", b"?", b";", b"6n", b"h"])))
    def test_anything_may_be_sent(self, chunks: list[bytes]) -> None:
        screen = Screen(20, 5)
        for chunk in chunks:
            screen.feed(chunk)
        assert len(screen.text.splitlines()) <= 5

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["", "?", ">", "="]),
                st.text("0123456789;", max_size=6),
                st.sampled_from("@ABCDEFGHIJKLMPSTXZ`abcdefghilmnpqrstu"),
            )
        )
    )
    def test_any_sequence_may_be_sent(self, sequences: list[tuple[str, str, str]]) -> None:
        screen = Screen(20, 5)
        for private, parameters, final in sequences:
            screen.feed(f"x\x1b[{private}{parameters}{final}".encode())
        assert len(screen.text.splitlines()) <= 5


@posix
class TestTerminal:
    def test_it_is_one_of_that_size_and_controls_the_program(self, tmp_path: Path) -> None:
        script = (
            "import os,sys; print(*os.get_terminal_size(), sys.stdin.isatty(), os.getpgrp() == "
            "os.tcgetpgrp(0), os.environ['TERM'])"
        )
        with running(script, tmp_path, Size(101, 33)) as terminal:
            assert terminal.wait_until(lambda text: "xterm" in text, 10)
            assert terminal.text == "101 33 True True xterm-256color"

    def test_keys_arrive_and_questions_are_answered(self, tmp_path: Path) -> None:
        script = (
            "import os,tty; tty.setraw(0); os.write(1, b'ab\\x1b[6n'); print(os.read(0, 20)); "
            "os.write(1, b'\\r\\nready'); print(os.read(0, 20))"
        )
        with running(script, tmp_path) as terminal:
            assert terminal.wait_until(lambda text: "ready" in text, 10)
            assert r"b'\x1b[1;3R'" in terminal.text
            terminal.press("yes\r")
            assert terminal.wait_until(lambda text: r"b'yes\r'" in text, 10)
            assert not terminal.wait_until(lambda _: False, 10)
            assert terminal.ended

    def test_every_wait_has_an_end(self, tmp_path: Path) -> None:
        began = time.monotonic()
        with running("import time; print('on', flush=True); time.sleep(60)", tmp_path) as terminal:
            assert not terminal.wait_until(lambda text: "never" in text, 0.5)
            terminal.wait_still(0.1, 5)
            terminal.press("x" * 100_000)  # nobody reads it
        assert time.monotonic() - began < 10

    def test_one_that_never_stops_talking(self, tmp_path: Path) -> None:
        script = "import os\nwhile True: os.write(1, b'x' * 65536)"
        began = time.monotonic()
        with pytest.raises(NotUnderstood), running(script, tmp_path) as terminal:
            terminal.wait_until(lambda _: False, 60)
        assert time.monotonic() - began < 60

    def test_one_that_will_not_end_and_its_daemon(self, tmp_path: Path) -> None:
        mark = f"{os.getpid()}.25"
        script = (
            "import signal,subprocess,sys,time\n"
            "for each in (signal.SIGTERM, signal.SIGHUP): signal.signal(each, signal.SIG_IGN)\n"
            f"subprocess.Popen(['sleep', '{mark}'], start_new_session=True)\n"
            "print('on', flush=True); time.sleep(60)"
        )
        with running(script, tmp_path) as terminal:
            assert terminal.wait_until(lambda text: "on" in text, 10)
            assert len(carrying(mark)) >= 2  # on Linux its keeper, too
        assert carrying(mark) == []
        assert list(tmp_path.iterdir()) == []

    def test_nothing_stays_open(self, tmp_path: Path) -> None:
        def count() -> int:
            return psutil.Process().num_fds()

        with running("print()", tmp_path):
            pass
        before = count()
        with running("print()", tmp_path):
            pass
        with (
            suppress(ProgramMissing),
            missing_program(tmp_path) as terminal,
        ):  # raised where there is a keeper
            assert not terminal.wait_until(lambda _: False, 10)
            assert terminal.ended
        assert count() == before

    def test_nothing_stays_of_one_whose_owner_was_killed(self, tmp_path: Path) -> None:
        mark = f"{os.getpid()}.75"
        script = (
            "import sys; from pathlib import Path\n"
            "from tests.providers.host.terminal.test_terminal import running\n"
            f'inside = \'import subprocess; print(1, flush=True); subprocess.run(["sleep", "{mark}"])\'\n'
            "with running(inside, Path(sys.argv[1])) as terminal:\n"
            "    terminal.wait_until(lambda text: '1' in text, 10); print('on', flush=True)\n"
            "    terminal.wait_until(lambda _: False, 60)"
        )
        with started([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) as owner:
            assert owner.stdout is not None
            assert owner.stdout.readline() == b"on\n"
            assert carrying(mark) != []
            owner.send_signal(signal.SIGKILL)
            owner.wait()
            ends = time.monotonic() + 10
            while (carrying(mark) or any(tmp_path.iterdir())) and time.monotonic() < ends:
                time.sleep(0.05)
            assert carrying(mark) == []
            assert list(tmp_path.iterdir()) == []


def carrying(mark: str) -> list[str]:
    """Command lines that speak of this mark, but for the owner's own."""
    found = []
    for each in psutil.process_iter(["cmdline"]):
        line = " ".join(each.info["cmdline"] or [])
        if mark in line and "test_terminal import running" not in line:
            found.append(line)
    return found


class Broken(Exception):
    pass


class FakePty:
    """A `winpty.PTY` that says these texts and then ends, by an error or quietly."""

    def __init__(self, says: list[str], *, breaks: bool) -> None:
        self.says = says
        self.breaks = breaks
        self.written: list[str] = []

    def isalive(self) -> bool:
        return bool(self.says)

    def read(self, *, blocking: bool) -> str:
        assert not blocking
        if not self.says and self.breaks:
            raise Broken
        return self.says.pop(0) if self.says else ""

    def write(self, text: str) -> None:
        if self.breaks:
            raise Broken
        self.written.append(text)


@pytest.mark.parametrize("breaks", [False, True])
def test_the_line_of_windows(breaks: bool) -> None:
    pty = FakePty(["one\r\n", "", "two"], breaks=breaks)
    terminal = Terminal(ConPty(pty, Broken), Size(80, 24))
    terminal.press("keys")
    assert pty.written == ([] if breaks else ["keys"])
    assert not terminal.wait_until(lambda _: False, 5)
    assert terminal.ended
    assert terminal.text == "one\ntwo"
