from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers.claude.auth import Logins
from providers.claude.keychain import Keychain
from providers.claude.usage_command.source import DEADLINE_SECONDS, UsageCommand, child_environ
from providers.domain.errors import (
    Denied,
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    ProgramMissing,
    ProgramTooOld,
    ProviderError,
    RateLimited,
    ServerError,
    TimedOut,
)
from providers.domain.limits import Identity, Spend
from providers.host.locate.find import Program
from providers.host.process.child import Finished
from providers.source import Home, Question, Source
from tests.fake_anthropic import (
    ACCESS_MARK,
    NOW,
    REFRESH_MARK,
    SECRETS,
    config,
    login,
    make_home,
    milliseconds,
    noted,
    question,
    usage,
    write,
)
from tests.homes import SECRETS as HOME_SECRETS
from tests.providers.conformance import SourceConformance

HEAD = "You are currently using your subscription to power your Claude Code usage\n"
PRINTED = f"""{HEAD}
Current session: 37% used · resets Nov 20, 2:08pm (UTC)
Current week (all models): 61% used · resets Nov 23, 4:55pm (UTC)
Current week (Sonnet only): 12% used · resets Nov 23, 4:55pm (UTC)
"""
EXPIRED = LoginExpired("Your Claude login expired.")
MINUTE = timedelta(minutes=1)


class FakeClaude:
    """Says one thing, after doing what a Claude Code does to its home; keeps what it was started with."""

    def __init__(self, out: str = PRINTED, does: Callable[[], None] = lambda: None, **ending: Any) -> None:
        whole: dict[str, Any] = {"code": 0, "err": b"", "timed_out": False} | ending
        self.finished = Finished(out=out.encode(), **whole)
        self.does = does
        self.started: list[tuple[list[str], dict[str, str], Path, float]] = []

    def find(self, name: str, **how: Any) -> Program:
        assert (name, how["title"]) == ("claude", "Claude Code")
        return Program(path=how["chosen"] or Path("/opt/bin/claude"), search_path="/opt/bin:/usr/bin")

    def run(
        self, argv: Sequence[str], *, environ: Mapping[str, str], folder: Path, seconds: float, cap: int
    ) -> Finished:
        assert list(folder.iterdir()) == []
        self.started.append((list(argv), dict(environ), folder, seconds))
        self.does()
        return self.finished


def source(claude: FakeClaude, environ: Mapping[str, str] | None = None) -> UsageCommand:
    environ = environ or {}
    logins = Logins(environ, Keychain(here=False))
    return UsageCommand(logins, environ, claude.find, claude.run)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "claude", login(expires=NOW - MINUTE))


class TestConformance(SourceConformance):
    secrets = (*SECRETS, *HOME_SECRETS)

    @pytest.fixture
    def source(self) -> Source:
        return source(FakeClaude())

    @pytest.fixture
    def question(self, home: Home) -> Question:
        return question(home)


def test_what_it_prints(home: Home) -> None:
    claude = FakeClaude()
    reading = source(claude).read(question(home, after=EXPIRED))
    assert {w.id: w.used_percent for w in reading.windows} == {
        "session": 37,
        "weekly": 61,
        "model:sonnet:weekly": 12,
    }
    assert (reading.source, reading.fetched_at, reading.speaks_for) == ("usage-command", NOW, frozenset())
    ((argv, _, folder, seconds),) = claude.started
    assert argv == ["/opt/bin/claude", "-p", "/usage", "--safe-mode", "--no-session-persistence"]
    assert seconds == DEADLINE_SECONDS == 20
    assert not folder.exists()


@pytest.mark.parametrize(
    ("settings", "kept_out"),
    [
        ({"apiKeyHelper": "~/bin/key"}, True),
        ({"env": {"ANTHROPIC_API_KEY": "sk-x"}}, True),
        ({"env": {"CLAUDE_CODE_USE_BEDROCK": "1"}}, True),
        ({"env": {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}}, True),
        ({"env": {"HTTPS_PROXY": "http://proxy:1"}, "model": "opus"}, False),
        (b"{torn", False),
    ],
)
def test_settings_that_run_a_helper_or_mean_another_account_stay_out(
    home: Home, settings: object, kept_out: bool
) -> None:
    write(home.path / "settings.json", settings)
    claude = FakeClaude()
    source(claude).read(question(home, after=EXPIRED))
    assert claude.started[0][0][5:] == (["--setting-sources", "local"] if kept_out else [])


def test_the_program_that_the_person_chose(home: Home) -> None:
    claude = FakeClaude()
    source(claude).read(question(home, program=Path("/mine/claude")))
    assert claude.started[0][0][0] == "/mine/claude"


def test_its_environment(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "HOME": "/home/dev",
        "PATH": "/bin",
        "Path": "C:\\",
        "HTTPS_PROXY": "http://proxy:1",
        "NODE_EXTRA_CA_CERTS": "/ca.pem",
        "CLAUDE_CODE_CLIENT_CERT": "/cert.pem",
        "CLAUDE_CODE_GIT_BASH_PATH": "C:\\bash.exe",
        "ANTHROPIC_API_KEY": "sk-x",
        "anthropic_base_url": "http://x",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_OAUTH_TOKEN": "lent",
        "CLAUDE_CODE_USE_BEDROCK": "1",
        "CLAUDECODE": "1",
        "CLAUDE_CONFIG_DIR": "/a,/b",
        "TZ": "Europe/Berlin",
    }
    kept = {
        "HOME": "/home/dev",
        "HTTPS_PROXY": "http://proxy:1",
        "NODE_EXTRA_CA_CERTS": "/ca.pem",
        "CLAUDE_CODE_CLIENT_CERT": "/cert.pem",
        "CLAUDE_CODE_GIT_BASH_PATH": "C:\\bash.exe",
        "PATH": "/opt/bin",
        "TZ": "UTC",
        "NO_COLOR": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_AUTOUPDATER": "1",
    }
    assert child_environ(given, home, "/opt/bin") == kept | {"CLAUDE_CONFIG_DIR": str(home.path)}
    monkeypatch.setenv("HOME", str(home.path.parent))
    monkeypatch.setenv("USERPROFILE", str(home.path.parent))
    default = Home(provider="claude", path=home.path.with_name(".claude"), label="~/.claude")
    assert child_environ(given, default, "/opt/bin") == kept


@pytest.mark.parametrize(
    ("error", "is_fallback_for"),
    [
        (EXPIRED, True),
        (NotUnderstood("x"), True),
        (RateLimited("x"), False),
        (Denied("x"), False),
        (NotSignedIn("x"), False),
    ],
)
def test_it_is_a_fallback_where_it_may_know_more(error: ProviderError, *, is_fallback_for: bool) -> None:
    assert source(FakeClaude()).is_fallback_for(error) is is_fallback_for
    assert UsageCommand.rest == 15 * MINUTE


def test_a_newer_one_caches_the_complete_response(home: Home) -> None:
    def notes() -> None:
        write(home.path / ".claude.json", noted(usage(), NOW + timedelta(seconds=1)))

    reading = source(FakeClaude(does=notes)).read(question(home, after=EXPIRED))
    assert [w.used_percent for w in reading.windows] == [37.4, 61.9, 12.0]
    assert reading.spend == Spend(used=Decimal("12.34"), limit=Decimal(50), carries_on=True)
    assert (reading.source, reading.fetched_at) == ("usage-command", NOW)
    assert reading.speaks_for == {"windows", "spend"}


def test_old_limits_are_not_taken_for_new(home: Home) -> None:
    """2.1.329 prints what it noted up to an hour ago, where its server does not answer."""
    write(home.path / ".credentials.json", login())
    write(home.path / ".claude.json", noted(usage(), NOW - 30 * MINUTE))
    with pytest.raises(ServerError, match="no limits from its server"):
        source(FakeClaude()).read(question(home))


@pytest.mark.parametrize("age", [1 * MINUTE, 30 * MINUTE])
def test_a_cache_of_another_claude_code_changes_nothing(home: Home, age: timedelta) -> None:
    other = usage(five_hour={"utilization": 5, "resets_at": None})
    write(home.path / ".claude.json", noted(other, NOW - age))
    reading = source(FakeClaude()).read(question(home, after=EXPIRED))
    assert reading.windows[0].used_percent == (5 if age == MINUTE else 37)


@pytest.mark.parametrize(
    ("claude", "kind", "message"),
    [
        (FakeClaude(timed_out=True, code=None), TimedOut, "20 s"),
        (FakeClaude("", code=1, err=b"error: unknown option '--safe-mode'\n"), ProgramTooOld, "hooks"),
        (FakeClaude("", code=1, err=b"boom " + ACCESS_MARK.encode()), NotUnderstood, "code 1"),
        (FakeClaude(f"{HEAD}Current session: 5% left"), NotUnderstood, "unknown format"),
        (FakeClaude("Total cost: $0.0000"), NotSignedIn, "no subscription login"),
        (FakeClaude("Estimated cost: $0.0000"), NotSignedIn, "no subscription login"),
        (FakeClaude(HEAD), LoginExpired, "could not renew"),
    ],
)
def test_what_may_go_wrong(home: Home, claude: FakeClaude, kind: type[ProviderError], message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        source(claude).read(question(home, after=EXPIRED))
    assert caught.value.remedy
    assert ACCESS_MARK not in caught.value.message + caught.value.remedy


def test_a_refused_login_that_stays_the_same_is_not_renewed(home: Home) -> None:
    """2.1.197 renews a token that is past its end, and none that was refused before."""
    write(home.path / ".credentials.json", login())
    with pytest.raises(LoginExpired, match="could not renew"):
        source(FakeClaude(HEAD)).read(question(home, after=EXPIRED))


def test_a_renewed_login_without_limits_is_the_servers_fault(home: Home) -> None:
    def renews() -> None:
        write(home.path / ".credentials.json", login(accessToken="sk-ant-oat01-new"))

    with pytest.raises(ServerError):
        source(FakeClaude(HEAD, renews)).read(question(home, after=EXPIRED))


def test_another_account_that_signed_in_meanwhile_is_not_taken_for_this(home: Home) -> None:
    def signs_in() -> None:
        write(home.path / ".claude.json", config(oauthAccount={"accountUuid": "other"}))

    with pytest.raises(NotSignedIn, match="Another account"):
        source(FakeClaude(does=signs_in)).read(question(home))


def test_an_account_that_it_names_for_the_first_time_is_no_other(home: Home) -> None:
    assert source(FakeClaude()).read(question(home, identity=Identity())).windows


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (login(expires=NOW - MINUTE), None),
        (login(), None),
        (login(expires=NOW - MINUTE, refreshTokenExpiresAt=milliseconds(NOW)), LoginExpired),
        (login(scopes=["user:inference"]), Denied),
        (b"{torn", NotUnderstood),
    ],
)
def test_what_running_it_would_not_help(
    home: Home, content: object, kind: type[ProviderError] | None
) -> None:
    write(home.path / ".credentials.json", content)
    claude = FakeClaude()
    error = source(claude).unavailable(question(home))
    assert error is None if kind is None else isinstance(error, kind)
    assert claude.started == []


def test_a_token_of_the_environment_is_not_used(home: Home) -> None:
    (home.path / ".credentials.json").unlink()
    environ = {"CLAUDE_CODE_OAUTH_TOKEN": "lent", "CLAUDE_CONFIG_DIR": str(home.path)}
    assert isinstance(source(FakeClaude(), environ).unavailable(question(home)), Denied)


def test_without_a_claude_code(home: Home) -> None:
    claude = FakeClaude()

    def find(name: str, **how: Any) -> Program:
        raise ProgramMissing("Claude Code is not found on this machine.")

    bare = UsageCommand(Logins({}, Keychain(here=False)), {}, find, claude.run)
    assert isinstance(bare.unavailable(question(home)), ProgramMissing)


def test_no_secret_is_handed_on(home: Home) -> None:
    claude = FakeClaude()
    source(claude).read(question(home, after=EXPIRED))
    assert not any(mark in repr(claude.started) for mark in (ACCESS_MARK, REFRESH_MARK))
