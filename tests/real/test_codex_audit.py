"""Threads of a real Codex, counted by us and by a server whose log is the bill, and asked for by a real Codex."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from providers.codex.app_server.threads import ThreadCounter
from providers.codex.auth import read_login
from providers.domain.errors import LoginExpired, ProgramTooOld
from providers.domain.limits import DayTokens, Identity
from providers.domain.server_count import ServerAnswer
from providers.host.locate.find import Program
from providers.host.process.child import run
from providers.source import Home, Question
from tests.fake_app_server import thread_answer
from tests.homes import ACCESS_MARK, REFRESH_MARK, SECRETS, auth, write_auth
from tests.left_behind import at_work, child_pids, children, folders, marked
from tests.real.backend import Backend, backend, thread_usage
from tests.real.codex_threads import SCENARIOS, Threads, threads
from tests.real.test_app_server import FIRST, MIDDLE, NEWEST

ROOT = Path(__file__).parents[2]
PACKAGE = "@openai/codex"
THREAD = "01a228a5-da80-70f1-afdd-9354f9ffe853"
NOBODYS = "01a228a5-da80-70f1-afdd-000000000000"
Cli = Callable[[str, str], Path]


class SignedIn:
    """A person with threads of their own, signed in at a server that counted each of them; `scratch` is where
    temporary folders come.
    """

    def __init__(self, person: Threads, server: Backend, scratch: Path) -> None:
        self.person, self.server, self.scratch = person, server, scratch
        self.before = child_pids()
        self.temporary = scratch / "temporary"
        self.temporary.mkdir(parents=True)
        config = person.home / "config.toml"
        config.write_text(f'chatgpt_base_url = "{server.base}"\n{config.read_text()}')
        write_auth(person.home, auth() | {"last_refresh": datetime.now(UTC).isoformat()})
        server.threads = {thread: thread_usage(thread, groups) for thread, groups in bills(person).items()}
        server.threads = server.threads or {THREAD: thread_usage(THREAD, [])}
        self.home = Home(provider="codex", path=person.home, label="~/.codex")
        own = {"HOME": str(person.folder), "TMPDIR": str(self.temporary), "CODEX_HOME": str(person.home)}
        self.environ = {**os.environ, **own, **server.environ}

    def asks(self, *sessions: str, program: Path | None = None) -> ServerAnswer:
        def find(name: str, *, chosen: Path | None, environ: Mapping[str, str]) -> Program:
            return Program(path=program or self.person.program, search_path=os.environ["PATH"])

        now = datetime.now(UTC)
        identity = read_login(self.home, now).identity or Identity()
        question = Question(home=self.home, identity=identity, account_since=now, now=now)
        counter = ThreadCounter(find=find, environ=self.environ, below=self.scratch / "probes")
        (self.scratch / "probes").mkdir(exist_ok=True)
        return counter.count(question, sessions)

    def audits(self, *arguments: str, code: int = 0, **environ: str) -> dict[str, Any]:
        """What `tankful audit --json` prints; `err` is what it says beside that."""
        command = [sys.executable, "-m", "tray.cli", "audit", "--provider", "codex", "--json", *arguments]
        own = {"TANKFUL_HOME": str(self.scratch / "own"), "PATH": f"{self.programs}:{os.environ['PATH']}"}
        done = subprocess.run(
            command,
            env=self.environ | own | environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        self.err = done.stderr
        assert done.returncode == code, done.stderr
        assert not any(secret in done.stdout + done.stderr for secret in SECRETS)
        return dict(json.loads(done.stdout))

    @property
    def programs(self) -> Path:
        """A folder with the Codex of this person alone."""
        folder = self.scratch / "bin"
        if not folder.exists():
            folder.mkdir()
            (folder / "codex").symlink_to(self.person.program)
        return folder

    def content(self) -> dict[str, str]:
        """Every file's hash, and every folder."""
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
            for path in sorted(self.person.folder.rglob("*"))
        }

    def left_behind(self) -> list[str]:
        probes = self.scratch / "probes"
        return [
            *marked(probes),
            *folders(probes),
            *children(self.before),
            *(str(path) for path in self.temporary.iterdir()),
        ]


def bills(person: Threads) -> dict[str, list[dict[str, Any]]]:
    """What was served to each thread, by its model, as the server groups it."""
    groups: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for served, asked in zip(person.models.served, person.models.asked, strict=True):
        names = (
            "input_tokens",
            "cached_input_tokens",
            "net_new_input_tokens",
            "output_tokens",
            "total_tokens",
        )
        group = groups[asked["client_metadata"]["thread_id"]].setdefault(
            served.model, {"model": served.model, **dict.fromkeys(names, 0)}
        )
        whole, output = served.usage["input_tokens"], served.usage["output_tokens"]
        cached = served.usage["input_tokens_details"]["cached_tokens"]
        for name, count in zip(names, (whole, cached, whole - cached, output, whole + output), strict=True):
            group[name] += count
    return {thread: list(by_model.values()) for thread, by_model in groups.items()}


@contextmanager
def signed_in(cli: Cli, folder: Path, scenario: str | None = None) -> Iterator[SignedIn]:
    """With the threads of that scenario; of none, the server knows one of another machine."""
    with threads(cli(PACKAGE, NEWEST), folder / "person") as person, backend() as server:
        if scenario is not None:
            SCENARIOS[scenario](person)
        assert at_work(person.folder) == []
        yield SignedIn(person, server, folder / "scratch")


def test_each_thread_is_asked_for_and_nothing_is_left(cli: Cli, tmp_path: Path) -> None:
    with signed_in(cli, tmp_path, "agent") as person:
        before = person.content()
        answer = person.asks(*person.server.threads, NOBODYS, "no-uuid")
        assert answer.error is None
        assert person.content() == before
        assert person.left_behind() == []
        assert person.server.refreshes == []
    assert answer.unknown == {NOBODYS}
    assert answer.days == (DayTokens(day=datetime(2026, 11, 20, tzinfo=UTC).date(), tokens=5000),)
    assert {thread: use.total_tokens for thread, use in answer.sessions.items()} == {
        thread: sum(group["total_tokens"] for group in sent["groups"])
        for thread, sent in person.server.threads.items()
    }
    assert len(answer.sessions) == 2  # the agent's own, and that of the person
    assert all(use.usd is None and use.cache_read_tokens for use in answer.sessions.values())


def test_its_home_has_no_refresh_token(cli: Cli, tmp_path: Path) -> None:
    """A program in front of the real one keeps what it finds in its home."""
    with signed_in(cli, tmp_path) as person:
        spy, seen = tmp_path / "codex", tmp_path / "seen"
        copies = f'test -d "$CODEX_HOME" && cat "$CODEX_HOME"/* >> "{seen}" 2>/dev/null'
        spy.write_text(f'#!/bin/sh\n{copies}\nexec "{person.person.program}" "$@"\n')
        spy.chmod(0o700)
        answer = person.asks(*person.server.threads, program=spy)
    assert answer.error is None
    assert answer.sessions.keys() == person.server.threads.keys()
    assert ACCESS_MARK in seen.read_text()
    assert REFRESH_MARK not in seen.read_text()


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, "login_expired", "ChatGPT rejected your login."),
        (403, None, None),
        (404, None, None),
        (429, "rate_limited", "Rate-limited by ChatGPT."),
        (500, "server_error", "ChatGPT returned a server error to Codex (HTTP 500)."),
    ],
)
def test_what_the_server_refuses(
    status: int, kind: str | None, words: str | None, cli: Cli, tmp_path: Path
) -> None:
    with signed_in(cli, tmp_path) as person:
        before = person.content()
        person.server.refuses_threads = status
        answer = person.asks(*person.server.threads)
        assert person.content() == before
        assert person.left_behind() == []
        assert person.server.refreshes == []
    error = answer.error
    assert error is not None
    assert answer.sessions == {}
    assert (error.kind, error.message) == (
        kind or "denied",
        words or "ChatGPT does not report the usage of individual threads for this account.",
    )
    assert "by itself" not in error.remedy  # nobody asks again


@pytest.mark.parametrize("release", [MIDDLE, FIRST])
def test_an_old_program(release: str, cli: Cli, tmp_path: Path) -> None:
    with signed_in(cli, tmp_path) as person:
        before = person.content()
        answer = person.asks(*person.server.threads, program=cli(PACKAGE, release))
        assert person.content() == before
        assert person.left_behind() == []
    assert isinstance(answer.error, ProgramTooOld)
    assert answer.error.message == "This Codex is too old to report the usage of a thread."
    assert answer.sessions == {}


def test_a_stale_login_is_not_renewed(cli: Cli, tmp_path: Path) -> None:
    with signed_in(cli, tmp_path) as person:
        write_auth(person.person.home, auth(expires=datetime(2026, 1, 1, tzinfo=UTC)))
        answer = person.asks(*person.server.threads)
        assert isinstance(answer.error, LoginExpired)
        assert person.server.requests == []


def test_the_schema_has_what_we_read(cli: Cli, tmp_path: Path) -> None:
    """What the fake of the other tests answers is valid by the schema that the real program writes."""
    environ = {"PATH": os.environ["PATH"], "CODEX_HOME": str(tmp_path), "HOME": str(tmp_path)}
    command = [
        str(cli(PACKAGE, NEWEST)),
        "app-server",
        "generate-json-schema",
        "--out",
        str(tmp_path / "schema"),
    ]
    assert run(command, environ=environ, folder=tmp_path, seconds=60, cap=1 << 20).code == 0
    schema = json.loads((tmp_path / "schema/v2/GetAccountTokenUsageResponse.json").read_text())
    jsonschema.validate(thread_answer(THREAD), schema)
    asked = json.loads((tmp_path / "schema/v2/NullableGetAccountTokenUsageParams.json").read_text())
    assert "threadId" in asked["definitions"]["GetAccountTokenUsageParams"]["properties"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_ledger_equals_the_bill_and_the_server(scenario: str, cli: Cli, tmp_path: Path) -> None:
    """A day of the server is that of the bill, too."""
    with signed_in(cli, tmp_path, scenario) as person:
        today = datetime.now(UTC).date().isoformat()
        billed = {
            thread: sum(group["total_tokens"] for group in sent["groups"])
            for thread, sent in person.server.threads.items()
        }
        person.server.days = [{"start_date": today, "tokens": sum(billed.values())}]
        before = person.content()
        audit = person.audits("--ask-server", "--strict")
        assert person.content() == before
        assert person.left_behind() == []
        assert person.server.refreshes == []
    assert person.err == ""
    rows = {row["id"]: row for row in audit["rows"]}
    assert rows.keys() == {*billed, today}
    for name, tokens in (billed | {today: sum(billed.values())}).items():
        assert rows[name]["ledger"]["tokens"] == tokens
        assert rows[name]["reported"]["tokens"] == tokens
        assert rows[name]["difference"]["tokens"] == 0
    assert {row["reported"]["by"] for row in audit["rows"]} == {"threadUsage", "dailyUsageBuckets"}


def test_a_wrong_sum_is_shown_once_and_not_asked_for_again(cli: Cli, tmp_path: Path) -> None:
    with signed_in(cli, tmp_path, "resumed") as person:
        assert person.audits()["rows"] == []
        assert person.server.asked_threads == []
        (thread,) = person.server.threads
        person.server.threads[thread]["groups"][0]["total_tokens"] += 1000
        person.server.days = [{"start_date": "2026-11-20", "tokens": 5000}]
        first = person.audits("--ask-server", "--strict", code=1)
        again = person.audits("--ask-server")
        assert person.server.asked_threads == [thread]
        unasked = person.audits()
        person.person.runs("resume", thread, "four")
        grown = person.audits()
    assert again["rows"] == unasked["rows"]
    assert first["rows"][0] == again["rows"][0]  # as it was asked for then
    row, day = first["rows"]
    assert (row["what"], row["id"], row["difference"]["tokens"], row["explained"]) == (
        "thread",
        thread,
        -1000,
        None,
    )
    assert (day["what"], day["id"], day["difference"]["tokens"]) == ("day", "2026-11-20", -5000)
    assert day["explained"] == "another_machine"
    assert [row["what"] for row in grown["rows"]] == ["day"]  # what it said is of another time


def test_what_cannot_be_asked_is_a_sentence(cli: Cli, tmp_path: Path) -> None:
    with signed_in(cli, tmp_path, "resumed") as person:
        person.server.refuses_threads = 429
        assert [row["what"] for row in person.audits("--ask-server")["rows"]] == ["day"]
        assert "Rate-limited by ChatGPT. Run it again later" in person.err
        person.server.refuses_threads = None
        (person.person.home / "auth.json").unlink()
        assert person.audits("--ask-server")["rows"] == []
        assert "codex login" in person.err
