"""Run as a program: make stdin the controlling terminal of this session, then become the program named.

`take_terminal.py PROGRAM [ARGUMENT …]`. A thread-safe way to what `preexec_fn` does: the tray has threads.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    if sys.platform != "win32":
        import fcntl
        import termios

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - a program, not a line for a shell
