"""What a guard's hook starts where its CLI shows no reason."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.tray.desktop.conftest import Bus, bus
from tests.tray.desktop.fake_notices import NoticeServer
from tests.tray.faces.guard.test_hook import EXEC, PROMPT, Person
from tests.tray.faces.published import ROOT, WHEN, until

__all__ = ["bus"]  # the fixture

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no such desktop")


@pytest.fixture
def server(bus: Bus) -> Iterator[NoticeServer]:
    found = NoticeServer(bus.environ)
    yield found
    found.close()


@pytest.fixture
def person(tmp_path: Path, bus: Bus) -> Person:
    made = Person(tmp_path / "person")
    made.environ |= bus.environ
    made.has_left(5)
    return made


def settings(person: Person, text: str) -> None:
    (person.folder / "own/settings.toml").write_text(text)


def test_the_reason_that_codex_exec_does_not_show(person: Person, server: NoticeServer) -> None:
    person.hook("codex", PROMPT)  # as in its own screen
    person.hook("codex", PROMPT, parent=EXEC)
    asked = server.next()
    assert asked.title == "Codex was stopped"
    assert re.match(rf"Codex has 5 % of the 5h limit left, less than 10 %\. It resets {WHEN}\.", asked.body)
    assert (asked.actions, asked.hints["urgency"]) == ([], ("y", 1))
    person.hook("codex", PROMPT, parent=EXEC)
    person.has_left(20)
    person.hook("codex", PROMPT, parent=EXEC)
    assert server.next().title == "Codex has little left"  # and the first one came once
    assert server.shown.empty()


@pytest.mark.parametrize("minute", [0, 15])
def test_one_for_a_reset_that_is_sent_a_little_differently_each_time(
    person: Person, server: NoticeServer, minute: int
) -> None:
    at = person.now.replace(minute=minute, second=0) + timedelta(hours=3)
    for left, late in ((5, -0.6), (5, 0.4), (20, 0.0)):
        window = person.window(100 - left, resets_at=at + timedelta(seconds=late))
        person.publish(person.account(window))
        person.hook("codex", PROMPT | {"turn_id": str(late)}, parent=EXEC)
    assert {server.next().title, server.next().title} == {"Codex was stopped", "Codex has little left"}
    assert server.shown.empty()


def test_none_where_claude_shows_it(person: Person, server: NoticeServer) -> None:
    person.hook("claude", PROMPT, CLAUDE_CODE_ENTRYPOINT="sdk-cli")  # the result of -p
    person.hook("claude", PROMPT | {"hook_event_name": "PreToolUse"}, CLAUDE_CODE_ENTRYPOINT="cli")
    person.hook("claude", PROMPT | {"hook_event_name": "PreToolUse"}, CLAUDE_CODE_ENTRYPOINT="sdk-cli")
    assert server.next().title == "Claude was stopped"
    assert server.shown.empty()


def test_a_program_of_the_persons_own(person: Person, tmp_path: Path) -> None:
    got = tmp_path / "got.json"
    program = tmp_path / "program"
    program.write_text(
        f"#!/bin/sh\ncat > {got}.new; mv {got}.new {got}\nenv > {got}.env.new; mv {got}.env.new {got}.env\n"
    )
    program.chmod(0o755)
    settings(person, f'[notify]\ncommand = "{program}"\n')
    person.hook("codex", PROMPT, parent=EXEC, OPENAI_API_KEY="secret")
    until(got.exists, "it never ran")
    notice = json.loads(got.read_text())
    assert (notice["kind"], notice["provider"], notice["remaining_percent"]) == ("guard", "codex", 5.0)
    assert "WARNING a guard's notice was not shown: " in str(person.log)
    until((tmp_path / "got.json.env").exists, "it was ended early")
    assert "secret" not in (tmp_path / "got.json.env").read_text()


@pytest.mark.parametrize("text", ["[notify]\nenabled = false\n", '[notify]\nquiet_hours = "00:00-00:00"\n'])
def test_none_that_is_not_wanted(person: Person, server: NoticeServer, text: str) -> None:
    settings(person, text)
    document: dict[str, object] = {
        "verdict": "stop",
        "provider": "codex",
        "message": "m",
        "account": None,
        "window": None,
    }
    document |= {"remaining_percent": 5.0, "until": None}
    for expected in (0, 1):
        done = subprocess.run(
            [sys.executable, "-m", "tray.cli", "notice"],
            env=person.environ,
            cwd=ROOT,
            input=json.dumps(document).encode(),
            capture_output=True,
            check=True,
        )
        assert (done.stdout, done.stderr) == (b"", b"")
        assert server.shown.qsize() == expected
        settings(person, "")
