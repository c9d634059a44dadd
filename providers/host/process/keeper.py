"""Run as a program between us and one that we start (Linux): it ends whatever that leaves behind.

`keeper.py PARENT STATUS TERMINAL COERCED PROGRAM [ARGUMENT …]`: the keeper is a subreaper, so that a daemon which
drops its parent, its session and its environment becomes the keeper's own child. It ends them all when the program
ends, on SIGUSR2, and when PARENT (the process that started it) dies; then it ends as the program did.

STATUS is a pipe: it gets the errno where the program cannot be started, and is closed in any case. With TERMINAL
`1` stdin becomes the controlling terminal. COERCED `1`: LC_CTYPE is Python's own (PEP 538) and not passed on.
Started with `-I -S`, which takes 20 to 40 ms.
"""

from __future__ import annotations

import os
import signal
import sys
import time

_PDEATHSIG, _CHILD_SUBREAPER = 1, 36  # <linux/prctl.h>
_END_SECONDS = 5.0
_REST_SECONDS = 0.2
_LOOK_SECONDS = 0.002
_GENTLE = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT) if sys.platform != "win32" else ()


class _Over(Exception):
    """Nobody waits for the program any more."""


def main(parent: int, status: int, terminal: bool, coerced: bool, argv: list[str]) -> None:
    if sys.platform == "win32":
        return
    environ = {name: value for name, value in os.environ.items() if not (coerced and name == "LC_CTYPE")}
    if terminal:
        import fcntl
        import termios

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # What is sent to the group is for the program; who ignores it (nohup) lets it be ignored.
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _GENTLE}
    signal.signal(signal.SIGUSR2, _over)
    _prctl(_CHILD_SUBREAPER, 1)
    _prctl(_PDEATHSIG, signal.SIGUSR2)
    found: int | None = None
    try:
        default = [each for each in _GENTLE if before[each] is not signal.SIG_IGN]
        child = _start(argv, environ, status, default)
        _let_go(status)
        while found is None and os.getppid() == parent:
            pid, ended = os.wait()
            found = ended if pid == child else None
        _wait_for_rest()
    except _Over:
        pass
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    _end_all()
    _end_as(found)


def _start(argv: list[str], environ: dict[str, str], status: int, gentle: list[signal.Signals]) -> int:
    os.set_inheritable(status, False)
    child = os.fork()
    if child:
        return child
    # Python ignores the last two, which programs do not expect.
    for number in (*gentle, signal.SIGUSR2, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execve(argv[0], argv, environ)  # noqa: S606 - a program, not a line for a shell
    except OSError as error:
        os.write(status, str(error.errno).encode())
    os._exit(127)


def _let_go(status: int) -> None:
    """Of the program's outputs, so that their end is seen."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for file in (0, 1, 2):
        os.dup2(nothing, file)
    os.close(nothing)
    os.close(status)


def _wait_for_rest() -> None:
    """What a program started may have something to say still, for a moment."""
    until = time.monotonic() + _REST_SECONDS
    while time.monotonic() < until:
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        time.sleep(_LOOK_SECONDS)


def _end_all() -> None:
    """Those of a child that was ended become children themselves: until there is none."""
    until = time.monotonic() + _END_SECONDS
    while time.monotonic() < until:
        for pid in _children():
            try:  # noqa: SIM105 - contextlib takes its time
                os.kill(pid, signal.SIGKILL)
            except OSError:  # it is gone, or has become somebody else
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(_LOOK_SECONDS)


def _children() -> list[int]:
    own, found = str(os.getpid()), []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[1:2] == [own]:
                found.append(int(name))
    return found


def _end_as(status: int | None) -> None:
    number = signal.SIGKILL if status is None else os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status or 0))


def _prctl(option: int, value: int) -> None:
    """Where it is refused, daemons are left to the mark in their environment."""
    import ctypes

    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _over(*_: object) -> None:
    raise _Over


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1", sys.argv[4] == "1", sys.argv[5:])
