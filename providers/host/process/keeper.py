"""Run as a program between us and one that we start (Linux): it ends whatever that leaves behind.

`keeper.py PARENT STATUS TERMINAL COERCED PROGRAM [ARGUMENT …]`: the keeper is a subreaper, so that a daemon which
drops its parent, its session and its environment becomes the keeper's own child. It ends them all when the program
ends, on SIGUSR2, and when PARENT (the process that started it) dies; then it ends as the program did.

STATUS is a pipe: it gets a `k` when the keeper can do all this, then the errno where the program cannot be
started, and is closed in any case. With TERMINAL `1` stdin becomes the controlling terminal. COERCED `1`:
LC_CTYPE is Python's own (PEP 538) and not passed on. Started with `-I -S`, which takes 20 to 40 ms, a third of it
for ctypes.

All signals are blocked, so that none that is sent to the program's group ends the keeper, and none comes between
two lines: it waits for those that it needs.
"""

from __future__ import annotations

import os
import signal
import sys
import time

_PDEATHSIG, _CHILD_SUBREAPER = 1, 36  # <linux/prctl.h>
_END_SECONDS = 5.0
_REST_SECONDS = 0.2
_LOOK_SECONDS = 0.01
_OWN = "/proc/self/stat"
_CANNOT_START = 127 << 8


def main(parent: int, status: int, terminal: bool, coerced: bool, argv: list[str]) -> None:
    if sys.platform == "win32":
        return
    environ = {name: value for name, value in os.environ.items() if not (coerced and name == "LC_CTYPE")}
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it is ignored there is nobody to wait for
    if terminal:
        import fcntl
        import termios

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    _prctl(_CHILD_SUBREAPER, 1)
    _prctl(_PDEATHSIG, signal.SIGUSR2)
    os.set_inheritable(status, False)
    os.write(status, b"k")
    found: int | None = _CANNOT_START
    if child := _start(argv, environ, status, blocked):
        _release_output(status)
        found = _wait_for(child, parent)
        if found is None:
            os.kill(child, signal.SIGKILL)  # also where there is no /proc
        else:
            _wait_for_rest()
        _end_all()
    _end_as(found)


def _start(argv: list[str], environ: dict[str, str], status: int, blocked: set[int | signal.Signals]) -> int:
    """Its id, or 0."""
    try:
        child = os.fork()
    except OSError as error:  # too many processes
        os.write(status, str(error.errno).encode())
        return 0
    if child:
        return child
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, which programs do not expect
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    try:
        os.execve(argv[0], argv, environ)  # noqa: S606 - a program, not a line for a shell
    except OSError as error:
        os.write(status, str(error.errno).encode())
    os._exit(127)


def _release_output(status: int) -> None:
    """Close our ends of the program's streams, so that who reads them sees their end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for file in (0, 1, 2):
        os.dup2(nothing, file)
    os.close(nothing)
    os.close(status)


def _wait_for(child: int, parent: int) -> int | None:
    """Its status, or None when nobody waits for it any more."""
    while os.getppid() == parent:  # one that died before _PDEATHSIG was set sends no signal
        if signal.sigwait((signal.SIGCHLD, signal.SIGUSR2)) == signal.SIGUSR2:
            return None
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == child:
                return ended[1]
    return None


def _wait_for_rest() -> None:
    """What a program started may have something to say still, for a moment."""
    until = time.monotonic() + _REST_SECONDS
    while not _reaped() and (left := until - time.monotonic()) > 0:
        received = signal.sigtimedwait((signal.SIGCHLD, signal.SIGUSR2), left)
        if received is not None and received.si_signo == signal.SIGUSR2:
            return


def _reaped() -> bool:
    """Whether there is no child, after those that have ended were taken."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return True
    return False


def _end_all() -> None:
    """Those of a child that was ended become children themselves: until there is none."""
    until = time.monotonic() + _END_SECONDS
    while not _reaped() and time.monotonic() < until and os.path.exists(_OWN):
        for pid in _children():
            try:  # noqa: SIM105 - contextlib takes its time
                os.kill(pid, signal.SIGKILL)
            except OSError:  # it is gone, or has become somebody else
                pass
        signal.sigtimedwait((signal.SIGCHLD,), _LOOK_SECONDS)


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
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (number,))
    os._exit(os.WEXITSTATUS(status or 0))


def _prctl(option: int, value: int) -> None:
    """Where it is refused, daemons are left to the mark in their environment."""
    import ctypes

    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1", sys.argv[4] == "1", sys.argv[5:])
