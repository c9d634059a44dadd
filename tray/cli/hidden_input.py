"""A prompt for a secret: what is typed or pasted is not shown.

`getpass` reads a line as the terminal edits it, and terminals cut off such lines: Linux after 4095 bytes, macOS
after 1023. A cookie is longer. So this one reads the bytes as they come.
"""

from __future__ import annotations

import os
import sys

_ENTER = b"\r\n"
_END = 0x04
_ERASE = (0x08, 0x7F)
_PAUSE_SECONDS = 0.3
_MOST = 1 << 20


def read_hidden(prompt: str) -> str:
    """What the person enters, up to Enter; what is pasted with line breaks in it is read to its end.

    Raises EOFError where the terminal ends first, KeyboardInterrupt.
    """
    try:
        import termios

        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except (ImportError, OSError):
        import getpass

        return getpass.getpass(prompt, stream=sys.stderr)
    try:
        before = termios.tcgetattr(terminal)
        hidden = [*before[:6], list(before[6])]
        hidden[3] &= ~(termios.ECHO | termios.ICANON)
        hidden[6][termios.VMIN], hidden[6][termios.VTIME] = 1, 0
        try:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, hidden)
            os.write(terminal, prompt.encode())
            return _until_enter(terminal).decode(errors="replace")
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
            os.write(terminal, b"\n")
    finally:
        os.close(terminal)


def _until_enter(terminal: int) -> bytes:
    import select

    entered = bytearray()
    while True:
        ended = entered.endswith((b"\r", b"\n")) and bool(entered.strip())
        if ended and not select.select([terminal], [], [], _PAUSE_SECONDS)[0]:
            return bytes(entered)
        sent = os.read(terminal, 1 << 16)
        if not sent or sent[0] == _END:
            if entered:
                return bytes(entered)
            raise EOFError
        for byte in sent:
            if byte in _ERASE:
                del entered[-1:]
            else:
                entered.append(byte)
        if len(entered) > _MOST or (not entered.strip() and sent[-1] in _ENTER):
            return bytes(entered)
