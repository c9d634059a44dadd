"""What a stream is, and what the person says of it."""

from __future__ import annotations

import io
import os
import pty
import sys
from collections.abc import Iterator
from typing import TextIO

import pytest

from tray.view import terminal


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


ON_SCREEN = {"WT_SESSION": "1"}


@pytest.mark.parametrize(
    ("environ", "on_screen", "in_pipe"),
    [
        ({}, True, False),
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "false"}, False, False),
        ({"FORCE_COLOR": "False"}, False, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ({"FORCE_COLOR": "3", "NO_COLOR": "1"}, False, False),
    ],
)
def test_colours(environ: dict[str, str], on_screen: bool, in_pipe: bool) -> None:
    assert terminal.is_styled({**ON_SCREEN, **environ}, Screen()) is on_screen
    assert terminal.is_styled({**ON_SCREEN, **environ}, io.StringIO()) is in_pipe


@pytest.mark.parametrize(("term", "obeys"), [("xterm", True), ("dumb", False)])
def test_a_line_is_drawn_again_where_that_works_whatever_the_colours(term: str, obeys: bool) -> None:
    environ = {**ON_SCREEN, "TERM": term, "NO_COLOR": "1", "FORCE_COLOR": "1"}
    assert terminal.obeys_codes(environ, Screen()) is obeys
    assert not terminal.obeys_codes(environ, io.StringIO())


def closed() -> TextIO:
    stream = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    stream.close()
    return stream


def test_a_stream_that_is_none_or_closed_is_no_terminal() -> None:
    for stream in (None, closed()):
        assert not terminal.is_terminal(stream)
        assert not terminal.is_styled(ON_SCREEN, stream)
        assert terminal.columns({}, stream) == 80


@pytest.fixture
def screen() -> Iterator[TextIO]:
    """A real terminal of 57 columns."""
    import fcntl
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 57, 0, 0))
    with open(slave, "w", encoding="utf-8") as stream:
        yield stream
    os.close(master)


@pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")
@pytest.mark.parametrize(("named", "width"), [("", 57), ("nonsense", 57), ("0", 57), ("100", 100), ("3", 40)])
def test_the_width_is_that_of_the_terminal_unless_it_is_named(screen: TextIO, named: str, width: int) -> None:
    assert terminal.columns({"COLUMNS": named}, screen) == width
