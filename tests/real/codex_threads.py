"""Threads of a real Codex, each with what its models served: the bill."""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.programs import started
from tests.real.billed_codex import DELEGATE, Models, Served, billed_models

SECONDS = 60
DEAD = "http://127.0.0.1:9"

Sums = dict[str, dict[str, int]]


class AppServer:
    """One conversation with `codex app-server`, whose notifications are kept."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._asked = 0
        self._heard: list[dict[str, Any]] = []

    def ask(self, method: str, **params: Any) -> Any:
        self._asked += 1
        self.sends({"id": self._asked, "method": method, "params": params})
        while True:
            message = self._reads()
            if message.get("id") == self._asked and "method" not in message:
                assert "result" in message, message
                return message["result"]

    def turn(self, thread: str, prompt: str, **more: str) -> str:
        """A whole turn; returns its id."""
        words = [{"type": "text", "text": prompt}]
        turn = str(self.ask("turn/start", threadId=thread, input=words, **more)["turn"]["id"])
        self.until(lambda about: about["turn"]["id"] == turn)
        return turn

    def until(self, ended: Callable[[dict[str, Any]], bool]) -> None:
        """Until such a turn is over."""
        while not any(
            message["method"] == "turn/completed" and ended(message["params"]) for message in self._heard
        ):
            self._reads()

    def sends(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _reads(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "it ended"
        message: dict[str, Any] = json.loads(line)
        if "method" in message:
            self._heard.append(message)
        return message


class Threads:
    """A person's home, in which Codex asks `models` alone."""

    def __init__(self, program: Path, folder: Path, models: Models) -> None:
        self.program, self.folder, self.models = program, folder, models
        self.home, self.work, temporary = folder / "home", folder / "work", folder / "temporary"
        for each in (self.home, self.work, temporary):
            each.mkdir(parents=True)
        trusted = f'[projects."{self.work}"]\ntrust_level = "trusted"\n'
        (self.home / "config.toml").write_text(models.config + trusted)
        own = {"HOME": str(folder), "TMPDIR": str(temporary), "CODEX_HOME": str(self.home), "TZ": "UTC"}
        lines = {"HTTP_PROXY": DEAD, "HTTPS_PROXY": DEAD, "NO_PROXY": "127.0.0.1,localhost"}
        self.environ = {"PATH": os.environ["PATH"], **own, **lines}

    def runs(self, *arguments: str) -> str:
        """One run of `codex exec`; returns the id of its thread."""
        return str(json.loads(self.executes("--json", *arguments).splitlines()[0])["thread_id"])

    def executes(self, *arguments: str) -> bytes:
        """The same, also of versions that have no such JSON; returns what it printed."""
        return subprocess.run(
            [str(self.program), "exec", "--skip-git-repo-check", *arguments],
            env=self.environ,
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=SECONDS,
        ).stdout

    @contextmanager
    def server(self) -> Iterator[AppServer]:
        with started(
            [str(self.program), "-s", "read-only", "-a", "never", "app-server"],
            text=True,
            env=self.environ,
            cwd=self.work,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            server = AppServer(process)
            about = {"name": "test", "title": "test", "version": "1"}
            server.ask("initialize", clientInfo=about, capabilities={"experimentalApi": True})
            server.sends({"method": "initialized"})
            yield server
            assert process.stdin is not None
            process.stdin.close()
            process.wait(SECONDS)

    @property
    def logs(self) -> list[Path]:
        return sorted((self.home / "sessions").rglob("rollout-*.jsonl"))


@contextmanager
def threads(program: Path, folder: Path) -> Iterator[Threads]:
    with billed_models() as models:
        yield Threads(program, folder, models)


def resumed(person: Threads) -> None:
    thread = person.runs("one")
    person.runs("resume", thread, "two")
    person.runs("resume", "--last", "three")


def switched(person: Threads) -> None:
    """Of models that do not share a way to compact, the old one sums up for the new one each time."""
    with person.server() as server:
        thread = server.ask("thread/start", cwd=str(person.work))["thread"]["id"]
        server.turn(thread, "one", effort="low")
        server.turn(thread, "two", model="gpt-6.2-sol", effort="high")
        server.turn(thread, "three", model="gpt-6-sol")  # this one shares it
        server.turn(thread, "four", model="gpt-5.5", effort="medium")
    person.runs("resume", thread, "-m", "gpt-6.2-sol", "five")
    person.runs("fork", thread, "six")  # falls back to the model of the settings


def reverted(person: Threads) -> None:
    """Two of three turns are taken back, which leaves them billed; then a fork, and another model."""
    with person.server() as server:
        thread = server.ask("thread/start", cwd=str(person.work))["thread"]["id"]
        server.turn(thread, "one", effort="low")
        second = server.turn(thread, "two")
        server.turn(thread, "three", effort="high")
        server.ask("thread/revert", threadId=thread, beforeTurnId=second)
        server.turn(thread, "four")
        fork = server.ask("thread/fork", threadId=thread)["thread"]["id"]
        server.turn(fork, "five")
        server.turn(thread, "six", model="gpt-6.1-sol")
        server.turn(fork, "seven", model="gpt-6.1-sol")


def agent(person: Threads) -> None:
    with person.server() as server:
        thread = server.ask("thread/start", cwd=str(person.work), model="gpt-6.2-sol")["thread"]["id"]
        server.turn(thread, DELEGATE, effort="low")
        server.until(lambda about: about["threadId"] != thread)
        server.turn(thread, "two")


SCENARIOS: dict[str, Callable[[Threads], None]] = {
    "resumed": resumed,
    "switched": switched,
    "reverted": reverted,
    "agent": agent,
}


def bill(served: Iterable[Served]) -> dict[str, Any]:
    """As `counted` of tests/providers/codex/logs/test_corpora.py, without dates."""
    total: dict[str, int] = defaultdict(int)
    by_model: Sums = defaultdict(lambda: defaultdict(int))
    by_effort: Sums = defaultdict(lambda: defaultdict(int))
    for response in served:
        usage = response.usage
        for sums in (total, by_model[response.model], by_effort[str(response.effort)]):
            sums["responses"] += 1
            sums["input_tokens"] += usage["input_tokens"]
            sums["cached_input_tokens"] += usage["input_tokens_details"]["cached_tokens"]
            sums["cache_write_input_tokens"] += usage["input_tokens_details"]["cache_write_tokens"]
            sums["output_tokens"] += usage["output_tokens"]
            sums["reasoning_output_tokens"] += usage["output_tokens_details"]["reasoning_tokens"]
    return {"total": total, "by_model": by_model, "by_effort": by_effort}
