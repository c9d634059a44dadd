"""Records what Claude Code writes in each state, for tests/providers/claude/sessions/test_recorded.py.

unshare -n sh -c 'ip link set lo up; python -m tests.real.record_live_claude'
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.real import live_claude as said
from tests.real.claude_sessions import Sessions, sessions
from tests.real.clis import installed
from tests.real.live_claude import LiveModel
from tests.real.terminals import Terminal
from tests.real.test_claude import NOTES, PACKAGE, VERSIONS

RECORDED = Path(__file__).parents[1] / "providers/claude/sessions/recorded"
PLACE = "/home/user"
DOMAIN = "linux:0123456789abcdef0123456789abcdef:pid:[4026531836]"
LEFT_OUT = {"api-request", "api-request-blob", "api-request-shape", "prompt_snapshot"}
USAGE = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
MEMBERS = [
    "type",
    "subtype",
    "timestamp",
    "isSidechain",
    "isMeta",
    "isCompactSummary",
    "isApiErrorMessage",
    "error",
    "agentId",
    "message",
    "attachment",
    "toolUseResult",
    "pendingBackgroundAgentCount",
    "sessionId",
    "cwd",
    "version",
    "gitBranch",
    "effort",
    "entrypoint",
    "origin",
    "turnOrigin",
    "content",
]
RECORD_MEMBERS = [
    "pid",
    "sessionId",
    "cwd",
    "startedAt",
    "procStart",
    "version",
    "kind",
    "entrypoint",
    "pidDomain",
    "status",
    "updatedAt",
    "statusUpdatedAt",
    "waitingFor",
    "jobId",
    "spare",
]
MARKS = ("[Request interrupted", "<command-name>", "<local-command", "<bash-")
INPUTS = ("command", "subagent_type", "run_in_background")


class Recorder:
    """`rows` are what changed on the disk, in order, and what the scenario knows to be so."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.rows: list[dict[str, Any]] = []
        self._records: dict[str, str] = {}
        self._read: dict[Path, int] = {}
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        self._ends.set()
        self._thread.join()

    def mark(self, status: str, command: str | None = None, log: str | None = None) -> None:
        """What is so now, and for some time already, because of which command; `log` is what the log alone can
        know of it.
        """
        task = {"tool": "Bash", "argument": command} if command else {}
        self.note(**{"is": status, **task, "by_log": log or status})

    def note(self, **row: Any) -> None:
        with self._lock:
            self._look()
            self.rows.append(row)

    @property
    def status(self) -> str | None:
        with self._lock:
            self._look()
            records = [json.loads(text) for text in self._records.values()]
        return str(records[0].get("status")) if records else None

    def _run(self) -> None:
        while not self._ends.wait(0.02):
            with self._lock:
                self._look()

    def _look(self) -> None:
        folder = self.home / "sessions"
        now = {path.name: path.read_text() for path in folder.glob("*.json")} if folder.is_dir() else {}
        for name, text in now.items():
            if text != self._records.get(name):
                content = json.loads(text)
                kept = {each: content[each] for each in RECORD_MEMBERS if each in content}
                kept |= {"pidDomain": DOMAIN} if "pidDomain" in kept else {}
                self.rows.append({"record": name, "content": kept})
        self.rows += [{"record": name, "content": None} for name in self._records if name not in now]
        self._records = now
        for path in sorted((self.home / "projects").rglob("*.jsonl")):
            begun = self._read.get(path, 0)
            new = path.read_bytes()[begun:]
            whole = new[: new.rfind(b"\n") + 1]
            self._read[path] = begun + len(whole)
            lines = [json.loads(each) for each in whole.splitlines()]
            self.rows += [
                {"log": path.stem, "line": shortened(each)}
                for each in lines
                if each.get("type") not in LEFT_OUT
            ]


def shortened(line: dict[str, Any]) -> dict[str, Any]:
    """Without anybody's words."""
    kept = {name: line[name] for name in MEMBERS if name in line}
    if isinstance(kept.get("message"), dict):
        kept["message"] = message(kept["message"])
    if isinstance(kept.get("attachment"), dict):
        kept["attachment"] = {"type": kept["attachment"].get("type")}
    result = kept.pop("toolUseResult", None)
    if isinstance(result, dict):
        shown = {name: result[name] for name in ("isAsync", "agentId", "backgroundTaskId") if name in result}
        kept |= {"toolUseResult": shown} if shown else {}
    if "content" in kept:
        kept["content"] = text(kept["content"]) if isinstance(kept["content"], str) else None
    return kept


def message(content: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        name: content[name] for name in ("model", "id", "role", "stop_reason") if name in content
    }
    if "usage" in content:
        kept["usage"] = {name: content["usage"][name] for name in USAGE if name in content["usage"]}
    kept["content"] = blocks(content.get("content"))
    return kept


def blocks(content: Any) -> Any:
    if not isinstance(content, list):
        return text(content)
    return [
        {name: each[name] for name in ("type", "id", "name", "tool_use_id", "is_error") if name in each}
        | ({"text": text(each["text"])} if "text" in each else {})
        | (
            {"input": {name: each["input"][name] for name in INPUTS if name in each["input"]}}
            if "input" in each
            else {}
        )
        for each in content
    ]


def text(words: str) -> str:
    if words.startswith("<task-notification>"):
        return words[: words.index("</task-id>") + len("</task-id>")]
    return words.split("\n", maxsplit=1)[0][:40] if words.startswith(MARKS) else "words"


Scenario = Callable[[Sessions, LiveModel, Recorder], None]


def rest(screen: Terminal, recorder: Recorder, status: str) -> None:
    """Until that is so, and whatever belongs to it is written."""
    screen.until(lambda: recorder.status == status, f"never {status}, but {recorder.status}")
    before = time.time()
    screen.until(lambda: time.time() > before + 0.7, "")


def turns(person: Sessions, model: LiveModel, recorder: Recorder) -> None:
    with person.screen("--permission-mode", "default") as screen:
        rest(screen, recorder, "idle")
        recorder.mark("idle")
        model.hold(said.HELD)
        screen.enters(said.HELD)
        screen.until(lambda: model.waits(said.HELD), "never asked")
        rest(screen, recorder, "busy")
        recorder.mark("working")
        model.let(said.HELD)
        rest(screen, recorder, "idle")
        recorder.mark("idle")
        screen.enters(said.RUN)
        screen.until((person.work / "begun").exists, "never begun")
        rest(screen, recorder, "busy")
        recorder.mark("working", said.WAIT)
        (person.work / "go").touch()
        rest(screen, recorder, "idle")
        recorder.mark("idle")
        screen.enters(said.BOTH)
        for command in ("touch first", "touch second"):
            rest(screen, recorder, "waiting")
            recorder.mark("approval", command, "working")
            screen.types("\r")
        rest(screen, recorder, "idle")
        recorder.mark("idle")
        screen.enters(said.QUESTION)
        rest(screen, recorder, "waiting")
        recorder.mark("waiting")
        screen.types("1")
        rest(screen, recorder, "idle")
        recorder.mark("idle")
        person.leaves(screen)
    recorder.note(killed=True)
    recorder.mark("done")


def interrupts(person: Sessions, model: LiveModel, recorder: Recorder) -> None:
    with person.screen("--permission-mode", "default") as screen:
        screen.enters(said.RUN)
        screen.until((person.work / "begun").exists, "never begun")
        rest(screen, recorder, "busy")
        recorder.mark("working", said.WAIT)
        screen.types("\x1b")
        rest(screen, recorder, "idle")
        recorder.mark("idle")
        (person.work / "go").touch()
        screen.enters(said.ASK)
        rest(screen, recorder, "waiting")
        screen.types("\x1b")
        rest(screen, recorder, "idle")
        recorder.mark("idle")
        model.hold(said.HELD)
        screen.enters(said.HELD)
        screen.until(lambda: model.waits(said.HELD), "never asked")
        rest(screen, recorder, "busy")
        screen.types("\x1b")
        rest(screen, recorder, "idle")
        recorder.mark("idle", log="working")
        model.let(said.HELD)
        person.is_killed()
    recorder.note(killed=True)
    recorder.mark("done")


def background(person: Sessions, model: LiveModel, recorder: Recorder) -> None:
    with person.screen("--permission-mode", "default") as screen:
        model.hold(said.CHILD)
        screen.enters(said.AGENT)
        screen.until(lambda: model.waits(said.CHILD), "never asked")
        rest(screen, recorder, "busy")
        recorder.mark("working")
        model.let(said.CHILD)
        ends(person, screen, 2)
        rest(screen, recorder, "idle")
        recorder.mark("idle")
        screen.enters(said.SHELL)
        rest(screen, recorder, "shell")
        recorder.mark("working", log="idle")
        (person.work / "go").touch()
        ends(person, screen, 4)
        rest(screen, recorder, "idle")
        recorder.mark("idle")
        person.leaves(screen)
    recorder.note(killed=True)
    recorder.mark("done")


def below(person: Sessions, _model: LiveModel, recorder: Recorder) -> None:
    """In 2.1.197 the agent works in the foreground."""
    with person.screen("--permission-mode", "default") as screen:
        screen.enters(said.NEAR)
        rest(screen, recorder, "waiting")
        recorder.mark("approval", "touch below", "working")
        screen.types("\r")
        rest(screen, recorder, "idle")
        recorder.mark("idle")
        person.leaves(screen)
    recorder.note(killed=True)
    recorder.mark("done")


def ends(person: Sessions, screen: Terminal, turns: int) -> None:
    screen.until(lambda: person.lines('"subtype":"turn_duration"') == turns, "the turn never ended")


def limits(person: Sessions, model: LiveModel, recorder: Recorder) -> None:
    with person.screen("--permission-mode", "default") as screen:
        person.says(screen, "one")
        rest(screen, recorder, "idle")
        screen.enters("/compact")
        screen.until(lambda: person.lines("compact_boundary") == 1, "never compacted")
        rest(screen, recorder, "idle")
        recorder.mark("idle")
        model.refuses = 9
        screen.enters("two")
        screen.until(lambda: person.lines('"rate_limit"') > 0, "never refused")
        rest(screen, recorder, "idle")
        recorder.mark("idle")
        person.is_killed()
    recorder.note(killed=True)
    recorder.mark("done")


SCENARIOS: dict[str, Scenario] = {
    "turns": turns,
    "interrupts": interrupts,
    "background": background,
    "below": below,
    "limits": limits,
}
# 2.1.197 has its agents in the foreground, and compacts no single turn.
IN_ALL_VERSIONS = ("turns", "interrupts", "below")


def record(name: str, version: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = LiveModel(*said.PLAYS)
        with sessions(installed(PACKAGE, version), Path(folder) / "person", model) as person:
            (person.work / "wait.py").write_text(said.WAITER)
            (person.home / "settings.json").write_text(json.dumps(said.ALLOWED))
            recorder = Recorder(person.home)
            try:
                SCENARIOS[name](person, model, recorder)
            finally:
                recorder.end()
        text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in recorder.rows)
    target = RECORDED / f"{version}-{name}.jsonl"
    target.parent.mkdir(exist_ok=True)
    target.write_text(text.replace(f"{folder}/person", PLACE))
    print(target.name, len(recorder.rows), "rows")


if __name__ == "__main__":
    for scenario in sys.argv[1:] or SCENARIOS:
        for each in VERSIONS if scenario in IN_ALL_VERSIONS else (NOTES,):
            record(scenario, each)
