"""`tankful guard --hook` as a CLI runs it: a process, JSON on its stdin, its stdout, its exit code, its time."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.tray.faces.published import ROOT, Folder, until
from tray.engine.brief_log import FILE
from tray.engine.document_values import as_time
from tray.engine.single_instance import SingleInstance

EXEC = ("sh", "-c", '"$@"; true', "exec")  # as `codex exec`
PROMPT = {
    "hook_event_name": "UserPromptSubmit",
    "session_id": "s",
    "turn_id": "t",
    "prompt_id": "t",
    "prompt": "go",
}
TOOL = {
    "hook_event_name": "PreToolUse",
    "session_id": "s",
    "turn_id": "t",
    "prompt_id": "t",
    "tool_name": "Bash",
}


class Person(Folder):
    """Whose CLIs run in their usual homes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        del self.environ["CODEX_HOME"], self.environ["CLAUDE_CONFIG_DIR"]

    def has_left(self, left: float, **more: Any) -> None:
        used = [self.account(self.window(100 - left), provider=name) for name in ("codex", "claude")]
        self.publish(*used, **more)

    def hook(
        self, cli: str, sent: Any, *arguments: str, parent: tuple[str, ...] = (), **environ: str
    ) -> dict[str, Any] | None:
        """The answer; nothing is printed beside it, and the exit code is 0. A `parent` runs its last words."""
        text = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        done = subprocess.run(
            [*parent, sys.executable, "-m", "tray.cli", "guard", "--hook", cli, *arguments],
            env=self.environ | environ,
            cwd=ROOT,
            input=text,
            capture_output=True,
            check=True,
            timeout=30,
        )
        assert done.stderr == b""
        found: dict[str, Any] | None = json.loads(done.stdout) if done.stdout else None
        return found

    @property
    def log(self) -> list[str]:
        path = self.state / FILE
        return [line.partition(" ")[2] for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


class TestAnswers:
    @pytest.mark.parametrize("cli", ["codex", "claude"])
    def test_enough(self, person: Person, cli: str) -> None:
        person.has_left(60)
        assert person.hook(cli, PROMPT) is None
        assert person.hook(cli, TOOL) is None
        assert person.log == [f"INFO {cli} hook of ~/.{cli}: let pass"]

    @pytest.mark.parametrize("cli", ["codex", "claude"])
    def test_a_turn_is_warned_once(self, person: Person, cli: str) -> None:
        person.has_left(20)
        found = person.hook(cli, PROMPT)
        assert found is not None
        assert list(found) == ["systemMessage"]
        assert found["systemMessage"].startswith(f"tankful: {cli.title()} has 20 % of the 5h limit left.")
        assert person.hook(cli, TOOL) is None
        assert person.hook(cli, PROMPT | {"turn_id": "u", "prompt_id": "u"}) == found

    def test_claude_is_stopped_between_tools(self, person: Person) -> None:
        person.has_left(5)
        for _ in range(2):
            found = person.hook("claude", TOOL)
            assert found is not None
            assert found["continue"] is False
            assert found["stopReason"].startswith(
                "tankful: Claude has 5 % of the 5h limit left, less than 10 %."
            )

    def test_codex_is_stopped_at_the_next_prompt(self, person: Person) -> None:
        person.has_left(5)
        found = person.hook("codex", TOOL)
        assert found is not None
        assert set(found) == {"systemMessage", "hookSpecificOutput"}
        assert person.hook("codex", TOOL) is None
        blocked = person.hook("codex", PROMPT)
        assert blocked is not None
        assert blocked["decision"] == "block"

    def test_a_turn_that_was_warned_hears_once_more_when_it_should_stop(self, person: Person) -> None:
        person.has_left(20)
        assert person.hook("codex", PROMPT) is not None
        person.has_left(5)
        urgent = person.hook("codex", TOOL)
        assert urgent is not None
        assert "additionalContext" in urgent["hookSpecificOutput"]
        assert person.hook("codex", TOOL) is None

    def test_an_agent_is_told_beside_its_person(self, person: Person) -> None:
        """Both work in one turn, and each has a model of its own."""
        person.has_left(5)
        assert person.hook("codex", TOOL) is not None
        found = person.hook("codex", TOOL | {"agent_id": "a"})
        assert found is not None
        assert "systemMessage" not in found
        assert person.hook("codex", TOOL | {"agent_id": "a"}) is None

    def test_calls_are_refused_where_that_was_chosen(self, person: Person) -> None:
        person.has_left(5)
        for _ in range(2):
            found = person.hook("codex", TOOL, "--refuse-calls")
            assert found is not None
            assert found["hookSpecificOutput"]["permissionDecision"] == "deny"

    def test_a_block_that_was_read_long_ago_lets_pass(self, person: Person) -> None:
        person.now = person.now.replace(year=person.now.year - 1)
        window = person.window(100, resets_at=person.now.replace(year=person.now.year + 2))
        person.publish(person.account(window), kind="command")
        (person.state / "round.started").touch()
        assert person.hook("codex", PROMPT) is None
        assert "let pass: the block was read too long ago" in person.log[-1]

    def test_it_judges_the_model_at_work(self, person: Person) -> None:
        own = person.window(95, ident="model:codex_bengalfox:session", title="GPT-5.3-Codex-Spark 5h")
        person.publish(person.account(person.window(20), own))
        assert person.hook("codex", PROMPT | {"model": "gpt-5.5"}) is None
        found = person.hook("codex", PROMPT | {"model": "gpt-5.3-codex-spark"})
        assert found is not None
        assert found["decision"] == "block"

    def test_it_judges_the_home_of_its_cli(self, person: Person) -> None:
        other = person.account(person.window(95), homes=("~/other",))
        person.publish(person.account(person.window(20)), other)
        assert person.hook("codex", PROMPT) is None
        assert person.hook("codex", PROMPT, CODEX_HOME=str(person.folder / "other/")) is not None
        assert person.hook("codex", PROMPT, CODEX_HOME=str(person.folder / "unknown")) is None


class TestRounds:
    def test_a_stale_snapshot_starts_one_in_the_background(self, person: Person) -> None:
        person.has_left(5, kind="command", at=person.now.replace(year=person.now.year - 1))
        revised = person.state / "snapshot.json"
        before = revised.stat().st_mtime_ns
        person.hook("codex", PROMPT)
        person.hook("codex", PROMPT)
        until(lambda: revised.stat().st_mtime_ns != before, "nobody refreshed it")

    def test_one_for_a_home_that_was_left_out(self, person: Person) -> None:
        """By a round for the home of another session."""
        person.has_left(60, kind="command")
        person.hook("codex", PROMPT)
        assert not (person.state / "round.started").exists()
        person.hook("codex", PROMPT, CODEX_HOME=str(person.folder / "other"))
        assert (person.state / "round.started").exists()

    @pytest.mark.parametrize(("minutes", "starts"), [(9, False), (11, True)])
    def test_one_for_a_home_that_was_read_earlier(
        self, person: Person, minutes: int, *, starts: bool
    ) -> None:
        """By rounds for the home of another session, the last of them just now."""
        person.publish(
            person.account(person.window(95), homes=("~/.codex", "~/other", "~/fresh")), kind="command"
        )
        path = person.state / "snapshot.json"
        document = json.loads(path.read_text())
        earlier = as_time(person.now - timedelta(minutes=minutes))
        document["providers"][0]["read_earlier"] = {"~/other": earlier}
        path.write_text(json.dumps(document))
        for home in (".codex", "fresh"):
            assert person.hook("codex", PROMPT, CODEX_HOME=str(person.folder / home)) is not None
        assert not (person.state / "round.started").exists()
        assert person.hook("codex", PROMPT, CODEX_HOME=str(person.folder / "other")) is not None
        assert (person.state / "round.started").exists() == starts

    @pytest.mark.parametrize("content", ["", "{", '{"schema": "tankful.snapshot/1", "providers": [1]}'])
    def test_one_for_a_snapshot_that_is_damaged(self, person: Person, content: str) -> None:
        person.has_left(5)
        (person.state / "snapshot.json").write_text(content)
        assert person.hook("codex", PROMPT) is None
        assert (person.state / "round.started").exists()

    def test_one_for_a_snapshot_of_the_future(self, person: Person) -> None:
        """The clock was set back."""
        person.has_left(60, kind="command", at=person.now + timedelta(minutes=4))
        assert person.hook("codex", PROMPT) is None
        assert (person.state / "round.started").exists()

    def test_one_for_a_budget_whose_logs_were_not_counted(self, person: Person) -> None:
        person.has_left(60, kind="command")
        path = person.state / "snapshot.json"
        document = json.loads(path.read_text())
        budget: dict[str, Any] = {
            "period": "day",
            "provider": None,
            "account": None,
            "title": None,
            "unit": "usd",
        }
        budget |= {"limit": 20.0, "used": 1.0, "at_least": False, "forecast": None, "ends_at": None}
        document["budgets"] = [budget | {"verdict": "ok", "up_to_date": True}]
        path.write_text(json.dumps(document))
        assert person.hook("codex", PROMPT, "--budget") is None
        assert not (person.state / "round.started").exists()
        document["budgets"] = [budget | {"verdict": "ok", "up_to_date": False}]
        path.write_text(json.dumps(document))
        assert person.hook("codex", PROMPT) is None
        assert not (person.state / "round.started").exists()
        assert person.hook("codex", PROMPT, "--budget") is None
        assert (person.state / "round.started").exists()

    def test_none_beside_a_tray(self, person: Person) -> None:
        person.has_left(5, at=person.now.replace(year=person.now.year - 1))
        instance = SingleInstance(person.state)
        assert instance.acquire()
        person.hook("codex", PROMPT)
        instance.release()
        assert not (person.state / "round.started").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_commands_that_started_it_are_those_above_a_shell(tmp_path: Path) -> None:
    """Whatever the shell's program is named."""
    shell = tmp_path / ") R 1 (sh"
    shell.symlink_to("/bin/sh")
    words = "from tray.faces.guard.hook import parents; print(*parents(), sep='\\n')"
    inner = (str(shell), "-c", '"$@"; true', "inner", sys.executable, "-c", words)
    done = subprocess.run(
        ["sh", "-c", '"$@"; true', "outer", *inner], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = done.stdout.splitlines()
    assert found[0] == str(shell)
    assert {"inner", "outer"} <= set(found)
    assert found[len(inner)] == "sh"
