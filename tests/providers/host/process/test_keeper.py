"""What stands between us and a program: nothing that the program leaves behind outlives it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from providers.domain.errors import ProgramMissing
from providers.host.process.child import Child, run
from tests.left_behind import alive, folders, until
from tests.programs import started
from tests.providers.host.process.test_child import ENVIRON, ROOT, python, shell

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")

FAR_AWAY = """
    import os, sys, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            print(os.getpid(), flush=True)
            os.chdir("/")
            os.closerange(0, 3)
            os.execve("/bin/sleep", ["sleep", "300"], {{}})
        os._exit(0)
    os.wait()
    {then}
"""


@pytest.mark.parametrize(
    ("then", "code"), [("pass", 0), ("os.kill(os.getpid(), 9)", -9), ("time.sleep(300)", None)]
)
def test_a_daemon_that_dropped_everything_is_ended(folder: Path, then: str, code: int | None) -> None:
    done = run(python(FAR_AWAY.format(then=then)), environ=ENVIRON, folder=folder, seconds=3)
    assert done.code == code
    assert not alive(int(done.out))


def test_it_is_ended_where_we_are_killed_too(tmp_path: Path) -> None:
    code = f"""
        import sys
        from pathlib import Path
        from providers.host.process.child import Child, probe_folder
        with probe_folder(Path({str(tmp_path)!r})) as folder:
            with Child({python(FAR_AWAY.format(then="time.sleep(300)"))!r}, environ={{}}, folder=folder) as child:
                print(int(child.next(10)[1]), flush=True)
                sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with started(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        daemon = int(process.stdout.readline())
        assert alive(daemon)
        process.kill()
        process.wait()
        until(lambda: not alive(daemon), "the daemon outlived us")
    until(lambda: folders(tmp_path) == [], "its folder outlived us")


def test_a_program_starts_as_without_a_keeper(folder: Path) -> None:
    """No signal is ignored and no file open but the three; a missing one is told at once."""
    done = shell("grep -E 'Sig(Ign|Blk)' /proc/self/status; ls /proc/self/fd", folder)
    masks, files = done.out.split(b"\n", 2)[:2], done.out.split(b"\n", 2)[2]
    assert {line.split()[1] for line in masks} == {b"0" * 16}
    assert files.split() == [b"0", b"1", b"2", b"3"]  # the last is of ls itself
    with (
        pytest.raises(ProgramMissing, match="No such file"),
        Child(["/nowhere/at/all"], environ=ENVIRON, folder=folder),
    ):
        pass


@pytest.mark.parametrize("name", ["HUP", "INT", "QUIT", "TERM", "USR1", "ALRM", "PIPE", "RTMIN"])
def test_what_a_program_sends_its_group_does_not_end_the_keeper(folder: Path, name: str) -> None:
    then = f"signal.signal(signal.SIG{name}, signal.SIG_IGN); os.killpg(0, signal.SIG{name}); time.sleep(0.1)"
    done = run(
        python(FAR_AWAY.format(then=f"import signal; {then}")), environ=ENVIRON, folder=folder, seconds=9
    )
    assert (done.code, alive(int(done.out))) == (0, False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGSEGV, signal.SIGPIPE])
def test_a_signal_that_ended_a_program_is_told(folder: Path, number: signal.Signals) -> None:
    assert shell(f"kill -{number} $$", folder).code == -number


@pytest.mark.parametrize("terminal", [False, True])
def test_a_program_runs_where_there_is_no_keeper(folder: Path, tmp_path: Path, terminal: bool) -> None:
    """An update removes it while tankful runs."""
    theirs = os.openpty() if terminal else None
    with Child(
        ["/bin/sh", "-c", "exit 7"],
        environ=ENVIRON,
        folder=folder,
        keeper=tmp_path / "keeper.py",
        terminal=theirs[1] if theirs else None,
    ) as child:
        assert child.wait(10) == 7
    for file in theirs or ():
        os.close(file)


def test_the_end_of_an_output_is_seen_while_the_program_runs_on(folder: Path) -> None:
    """Nobody between us and the program holds on to it."""
    with Child(["/bin/sh", "-c", "exec >&-; exec sleep 300"], environ=ENVIRON, folder=folder) as child:
        assert child.next(10) == ("out", b"")
        assert child.code is None


def test_all_of_a_keeper_that_is_killed_is_found(folder: Path) -> None:
    line = "setsid -f sleep 300; sleep 300 & echo $$; exec sleep 300"
    with Child(["/bin/sh", "-c", line], environ=ENVIRON, folder=folder) as child:
        chunk = child.next(10)
        assert chunk is not None
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait(10) == -signal.SIGKILL
    assert not alive(int(chunk[1]))


@pytest.mark.skipif(shutil.which("unshare") is None or os.geteuid() != 0, reason="only root can hide /proc")
def test_a_program_runs_where_there_is_no_proc(tmp_path: Path) -> None:
    code = f"""
        import time
        from pathlib import Path
        from providers.host.process.child import probe_folder, run
        with probe_folder(Path({str(tmp_path)!r})) as folder:
            began = time.monotonic()
            done = run(["/bin/sh", "-c", "sleep 300 & exit 3"], environ={{}}, folder=folder, seconds=20)
            print(done.code, time.monotonic() - began < 4)
            done = run(["/bin/sleep", "300"], environ={{}}, folder=folder, seconds=0.5)
            print(done.timed_out, time.monotonic() - began < 8)
    """
    hidden = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "-"]
    done = subprocess.run(
        [*hidden, sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    if "permission denied" in done.stderr or "not permitted" in done.stderr:
        pytest.skip("a container in which nothing can be mounted")
    assert done.stdout == "3 True\nTrue True\n", done.stderr
