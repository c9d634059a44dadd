"""A program of the person's own for each notice."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from providers.host.process.scratch import MARK
from tests.left_behind import child_pids, children, marked
from tests.tray.engine.notices.states import SESSION_ENDS
from tray.engine.notices.command import CommandFailed, CommandRunner, as_json, run_command
from tray.engine.notices.notice import Notice

ENVIRON = {"PATH": os.environ.get("PATH", os.defpath)}
DEADLINE = 10.0
NOTICE = Notice(
    key="a1b2c3d4",
    kind="at_10",
    title="Codex: 8 % of the 5h limit left",
    body='Resets at 15:00. "$(touch hacked)" `id`',
    provider="codex",
    account="a1b2c3d4",
    window="session",
    remaining_percent=8.0,
    resets_at=SESSION_ENDS,
)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its programs are of this system's kind")


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    threads, processes = threading.active_count(), child_pids()
    yield
    assert children(processes) == []
    assert threading.active_count() == threads


def script(folder: Path, body: str) -> str:
    path = folder / "on notice"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return f"'{path}' first 'second one' $HOME"


def test_it_reads_the_notice_as_json_and_gets_its_arguments_as_they_are(tmp_path: Path) -> None:
    command = script(tmp_path, f'cat > "{tmp_path}/in"; printf "%s\\n" "$@" > "{tmp_path}/args"')
    run_command(command, NOTICE, ENVIRON)
    assert json.loads((tmp_path / "in").read_text()) == {
        "schema": "tankful.notice/1",
        "kind": "at_10",
        "title": "Codex: 8 % of the 5h limit left",
        "body": 'Resets at 15:00. "$(touch hacked)" `id`',
        "provider": "codex",
        "account": "a1b2c3d4",
        "session": None,
        "window": "session",
        "remaining_percent": 8.0,
        "resets_at": "2026-11-20T14:00:00Z",
        "withdrawn": False,
    }
    assert (tmp_path / "args").read_text() == "first\nsecond one\n$HOME\n", "no shell has read them"


def test_a_notice_about_no_window_has_nulls() -> None:
    found = as_json(Notice(key="a", title="Codex: signed out", kind="login_gone", provider="codex"))
    assert (found["account"], found["window"], found["remaining_percent"], found["resets_at"]) == (None,) * 4


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("no-such-program-here", "the program was not found"),
        ("", "the program was not found"),
        ("'", "a quotation mark is not closed"),
        ("/", "the program was not found"),
        ("false", "exit code 1"),
        ("~nobody-of-that-name/x", "the program was not found"),
    ],
)
def test_why_it_failed(command: str, reason: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        run_command(command, NOTICE, ENVIRON)
    assert str(failed.value) == reason


def test_one_that_never_reads_prints_without_end_and_stays_is_ended_with_its_children(tmp_path: Path) -> None:
    command = script(
        tmp_path, f'echo ${MARK} > "{tmp_path}/mark"; sleep 1000 & yes & setsid sleep 1000 & wait'
    )
    began = time.monotonic()
    with pytest.raises(CommandFailed, match="it was ended after 1 s"):
        run_command(command, NOTICE, ENVIRON, seconds=1.0)
    assert time.monotonic() - began < DEADLINE
    folder = Path((tmp_path / "mark").read_text().partition(":")[0])
    assert marked(folder) == []
    assert not folder.exists()


def test_it_runs_one_at_a_time_and_of_too_many_the_oldest_are_left_out() -> None:
    go, began = threading.Event(), Queue[str]()

    def run(_command: str, notice: Notice, _environ: Any, **_: Any) -> None:
        began.put(notice.title)
        assert go.wait(DEADLINE)

    runner = CommandRunner(ENVIRON, run=run)
    runner.put("x", Notice(key="a", title="0"))
    assert began.get(timeout=DEADLINE) == "0"
    for number in range(1, 40):
        runner.put("x", Notice(key="a", title=str(number)))
    assert began.empty()
    go.set()
    assert [began.get(timeout=DEADLINE) for _ in range(16)] == [str(number) for number in range(24, 40)]
    runner.close()
    runner.put("x", NOTICE)
    assert began.empty()


def test_a_failure_is_logged_when_it_begins_and_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    outcomes = iter(["exit code 1", "exit code 1", None, None, "the program was not found"])
    done = Queue[None]()

    def run(*_: Any, **__: Any) -> None:
        done.put(None)
        if (reason := next(outcomes)) is not None:
            raise CommandFailed(reason)

    runner = CommandRunner(ENVIRON, run=run)
    for _ in range(5):
        runner.put("curl -H secret", NOTICE)
        done.get(timeout=DEADLINE)
    until_logged(caplog, 3)
    runner.close()
    assert [record.getMessage() for record in caplog.records] == [
        "notify.command failed: exit code 1",
        "notify.command works again",
        "notify.command failed: the program was not found",
    ]


def until_logged(caplog: pytest.LogCaptureFixture, count: int) -> None:
    ends = time.monotonic() + DEADLINE
    while len(caplog.records) < count and time.monotonic() < ends:
        time.sleep(0.01)


def test_the_end_of_the_tray_ends_what_runs(tmp_path: Path) -> None:
    command = script(tmp_path, f'echo > "{tmp_path}/began"; sleep 1000')
    runner = CommandRunner(ENVIRON)
    runner.put(command, NOTICE)
    ends = time.monotonic() + DEADLINE
    while not (tmp_path / "began").exists() and time.monotonic() < ends:
        time.sleep(0.01)
    runner.close(DEADLINE)
    assert not [thread for thread in threading.enumerate() if thread.name == "notice-command"]


def test_it_gets_no_token_of_a_vendor() -> None:
    got = Queue[Any]()
    runner = CommandRunner(
        {"PATH": "/bin", "ANTHROPIC_API_KEY": "secret", "NTFY_TOKEN": "own"},
        ["ANTHROPIC_*"],
        run=lambda _command, _notice, environ, **_: got.put(environ),
    )
    runner.put("x", NOTICE)
    assert got.get(timeout=DEADLINE) == {"PATH": "/bin", "NTFY_TOKEN": "own"}
    runner.close()
