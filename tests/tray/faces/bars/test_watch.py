"""`tankful watch`: a line for each change, and its engine where nobody else has one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import psutil
import pytest

from tests.fake_chatgpt import fake_chatgpt, says, usage_now
from tests.homes import make_home
from tests.programs import started
from tests.tray.faces.published import ROOT, Folder, until
from tray.engine.single_instance import SingleInstance
from tray.faces.bars.statusline import UNTRUSTED

SECONDS = 20.0


class Watch:
    """The process; `line` is the next line it prints."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: Queue[str] = Queue()
        Thread(target=self._read, daemon=True).start()

    def line(self, seconds: float = SECONDS) -> str:
        try:
            return self._lines.get(timeout=seconds)
        except Empty:
            raise AssertionError("no line came") from None

    def is_silent(self, seconds: float) -> bool:
        try:
            self._lines.get(timeout=seconds)
        except Empty:
            return True
        return False

    def until(self, is_wanted: Callable[[str], bool]) -> str:
        while not is_wanted(line := self.line()):
            pass
        return line

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)


Start = Callable[..., Watch]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def start(folder: Folder) -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(*arguments: str) -> Watch:
            command = [sys.executable, "-m", "tray.cli", "watch", *arguments]
            process = stack.enter_context(
                started(command, env=folder.environ, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            )
            return Watch(process)

        yield begin


@pytest.fixture
def owner(folder: Folder) -> Iterator[SingleInstance]:
    """Somebody who owns the engine: no watch starts one."""
    single = SingleInstance(folder.state)
    assert single.acquire()
    yield single
    single.release()


@pytest.mark.usefixtures("owner")
class TestTheLines:
    def test_one_for_each_change(self, folder: Folder, start: Start) -> None:
        folder.publish(folder.account(folder.window(37)))
        watch = start()
        assert watch.line() == "Codex 5h 63 % left\n"
        folder.publish(folder.account(folder.window(40)))
        assert watch.line(3) == "Codex 5h 60 % left\n"
        folder.publish(folder.account(folder.window(40)))
        assert watch.is_silent(2), "nothing that it says has changed"
        folder.publish(folder.account(folder.window(100)))
        assert watch.line(3).startswith("Codex 5h 0 % left · blocked until ")

    def test_in_every_format_and_by_template(self, folder: Folder, start: Start) -> None:
        folder.publish(folder.account(folder.window(37)))
        watches = [
            start("--format", "waybar"),
            start("--template", "{codex.session.left}", "--provider", "codex"),
        ]
        assert json.loads(watches[0].line())["percentage"] == 63
        assert watches[1].line() == "63\n"

    def test_a_reset_passes(self, folder: Folder, start: Start) -> None:
        folder.publish(folder.account(folder.window(37, resets_at=folder.now + timedelta(seconds=3))))
        watch = start("--template", "{codex.session.left}")
        assert [watch.line(), watch.line(5)] == ["63\n", "–\n"]
        assert time.time() > folder.now.timestamp() + 3

    def test_a_value_becomes_old(self, folder: Folder, start: Start) -> None:
        folder.now -= timedelta(minutes=9, seconds=57)
        folder.publish(folder.account(folder.window(37, resets_at=folder.now + timedelta(hours=1))))
        watch = start("--template", "{tightest.class}")
        assert [watch.line(), watch.line(6)] == ["ok\n", "stale\n"]

    def test_a_snapshot_that_breaks(self, folder: Folder, start: Start) -> None:
        folder.publish(folder.account(folder.window(37)))
        watch = start("--format", "waybar")
        assert json.loads(watch.line())["class"] == "ok"
        (folder.state / "snapshot.json").write_text("{")
        assert json.loads(watch.line(3))["class"] == "error"
        folder.publish(folder.account(folder.window(37)))
        assert json.loads(watch.line(3))["class"] == "ok"
        (folder.state / "snapshot.json").unlink()
        assert json.loads(watch.line(3))["class"] == "error"

    def test_json(self, folder: Folder, start: Start) -> None:
        folder.publish(folder.account(folder.window(37)), folder.account(folder.window(1), provider="claude"))
        watch = start("--json", "--provider", "codex")

        def used() -> list[float]:
            document = json.loads(watch.line(5))
            assert document["schema"] == "tankful.usage/1"
            return [window["used_percent"] for each in document["providers"] for window in each["windows"]]

        assert used() == [37]
        folder.publish(folder.account(folder.window(40)), folder.account(folder.window(2), provider="claude"))
        assert used() == [40]
        folder.publish(folder.account(folder.window(40)), folder.account(folder.window(3), provider="claude"))
        assert watch.is_silent(2)


@pytest.mark.skipif(sys.platform != "linux", reason="signals are sent, and processes looked at")
@pytest.mark.usefixtures("owner")
class TestTheEnd:
    def test_a_reader_that_is_gone_although_nothing_is_written(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(37)))
        reader, writer = os.pipe()
        command = [sys.executable, "-m", "tray.cli", "watch"]
        with started(command, env=folder.environ, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE) as process:
            os.close(writer)
            assert os.read(reader, 100).endswith(b"left\n")
            os.close(reader)
            assert process.wait(20) == 0
            assert process.stderr is not None
            assert process.stderr.read() == b""

    def test_without_an_output(self, folder: Folder) -> None:
        done = subprocess.run(
            ["sh", "-c", 'exec "$0" "$@" >&-', sys.executable, "-m", "tray.cli", "watch"],
            env=folder.environ,
            cwd=ROOT,
            capture_output=True,
            check=False,
            timeout=30,
        )
        assert (done.returncode, done.stderr) == (0, b"")

    def test_a_signal(self, start: Start) -> None:
        watch = start()
        watch.line()
        watch.process.terminate()
        assert watch.process.wait(20) == 0

    def test_a_signal_while_the_reader_does_not_read(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(37)))
        import fcntl

        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        os.write(writer, b"x" * 4096)  # it is full
        command = [sys.executable, "-m", "tray.cli", "watch"]
        with started(command, env=folder.environ, cwd=ROOT, stdout=writer) as process:
            process_ = psutil.Process(process.pid)
            until(lambda: _watches_files(process.pid), "it did not begin")
            until(lambda: process_.status() == psutil.STATUS_SLEEPING, "it is not waiting")
            process.terminate()
            assert process.wait(20) == 0
        os.close(reader)
        os.close(writer)

    def test_the_terminal_is_interrupted(self, start: Start) -> None:
        watch = start()
        watch.line()
        watch.process.send_signal(signal.SIGINT)
        assert watch.process.wait(20) == 130


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--json", "--format", "text"], "--json does not go with --format"),
        (["--format", "emacs"], "invalid choice: 'emacs'"),
        (["--template", "{codex.sesion.left}"], "unknown name {codex.sesion.left}; the names are"),
        (["--provider", "nobody"], "unknown provider 'nobody'"),
        (["--max-age", "5m"], "unrecognized arguments: --max-age 5m"),
    ],
)
def test_invalid_arguments(folder: Folder, arguments: list[str], message: str) -> None:
    done = folder.start("watch", *arguments)
    assert (done.returncode, done.stdout) == (64, "")
    assert message in done.stderr


@pytest.mark.usefixtures("owner")
def test_it_loads_the_standard_library_alone(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(40)))
    gone = (
        "from tray.faces.bars.changes import FileChanges, PeerGone\n"
        "def wait(*_): raise PeerGone\n"
        "FileChanges.wait = wait"
    )
    loaded = folder.loaded_by("watch", patch=gone, printed="Codex 5h 60 % left\n")
    assert loaded <= {"providers", "tray", "__main__", *sys.stdlib_module_names}
    assert not loaded & {"pathlib", "typing", "argparse", "subprocess", "threading", "logging", "random"}


def _watches_files(pid: int) -> bool:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it was closed meanwhile
            if "inotify" in os.readlink(descriptor):
                return True
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="measured on Linux")
@pytest.mark.parametrize("arguments", [(), ("--provider", "claude"), ("--template", "{claude.weekly.left}")])
def test_it_stays_small_also_before_anything_is_published(
    folder: Folder, start: Start, arguments: tuple[str, ...]
) -> None:
    single = SingleInstance(folder.state)
    assert single.acquire()
    watch = start(*arguments)
    assert watch.line() == "limits not known yet\n"
    assert psutil.Process(watch.process.pid).memory_info().rss < 20e6
    single.release()


@pytest.mark.usefixtures("owner")
def test_json_before_anything_is_published(start: Start) -> None:
    assert json.loads(start("--json", "--provider", "claude").line())["providers"] == []


def published(folder: Folder) -> Any:
    try:
        return json.loads((folder.state / "snapshot.json").read_bytes())["owner"]
    except (OSError, ValueError):
        return {"kind": None, "pid": None}


def engines(folder: Folder) -> list[int]:
    """The processes of engines that run for this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cmdline()[-1:] == ["engine"] and process.environ().get("HOME") == str(folder.folder):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent")
class TestItsEngine:
    @pytest.fixture(autouse=True)
    def _account(self, folder: Folder) -> Iterator[None]:
        with fake_chatgpt() as self.server:
            self.server.answer = says(usage_now())
            make_home(folder.folder / "codex", base=self.server.base)
            yield
        until(lambda: not engines(folder), "an engine was left behind")

    def test_one_for_all_of_them_and_it_ends_with_the_last(self, folder: Folder, start: Start) -> None:
        watches = [start("--provider", "codex") for _ in range(4)]
        for watch in watches:
            assert watch.until(lambda line: "63 %" in line).startswith("Codex 5h 63 %")
        assert published(folder)["kind"] == "watch"
        assert engines(folder) == [published(folder)["pid"]]
        assert len(self.server.requests) == 1
        by = psutil.Process(engines(folder)[0]).ppid()
        keeper = next(watch for watch in watches if watch.process.pid == by)
        keeper.process.kill()  # it cannot say goodbye
        until(
            lambda: published(folder)["pid"] in engines(folder) and engines(folder) != [by],
            "nobody took over",
        )
        changed = usage_now()
        changed["rate_limit"]["primary_window"]["used_percent"] = 50.0
        self.server.answer = says(changed)
        folder.run("usage", "--refresh", "--json")
        for watch in watches:
            if watch is not keeper:
                watch.until(lambda line: "50 %" in line)

    def test_a_broken_snapshot_is_written_anew(self, folder: Folder, start: Start) -> None:
        folder.publish()
        (folder.state / "snapshot.json").write_text('{"schema": "tankful.snapshot/1", "providers": [{}]}')
        watch = start("--format", "waybar")
        assert json.loads(watch.line())["class"] == "error"
        watch.until(lambda line: json.loads(line).get("percentage") is not None)
        (folder.state / "snapshot.json").write_text("{")
        watch.until(lambda line: json.loads(line)["class"] == "error")
        watch.until(lambda line: json.loads(line).get("percentage") is not None)

    def test_a_folder_that_others_can_write_to_gets_none(self, folder: Folder, start: Start) -> None:
        folder.publish(folder.account(folder.window(37)))
        folder.state.chmod(0o777)
        watch = start("--format", "waybar")
        assert json.loads(watch.line())["text"] == UNTRUSTED
        assert not engines(folder)
        folder.state.chmod(0o700)
        folder.publish(folder.account(folder.window(40)))
        watch.until(lambda line: "60 %" in line)

    def test_a_tray_takes_over_and_gives_it_back(self, folder: Folder, start: Start) -> None:
        watch = start("--provider", "codex")
        watch.until(lambda line: "63 %" in line)
        command = [sys.executable, "-m", "tray.cli", "--headless"]
        with started(command, env=folder.environ, cwd=ROOT, stderr=subprocess.DEVNULL) as headless:
            owner = {"pid": headless.pid, "kind": "headless"}
            until(lambda: published(folder) == owner, "it did not take over")
            until(lambda: not engines(folder), "two engines")
        until(lambda: published(folder)["kind"] == "watch", "the watch did not go on")
        assert watch.is_silent(0.5), "its values have not changed by that"

    def test_a_folder_that_is_removed_has_one_engine_again(self, folder: Folder, start: Start) -> None:
        watches = [start("--provider", "codex") for _ in range(2)]
        for watch in watches:
            watch.until(lambda line: "63 %" in line)
        before = engines(folder)
        shutil.rmtree(folder.state, ignore_errors=True)  # they may write in that moment
        until(lambda: published(folder)["kind"] == "watch", "it was not written anew")
        changed = usage_now()
        changed["rate_limit"]["primary_window"]["used_percent"] = 50.0
        self.server.answer = says(changed)
        folder.run("usage", "--refresh", "--json")
        for watch in watches:
            watch.until(lambda line: "50 %" in line)
        assert engines(folder) == before

    def test_an_engine_that_lost_its_lock_ends(self, folder: Folder, start: Start) -> None:
        start("--provider", "codex").until(lambda line: "63 %" in line)
        (mine,) = engines(folder)
        shutil.rmtree(folder.state, ignore_errors=True)
        another = SingleInstance(folder.state)
        until(another.acquire, "the lock is still held")
        until(lambda: mine not in engines(folder), "it goes on beside another owner")
        another.release()

    def test_a_start_at_the_same_moment(self, folder: Folder, start: Start) -> None:
        """As at a login."""
        start("--provider", "codex")
        until(lambda: engines(folder), "no engine")
        command = [sys.executable, "-m", "tray.cli", "--headless"]
        with started(command, env=folder.environ, cwd=ROOT, stderr=subprocess.DEVNULL) as headless:
            until(lambda: published(folder)["pid"] == headless.pid, "it did not take over")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root can write everywhere")
def test_a_folder_that_cannot_be_written(folder: Folder, start: Start) -> None:
    (folder.folder / "own").mkdir(mode=0o500)
    assert start("--format", "waybar").line() == (
        '{"text":"limits not known yet","tooltip":"limits not known yet","class":"error","alt":"error"}\n'
    )
