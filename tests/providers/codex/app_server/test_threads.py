"""Asking for single threads: what comes of a good program, and of one that misbehaves."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.codex.app_server.thread_answer import thread_use
from providers.codex.app_server.threads import ThreadCounter, ThreadDeadlines
from providers.codex.auth import read_login
from providers.domain.errors import NotUnderstood, ProgramMissing, ProgramTooOld
from providers.domain.limits import DayTokens, Identity
from providers.domain.server_count import ServerAnswer, ServerUse
from providers.host.locate.find import Program
from providers.source import Home, Question, ServerCounter
from tests.fake_app_server import GROUP, NO_DAYS, launcher, logged, thread_answer
from tests.homes import ACCESS_MARK, NOW, SECRETS, auth, make_home, write_auth
from tests.left_behind import child_pids, children, folders, marked
from tests.providers.codex.test_auth import json_values
from tests.providers.conformance import CounterConformance

THREADS = [f"01a228a5-da80-70f1-afdd-{number:012}" for number in range(9)]
ONE = THREADS[0]
PATIENT = ThreadDeadlines(start=30, request=30, total=90)
USE = ServerUse(
    total_tokens=1358,
    input_tokens=301,
    cache_read_tokens=1000,
    output_tokens=57,
    usd=0.25,
    is_estimate=True,
)
unix = pytest.mark.skipif(sys.platform == "win32", reason="the fake is a program of this system's kind")


class Asked:
    """One home, and one fake Codex with these habits."""

    def __init__(self, folder: Path, deadlines: ThreadDeadlines = PATIENT, **habits: Any) -> None:
        self.folder = folder
        self.program = launcher(folder / "bin", **habits)
        self.environ = {
            **os.environ,
            "CODEX_HOME": "/nowhere",
            "CODEX_ACCESS_TOKEN": "x",
            "OPENAI_API_KEY": "y",
        }
        self.below = folder / "tmp"
        self.below.mkdir()
        self.deadlines = deadlines
        self.before = child_pids()
        if not (folder / "codex").exists():
            make_home(folder / "codex")
        self.home = Home(provider="codex", path=folder / "codex", label="~/.codex")

    def find(self, name: str, *, chosen: Path | None, environ: Mapping[str, str]) -> Program:
        assert (name, environ) == ("codex", self.environ)
        return Program(path=chosen or self.program, search_path=os.environ["PATH"])

    def counter(self) -> ServerCounter:
        return ThreadCounter(find=self.find, environ=self.environ, deadlines=self.deadlines, below=self.below)

    def question(self) -> Question:
        identity = read_login(self.home, NOW).identity or Identity()
        return Question(home=self.home, identity=identity, account_since=NOW, now=NOW)

    def count(self, *threads: str) -> ServerAnswer:
        answer = self.counter().count(self.question(), threads)
        assert [*marked(self.below), *folders(self.below), *children(self.before)] == []
        assert not any(secret in repr(answer) for secret in SECRETS)
        return answer

    @property
    def asked(self) -> list[str]:
        """The threads that the program was asked for."""
        heard = [message.get("params") or {} for message in logged(self.folder / "bin", "heard")]
        return [params["threadId"] for params in heard if "threadId" in params]


@unix
class TestThreadCounter(CounterConformance):
    @pytest.fixture
    def asked(self, tmp_path: Path) -> Asked:
        return Asked(tmp_path, errors={ONE: OMITTED})

    @pytest.fixture
    def counter(self, asked: Asked) -> ServerCounter:
        return asked.counter()

    @pytest.fixture
    def question(self, asked: Asked) -> Question:
        return asked.question()

    @pytest.fixture
    def sessions(self) -> list[str]:
        return [*THREADS, "no-uuid"]


@unix
def test_all_of_them_by_one_program(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    answer = asked.count(*THREADS)
    assert answer.error is None
    assert answer.sessions == dict.fromkeys(THREADS, USE)
    assert asked.asked == THREADS
    assert answer.days == (
        DayTokens(day=date(2026, 11, 19), tokens=2000),
        DayTokens(day=date(2026, 11, 20), tokens=5000),
    )
    starts = [each for each in logged(tmp_path / "bin", "argv") if each != ["--version"]]
    assert len(starts) == 1
    environ = logged(tmp_path / "bin", "environ")[-1]
    assert environ["CODEX_HOME"].startswith(str(asked.below))
    assert not {"CODEX_ACCESS_TOKEN", "OPENAI_API_KEY"} & environ.keys()


@unix
def test_what_is_no_id_is_not_asked_for(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    answer = asked.count("", "../x", "01a228a5da8070f1afdd9354f9ffe853", "urn:uuid:" + ONE, ONE)
    assert asked.asked == [ONE]
    assert list(answer.sessions) == [ONE]


_FAILED = "failed to fetch thread usage: "
OMITTED = {"code": -32603, "message": f"{_FAILED}thread usage response omitted requested thread"}
REJECTED = {
    "code": -32603,
    "message": f"{_FAILED}POST https://x/query failed: 429 Too Many; body={ACCESS_MARK}",
}
BAD = {"code": -32603, "message": f"{_FAILED}Invalid thread usage response."}
NULL = NO_DAYS | {"threadUsage": None}


@unix
def test_one_that_the_server_does_not_know(tmp_path: Path) -> None:
    answer = Asked(tmp_path, errors={ONE: OMITTED}).count(*THREADS)
    assert answer.error is None
    assert answer.unknown == {ONE}
    assert list(answer.sessions) == THREADS[1:]


@unix
def test_what_was_answered_before_it_was_refused_is_kept(tmp_path: Path) -> None:
    asked = Asked(tmp_path, errors={THREADS[5]: REJECTED})
    answer = asked.count(*THREADS)
    assert list(answer.sessions) == THREADS[:5]
    assert asked.asked == THREADS[:8]  # nothing after it
    assert answer.error is not None
    assert (answer.error.kind, answer.error.remedy) == (
        "rate_limited",
        "Run it again later: answers so far are kept, and only the rest is requested.",
    )


@unix
@pytest.mark.parametrize(
    ("habits", "kind", "count"),
    [
        ({"answers": dict.fromkeys(THREADS, NULL)}, "denied", 0),
        ({"answers": {THREADS[0]: NULL, THREADS[1]: NULL, THREADS[3]: NULL}}, None, 6),
        ({"errors": dict.fromkeys(THREADS, BAD)}, "not_understood", 0),
        ({"errors": {THREADS[2]: BAD}}, None, 8),
        ({"errors": {"account/usage/read": REJECTED}}, None, 9),  # the days alone
        ({"answers": dict.fromkeys(THREADS, NO_DAYS)}, "program_too_old", 0),
        (
            {"errors": {ONE: {"code": -32600, "message": "Invalid request: unknown variant"}}},
            "program_too_old",
            0,
        ),
        ({"version": "codex-cli 0.42.0"}, "program_too_old", 0),
        ({"ends_at": "initialize"}, "not_understood", 0),
        ({"ends_at": "account/usage/read"}, "not_understood", 0),
    ],
)
def test_a_program_that_fails(habits: dict[str, Any], kind: str | None, count: int, tmp_path: Path) -> None:
    answer = Asked(tmp_path, **habits).count(*THREADS)
    assert len(answer.sessions) == count
    assert (answer.error.kind if answer.error else None) == kind
    assert answer.error is None or answer.error.remedy
    assert answer.error is None or "by itself" not in answer.error.remedy


@unix
def test_a_silent_program_is_not_waited_for(tmp_path: Path) -> None:
    deadlines = ThreadDeadlines(start=30, request=1, total=60)
    answer = Asked(tmp_path, deadlines, silent_for=[THREADS[4]]).count(*THREADS)
    assert list(answer.sessions) == THREADS[:4]
    assert answer.error is not None
    assert answer.error.kind == "timeout"


@unix
@pytest.mark.parametrize(
    ("login", "config", "kind"),
    [
        (auth(expires=datetime(2026, 1, 1, tzinfo=UTC)), "", "login_expired"),
        ({"OPENAI_API_KEY": "sk-1"}, "", "not_signed_in"),
        (None, 'cli_auth_credentials_store = "keyring"\n', "not_understood"),
        ({"auth_mode": "personalAccessToken", "personal_access_token": "pat-1"}, "", "not_understood"),
        (auth(), 'chatgpt_base_url = "http://elsewhere.example/"\n', "not_understood"),
    ],
)
def test_a_login_that_cannot_be_lent(login: Any, config: str, kind: str, tmp_path: Path) -> None:
    """Nothing is started for it."""
    home = make_home(tmp_path / "codex")
    (home / "config.toml").write_text(config)
    if login is None:
        (home / "auth.json").unlink()
    else:
        write_auth(home, login)
    answer = Asked(tmp_path).count(*THREADS)
    assert answer.error is not None
    assert answer.error.kind == kind
    assert "app-server" not in str(logged(tmp_path / "bin", "argv"))


def test_no_program(tmp_path: Path) -> None:
    def find(name: str, *, chosen: Path | None, environ: Mapping[str, str]) -> Program:
        raise ProgramMissing("Codex was not found.")

    home = Home(provider="codex", path=make_home(tmp_path), label="~/.codex")
    question = Question(home=home, identity=Identity(account_id="acct-1"), account_since=NOW, now=NOW)
    answer = ThreadCounter(find=find, environ={}).count(question, THREADS)
    assert answer.error is not None
    assert answer.error.kind in ("program_missing", "not_signed_in")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"nativeUsageUsdMicros": 500_000}, {"usd": 0.5, "is_estimate": False}),
        ({"estimatedUsageUsdMicros": None}, {"usd": None, "is_estimate": False}),
        ({"nativeUsageUsdMicros": 0}, {"usd": 0.0, "is_estimate": False}),
        ({"groups": [GROUP, GROUP]}, {"total_tokens": 2716, "output_tokens": 114}),
        ({"groups": []}, {"total_tokens": None, "input_tokens": None}),
        (
            {"groups": [GROUP, {"estimatedUsageCreditsMicros": 1}]},
            {"total_tokens": None, "output_tokens": None},
        ),
        ({"groups": [GROUP | {"netNewInputTokens": None}]}, {"input_tokens": 301, "total_tokens": 1358}),
        ({"groups": [GROUP | {"totalTokens": None}]}, {"total_tokens": 1358}),
        ({"groups": [GROUP | {"totalTokens": None, "outputTokens": None}]}, {"total_tokens": None}),
        ({"groups": [GROUP | {"outputTokens": -1}]}, {"output_tokens": None}),
    ],
)
def test_what_a_thread_used(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    use = thread_use(thread_answer(ONE, **changes), ONE)
    assert use is not None
    assert {name: getattr(use, name) for name in expected} == expected


@pytest.mark.parametrize(
    "changes", [{"groups": None}, {"groups": [5]}, {"threadId": THREADS[1]}, {"threadId": None}]
)
def test_another_format(changes: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood):
        thread_use(thread_answer(ONE, **changes), ONE)


@given(raw=json_values, below=st.sampled_from(["", "threadUsage", "groups"]))
def test_nothing_else_is_raised(raw: Any, below: str) -> None:
    sent = {"": raw, "threadUsage": NO_DAYS | {"threadUsage": raw}, "groups": thread_answer(ONE, groups=raw)}
    try:
        use = thread_use(sent[below], ONE)
    except (NotUnderstood, ProgramTooOld):
        return
    assert use is None or use.total_tokens is None or use.total_tokens >= 0
