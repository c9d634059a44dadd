"""The log's file: who may read it, how large it gets, and what an engine writes into it."""

from __future__ import annotations

import logging
import os
import re
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from providers.domain.errors import Offline
from providers.domain.limits import Reading, UsageSnapshot
from providers.host.faults import log_fault
from providers.source import Question
from tests.fake_provider import FakeSource, fake_provider, make_fake_home, reading
from tests.tray.engine.test_engine import running, scope_of
from tests.tray.engine.test_log_entries import FAILS, NOW, WORKS, account
from tests.tray.faces.published import until
from tray.engine import log_file
from tray.engine.fault_log import log_faults_to
from tray.engine.log import TransitionLog, logging_to
from tray.engine.log_file import FILE, LARGEST
from tray.engine.schedule import Periods
from tray.engine.state import State

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO|WARNING|ERROR) \S.*")
LOGGER = logging.getLogger("tray.test")
# A look at the disk while an answer is being saved may show the one before it for a moment.
SELDOM = Periods(look=timedelta(seconds=30), tick=timedelta(milliseconds=50))
SECRET = "access-secret-7f3a9c"


def lines(folder: Path) -> list[str]:
    try:
        found = (folder / log_file.FILE).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    assert all(LINE.fullmatch(line) for line in found), found
    return [line.split(" ", 1)[1] for line in found]


def fail(times: int = 1) -> None:
    for _ in range(times):
        try:
            int(SECRET)
        except ValueError as error:
            log_fault(LOGGER, "could not draw", error)


def test_start_and_stop_and_nothing_afterwards(tmp_path: Path) -> None:
    with logging_to(tmp_path, "tray"):
        LOGGER.warning("a: b failed")
    LOGGER.warning("too late")
    first, middle, last = lines(tmp_path)
    assert re.fullmatch(rf"INFO engine started: tankful \S+, tray, pid {os.getpid()}", first)
    assert (middle, last) == ("WARNING a: b failed", f"INFO engine stopped: pid {os.getpid()}")


@pytest.mark.skipif(sys.platform == "win32", reason="modes")
def test_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    (tmp_path / log_file.FILE).write_text("")
    (tmp_path / log_file.FILE).chmod(0o644)
    before = os.umask(0)
    try:
        with logging_to(tmp_path, "tray"):
            for _ in range(2):
                LOGGER.warning("%s", "x y " * (LARGEST // 8))
                for number in range(200):
                    LOGGER.warning("%s", f"{number} " * 800)
    finally:
        os.umask(before)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["tankful.log", "tankful.log.1"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert all(file.stat().st_size <= LARGEST for file in files)


def test_a_fault_has_its_frames_and_is_logged_once(tmp_path: Path) -> None:
    with logging_to(tmp_path, "tray"):
        fail(times=5)
        LOGGER.warning("a: b failed")
        LOGGER.warning("a: b failed")
    _, fault, *transitions, _ = lines(tmp_path)
    assert re.fullmatch(r"ERROR could not draw: ValueError at test_log.py:\d+ fail", fault)
    assert len(transitions) == 2


def test_what_others_log_is_one_redacted_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    with logging_to(tmp_path, "tray"):
        try:
            int(SECRET)
        except ValueError:
            LOGGER.exception("dev@example.com\nat %s/x", tmp_path / "person")
    assert lines(tmp_path)[1] == "ERROR d…@example.com at ~/x"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links")
@pytest.mark.parametrize("what", ["file for a folder", "pipe", "link", "folder"])
def test_where_it_cannot_be_written_there_is_none(
    tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "state"
    if what == "file for a folder":
        folder.write_text("")
    else:
        folder.mkdir()
    if what == "pipe":
        os.mkfifo(folder / log_file.FILE)
    elif what == "link":
        (folder / log_file.FILE).symlink_to(tmp_path / "elsewhere")
    elif what == "folder":
        (folder / log_file.FILE).mkdir()
    with logging_to(folder, "tray"):
        LOGGER.warning("a: b failed")
        fail()
    assert not (tmp_path / "elsewhere").exists()
    assert capsys.readouterr().err == ""


def test_an_engine_logs_transitions_and_faults(tmp_path: Path) -> None:
    answers: list[object] = [
        reading(30),
        Offline(SECRET),
        Offline(SECRET),
        ZeroDivisionError(SECRET),
        reading(40),
    ]

    def answer(_question: Question) -> Reading | None:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Reading)
        return answer

    server = FakeSource(answer)
    homes = [make_fake_home(tmp_path / "signed-in"), tmp_path / "nobody"]
    homes[1].mkdir()
    scope = scope_of(tmp_path, fake_provider(homes, server))
    state = scope.folders.state

    def broken(_before: State, _after: State) -> None:
        raise KeyError(SECRET)

    with logging_to(state, "headless"), running(scope, SELDOM) as (engine, _seen):
        engine.subscribe(TransitionLog())
        engine.subscribe(broken)
        for asked in range(1, 6):
            until(lambda asked=asked: len(server.asked) >= asked, f"not asked {asked} times")
            until(lambda: not engine.snapshot.refreshing, "still asking")
            engine.refresh(user_initiated=True)
        until(lambda: sum("works again" in line for line in lines(state)) == 1, "no end of it is logged")
    logged = lines(state)
    transitions = [line for line in logged if " fake " in line]
    key = re.escape(scope.homes()[1].id)
    patterns = (
        rf"WARNING fake home {key}: login failed \(not_signed_in\)",
        r"WARNING fake \w{8}: server failed \(offline\)",
        r"WARNING fake \w{8}: server failed \(not_understood, was offline\)",
        r"INFO fake \w{8}: server works again",
    )
    assert len(transitions) == len(patterns), transitions
    assert all(re.fullmatch(*pair) for pair in zip(patterns, transitions, strict=True)), transitions
    faults = [line for line in logged if line.startswith("ERROR")]
    assert any(
        "could not read this response: ZeroDivisionError at providers/polling/poll.py:" in line
        for line in faults
    )
    assert any("a listener failed: KeyError at tray/engine/listeners.py:" in line for line in faults)
    assert len(faults) == 2, faults
    assert SECRET not in (state / log_file.FILE).read_text()


def test_a_source_that_is_absent_for_a_while_is_not_new(tmp_path: Path) -> None:
    """As while others are asked before it."""
    listener = TransitionLog()
    absent = State(snapshot=UsageSnapshot(generated_at=NOW, accounts=(account(),)))
    with logging_to(tmp_path, "tray"):
        for before, after in (
            (State(), FAILS),
            (FAILS, absent),
            (absent, FAILS),
            (FAILS, absent),
            (absent, WORKS),
        ):
            listener(before, after)
    assert [line.partition(": ")[2] for line in lines(tmp_path)[1:-1]] == [
        "oauth failed (offline); next try 2026-11-20T12:05:00Z",
        "oauth works again",
    ]


def test_a_command_logs_its_internal_errors_and_nothing_else(tmp_path: Path) -> None:
    log_faults_to(tmp_path)
    try:
        logging.getLogger("providers.odd").warning("a transition")
        assert not (tmp_path / FILE).exists()
        try:
            os.environ["A_SECRET_VALUE"]
        except KeyError as error:
            log_fault(logging.getLogger("tray.odd"), "a command failed", error)
        text = (tmp_path / FILE).read_text()
        assert " ERROR a command failed: KeyError at " in text
        assert "SECRET" not in text
        with logging_to(tmp_path, "tray"):  # whose log has it once
            logging.getLogger("tray.odd").error("another fault")
        assert (tmp_path / FILE).read_text().count("another fault") == 1
    finally:
        log_faults_to(tmp_path / "none")  # which is never opened


def test_a_thread_that_fails_is_logged_and_prints_no_traceback(tmp_path: Path) -> None:
    script = """
import sys, threading
from pathlib import Path
from tray.engine.fault_log import log_faults_to
log_faults_to(Path(sys.argv[1]))
thread = threading.Thread(target=int, args=("secret",), name="ask")
thread.start()
thread.join()
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True, timeout=30
    )
    assert (done.stdout, done.stderr) == ("", "")
    (line,) = lines(tmp_path)
    assert line.startswith("ERROR a thread ended (ask): ValueError at ")
