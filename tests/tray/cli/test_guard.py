"""`tankful guard` as scripts run it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fake_chatgpt import FakeChatGPT, says, usage_now, window
from tests.homes import make_home
from tests.programs import started
from tests.tray.cli.test_main import Person
from tests.tray.faces.published import ROOT, WHEN, Folder
from tray.engine.single_instance import SingleInstance


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    found = Folder(tmp_path)
    del found.environ["CODEX_HOME"], found.environ["CLAUDE_CONFIG_DIR"]
    return found


@pytest.fixture
def person(tmp_path: Path, server: FakeChatGPT) -> Person:
    return Person(tmp_path, server)


class TestByWhatIsPublished:
    @pytest.mark.parametrize(("used", "code"), [(20, 0), (80, 0), (95, 75), (100, 75)])
    def test_exit_codes(self, folder: Folder, used: float, code: int) -> None:
        folder.publish(folder.account(folder.window(used)))
        output = folder.run("guard", code=code)
        assert output.startswith("Codex ")
        assert output.count("\n") == 1

    def test_json(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(95)))
        found = json.loads(folder.run("guard", "--json", code=75))
        assert found.pop("message").startswith("Codex has 5 % of the 5h limit left, less than 10 %.")
        assert datetime.fromisoformat(found.pop("until")) == folder.now + timedelta(hours=2)
        assert found == {
            "schema": "tankful.guard/1",
            "verdict": "stop",
            "exit_code": 75,
            "reason": "low",
            "provider": "codex",
            "account": "a1b2c3d4",
            "window": "session",
            "budget": None,
            "remaining_percent": 5.0,
            "stale": False,
        }

    def test_the_home_that_the_environment_names(self, folder: Folder) -> None:
        other = folder.account(folder.window(95), homes=("~/other",))
        folder.publish(folder.account(folder.window(20)), other)
        folder.run("guard", code=75)
        folder.environ["CODEX_HOME"] = str(folder.folder / ".codex")
        folder.run("guard")

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--min-left", "101"),
            ("--min-left", "nan"),
            ("--warn-left", "-1"),
            ("--max-age", "soon"),
            ("--wait", "inf"),
            ("--provider", "nobody"),
            ("--window", "daily"),
            ("--refuse-calls",),
            ("--hook", "codex", "--json"),
            ("--hook", "codex", "--provider", "claude"),
            ("more",),
        ],
    )
    def test_bad_arguments(self, folder: Folder, arguments: tuple[str, ...]) -> None:
        folder.publish(folder.account(folder.window(20)))
        done = folder.start("guard", *arguments)
        assert (done.returncode, done.stdout) == (64, "")
        assert done.stderr.startswith("usage: tankful guard ")

    def test_a_way_to_write_arguments_that_only_argparse_knows(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(80)))
        folder.run("guard", "--min-left=30", "--prov", "codex", code=75)

    def test_the_exit_code_counts_also_where_nobody_reads(self, folder: Folder) -> None:
        """`set -o pipefail; tankful guard | true && …`"""
        for used, code in ((95, 75), (20, 0)):
            folder.publish(folder.account(folder.window(used)))
            reads, writes = os.pipe()
            os.close(reads)
            done = subprocess.run(
                [sys.executable, "-m", "tray.cli", "guard", "--json"],
                env=folder.environ,
                cwd=ROOT,
                stdout=writes,
                stderr=subprocess.PIPE,
                check=False,
            )
            os.close(writes)
            assert (done.returncode, done.stderr) == (code, b"")

    @pytest.mark.parametrize("member", ["budgets", "settings"])
    def test_what_a_tray_publishes_damaged(self, folder: Folder, member: str) -> None:
        folder.publish(folder.account(folder.window(95)))
        path = folder.state / "snapshot.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {member: [1]}))
        owner = SingleInstance(folder.state)
        assert owner.acquire()
        try:
            output = folder.run("guard", "--budget", code=69)
        finally:
            owner.release()
        assert output == "The snapshot is damaged.\n"


class TestByARoundOfItsOwn:
    def test_where_nobody_has_published(self, person: Person) -> None:
        person.run("guard", "--provider", "codex", code=0)
        assert len(person.server.requests) == 1
        person.run("guard", "--provider", "codex", code=0)  # by what is published now
        assert len(person.server.requests) == 1

    def test_too_little(self, person: Person) -> None:
        person.server.answer = says(
            usage_now(rate_limit={"primary_window": window(97.0, reset_at=int(time.time()) + 900)})
        )
        output = person.run("guard", "--provider", "codex")  # the account has credits
        assert re.match(rf"Codex has 3 % of the 5h limit left\. It resets {WHEN}\. ", output)
        assert output.endswith(" Credits take over once it is used up.\n")
        assert "3 % of the 5h limit left" in person.run("guard", "--no-credits", code=75)

    def test_a_server_that_does_not_answer(self, person: Person) -> None:
        person.server.answer = lambda _request: time.sleep(20)
        began = time.monotonic()
        output = person.run("guard", "--provider", "codex", code=69)
        assert time.monotonic() - began < 15
        assert output == "No limits are known yet.\n"
        assert "no answer within 10 s." in person.errors

    def test_a_block_of_long_ago_is_read_anew(self, person: Person) -> None:
        """It may have been reset ahead of time."""
        known = Folder(person.folder)
        known.now -= timedelta(hours=1)
        blocked = known.account(
            known.window(100, resets_at=known.now + timedelta(hours=3)), homes=("~/codex",)
        )
        known.publish(blocked, kind="command")
        person.run("guard", "--provider", "codex", code=0)
        assert len(person.server.requests) == 1
        known.publish(blocked, kind="command")
        person.server.answer = lambda _request: time.sleep(20)
        for path in known.state.glob("account-*.json"):
            path.unlink()  # so that it asks once more
        output = person.run("guard", "--provider", "codex", code=75)
        assert output.startswith("Codex is blocked: the 5h limit is used up.")

    def test_twenty_at_once_ask_once(self, person: Person) -> None:
        with ExitStack() as all_of_them:
            running = [
                all_of_them.enter_context(person.start("guard", "--provider", "codex")) for _ in range(20)
            ]
            assert {process.wait(60) for process in running} == {0}
        assert len(person.server.requests) == 1

    def test_nobody_is_signed_in(self, person: Person) -> None:
        (person.home / "auth.json").unlink()
        output = person.run("guard", "--provider", "codex", code=69)
        assert output.startswith("The limits of Codex are not known. ")


def test_wait_until_it_can_go_on(folder: Folder) -> None:
    make_home(folder.folder / ".codex")
    folder.publish(folder.account(folder.window(100)))
    command = [sys.executable, "-m", "tray.cli", "guard", "--provider", "codex", "--wait", "1h"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with started(command, env=folder.environ, cwd=ROOT, **pipes) as process:
        assert process.stderr is not None
        assert process.stderr.readline().endswith(" Waiting.\n")
        folder.publish(folder.account(folder.window(1)))  # reset ahead of time
        output, _ = process.communicate(timeout=30)
    assert (process.returncode, output[:19]) == (0, "Codex has 99 % of t")


def test_wait_also_where_a_reset_has_just_been(folder: Folder) -> None:
    """A tray reads within a minute what is left."""
    folder.publish(folder.account(folder.window(100, resets_at=folder.now)))
    owner = SingleInstance(folder.state)
    assert owner.acquire()
    try:
        done = folder.start("guard", "--provider", "codex", "--wait", "1")
    finally:
        owner.release()
    assert done.returncode == 69
    assert done.stderr.endswith("what is left of them is not known yet. Waiting.\n")


def test_wait_no_longer_than_asked_for(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(100)))
    began = time.monotonic()
    folder.run("guard", "--provider", "codex", "--wait", "1", code=75)
    assert time.monotonic() - began < 10
