from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.codex.app_server import answer as app_server_answer
from providers.codex.app_server import greeting, probe
from providers.codex.app_server.answer import AccountAnswer
from providers.codex.app_server.probe import Deadlines, Prober
from providers.codex.app_server.refusal import classify
from providers.codex.app_server.source import AppServerSource
from providers.codex.auth import read_login
from providers.domain.errors import (
    Blocked,
    Denied,
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    Offline,
    ProgramMissing,
    ProgramTooOld,
    ProviderError,
    RateLimited,
    ServerError,
    TimedOut,
)
from providers.domain.limits import Credits, Identity, Reading
from providers.host.locate.find import Program
from providers.host.process import child
from providers.host.process.jsonrpc import RpcRefused
from providers.source import Home, Question, Source
from tests.fake_app_server import LIMITS, OWN, SPARK, WEEK, WINDOW, launcher, logged
from tests.fake_chatgpt import usage
from tests.homes import ACCESS_MARK, NOW, REFRESH_MARK, SECRETS, auth, make_home, write_auth
from tests.left_behind import alive, child_pids, children, folders, marked
from tests.providers.codex.test_auth import json_values
from tests.providers.conformance import SourceConformance

HOUR = timedelta(hours=1)
BRIEF = Deadlines(start=3, request=1.5, probe=7)
PATIENT = Deadlines(start=30, request=30, probe=60)
"""Which a busy machine does not reach."""
EXPIRED = LoginExpired("ChatGPT rejected your login.")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake is a program of this system's kind")


class Asked:
    """One home, one fake Codex with these habits, and what came of asking it."""

    def __init__(self, folder: Path, deadlines: Deadlines | None = None, **habits: Any) -> None:
        if deadlines is None:
            deadlines = BRIEF if "silent" in habits else PATIENT
        self.folder = folder
        self.program = launcher(folder / "bin", **habits)
        self.environ = {
            **os.environ,
            "CODEX_HOME": "/nowhere",
            "CODEX_ACCESS_TOKEN": "x",
            "OPENAI_API_KEY": "y",
        }
        self.below = folder / "tmp"
        self.below.mkdir(exist_ok=True)
        self.source = AppServerSource(lambda: self.prober(deadlines))

    def prober(self, deadlines: Deadlines) -> Prober:
        return Prober(find=self.find, environ=self.environ, deadlines=deadlines, below=self.below)

    def find(self, name: str, *, chosen: Path | None, environ: Mapping[str, str]) -> Program:
        assert (name, environ) == ("codex", self.environ)
        return Program(path=chosen or self.program, search_path=os.environ["PATH"])

    @property
    def home(self) -> Home:
        return Home(provider="codex", path=self.folder / "codex", label="~/.codex")

    def question(self, *, now: datetime = NOW, **changes: Any) -> Question:
        identity = read_login(self.home, now).identity or Identity()
        asked = Question(home=self.home, identity=identity, account_since=now, now=now)
        return replace(asked, **changes)

    def read(self, **changes: Any) -> Reading:
        return self.source.read(self.question(**changes))

    def heard(self) -> list[Any]:
        return logged(self.folder / "bin", "heard")

    def ran(self) -> list[dict[str, str]]:
        """The environments of its runs that were no question for the version."""
        runs = zip(logged(self.folder / "bin", "argv"), logged(self.folder / "bin", "environ"), strict=True)
        return [environ for argv, environ in runs if argv != ["--version"]]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A home with a good login; after the test nothing runs and nothing lies about."""
    make_home(tmp_path / "codex", base="http://127.0.0.1:9/backend-api")
    before = child_pids()
    yield tmp_path
    assert marked(tmp_path) == []
    assert folders(tmp_path / "tmp") == []
    assert children(before) == []
    assert threading.active_count() == 1


class TestConformance(SourceConformance):
    @pytest.fixture
    def asked(self, folder: Path) -> Asked:
        return Asked(folder)

    @pytest.fixture
    def source(self, asked: Asked) -> Source:
        return asked.source

    @pytest.fixture
    def question(self, asked: Asked) -> Question:
        return asked.question()


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in (folder / "codex").rglob("*") if path.is_file()}


def test_the_response_for_a_pro_account(folder: Path) -> None:
    reading = Asked(folder).read()
    assert [(w.id, w.title, w.used_percent, w.duration) for w in reading.windows] == [
        ("session", "5h", 37.0, timedelta(hours=5)),
        ("model:codex_bengalfox:session", "GPT-5.3-Codex-Spark 5h", 37.0, timedelta(hours=5)),
        ("weekly", "Weekly", 62.0, timedelta(days=7)),
        ("individual", "Spend cap", 25.0, None),
    ]
    assert reading.windows[0].resets_at == datetime.fromtimestamp(1_795_190_400, UTC)
    assert reading.credits == Credits(balance=Decimal("150.5"))
    assert reading.resets is not None
    assert (reading.resets.available, reading.resets.expires_at) == (
        2,
        datetime.fromtimestamp(1_796_083_200, UTC),
    )
    assert (reading.source, reading.plan, reading.email) == ("app-server", "pro", "dev@example.com")
    assert (reading.fetched_at, reading.limit_reached, reading.dropped) == (NOW, False, ())
    assert reading.speaks_for == {"windows", "credits", "resets"}
    assert [(day.day.isoformat(), day.tokens) for day in reading.tokens] == [
        ("2026-11-19", 2000),
        ("2026-11-20", 5000),
    ]


def test_a_temporary_home_cannot_renew_the_login(folder: Path) -> None:
    before = content(folder)
    asked = Asked(folder)
    asked.read()
    assert content(folder) == before
    (environ,) = asked.ran()
    assert environ["CODEX_HOME"].startswith(str(asked.below))
    assert {"CODEX_ACCESS_TOKEN", "OPENAI_API_KEY"} & environ.keys() == set()
    assert [each["method"] for each in asked.heard()] == [
        "initialize",
        "initialized",
        "account/read",
        "account/rateLimits/read",
        "account/usage/read",
    ]
    assert asked.heard()[2]["params"] == {"refreshToken": False}


def test_what_a_temporary_home_contains(folder: Path) -> None:
    asked = Asked(folder)
    keep = folder / "kept"
    lines = asked.program.read_text().splitlines()
    lines.insert(1, f'[ "$1" = --version ] || cp -r "$CODEX_HOME" "{keep}"')
    asked.program.write_text("\n".join(lines) + "\n")
    asked.read()
    written = json.loads((keep / "auth.json").read_bytes())
    assert written["tokens"]["access_token"].endswith(ACCESS_MARK)
    assert written["tokens"]["refresh_token"] == ""
    assert REFRESH_MARK not in (keep / "auth.json").read_text()
    assert (keep / "auth.json").stat().st_mode & 0o077 == 0
    assert 'chatgpt_base_url = "http://127.0.0.1:9/backend-api"' in (keep / "config.toml").read_text()


@pytest.mark.parametrize(
    "habits",
    [
        {"before": ["notification", "question", "garbage", "bytes", "wrong id", "true", "no id", "list"]},
        {"before": ["huge"]},
        {"pieces": True},
        {"noise": 5_000_000},
        {"reverse": True},
        {"stubborn": True},
        {"daemon": True},
        {"errors": {"account/read": {"code": -32603, "message": "workspace routing discovery failed"}}},
        {"answers": {"account/read": "nonsense", "account/usage/read": {"dailyUsageBuckets": [7, {}]}}},
        {"ends_at": "account/usage/read"},
        {"silent": ["account/usage/read"]},
    ],
    ids=", ".join,
)
def test_it_answers_in_spite_of_its_habits(folder: Path, habits: dict[str, Any]) -> None:
    asked = Asked(folder, **habits)
    reading = asked.read()
    assert reading.windows[0].used_percent == 37.0
    assert not any(alive(pid) for pid in logged(folder / "bin", "daemon"))


def test_a_question_of_its_own_is_refused(folder: Path) -> None:
    asked = Asked(folder, before=["question"])
    asked.read()
    refusals = [each for each in asked.heard() if "method" not in each]
    assert len(refusals) == 4
    assert {each["error"]["code"] for each in refusals} == {-32601}


@pytest.mark.parametrize(
    ("habits", "kind", "message"),
    [
        ({"silent": True}, NotUnderstood, "does not respond"),
        ({"ends_at": "initialize"}, NotUnderstood, "does not start"),
        ({"errors": {"initialize": {"code": 1, "message": "no"}}}, NotUnderstood, "does not start"),
        ({"silent": ["account/rateLimits/read"]}, TimedOut, "did not respond in time"),
        ({"ends_at": "account/rateLimits/read"}, NotUnderstood, "exited before it responded"),
        ({"silent": True, "stubborn": True}, NotUnderstood, "does not respond"),
        ({"answers": {"account/rateLimits/read": {}}}, NotUnderstood, "neither limits nor credits"),
        ({"version": "codex-cli 0.42.0"}, ProgramTooOld, "0.42.0 is too old"),
        ({"version": "codex-cli 0.9.9"}, ProgramTooOld, "0.9.9 is too old"),
        ({"version": "node v20.0.0"}, ProgramMissing, "did not report its version"),
        ({"exit": 1}, ProgramMissing, "did not report its version"),
        (
            {"errors": {"account/rateLimits/read": {"code": -32600, "message": "Invalid request"}}},
            ProgramTooOld,
            "too old",
        ),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_errors_are_classified_within_the_deadline(
    folder: Path,
    habits: dict[str, Any],
    kind: type[ProviderError],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only the one that it has to reach is short."""
    monkeypatch.setattr(child, "_KEPT_SECONDS", 60)
    deadlines = PATIENT
    if "silent" in habits:
        deadlines = replace(PATIENT, **{"start" if habits["silent"] is True else "request": 1.5})
    began = time.monotonic()
    with pytest.raises(kind, match=message) as caught:
        Asked(folder, deadlines, **habits).read()
    assert time.monotonic() - began < 20
    assert caught.value.remedy
    starts = any(word in message for word in ("does not respond", "start", "version"))
    assert caught.value.retry_at == (NOW + timedelta(minutes=30) if starts else None)


def test_no_probe_outlasts_its_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst of all: a slow start, a renewal that never ends, and a deaf ear for signals. Each step at the end
    takes so long that one too many is noticed on a busy machine, too.
    """
    assert Deadlines().probe == 15
    assert greeting.LAST_SECONDS > 2 * greeting.GRACE_SECONDS
    monkeypatch.setattr(probe, "GRACE_SECONDS", 6)
    monkeypatch.setattr(probe, "LAST_SECONDS", 12.5)
    monkeypatch.setattr(child, "_KEPT_SECONDS", 60)
    asked = Asked(
        folder,
        Deadlines(request=1, probe=20),
        slow={"initialize": 2},
        silent=["account/read", "account/rateLimits/read"],
        stubborn=True,
    )
    began = time.monotonic()
    with pytest.raises(TimedOut):
        asked.read(after=EXPIRED)
    assert 10 < time.monotonic() - began < 25


def test_what_is_too_old_is_never_launched_and_asked_once(folder: Path) -> None:
    asked = Asked(folder, version="codex-cli 0.44.9")
    for _ in range(2):
        with pytest.raises(ProgramTooOld):
            asked.read()
    assert logged(folder / "bin", "argv") == [["--version"]]
    launcher(folder / "bin", version="codex-cli 0.45.0")
    os.utime(asked.program, (1, 1))
    asked.read()
    assert logged(folder / "bin", "argv")[1:] == [
        ["--version"],
        ["-s", "read-only", "-a", "never", "app-server"],
    ]


def test_a_program_that_cannot_be_started_is_not_retried_at_once(folder: Path) -> None:
    asked = Asked(folder)
    asked.program.write_text("#!/no/such/interpreter\n")
    with pytest.raises(ProgramMissing, match="Cannot start") as caught:
        asked.read()
    assert caught.value.retry_at == NOW + timedelta(minutes=30)


# --- in the person's own home -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stale",
    [
        auth(expires=NOW - timedelta(days=1)),
        auth(expires=NOW + timedelta(minutes=4)),
        auth(access_token="opaque") | {"last_refresh": (NOW - timedelta(days=9)).isoformat()},
    ],
    ids=["expired", "about to", "opaque and old"],
)
def test_a_stale_login_is_renewed_at_home(folder: Path, stale: dict[str, Any]) -> None:
    asked = Asked(folder)
    write_auth(folder / "codex", stale)
    assert asked.read().windows[0].used_percent == 37.0
    (environ,) = asked.ran()
    assert environ["CODEX_HOME"] == str(folder / "codex")
    assert {"CODEX_ACCESS_TOKEN", "OPENAI_API_KEY"} & environ.keys() == set()
    assert asked.heard()[2]["params"] == {"refreshToken": True}


def test_a_refused_login_is_renewed_at_home_once_an_hour(folder: Path) -> None:
    asked = Asked(folder)
    asked.read(after=EXPIRED)
    assert asked.ran()[0]["CODEX_HOME"] == str(folder / "codex")
    error = asked.source.unavailable(asked.question(after=EXPIRED, now=NOW + timedelta(minutes=59)))
    assert isinstance(error, LoginExpired)
    assert error.retry_at == NOW + HOUR
    assert asked.source.unavailable(asked.question(after=EXPIRED, now=NOW + HOUR)) is None
    assert len(asked.ran()) == 1


def test_what_codex_renewed_within_the_hour_is_not_renewed_again(folder: Path) -> None:
    asked = Asked(folder)
    renewed = NOW - timedelta(minutes=10)
    write_auth(folder / "codex", auth() | {"last_refresh": renewed.isoformat()})
    with pytest.raises(LoginExpired) as caught:
        asked.read(after=EXPIRED)
    assert caught.value.retry_at == renewed + HOUR
    assert asked.ran() == []


def refusal(text: str) -> dict[str, Any]:
    return {"errors": {"account/rateLimits/read": {"code": -32603, "message": text}}}


UNAUTHORIZED = "failed to fetch codex rate limits: GET http://x/wham/usage failed: 401 Unauthorized; body={}"


def test_a_login_that_codex_cannot_renew_is_not_retried_for_an_hour(folder: Path) -> None:
    asked = Asked(folder, answers={"account/read": {"account": None}}, **refusal(UNAUTHORIZED))
    with pytest.raises(LoginExpired, match="could not renew") as caught:
        asked.read(after=EXPIRED)
    assert caught.value.retry_at == NOW + HOUR
    assert "codex login" in caught.value.remedy


def test_a_renewal_that_never_reached_the_server_may_be_tried_again(folder: Path) -> None:
    asked = Asked(folder, **refusal("error sending request for url (http://127.0.0.1:9/x)"))
    for _ in range(2):
        with pytest.raises(Offline):
            asked.read(after=EXPIRED)


def test_an_unfinished_renewal_is_not_retried_for_an_hour_anywhere(folder: Path) -> None:
    asked = Asked(folder, silent=["account/read", "account/rateLimits/read"])
    with pytest.raises(TimedOut) as caught:
        asked.read(after=EXPIRED)
    assert caught.value.retry_at == NOW + HOUR


@pytest.mark.parametrize(
    ("habits", "kind"),
    [
        ({"answers": {"account/read": {"account": None}}, **refusal(UNAUTHORIZED)}, LoginExpired),
        ({"ends_at": "account/read"}, LoginExpired),
        ({"silent": ["account/read", "account/rateLimits/read"]}, TimedOut),
    ],
    ids=["refused", "ended", "silent"],
)
def test_a_login_that_another_process_tried_to_renew_is_left_alone(
    folder: Path, habits: dict[str, Any], kind: type[ProviderError]
) -> None:
    asked = Asked(folder, **habits)
    with pytest.raises(kind) as caught:
        asked.read(after=EXPIRED)
    later = Asked(folder, **habits)
    later_question = asked.question(after=EXPIRED, last_error=caught.value.as_data(), user_initiated=True)
    error = later.source.unavailable(replace(later_question, now=NOW + timedelta(minutes=59)))
    assert isinstance(error, LoginExpired)
    assert error.retry_at == NOW + HOUR
    assert later.source.unavailable(replace(later_question, now=NOW + HOUR)) is None
    pause = NotUnderstood("It does not start.", retry_at=NOW + HOUR / 2).as_data()
    assert later.source.unavailable(replace(later_question, last_error=pause)) is None


def test_a_login_that_stayed_stale_is_not_renewed_again_by_another_process(folder: Path) -> None:
    asked = Asked(folder)
    write_auth(folder / "codex", auth(expires=NOW - timedelta(days=3)))
    reading = asked.read()
    later = Asked(folder)
    question = asked.question(last=reading, now=NOW + timedelta(minutes=59))
    error = later.source.unavailable(question)
    assert isinstance(error, LoginExpired)
    assert error.retry_at == NOW + HOUR
    assert later.source.unavailable(replace(question, now=NOW + HOUR)) is None
    # One that was good when it was last asked with has not been renewed since.
    write_auth(folder / "codex", auth(expires=NOW + timedelta(minutes=10)))
    assert later.source.unavailable(question) is None


def test_a_renewal_is_not_cut_off_when_an_answer_would_be(folder: Path) -> None:
    asked = Asked(folder, Deadlines(request=1), slow={"account/read": 1.5})
    assert asked.read(after=EXPIRED).windows[0].used_percent == 37.0


def test_an_old_codex_that_runs_is_left_to_renew_its_login_itself(folder: Path) -> None:
    runs: list[Path] = []

    def runs_with(home: Path) -> bool:
        runs.append(home)
        return len(runs) == 1

    for version, readings in (("0.113.9", 0), ("0.113.9", 1), ("0.114.0", 1)):
        asked = Asked(folder, version=f"codex-cli {version}")
        source = Prober(find=asked.find, environ=asked.environ, runs_with=runs_with, below=asked.below)
        if readings:
            source.read(asked.question(after=EXPIRED))
        else:
            with pytest.raises(LoginExpired, match="can renew it"):
                source.read(asked.question(after=EXPIRED))
    assert runs == [folder / "codex"] * 2


KEYRING = 'cli_auth_credentials_store = "keyring"\n'


def test_a_login_in_the_keyring_is_asked_for_at_home(folder: Path) -> None:
    (folder / "codex/config.toml").write_text(KEYRING)
    (folder / "codex/auth.json").unlink()
    asked = Asked(folder)
    question = asked.question()
    assert question.identity == Identity()
    assert asked.source.unavailable(question) is None
    assert asked.source.read(question).email == "dev@example.com"
    assert asked.ran()[0]["CODEX_HOME"] == str(folder / "codex")
    assert asked.heard()[2]["params"] == {"refreshToken": False}


def test_a_login_in_the_keyring_is_renewed_when_it_is_refused(folder: Path) -> None:
    (folder / "codex/config.toml").write_text(KEYRING)
    asked = Asked(folder, **refusal(UNAUTHORIZED))
    for minutes in (0, 59, 60):
        with pytest.raises(LoginExpired):
            asked.read(now=NOW + timedelta(minutes=minutes))
    renewals = [
        each["params"]["refreshToken"] for each in asked.heard() if each.get("method") == "account/read"
    ]
    assert renewals == [False, True, False, False, True]


def test_a_login_in_the_keyring_is_renewed_by_one_process_of_many(folder: Path) -> None:
    (folder / "codex/config.toml").write_text(KEYRING)
    error = None
    for minutes in (0, 20, 40):
        asked = Asked(folder, **refusal(UNAUTHORIZED))
        with pytest.raises(LoginExpired) as caught:
            asked.read(now=NOW + timedelta(minutes=minutes), last_error=error)
        error = caught.value.as_data()
        assert error.retry_at == NOW + HOUR
    heard = (each for each in asked.heard() if each.get("method") == "account/read")
    assert [each["params"]["refreshToken"] for each in heard] == [False, True, False, False]


def test_nobody_in_the_keyring(folder: Path) -> None:
    (folder / "codex/config.toml").write_text(KEYRING.replace("keyring", "auto"))
    (folder / "codex/auth.json").unlink()
    asked = Asked(
        folder,
        answers={"account/read": {"account": None}},
        **refusal("codex account authentication required to read rate limits"),
    )
    with pytest.raises(NotSignedIn, match=r"in the keyring for ~/\.codex"):
        asked.read()


# --- whose numbers they are ---------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [None, EXPIRED])
def test_another_account_is_not_this_one(folder: Path, after: ProviderError | None) -> None:
    other = {"account": {"type": "chatgpt", "email": "other@example.com", "planType": "pro"}}
    with pytest.raises(NotSignedIn, match="Another account"):
        Asked(folder, answers={"account/read": other}).read(after=after)


def test_the_file_may_be_anothers_by_now(folder: Path) -> None:
    asked = Asked(folder)
    question = asked.question()
    write_auth(folder / "codex", auth(account="acct-2", email="other@example.com"))
    with pytest.raises(NotSignedIn, match="Another account"):
        asked.source.read(question)
    assert asked.ran() == []


def test_somebody_else_signs_in_meanwhile(folder: Path) -> None:
    asked = Asked(folder, slow={"account/rateLimits/read": 0.5})
    other = json.dumps(auth(account="acct-2"))
    lines = asked.program.read_text().splitlines()
    lines.insert(1, f"[ \"$1\" = --version ] || printf %s '{other}' > '{folder}/codex/auth.json'")
    asked.program.write_text("\n".join(lines) + "\n")
    with pytest.raises(NotSignedIn, match="Another account"):
        asked.read()


def test_an_api_key_has_no_limits(folder: Path) -> None:
    with pytest.raises(NotSignedIn, match="no limits"):
        Asked(folder, answers={"account/read": {"account": {"type": "apiKey"}}}).read()
    write_auth(folder / "codex", {"OPENAI_API_KEY": "sk-x"})
    assert isinstance(Asked(folder).source.unavailable(Asked(folder).question()), NotSignedIn)


def test_a_login_that_codex_does_not_accept(folder: Path) -> None:
    asked = Asked(folder, **refusal("codex account authentication required to read rate limits"))
    with pytest.raises(NotUnderstood, match="does not read the login"):
        asked.read()


def test_an_address_that_no_token_may_be_sent_to(folder: Path) -> None:
    (folder / "codex/config.toml").write_text('chatgpt_base_url = "http://example.com/backend-api"\n')
    asked = Asked(folder)
    with pytest.raises(NotUnderstood, match="not a safe address"):
        asked.read()
    assert asked.ran() == []


@pytest.mark.parametrize("theirs", ["acct-2", "0b8f6e1c-1111-4222-8333-444455556666"])
def test_limits_of_another_account_are_refused(folder: Path, theirs: str) -> None:
    answers = {"account/rateLimits/read": LIMITS | {"accountId": theirs}}
    with pytest.raises(NotSignedIn, match="another account"):
        Asked(folder, answers=answers).read()


@pytest.mark.parametrize("theirs", ["acct-1", "user-1", None, 7])
def test_limits_of_this_account_may_name_it_otherwise(folder: Path, theirs: Any) -> None:
    answers = {"account/rateLimits/read": LIMITS | {"accountId": theirs}}
    assert Asked(folder, answers=answers).read().windows[0].used_percent == 37


# --- an answer that the program did not understand ----------------------------------------------------------


def quoting(body: str) -> dict[str, Any]:
    text = (
        f"failed to fetch codex rate limits: Decode error for https://x: unknown variant `sci`; body={body}"
    )
    return refusal(text)


@pytest.mark.parametrize("rest", ["", " at line 1", "; content-type=application/json"])
def test_an_answer_quoted_in_an_error_is_an_answer(folder: Path, rest: str) -> None:
    content = usage(plan_type="sci")
    reading = Asked(folder, **quoting(json.dumps(content) + rest)).read()
    assert {window.id: window.used_percent for window in reading.windows} == {"session": 37, "weekly": 62}
    assert (reading.source, reading.plan) == ("app-server", "sci")
    assert reading.credits == Credits(balance=Decimal("150.5"))


@pytest.mark.parametrize("quoted", ["json", "'{}'", "`{}`"])
@pytest.mark.parametrize("name", ["body=", "body: ", "response body: "])
def test_an_answer_in_quotes_is_an_answer(folder: Path, name: str, quoted: str) -> None:
    body = json.dumps(usage(plan_type="sci"))
    body = json.dumps(body) if quoted == "json" else quoted.format(body)
    reading = Asked(folder, **refusal(f"Decode error for https://x; {name}{body}, url: https://x")).read()
    assert [window.id for window in reading.windows] == ["session", "weekly"]


@pytest.mark.parametrize("body", ["{}", "{", "[1]", "null", "", '{"plan_type": "sci"}', "[" * 5000])
def test_what_is_quoted_may_be_no_answer(folder: Path, body: str) -> None:
    with pytest.raises(NotUnderstood):
        Asked(folder, **quoting(body)).read()


def test_a_quoted_answer_about_another_account_is_refused(folder: Path) -> None:
    with pytest.raises(NotSignedIn, match="another account"):
        Asked(folder, **quoting(json.dumps(usage(account_id="acct-2")))).read()


def test_the_body_of_a_refusal_is_no_answer(folder: Path) -> None:
    text = f"{FAILED}429 Too Many Requests; body={json.dumps(usage())}"
    with pytest.raises(RateLimited):
        Asked(folder, **refusal(text)).read()


# --- how much is asked --------------------------------------------------------------------------------------


def limits_asked(asked: Asked) -> list[Any]:
    return [each.get("params") for each in asked.heard() if each.get("method") == "account/rateLimits/read"]


@pytest.mark.parametrize(
    ("release", "by_hand", "params"),
    [
        ("0.169.0", False, {"excludeResetCreditDetails": True}),
        ("0.165.0", False, {"excludeResetCreditDetails": True}),
        ("0.169.0", True, None),
        ("0.164.0", False, None),
        ("0.60.1", False, None),
    ],
)
def test_a_background_poll_asks_for_no_details_of_resets(
    folder: Path, release: str, by_hand: bool, params: Any
) -> None:
    asked = Asked(folder, version=f"codex-cli {release}")
    asked.read(user_initiated=by_hand)
    assert limits_asked(asked) == [params]


def test_an_expiry_that_is_known_is_kept(folder: Path) -> None:
    first = Asked(folder).read(user_initiated=True)
    counts = {2: datetime.fromtimestamp(1_796_083_200, UTC), 1: None}
    for count, expires_at in counts.items():
        bare = LIMITS | {"rateLimitResetCredits": {"availableCount": count, "credits": None}}
        later = Asked(folder, answers={"account/rateLimits/read": bare})
        reading = later.read(last=first)
        assert reading.resets is not None
        assert (reading.resets.available, reading.resets.expires_at) == (count, expires_at)


# --- when it is asked ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ProviderError.__subclasses__())
def test_it_is_a_fallback_for_errors_it_may_avoid(kind: type[ProviderError]) -> None:
    assert AppServerSource().is_fallback_for(kind("x")) is (kind in (LoginExpired, NotUnderstood))


def test_a_missing_program_is_reported_before_anything_is_done(folder: Path) -> None:
    def find(name: str, *, chosen: Path | None, environ: Mapping[str, str]) -> Program:
        raise ProgramMissing("Codex is not found on this machine.")

    asked = Asked(folder)
    source = Prober(find=find, environ=asked.environ, below=asked.below)
    assert isinstance(source.unavailable(asked.question()), ProgramMissing)


def test_the_program_that_the_person_named(folder: Path) -> None:
    asked = Asked(folder)
    own = launcher(folder / "own")
    asked.read(program=own)
    assert (asked.ran(), len(logged(folder / "own", "argv"))) == ([], 2)


# --- its answers, taken apart -------------------------------------------------------------------------------


def parsed(limits: Any) -> Reading | None:
    return app_server_answer.reading(limits, AccountAnswer(kind="chatgpt", plan="plus"), NOW, "app-server")


def test_an_old_program_reports_the_accounts_own_windows_only() -> None:
    reading = parsed({"rateLimits": {"primary": WINDOW, "secondary": WEEK, "credits": None}})
    assert reading is not None
    assert {window.id for window in reading.windows} == {"session", "weekly"}
    assert reading.speaks_for == {"credits"}
    assert (reading.plan, reading.limit_reached) == ("plus", None)


def test_a_view_of_another_limit_is_not_the_accounts_own() -> None:
    reading = parsed({"rateLimits": SPARK, "rateLimitsByLimitId": {"codex_bengalfox": SPARK, "codex": OWN}})
    assert reading is not None
    assert {window.id for window in reading.windows} >= {"session", "weekly", "model:codex_bengalfox:session"}
    assert parsed({"rateLimits": SPARK}) is None


def test_a_business_plan_has_no_windows() -> None:
    limits = OWN | {
        "primary": None,
        "secondary": None,
        "individualLimit": None,
        "credits": {"unlimited": True},
    }
    reading = parsed({"rateLimits": limits, "rateLimitsByLimitId": {"codex": limits}})
    assert reading is not None
    assert (reading.windows, reading.credits) == ((), Credits(unlimited=True))
    assert reading.speaks_for == {"windows", "credits"}


@pytest.mark.parametrize(
    ("changes", "reached"),
    [
        ({}, True),
        ({"ordinaryUsageAllowed": None}, None),
        ({"ordinaryUsageAllowed": False}, True),
    ],
)
def test_the_servers_own_flag(changes: dict[str, Any], reached: bool | None) -> None:
    spent = OWN | {"rateLimitReachedType": "rate_limit_reached"} if not changes else OWN
    reading = parsed(LIMITS | {"rateLimitsByLimitId": {"codex": spent}} | changes)
    assert reading is not None
    assert reading.limit_reached is reached


@pytest.mark.parametrize(
    ("part", "value", "named"),
    [
        ("primary", "text", "rateLimits.primary"),
        ("primary", {"usedPercent": -1}, "rateLimits.primary"),
        ("secondary", {"usedPercent": None}, "rateLimits.secondary"),
        ("credits", {"hasCredits": True, "balance": "much"}, "rateLimits.credits"),
        ("credits", 7, "rateLimits.credits"),
        ("individualLimit", {"remainingPercent": "much"}, "rateLimits.individualLimit"),
        ("individualLimit", {"remainingPercent": 101}, "rateLimits.individualLimit"),
    ],
)
def test_a_bad_part_is_left_out_and_named_its_siblings_stay(part: str, value: object, named: str) -> None:
    reading = parsed(LIMITS | {"rateLimitsByLimitId": {"codex": OWN | {part: value}}})
    assert reading is not None
    assert reading.dropped == (named,)
    assert "windows" not in reading.speaks_for
    assert len(reading.windows) >= 2


@settings(deadline=None, max_examples=300)
@given(
    place=st.sampled_from(
        [*LIMITS, *OWN, *WINDOW, "codex_bengalfox", "availableCount", "expiresAt", "whole"]
    ),
    value=json_values,
)
def test_any_value_anywhere_is_a_reading_or_none(place: str, value: object) -> None:
    def changed(content: Any) -> Any:
        if isinstance(content, dict):
            return {key: value if key == place else changed(inner) for key, inner in content.items()}
        return [changed(inner) for inner in content] if isinstance(content, list) else content

    try:
        reading = parsed(value if place == "whole" else changed(LIMITS))
    except NotUnderstood:
        return
    for window in reading.windows if reading else ():
        assert window.used_percent in (37.0, 62.0, 25.0) or place in ("usedPercent", *OWN, *LIMITS, "whole")


@settings(deadline=None)
@given(value=json_values)
def test_any_account_at_all(value: object) -> None:
    for raw in (
        value,
        {"account": value},
        {"account": {"type": "chatgpt", "email": value, "planType": value}},
    ):
        try:
            owner = app_server_answer.account(raw)
        except ValueError:
            continue
        assert owner is None or isinstance(owner.kind, str)


@settings(deadline=None)
@given(value=json_values, day=st.text() | st.just("2026-11-20"))
def test_any_count_at_all(value: object, day: str) -> None:
    for raw in (
        value,
        {"dailyUsageBuckets": value},
        {"dailyUsageBuckets": [{"startDate": day, "tokens": value}]},
    ):
        for each in app_server_answer.tokens(raw):
            assert each.tokens == int(float(value))  # type: ignore[arg-type]


FAILED = "failed to fetch codex rate limits: GET https://chatgpt.com/backend-api/wham/usage failed: "
NO_CLIENT = "failed to construct backend client: "
NOT_RENEWED = f"{NO_CLIENT}Your access token could not be refreshed"
RENEWAL = f"{NO_CLIENT}Failed to refresh token: "


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"{FAILED}401 Unauthorized; content-type=application/json; body={{}}", LoginExpired),
        (f"{FAILED}403 Forbidden; content-type=application/json; body={{}}", Denied),
        (
            f'{FAILED}403 Forbidden; body={{"error":{{"code":"unsupported_country_region_territory"}}}}',
            Blocked,
        ),
        (f"{FAILED}403 Forbidden; content-type=text/html; body=<html>", Blocked),
        (f"{FAILED}403 Forbidden; body= <!doctype html>", Blocked),
        (f"{FAILED}429 Too Many Requests; body={{}}", RateLimited),
        (f"{FAILED}503 Service Unavailable; body=failed: 401 ", ServerError),
        (f"{FAILED}504 Gateway Timeout; body=", TimedOut),
        (f"{FAILED}418 I'm a teapot; body=", NotUnderstood),
        ("error sending request for url (https://chatgpt.com/backend-api/wham/usage)", Offline),
        ("Decode error for https://x: missing field; body={}", NotUnderstood),
        ("workspace routing discovery failed", ServerError),
        ("workspace routing discovery missing backend origin", ServerError),
        ("codex account authentication required to read rate limits", NotSignedIn),
        (f"{NO_CLIENT}Token data is not available.", NotSignedIn),
        (f"{NO_CLIENT}error sending request for url (https://auth.openai.com/oauth/token)", Offline),
        (f"{NOT_RENEWED} because your refresh token was already used. Please log out and …", LoginExpired),
        (f"{NOT_RENEWED}. Please log out and sign in again.", LoginExpired),
        (f'{RENEWAL}400 Bad Request: {{"error": {{"code": "invalid_grant"}}}}', LoginExpired),
        (f"{RENEWAL}403 Forbidden: {{}}", LoginExpired),
        (f"{RENEWAL}403 Forbidden: <html>", Blocked),
        (f"{RENEWAL}429 Too Many Requests: {{}}", RateLimited),
        (f"{RENEWAL}503 Service Unavailable: failed: 401 ", ServerError),
        (f"{FAILED}503 Service Unavailable; body={RENEWAL}400", ServerError),
        ("Invalid request: unknown variant `account/rateLimits/read`", ProgramTooOld),
        ("", NotUnderstood),
    ],
)
def test_errors_are_classified_by_their_text(text: str, kind: type[ProviderError]) -> None:
    error = classify(RpcRefused(-32603, text), renewed=False, retry_at=NOW)
    assert type(error) is kind
    assert "chatgpt.com" not in error.message
    if kind in (LoginExpired, NotSignedIn):
        assert isinstance(classify(RpcRefused(-32603, text), renewed=True, retry_at=NOW), LoginExpired)


@pytest.mark.parametrize("text", [f"{NOT_RENEWED}.", f"{RENEWAL}400 Bad Request: {{}}"])
def test_a_login_that_codex_could_not_renew_itself_is_not_retried_at_once(text: str) -> None:
    for renewed in (False, True):
        error = classify(RpcRefused(-32603, text), renewed=renewed, retry_at=NOW + HOUR)
        assert "could not renew" in error.message
        assert error.retry_at == NOW + HOUR


def test_no_secret_is_shown(folder: Path) -> None:
    leak = " ".join(SECRETS)
    asked = Asked(folder, errors={"account/rateLimits/read": {"code": 1, "message": leak}})
    with pytest.raises(NotUnderstood) as caught:
        asked.read()
    assert not any(secret in f"{caught.value.message} {caught.value.remedy}" for secret in SECRETS)
