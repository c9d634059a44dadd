"""Sessions of a real Claude Code, each with what its model served: the bill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from tests.fake_anthropic import config, login, make_home
from tests.left_behind import at_work, until
from tests.real.billed_claude import DELEGATE, FILL, JUDGED, QUOTA, SEARCH, TURN, Model, Served
from tests.real.terminals import Terminal, terminal
from tests.real.tls_proxy import tls_proxy

SECONDS = 60

Sums = dict[str, dict[str, int]]


class Sessions:
    """A person's home and working folder; the whole Internet is `model` and a few answers about the account."""

    def __init__(self, program: Path, folder: Path, model: Model, environ: dict[str, str]) -> None:
        self.program, self.folder, self.model = program, folder, model
        self.work = folder / "work"
        self.work.mkdir(parents=True)
        self.home = self._make_home(folder / ".claude")
        self.environ = {
            "HOME": str(folder),
            "PATH": "/usr/bin:/bin",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "CLAUDE_CONFIG_DIR": str(self.home),
            "CLAUDE_CODE_TMPDIR": str(folder),
            "DISABLE_TELEMETRY": "1",
            "DISABLE_AUTOUPDATER": "1",
        } | environ

    def _make_home(self, folder: Path) -> Path:
        trusted = {str(self.work): {"hasTrustDialogAccepted": True}}
        about = config(hasCompletedOnboarding=True, theme="dark", projects=trusted)
        return make_home(folder, login(expires=datetime.now(UTC) + timedelta(hours=6)), about).path

    def with_home(self, folder: Path) -> Sessions:
        """The same person, in another home."""
        other = copy(self)
        other.home = self._make_home(folder)
        other.environ = self.environ | {"CLAUDE_CONFIG_DIR": str(other.home)}
        return other

    def runs(self, *arguments: str) -> None:
        """A command that ends by itself."""
        command = [str(self.program), *arguments]
        subprocess.run(
            command,
            env=self.environ,
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=SECONDS,
        )

    def trusts(self, folder: Path) -> None:
        path = self.home / ".claude.json"
        about = json.loads(path.read_text())
        about["projects"].setdefault(str(folder), {})["hasTrustDialogAccepted"] = True
        path.write_text(json.dumps(about))

    def prints(self, prompt: str, *arguments: str) -> str:
        """One run with `-p`; returns the id of its session."""
        command = [str(self.program), "-p", *arguments, "--output-format", "json"]
        done = subprocess.run(
            command,
            env=self.environ,
            cwd=self.work,
            input=prompt.encode(),
            capture_output=True,
            check=True,
            timeout=SECONDS,
        )
        return str(json.loads(done.stdout)["session_id"])

    @contextmanager
    def screen(self, *arguments: str, folder: Path | None = None) -> Iterator[Terminal]:
        with terminal([str(self.program), *arguments], self.environ, folder or self.work) as screen:
            screen.until(lambda: "❯" in screen.text, "it never asked for a prompt")
            yield screen

    def says(self, screen: Terminal, prompt: str) -> None:
        """A whole turn."""
        before = self.lines('"subtype":"turn_duration"')
        screen.enters(prompt)
        screen.until(lambda: self.lines('"subtype":"turn_duration"') > before, "the turn never ended")

    def leaves(self, screen: Terminal) -> None:
        screen.enters("/exit")
        screen.until(lambda: at_work(self.folder) == [], "it never ended")

    def is_killed(self) -> None:
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.pid != os.getpid() and str(self.folder) in process.environ().get("HOME", ""):
                    process.send_signal(signal.SIGKILL)
        until(lambda: at_work(self.folder) == [], "it was not killed")

    @property
    def logs(self) -> list[Path]:
        return sorted((self.home / "projects").rglob("*.jsonl"))

    def lines(self, holding: str) -> int:
        return sum(holding in line for log in self.logs for line in log.read_text().splitlines())


@contextmanager
def sessions(program: Path, folder: Path, model: Model | None = None) -> Iterator[Sessions]:
    folder.mkdir()
    model = model or Model()
    with tls_proxy(folder, model) as proxy:
        yield Sessions(program, folder, model, proxy.environ)


def resumed(person: Sessions) -> None:
    first = person.prints("one")
    person.prints("two", "--resume", first, "--model", "sonnet")
    person.prints("three", "--continue", "--model", "haiku")


def forked(person: Sessions) -> None:
    """Both go on after the fork, and the one that was forked is compacted."""
    parent = person.prints("one")
    fork = person.prints("two", "--resume", parent, "--fork-session")
    person.prints("/compact", "--resume", parent)
    person.prints("three", "--resume", parent)
    person.prints("four", "--resume", fork)


def efforts(person: Sessions) -> None:
    session = person.prints("one", "--effort", "high")
    person.prints("two", "--resume", session, "--effort", "low")
    person.prints("three")


def agent(person: Sessions) -> None:
    person.prints(DELEGATE)


def asides(person: Sessions) -> None:
    """In the program's own screen: /btw, twice, and /compact."""
    with person.screen() as screen:
        person.says(screen, "what is this project for")
        for aside in ("/btw is it old", "/btw who wrote it"):
            screen.enters(aside)
            screen.until(lambda: "to fork" in screen.text, "the aside was never answered")
            screen.types("\x1b")
            screen.until(lambda: "to fork" not in screen.text, "the aside was never closed")
        person.says(screen, "and what else")
        screen.enters("/compact")
        screen.until(lambda: person.lines("compact_boundary") == 1, "it was never compacted")
        person.says(screen, "go on")
        person.leaves(screen)


def killed(person: Sessions) -> None:
    """The second of three processes is killed: what it was served is on its lines alone."""
    with person.screen() as screen:
        person.says(screen, "one")
        person.leaves(screen)
    (log,) = person.logs
    with person.screen("--resume", log.stem) as screen:
        person.says(screen, "two")
        person.is_killed()
    person.prints("three", "--resume", log.stem)


def searched(person: Sessions) -> None:
    """By a tool that a model finds only when it looks for tools, unless all are given to it."""
    person.environ["ENABLE_TOOL_SEARCH"] = "false"
    first = person.prints(SEARCH, "--allowedTools", "WebSearch")
    person.prints("and now", "--resume", first)


def compacted_by_itself(person: Sessions) -> None:
    """The first answer leaves no room for the second prompt."""
    person.environ["CLAUDE_CODE_AUTO_COMPACT_WINDOW"] = "150000"
    person.environ["CLAUDE_AUTOCOMPACT_PCT_OVERRIDE"] = "50"
    with person.screen() as screen:
        person.says(screen, "one")
        person.says(screen, FILL)
        person.says(screen, "go on")
        person.says(screen, "and on")
        person.leaves(screen)


def judged(person: Sessions) -> None:
    """By a hook of type prompt, at the end of each turn and before each prompt."""
    hook = {"hooks": [{"type": "prompt", "prompt": f"{JUDGED}? $ARGUMENTS"}]}
    settings = {"hooks": {"Stop": [hook], "UserPromptSubmit": [hook]}}
    (person.home / "settings.json").write_text(json.dumps(settings))
    with person.screen() as screen:
        person.says(screen, "one")
        person.says(screen, "two")
        person.leaves(screen)


def branched(person: Sessions) -> None:
    """/branch goes on in a session of its own, and the first one is resumed."""
    with person.screen() as screen:
        person.says(screen, "one")
        (log,) = person.logs
        screen.enters("/branch")
        screen.until(lambda: person.lines('"subtype":"turn_duration"') == 2, "there was no branch")
        person.says(screen, "two")
        person.leaves(screen)
    person.prints("three", "--resume", log.stem)


def killed_at_first(person: Sessions) -> None:
    """No process before left a sum; the one that goes on asks aside alone."""
    with person.screen() as screen:
        person.says(screen, "one")
        person.is_killed()
    (log,) = person.logs
    with person.screen("--resume", log.stem) as screen:
        screen.enters("/btw is it old")
        screen.until(lambda: "to fork" in screen.text, "the aside was never answered")
        screen.types("\x1b")
        screen.until(lambda: "to fork" not in screen.text, "the aside was never closed")
        person.leaves(screen)


BESIDE: dict[str, Callable[[Sessions], None]] = {
    "searched": searched,
    "compacted_by_itself": compacted_by_itself,
    "judged": judged,
    "branched": branched,
    "killed_at_first": killed_at_first,
}
"""Of what else Claude Code asks without a line for the answer."""

SCENARIOS: dict[str, Callable[[Sessions], None]] = {
    "resumed": resumed,
    "forked": forked,
    "efforts": efforts,
    "agent": agent,
    "asides": asides,
    "killed": killed,
}


def by_model(served: Iterable[Served]) -> Sums:
    sums: Sums = defaultdict(lambda: defaultdict(int))
    for response in served:
        usage, sum_ = response.usage, sums[response.model]
        sum_["input"] += usage["input_tokens"]
        sum_["cc_5m"] += usage["cache_creation"]["ephemeral_5m_input_tokens"]
        sum_["cc_1h"] += usage["cache_creation"]["ephemeral_1h_input_tokens"]
        sum_["cache_read"] += usage["cache_read_input_tokens"]
        sum_["output"] += usage["output_tokens"]
        sum_["web_search"] += usage.get("server_tool_use", {}).get("web_search_requests", 0)
    return sums


def by_effort(served: Iterable[Served]) -> Sums:
    sums: Sums = defaultdict(lambda: defaultdict(int))
    for response in served:
        sum_ = sums[str(response.effort)]
        sum_["responses"] += 1
        sum_["output"] += response.usage["output_tokens"]
        sum_["reasoning"] += response.usage.get("output_tokens_details", {}).get("thinking_tokens", 0)
    return sums


def on_lines(served: Iterable[Served]) -> list[Served]:
    return [response for response in served if response.purpose == TURN]


def in_cost_state(served: Iterable[Served]) -> list[Served]:
    """What Claude Code itself adds up: all but the request by which it learns of its quota."""
    return [response for response in served if response.purpose != QUOTA]


def cost_states(log: Path) -> list[dict[str, Any]]:
    lines = (json.loads(line) for line in log.read_text().splitlines())
    return [line for line in lines if line["type"] == "cost-state"]
