from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest

from providers.domain.errors import NotUnderstood, ProgramMissing
from providers.host.process.child import Child, Finished, probe_folder, run
from providers.host.process.scratch import MARK, remove
from providers.host.process.streams import PolledStreams, Streams, ThreadedStreams
from tests.left_behind import alive, child_pids, children, folders, marked, until
from tests.programs import started

ROOT = Path(__file__).parents[4]
ENVIRON = {"PATH": os.environ.get("PATH", os.defpath), "OWN": "yes"}
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its programs are of this system's kind")


def shell(line: str, folder: Path, seconds: float = 10.0, cap: int = 1 << 20) -> Finished:
    return run(["/bin/sh", "-c", line], environ=ENVIRON, folder=folder, seconds=seconds, cap=cap)


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", textwrap.dedent(code)]


def test_output_and_exit_code(folder: Path) -> None:
    assert shell("echo out; echo err >&2; exit 3", folder) == Finished(
        code=3, out=b"out\n", err=b"err\n", timed_out=False
    )
    assert shell("kill -9 $$", folder).code == -signal.SIGKILL


def test_where_it_runs(folder: Path) -> None:
    """Its own folder, session and environment, and nothing to read."""
    told = shell("pwd; echo $OWN $HOME; ps -o sid= -p $$; cat; env", folder).out.decode().split("\n")
    assert told[:2] == [str(folder), "yes"]
    assert int(told[2]) != os.getsid(0)
    environ = dict(line.split("=", 1) for line in told[3:] if line)
    assert environ.keys() - {"PWD", "SHLVL", "_", "OLDPWD"} == {*ENVIRON, MARK, "TMPDIR", "TMP", "TEMP"}
    assert environ["TMPDIR"] == str(folder)
    assert environ[MARK].startswith(f"{folder}:")


def test_megabytes_are_read_and_not_kept(folder: Path) -> None:
    code = "import sys; sys.stderr.write('e' * 30_000_000); sys.stdout.write('o' * 3_000_000)"
    done = run(python(code), environ=ENVIRON, folder=folder, seconds=20, cap=1000)
    assert (done.code, done.out, done.err) == (0, b"o" * 1000, b"e" * 1000)


@pytest.fixture
def patient_with_keepers(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test sees whether it waits for one that does not end."""
    monkeypatch.setattr("providers.host.process.child._KEPT_SECONDS", 60)


@pytest.mark.usefixtures("patient_with_keepers")
def test_a_deadline_ends_who_ignores_sigterm(folder: Path) -> None:
    began = time.monotonic()
    done = shell("trap '' TERM HUP; echo begun; while :; do sleep 0.1; done", folder, seconds=0.5)
    assert (done.timed_out, done.code, done.out) == (True, None, b"begun\n")
    assert time.monotonic() - began < 20


DAEMON = """
    import os, sys, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            print(os.getpid(), flush=True)
            {then}
            time.sleep(300)
    os._exit(0)
"""


@pytest.mark.usefixtures("patient_with_keepers")
@pytest.mark.parametrize("then", ["pass", "os.close(1); os.close(2)"], ids=["holds the outputs", "lets go"])
def test_a_daemon_that_left_its_group_is_found(folder: Path, then: str) -> None:
    began = time.monotonic()
    done = run(python(DAEMON.format(then=then)), environ=ENVIRON, folder=folder, seconds=60)
    assert done.code == 0
    assert time.monotonic() - began < 20
    assert not alive(int(done.out))


DROPPED = """
    import os, sys
    if os.fork() == 0:
        os.setsid()
        print(os.getpid(), flush=True)
        os.execve("/bin/sleep", ["sleep", "300"], {})
    sys.stdin.read()
"""


def test_a_descendant_that_dropped_its_environment_is_found(folder: Path) -> None:
    with Child(python(DROPPED), environ=ENVIRON, folder=folder, talks=True) as child:
        pid = int((child.next(5) or ("", b"0"))[1])
        until(lambda: psutil.Process(pid).environ() == {}, "it never let go")
    assert not alive(pid)


def test_children_of_one_probe_have_different_marks(folder: Path) -> None:
    with Child(["/bin/cat"], environ=ENVIRON, folder=folder, talks=True) as first:
        assert shell("true", folder).code == 0
        assert first.code is None
        first.write(b"still here\n")
        assert first.next(5) == ("out", b"still here\n")


def test_the_end_of_its_input_ends_it_in_peace(folder: Path) -> None:
    with Child(["/bin/sh", "-c", "cat; echo bye > bye"], environ=ENVIRON, folder=folder, talks=True):
        pass
    assert (folder / "bye").read_text() == "bye\n"


def test_who_does_not_read_is_not_waited_for(folder: Path) -> None:
    child = Child(["/bin/sleep", "300"], environ=ENVIRON, folder=folder, talks=True)
    with pytest.raises(BlockingIOError), child:
        child.write(b"x" * 1_000_000)
    assert not alive(child.pid)


def test_an_exception_inside_leaves_nothing(folder: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        Child(["/bin/sleep", "300"], environ=ENVIRON, folder=folder) as child,
    ):
        raise KeyboardInterrupt
    assert not alive(child.pid)


def test_a_terminal_of_its_own(folder: Path) -> None:
    master, slave = os.openpty()
    line = "tty; exec 3</dev/tty && echo controls; read word; echo got $word"
    try:
        with Child(["/bin/sh", "-c", line], environ=ENVIRON, folder=folder, terminal=slave) as child:
            name = os.ttyname(slave)
            os.write(master, b"hello\n")
            assert child.wait(10) == 0
        told = os.read(master, 4096).decode()
    finally:
        os.close(master)
        os.close(slave)
    assert name in told
    assert "controls" in told
    assert "got hello" in told


def test_what_cannot_be_started_is_classed(folder: Path) -> None:
    (folder / "plain").write_text("no program")
    (folder / "torn").write_text("#!/no/such/interpreter\n")
    for name in ("plain", "torn"):
        (folder / name).chmod(0o600 if name == "plain" else 0o700)
        with pytest.raises(ProgramMissing, match=rf"Cannot start .*{name} \("):
            run([str(folder / name)], environ=ENVIRON, folder=folder, seconds=5)
    with pytest.raises(ProgramMissing, match=r"Cannot start .*nowhere"):
        run([str(folder / "nowhere")], environ=ENVIRON, folder=folder, seconds=5)


@pytest.mark.parametrize("kind", [PolledStreams, ThreadedStreams])
def test_streams_end_and_are_waited_for_no_longer_than_asked(
    kind: type[PolledStreams | ThreadedStreams],
) -> None:
    with started(
        python("import sys; print(input(), flush=True); sys.stderr.write('e')"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        streams: Streams = kind({"out": process.stdout, "err": process.stderr})
        began = time.monotonic()
        assert streams.next(0.5) is None
        assert 0.25 < time.monotonic() - began < 10
        process.stdin.write(b"word\n")
        heard = {"out": b"", "err": b""}
        while streams.open:
            name, data = streams.next(5) or ("err", b"!")
            heard[name] += data
        assert heard == {"out": b"word\n", "err": b"e"}
        assert streams.next(5) is None
        streams.close()
    assert threading.active_count() == 1


def test_threads_end_though_nobody_reads_what_came() -> None:
    flood = python("import sys\nwhile True: sys.stdout.write('x' * 65536)")
    with started(flood, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0) as process:
        assert process.stdout is not None
        streams = ThreadedStreams({"out": process.stdout})
        assert streams.next(5) is not None
        process.kill()
        process.wait()
        streams.close()
    assert threading.active_count() == 1


def test_the_folder_is_private_and_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    with probe_folder(tmp_path) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert list(folder.iterdir()) == []
        (folder / "shut").mkdir()
        (folder / "shut" / "file").touch()
        (folder / "shut").chmod(0o500)
        (folder / "link").symlink_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="needs another user to be")
def test_what_was_made_read_only_goes_too_and_what_a_link_leads_to_stays() -> None:
    with tempfile.TemporaryDirectory() as above:  # pytest closes its own to others
        Path(above).chmod(0o777)
        _removes_what_was_made_read_only(Path(above))


def _removes_what_was_made_read_only(above: Path) -> None:
    root, other = above / "root", above / "other"
    os.seteuid(65534)
    try:
        for folder in (root / "shut/inner", other):
            folder.mkdir(parents=True)
            (folder / "file").touch()
        (root / "shut/link").symlink_to(other)
        for path in (root / "shut/inner", root / "shut", other):
            path.chmod(0o500)
        remove(root)
        assert not root.exists()
        assert stat.S_IMODE(other.stat().st_mode) == 0o500
    finally:
        os.seteuid(0)
        other.chmod(0o700)


def test_no_room_for_a_folder_is_classed(tmp_path: Path) -> None:
    with (
        pytest.raises(NotUnderstood, match=r"Cannot create a temporary folder in .*nowhere"),
        probe_folder(tmp_path / "nowhere"),
    ):
        pass


def test_leftovers_are_removed_and_the_living_are_not(tmp_path: Path) -> None:
    old, young = tmp_path / "tankful-probe-old", tmp_path / "tankful-probe-young"
    for left in (old, young):
        (left / "work").mkdir(parents=True)
    (tmp_path / "tankful-probe-link").symlink_to(tmp_path)
    (tmp_path / "else").mkdir()
    with probe_folder(tmp_path) as living:
        for path in (old, living.parent, tmp_path / "else"):
            os.utime(path, (1, 1))
        with probe_folder(tmp_path):
            pass
        assert living.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "else",
        "tankful-probe-link",
        "tankful-probe-young",
    ]


MIDWAY = """
    import os, sys, time
    from pathlib import Path
    from providers.host.process.child import Child, probe_folder
    with probe_folder(Path(sys.argv[1])) as folder:
        daemon = "import os, time; os.setsid(); time.sleep(300)"
        line = f"'{sys.executable}' -c '{daemon}' & trap '' TERM HUP; echo ready; while :; do sleep 0.1; done"
        with Child(["/bin/sh", "-c", line], environ=dict(os.environ), folder=folder, talks=True) as child:
            child.next(10)
            print("ready", flush=True)
            time.sleep(300)
"""


def test_nothing_stays_where_tankful_is_killed_midway(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(MIDWAY), str(tmp_path)]
    environ = {**ENVIRON, "PYTHONPATH": str(ROOT)}
    with started(command, env=environ, stdout=subprocess.PIPE) as tankful:
        assert tankful.stdout is not None
        assert tankful.stdout.readline() == b"ready\n"
        assert len(marked(tmp_path)) >= 2
        tankful.kill()
        tankful.wait()
        until(lambda: not marked(tmp_path), "a child lives on")
        until(lambda: not folders(tmp_path), "a folder stayed")


def test_a_watchdog_waits_for_nothing_once_its_probe_is_over(tmp_path: Path) -> None:
    before = child_pids()
    with probe_folder(tmp_path):
        (watchdog,) = children(before)
        assert "python" in watchdog
    assert children(before) == []
