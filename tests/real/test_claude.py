"""The real Claude Code, asked for its limits, with nobody's login and a proxy for the whole Internet.

What it must touch in its home, and we with it: `.claude.json` (it counts and notes there), a copy of that in
`backups`, an empty `sessions` and, from some version on, what its built-in plugins keep in `plugins/store` (where
2.1.332 leaves a `.tmp` file in one of 20 to 90 runs, also when nobody ends it); an
expired login is renewed in `.credentials.json`, by its owner. Nothing else may change.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from providers.claude.auth import Logins
from providers.claude.descriptor import CLAUDE
from providers.claude.endpoint.source import OAuthSource
from providers.claude.keychain import Keychain
from providers.claude.usage_command.source import UsageCommand
from providers.domain.errors import LoginExpired, ProgramTooOld, ServerError
from providers.domain.limits import AccountUsage, Identity
from providers.host.http.transport import Answer
from providers.host.secret import Secret
from providers.polling.account_store import AccountStore
from providers.polling.accounts import take_usage
from providers.source import ProviderSettings, Question
from tests import fake_anthropic
from tests.fake_anthropic import ACCESS_MARK, ACCOUNT, ORGANIZATION, flat, login, make_home, noted
from tests.left_behind import at_work, until
from tests.real.tls_proxy import Proxy, Reply, Request, tls_proxy

PACKAGE = "@anthropic-ai/claude-code"
VERSIONS = ("2.1.197", "2.1.332")
NOTES = "2.1.332"
BEFORE_SAFE_MODE = "2.1.30"
EXPIRED = LoginExpired("Your Claude login expired.")
RENEWED = "sk-ant-oat01-renewed"
USUAL = re.compile(
    r"\.claude\.json|backups/\.claude\.json\.backup\.\d+|plugins/store/cc-plugin-[\w-]+\.json(?:\.tmp\.\w+)?"
)


def now() -> datetime:
    return datetime.now(UTC)


def usage() -> dict[str, Any]:
    session, week = ((now() + timedelta(hours=hours)).isoformat() for hours in (2, 70))
    return fake_anthropic.usage(
        five_hour=flat(37.4, session), seven_day=flat(61.9, week), seven_day_sonnet=flat(12.0, week)
    )


def anthropic(request: Request, *, status: int = 200) -> Reply:
    """A server that renews logins and, with its status 200, tells limits."""
    if request.path.startswith("/api/oauth/usage"):
        refusal = {"error": {"type": "rate_limit_error", "message": "no"}}
        return Reply(status, usage() if status == 200 else refusal)
    if request.path.startswith("/v1/oauth/token"):
        tokens = {"access_token": RENEWED, "refresh_token": "sk-ant-ort01-renewed", "expires_in": 28_800}
        return Reply(200, tokens | {"scope": "user:inference user:profile", "token_type": "Bearer"})
    if request.path.startswith("/api/oauth/profile"):
        account = {"uuid": ACCOUNT, "email": "dev@example.com"}
        organization = {"uuid": ORGANIZATION, "organization_type": "claude_max"}
        return Reply(200, {"account": account, "organization": organization})
    return Reply(404, {"error": {"type": "not_found_error", "message": "no"}})


@pytest.fixture
def internet(tmp_path: Path) -> Iterator[Proxy]:
    with tls_proxy(tmp_path, anthropic) as proxy:
        yield proxy


class Place:
    """A home with all that a person may have in it, and the real Claude Code to ask there."""

    def __init__(self, program: Path, folder: Path, proxy: Proxy, *, default: bool = False) -> None:
        self.folder = folder
        self.program = program
        self.proxy = proxy
        self.marks = folder / "marks"
        self.marks.mkdir()
        self.home = make_home(folder / ".claude", login(expires=now() + timedelta(hours=6)), self.about())
        self.root = self.home.path
        if default:
            (self.home.path / ".claude.json").rename(folder / ".claude.json")
        self.write("settings.json", self.settings())
        environ = {
            "HOME": str(folder),
            "PATH": "/usr/bin:/bin",
            "ANTHROPIC_API_KEY": "sk-x",
            "CLAUDECODE": "1",
        }
        environ |= {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"} | proxy.environ
        self.source = UsageCommand(Logins(environ, Keychain(here=False)), environ)

    def write(self, name: str, content: object) -> None:
        (self.home.path / name).write_text(json.dumps(content))

    def about(self) -> dict[str, Any]:
        server = {"type": "stdio", "command": "touch", "args": [str(self.marks / "mcp")]}
        return fake_anthropic.config(hasCompletedOnboarding=True, mcpServers={"mine": server})

    def settings(self) -> dict[str, Any]:
        events = ("SessionStart", "SessionEnd", "UserPromptSubmit", "Stop")
        hooks = {
            event: [{"hooks": [{"type": "command", "command": f"touch {self.marks / event}"}]}]
            for event in events
        }
        return {"hooks": hooks, "statusLine": {"type": "command", "command": f"touch {self.marks / 'line'}"}}

    def question(self, after: LoginExpired | None = None) -> Question:
        identity = Identity(account_id=f"{ACCOUNT}/{ORGANIZATION}")
        since = now() - timedelta(days=1)
        return Question(
            home=self.home,
            identity=identity,
            account_since=since,
            now=now(),
            after=after,
            program=self.program,
        )

    def files(self) -> dict[str, str]:
        return {
            path.relative_to(self.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.root.rglob("*")
            if path.is_file()
        }

    def assert_left_as_it_was(self, before: dict[str, str], *renewed: str) -> None:
        after = self.files()
        changed = {name for name in before | after if before.get(name) != after.get(name)}
        assert [name for name in changed if not USUAL.fullmatch(name) and name not in renewed] == []
        assert list(self.marks.iterdir()) == []
        assert not (self.home.path / "projects").exists()
        assert [path for path in self.proxy.paths if "/messages" in path] == []
        assert all(
            request.host == "api.anthropic.com" or "token" in request.path for request in self.proxy.requests
        )
        until(lambda: at_work(self.folder) == [], "a process was left")


@pytest.fixture
def claude(cli: Callable[[str, str], Path]) -> Callable[[str], Path]:
    return lambda version: cli(PACKAGE, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_it_tells_its_limits_and_does_nothing_else(
    claude: Callable[[str], Path], version: str, tmp_path: Path, internet: Proxy
) -> None:
    place = Place(claude(version), tmp_path, internet)
    before = place.files()
    reading = place.source.read(place.question())
    assert [(w.id, int(w.used_percent)) for w in reading.windows] == [
        ("session", 37),
        ("weekly", 61),
        ("model:sonnet:weekly", 12),
    ]
    assert all(window.resets_at is not None for window in reading.windows)
    assert (reading.spend is not None) is (version == NOTES)
    assert internet.paths.count("GET /api/oauth/usage") == 1
    assert "POST /v1/oauth/token" not in internet.paths
    place.assert_left_as_it_was(before)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_default_home_is_left_unnamed(
    claude: Callable[[str], Path],
    version: str,
    tmp_path: Path,
    internet: Proxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    place = Place(claude(version), tmp_path, internet, default=True)
    before = place.files()
    assert place.source.read(place.question()).windows
    assert not (place.home.path / ".claude.json").exists()
    place.assert_left_as_it_was(before)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_expired_login_is_renewed_by_its_owner(
    claude: Callable[[str], Path], version: str, tmp_path: Path, internet: Proxy
) -> None:
    place = Place(claude(version), tmp_path, internet)
    place.write(".credentials.json", login(expires=now() - timedelta(hours=1)))
    before = place.files()
    assert place.source.unavailable(place.question()) is None
    assert place.source.read(place.question(EXPIRED)).windows
    (renewal,) = [request for request in internet.requests if "/oauth/token" in request.path]
    assert renewal.method == "POST"
    kept = json.loads((place.home.path / ".credentials.json").read_text())["claudeAiOauth"]
    assert kept["accessToken"] == RENEWED
    place.assert_left_as_it_was(before, ".credentials.json")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_helper_for_keys_is_not_run(
    claude: Callable[[str], Path], version: str, tmp_path: Path, internet: Proxy
) -> None:
    """Fact: with it Claude Code would run it even in safe mode, and speak of no subscription."""
    place = Place(claude(version), tmp_path, internet)
    helper = {"apiKeyHelper": f"touch {place.marks / 'helper'}", "env": {"ANTHROPIC_API_KEY": "sk-x"}}
    place.write("settings.json", place.settings() | helper)
    before = place.files()
    assert place.source.read(place.question()).windows
    place.assert_left_as_it_was(before)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_refuses_is_told_as_such(
    claude: Callable[[str], Path], version: str, tmp_path: Path, internet: Proxy
) -> None:
    internet.answer = lambda request: anthropic(request, status=429)
    place = Place(claude(version), tmp_path, internet)
    with pytest.raises(ServerError):
        place.source.read(place.question())


def test_old_limits_are_not_taken_for_new(
    claude: Callable[[str], Path], tmp_path: Path, internet: Proxy
) -> None:
    internet.answer = lambda request: anthropic(request, status=429)
    place = Place(claude(NOTES), tmp_path, internet)
    place.write(".claude.json", noted(usage(), now() - timedelta(minutes=30)) | place.about())
    with pytest.raises(ServerError):
        place.source.read(place.question())


def test_one_that_is_too_old_is_never_asked_with_less(
    claude: Callable[[str], Path], tmp_path: Path, internet: Proxy
) -> None:
    place = Place(claude(BEFORE_SAFE_MODE), tmp_path, internet)
    before = place.files()
    with pytest.raises(ProgramTooOld) as caught:
        place.source.read(place.question(EXPIRED))
    assert "update" in caught.value.remedy
    assert internet.requests == []
    place.assert_left_as_it_was(before)


def test_from_an_expired_login_to_fresh_limits(
    claude: Callable[[str], Path], tmp_path: Path, internet: Proxy
) -> None:
    """Along the whole chain: its own end is enough to know, Claude Code renews it, and that rests for a while."""
    place = Place(claude(NOTES), tmp_path, internet)
    place.write(".credentials.json", login(expires=now() - timedelta(hours=1)))
    logins = Logins({}, Keychain(here=False))
    provider = replace(
        CLAUDE,
        find_homes=lambda _: (place.home,),
        read_login=logins.login,
        make_sources=lambda _: (OAuthSource(logins, NoWeb(), {}), place.source),
    )
    chosen = {"claude": ProviderSettings(program=place.program)}

    def poll() -> AccountUsage:
        (account,) = take_usage([provider], {}, AccountStore(tmp_path / "own"), now, settings=chosen).accounts
        return account

    account = poll()
    assert [(each.source, each.ok) for each in account.attempts] == [
        ("oauth", False),
        ("usage-command", True),
    ]
    assert account.error is None
    assert [lane.source for lane in account.windows] == ["usage-command"] * 3
    asked = len(internet.requests)
    assert poll().windows == account.windows
    assert len(internet.requests) == asked


class NoWeb:
    def get(self, url: str, *, bearer: Secret, headers: Mapping[str, str], seconds: float) -> Answer:
        raise AssertionError("an expired login is not worth a request")


def test_no_token_is_in_what_we_say(claude: Callable[[str], Path], tmp_path: Path, internet: Proxy) -> None:
    place = Place(claude(NOTES), tmp_path, internet)
    assert ACCESS_MARK not in repr(place.source.read(place.question()))
