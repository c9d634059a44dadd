"""Runs other programs so that nothing is left behind: no process, folder or thread; and never blocks forever.

A child works in a folder of its probe's own and leads a process group of its own. It, and all that it starts,
carries a mark in its environment: what left the group (a daemon) is found by that and ended too. On Linux a
keeper stands between us and the child, which becomes the parent of daemons that drop their environment, too. A
watchdog, a process that does nothing but wait for the end of ours, does the same where we are killed in the
middle.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from msgspec import Struct

from providers.domain.errors import ProgramMissing
from providers.host.files import short
from providers.host.process.scratch import MARK, end_all, end_marked, probe_folder
from providers.host.process.streams import Chunk, streams_of

if TYPE_CHECKING:
    from types import TracebackType

    import psutil

__all__ = ["Child", "Finished", "probe_folder", "run"]

_GRACE_SECONDS = 1.0
_LOOK_SECONDS = 0.05
_DRAIN_SECONDS = 0.2
_KEPT_SECONDS = 6.0
_PYTHON = (sys.executable, "-I", "-S")
_TAKES_TERMINAL = Path(__file__).with_name("take_terminal.py")
_KEEPER = Path(__file__).with_name("keeper.py")


class Finished(Struct, frozen=True, kw_only=True):
    """The output and exit code of a program (negative: the signal that killed it).

    `out` and `err` are truncated at the cap. If `timed_out`, it was killed by us and `code` is meaningless.
    """

    code: int | None
    out: bytes
    err: bytes
    timed_out: bool


class Child:
    """One running program, ended and reaped with all its descendants when the context is left.

    `argv[0]` is a path. `environ` is all that it gets, and the mark. `folder` comes from `probe_folder()`: it is
    where it works and where its temporary files go. With `talks` its stdin is a pipe (`write`), else it is
    empty. stdout is read with `next`; stderr only with `errors`, else it is thrown away by the system, however
    much it is. With `terminal`, the slave side of a pty, all three are that terminal, it is the child's
    controlling one, and there is nothing to `write` and `next`: the master side belongs to the caller.

    Raises ProgramMissing when it cannot be started.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        environ: Mapping[str, str],
        folder: Path,
        talks: bool = False,
        errors: bool = False,
        terminal: int | None = None,
        grace: float = _GRACE_SECONDS,
        keeper: Path = _KEEPER,
    ) -> None:
        self._argv = list(argv)
        self._folder = folder
        self._mark = f"{folder}:{secrets.token_hex(8)}"
        # Temporary files, as Codex 0.60 creates at each start, are deleted with the folder.
        temporary = dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(folder))
        self._environ = {**environ, **temporary, MARK: self._mark}
        self._grace = grace
        self._keeper = keeper
        self._stdio: dict[str, Any] = {
            "stdin": subprocess.PIPE if talks else subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE if errors else subprocess.DEVNULL,
        }
        self._terminal = terminal is not None
        if terminal is not None:
            self._stdio = dict.fromkeys(("stdin", "stdout", "stderr"), terminal)

    def __enter__(self) -> Self:
        try:
            self._process = self._started_by_keeper() or self._started_alone()
        except OSError as error:
            raise ProgramMissing(
                f"Cannot start {short(Path(self._argv[0]))} ({error.strerror or 'unknown error'}).",
                remedy="Reinstall it.",
            ) from None
        files: dict[str, IO[bytes] | None] = {"out": self._process.stdout, "err": self._process.stderr}
        self._streams = streams_of({name: file for name, file in files.items() if file is not None})
        if self._process.stdin is not None and sys.platform != "win32":
            os.set_blocking(self._process.stdin.fileno(), False)
        return self

    def _started(self, argv: Sequence[str], **more: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv, env=self._environ, cwd=self._folder, bufsize=0, **self._stdio, **_own_group(), **more
        )

    def _started_alone(self) -> subprocess.Popen[bytes]:
        if self._terminal and _has_python():
            return self._started([*_PYTHON, str(_TAKES_TERMINAL), *self._argv])
        return self._started(self._argv)

    def _started_by_keeper(self) -> subprocess.Popen[bytes] | None:
        """Waits until the program runs; raises OSError where it cannot be started.

        None where there is no keeper, as after an update of tankful while it runs.
        """
        self._keeps = sys.platform == "linux" and _has_python()
        if not self._keeps:
            return None
        reader, writer = os.pipe()
        with open(reader, "rb") as status:
            try:
                terminal, coerced = int(self._terminal), int("LC_CTYPE" not in self._environ)
                about = [str(each) for each in (os.getpid(), writer, terminal, coerced)]
                process = self._started(
                    [*_PYTHON, str(self._keeper), *about, *self._argv], pass_fds=(writer,)
                )
            except OSError:
                self._keeps = False
                return None
            finally:
                os.close(writer)
            answer = status.read()
        if answer == b"k":
            return process
        process.wait()
        for file in (process.stdin, process.stdout, process.stderr):
            if file is not None:
                file.close()
        if answer:
            raise OSError(int(answer[1:]), os.strerror(int(answer[1:])))
        self._keeps = False
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._end()
        finally:
            self._streams.close()
            for file in (self._process.stdin, self._process.stdout, self._process.stderr):
                if file is not None:
                    with suppress(OSError):
                        file.close()

    @property
    def pid(self) -> int:
        """Of the program, or of its keeper."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    @property
    def open(self) -> bool:
        """Whether it may still produce output."""
        return self._streams.open

    def write(self, data: bytes) -> None:
        """Raises OSError when it has ended, or does not read what it was sent before. Never waits."""
        assert self._process.stdin is not None  # noqa: S101 - asked for with `talks`
        if self._process.stdin.write(data) != len(data):
            raise BlockingIOError("it does not read")

    def close_input(self) -> None:
        """So that it sees the end of what it reads. Raises OSError as `write`."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def next(self, seconds: float) -> Chunk | None:
        """("out" or "err", bytes), no bytes at that stream's end; None when nothing came in time."""
        return self._streams.next(seconds)

    def wait(self, seconds: float) -> int | None:
        """Its code, or None when it still runs after that time."""
        try:
            return self._process.wait(max(seconds, 0))
        except subprocess.TimeoutExpired:
            return None

    def _end(self) -> None:
        # Taken while they still have a parent; a daemon that dropped its environment is in here all the same.
        family = _descendants(self.pid)
        try:
            if self._process.stdin is not None:
                with suppress(OSError):
                    self._process.stdin.close()
                self.wait(self._grace)
            if self.code is None:
                _signal_group(self._process, gently=True)
                self.wait(self._grace)
        finally:  # also on an interrupt by the user
            if self.code is None and self._keeps:
                _end_kept(self._process)
            _signal_group(self._process, gently=False)
            self._process.wait()
            end_all(lambda: family)
            end_marked(lambda mark: mark == self._mark)


def run(
    argv: Sequence[str],
    *,
    environ: Mapping[str, str],
    folder: Path,
    seconds: float,
    cap: int = 1 << 20,
    given: bytes | None = None,
) -> Finished:
    """Run a program to its end, with `given` as its input, and take what it says: `cap` bytes of each output.

    Raises ProgramMissing when it cannot be started. A descendant that keeps the outputs open is not waited for.
    """
    output = {"out": bytearray(), "err": bytearray()}
    ends = time.monotonic() + seconds
    with Child(argv, environ=environ, folder=folder, errors=True, talks=given is not None) as child:
        if given is not None:
            with suppress(OSError):  # it ended before it read: its code says why
                child.write(given)
            child.close_input()
        ended = None
        while child.open and (left := ends - time.monotonic()) > 0:
            if ended is None and child.code is not None:
                ended = time.monotonic()
                ends = min(ends, ended + _DRAIN_SECONDS)
            chunk = child.next(min(left, _LOOK_SECONDS))
            if chunk is not None:
                name, data = chunk
                output[name] += data[: max(cap - len(output[name]), 0)]
        code = child.wait(ends - time.monotonic())
    return Finished(code=code, out=bytes(output["out"]), err=bytes(output["err"]), timed_out=code is None)


def _has_python() -> bool:
    """One to run a file of ours with; what is frozen has none."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


def _end_kept(keeper: subprocess.Popen[bytes]) -> None:
    """The keeper ends all that it has, and itself; one that was stopped does not."""
    keeper.send_signal(signal.SIGUSR2)
    with suppress(subprocess.TimeoutExpired):
        keeper.wait(_KEPT_SECONDS)


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _signal_group(process: subprocess.Popen[bytes], *, gently: bool) -> None:
    if sys.platform == "win32":
        with suppress(OSError):
            process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):  # all of it is gone; macOS says the other
            os.killpg(process.pid, signal.SIGTERM if gently else signal.SIGKILL)


def _descendants(pid: int) -> list[psutil.Process]:
    import psutil

    try:
        return psutil.Process(pid).children(recursive=True)
    except (psutil.Error, OSError, IndexError):  # the latter two where there is no /proc
        return []
