"""A first scan that a child makes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC
from pathlib import Path

import pytest

from providers.host.files import own_folders
from tray.engine import count_child
from tray.engine.costs import Costs
from tray.engine.count_child import CountChild
from tray.engine.detached import own_command
from tray.engine.scope import Scope

FIXTURE = Path(__file__).parents[2] / "fixtures/codex/0.169.0/plain/home/sessions"


class Watched(CountChild):
    """One that remembers how often it ran, and which progress it was given."""

    def __init__(self, environ: dict[str, str]) -> None:
        super().__init__(environ)
        self.runs = 0

    def run(self, progress: object, waiting: object) -> None:
        self.runs += 1
        super().run(progress, waiting)  # type: ignore[arg-type]


@pytest.fixture
def scope(tmp_path: Path) -> Scope:
    environ = {
        "HOME": str(tmp_path),
        "CODEX_HOME": str(tmp_path / "codex"),
        "CLAUDE_CONFIG_DIR": str(tmp_path / "claude"),
        "TANKFUL_HOME": str(tmp_path / "own"),
    }
    logs = tmp_path / "codex/sessions/2026/11/20"
    logs.mkdir(parents=True)
    source = next(iter(sorted(FIXTURE.rglob("*.jsonl"))))
    for number in range(201):
        name = f"rollout-2026-11-20T12-00-00-01a1f8e6-0000-7ec2-9a60-{number:012x}.jsonl"
        shutil.copyfile(source, logs / name)
    return Scope(environ, own_folders(environ), UTC)


def test_many_new_logs_are_a_childs_and_it_counts_the_same(scope: Scope, tmp_path: Path) -> None:
    child = Watched(dict(scope.environ))
    costs = Costs(scope, child)
    shares: list[float] = []
    costs.count(shares.append)
    assert child.runs == 1
    assert costs.ledger.logs_held() == 201
    own = Scope(dict(scope.environ), own_folders({"TANKFUL_HOME": str(tmp_path / "other")}), UTC)
    alone = Costs(own)
    alone.count()
    assert [cost.figures for cost in costs.by_home().values()] == [
        cost.figures for cost in alone.by_home().values()
    ]
    costs.count()
    assert child.runs == 1, "nothing is new"


def test_a_child_that_cannot_be_started_leaves_it_to_us(
    scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count_child, "own_command", lambda *_: ["/nowhere/python"])
    costs = Costs(scope, CountChild(scope.environ))
    costs.count()
    assert costs.ledger.logs_held() == 201


@pytest.mark.parametrize(
    "program", ["print('nonsense')", "raise SystemExit(3)", "print(0.5); raise SystemExit(1)"]
)
def test_what_a_child_leaves_undone_is_counted_here(
    scope: Scope, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(count_child, "own_command", lambda *_: [sys.executable, "-c", program])
    costs = Costs(scope, CountChild(scope.environ))
    costs.count()
    assert costs.ledger.logs_held() == 201


def test_a_child_ends_when_the_engine_does(scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        count_child,
        "own_command",
        lambda *_: [sys.executable, "-c", "import time; print(0.1, flush=True); time.sleep(99)"],
    )
    child, begun = CountChild(scope.environ), threading.Event()
    running = threading.Thread(target=child.run, args=(lambda _share: begun.set(), print))
    running.start()
    assert begun.wait(10)
    child.close()
    running.join(10)
    assert not running.is_alive()
    child.run(lambda _share: pytest.fail("another one was started"), print)


def test_for_whom_a_child_waits_is_told(scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        count_child,
        "own_command",
        lambda *_: [sys.executable, "-c", "print(0.1); print('waiting for another tankful.'); print(0.2)"],
    )
    shares: list[float] = []
    heard: list[str] = []
    CountChild(scope.environ).run(shares.append, heard.append)
    assert (shares, heard) == ([0.1, 0.2], ["waiting for another tankful."])


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe that nobody reads is another thing there")
def test_a_count_ends_when_its_pipe_is_closed(scope: Scope) -> None:
    command = own_command("count")
    process = subprocess.Popen(
        command,
        env={**scope.environ, "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    began = time.monotonic()
    _, errors = process.communicate(timeout=30)
    assert time.monotonic() - began < 30
    assert b"Traceback" not in errors
