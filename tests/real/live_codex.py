"""A real Codex at work, with what its models answered when, and what is said of its sessions meanwhile."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
from msgspec import Struct

from providers.codex.descriptor import CODEX
from providers.domain.live import LiveSession, SessionsLook
from providers.host.processes import system_processes
from providers.live.look import LookContext, SessionLook
from providers.live.observer import HookRecords
from providers.source import Home
from tests.programs import started
from tests.real.billed_codex import serving
from tests.real.codex_threads import Threads
from tests.real.scripted_codex import Item, Script, ScriptedModels, call, script_call
from tests.real.terminals import Terminal, terminal

EVERY = 0.2
SECONDS = 60
SETTLES = 1.0
"""Seconds after an event, until every look shows it."""
DEFAULT, DIRECT = "gpt-6.2-sol", "mock-model"
"""A model that writes scripts ("Code Mode"), and one that calls each tool itself."""


class Seen(Struct, frozen=True):
    """When a look began and ended, and what it showed."""

    at: float
    ended: float
    look: SessionsLook


class Watch:
    """Looks at the sessions of these homes again and again; `hooks` are what hooks have recorded by then."""

    def __init__(self, *homes: Path, hooks: Callable[[datetime], HookRecords] = lambda _now: {}) -> None:
        self._hooks = hooks
        known = [Home(provider="codex", path=path, label=path.name) for path in homes]
        self._look = SessionLook(lambda: [(CODEX, known)], system_processes())
        self._ends = threading.Event()
        self.seen: list[Seen] = []
        self.problems: list[BaseException] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._ends.set()
            thread.join()
        assert self.problems == []

    def _run(self) -> None:
        while not self._ends.wait(EVERY):
            try:
                self.look()
            except BaseException as error:  # noqa: BLE001 - the test's own thread raises it
                self.problems.append(error)
                return

    def look(self) -> tuple[LiveSession, ...]:
        at = time.time()
        now = datetime.fromtimestamp(at, UTC)
        look = self._look.look(now, LookContext(hooks=self._hooks(now)))
        assert look.problems == ()
        self.seen.append(Seen(at, time.time(), look))
        return look.sessions

    @property
    def sessions(self) -> tuple[LiveSession, ...]:
        """The newest."""
        for problem in self.problems:
            raise problem
        return self.seen[-1].look.sessions if self.seen else ()

    def statuses(self, since: float, until: float, session: str | None = None) -> set[str]:
        """All that were shown by looks between these times, a moment after the first."""
        return {
            each.status.status
            for seen in list(self.seen)
            if since + SETTLES <= seen.at and seen.ended <= until
            for each in seen.look.sessions
            if session in (None, each.id)
        }


class LiveCodex:
    """A person with one home, whose Codex asks `models` alone."""

    def __init__(self, program: Path, folder: Path, models: ScriptedModels, *, model: str = DEFAULT) -> None:
        self.person = Threads(program, folder, models)
        self.models = models
        config = self.person.home / "config.toml"
        asks = 'approval_policy = "on-request"\nsandbox_mode = "workspace-write"\n'
        config.write_text(asks + config.read_text().replace("gpt-5.5", model))
        self.environ = self.person.environ | {"TERM": "xterm-256color", "LANG": "C.UTF-8"}

    @property
    def home(self) -> Path:
        return self.person.home

    @contextmanager
    def executes(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        command = [str(self.person.program), "exec", "--skip-git-repo-check", *arguments]
        nothing = subprocess.DEVNULL
        with started(
            command, env=self.environ, cwd=self.person.work, stdin=nothing, stdout=nothing, stderr=nothing
        ) as process:
            yield process

    @contextmanager
    def terminal(self, *arguments: str) -> Iterator[Terminal]:
        with terminal([str(self.person.program), *arguments], self.environ, self.person.work) as screen:
            screen.until(lambda: "Ask Codex" in screen.text, "it never asked for a prompt")
            yield screen

    def programs(self, *, of: int | None = None) -> list[psutil.Process]:
        """The processes of Codex itself, without its tools; of the process `of` and those below it alone."""
        return [
            each
            for each in self.processes()
            if each.name() == "codex"
            and "CODEX_TOOL_CALL_ID" not in each.environ()
            and (of is None or of in {each.pid, *(above.pid for above in each.parents())})
        ]

    def kills(self, *names: str) -> None:
        """Those with one of these words in their command line, or all that belong to this person."""
        for each in self.processes():
            with suppress(psutil.Error):
                if not names or any(name in each.cmdline() for name in names):
                    each.kill()

    def processes(self) -> Iterator[psutil.Process]:
        for each in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if each.pid != os.getpid() and each.environ().get("HOME") == str(self.person.folder):
                    yield each


@contextmanager
def live_codex(program: Path, folder: Path, script: Script, *, model: str = DEFAULT) -> Iterator[LiveCodex]:
    with serving(ScriptedModels(script)) as models:
        codex = LiveCodex(program, folder, models, model=model)
        try:
            yield codex
        finally:
            models.releases_all()
            codex.kills()


def runs(command: str, call_id: str, model: str, *, escalated: bool = False) -> Item:
    """A call of a command, as this model makes it."""
    more = {"sandbox_permissions": "require_escalated", "justification": "please"} if escalated else {}
    if model == DIRECT:
        return call("exec_command", call_id, cmd=command, **more)
    options = "".join(f", {name}: {value!r}" for name, value in more.items())
    return script_call(
        f"const r = await tools.exec_command({{cmd: {command!r}{options}}}); text(r.output)", call_id
    )


def until(true: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, what
        time.sleep(0.05)
