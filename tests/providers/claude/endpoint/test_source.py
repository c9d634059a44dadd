from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.claude.auth import Logins
from providers.claude.endpoint.source import OAuthSource, usage_url
from providers.claude.keychain import Keychain
from providers.domain.errors import (
    Blocked,
    Denied,
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    ProviderError,
    RateLimited,
    ServerError,
    TimedOut,
)
from providers.domain.limits import Identity, Reading, Spend
from providers.host.http.transport import Answer, RequestsWeb
from providers.host.secret import Secret
from providers.source import Home, Question, Source
from tests.fake_anthropic import (
    ACCESS_MARK,
    NOW,
    SECRETS,
    SESSION_RESET,
    flat,
    limit,
    login,
    make_home,
    question,
    usage,
    write,
)
from tests.fake_chatgpt import fake_chatgpt, says
from tests.homes import SECRETS as HOME_SECRETS
from tests.providers.codex.test_auth import json_values
from tests.providers.conformance import SourceConformance

WEEK = timedelta(days=7)


class FakeWeb:
    """Gives one answer and keeps what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str, Mapping[str, str]]] = []

    def get(self, url: str, *, bearer: Secret, headers: Mapping[str, str], seconds: float) -> Answer:
        self.asked.append((url, bearer.reveal(), headers))
        return self.answer


def answered(content: object, status: int = 200, **headers: str) -> FakeWeb:
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return FakeWeb(Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body))


def source(web: FakeWeb, environ: Mapping[str, str] | None = None) -> OAuthSource:
    environ = environ or {}
    return OAuthSource(Logins(environ, Keychain(here=False)), web, environ, lambda: 0.0)


def read(home: Home, content: object, status: int = 200, **headers: str) -> Reading:
    return source(answered(content, status, **headers)).read(question(home))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "claude")


class TestConformance(SourceConformance):
    secrets = (*SECRETS, *HOME_SECRETS)

    @pytest.fixture
    def source(self) -> Source:
        return source(answered(usage()))

    @pytest.fixture
    def question(self, home: Home) -> Question:
        return question(home)


def test_the_response_for_a_max_account(home: Home) -> None:
    web = answered(usage())
    reading = source(web).read(question(home))
    assert [(w.id, w.title, w.used_percent, w.duration) for w in reading.windows] == [
        ("session", "5h", 37.4, timedelta(hours=5)),
        ("weekly", "Weekly", 61.9, WEEK),
        ("model:sonnet:weekly", "Sonnet", 12.0, WEEK),
    ]
    assert reading.windows[0].resets_at == datetime.fromisoformat(SESSION_RESET)
    assert reading.spend == Spend(used=Decimal("12.34"), limit=Decimal("50.00"), carries_on=True)
    assert (reading.plan, reading.email, reading.credits) == ("Max 20x", None, None)
    assert reading.speaks_for == {"windows", "spend"}
    assert reading.dropped == ()
    ((url, bearer, headers),) = web.asked
    assert (url, bearer) == ("https://api.anthropic.com/api/oauth/usage", ACCESS_MARK)
    assert headers["anthropic-beta"] == "oauth-2025-04-20"
    assert headers["User-Agent"].startswith("claude-cli/")


def test_an_account_without_limits(home: Home) -> None:
    reading = read(home, {"five_hour": None, "seven_day": None, "extra_usage": None})
    assert (reading.windows, reading.spend) == ((), None)
    assert reading.speaks_for == {"windows", "spend"}


def test_money_alone_is_a_reading(home: Home) -> None:
    reading = read(home, {"extra_usage": usage()["extra_usage"]})
    assert reading.spend == Spend(used=Decimal("12.34"), limit=Decimal(50), carries_on=True)
    assert reading.windows == ()
    assert reading.speaks_for == {"spend"}


@pytest.mark.parametrize(
    "content",
    [
        {"five_hour": {"utilization": "full"}, "seven_day": None},
        {"limits": [{"kind": "session", "percent": -1}]},
        {"limits": [limit("weekly_scoped", 5)]},
        {"five_hour": {"utilization": True}, "extra_usage": usage()["extra_usage"]},
        {"seven_day_\x07": flat(5)},
    ],
)
def test_a_response_all_of_whose_limits_are_dropped_is_not_understood(home: Home, content: object) -> None:
    with pytest.raises(NotUnderstood, match="unknown format"):
        read(home, content)


def test_no_name_that_echoes_the_token_is_shown(home: Home) -> None:
    echoed = {f"seven_day_{ACCESS_MARK}": flat(5), "limits": [limit("weekly_scoped", 5, model=ACCESS_MARK)]}
    reading = read(home, usage(**echoed))
    assert len(reading.windows) == 3
    assert reading.dropped == ("limits.0", "a member without a name to show")
    assert ACCESS_MARK not in repr(reading)


PAGE = b"<!DOCTYPE html><title>Just a moment...</title>"
SCOPE = b'{"type":"error","error":{"message":"OAuth token does not meet scope requirement user:profile"}}'


@pytest.mark.parametrize(
    ("status", "body", "kind", "remedy"),
    [
        (401, b"{}", LoginExpired, "Run `claude` once"),
        (403, SCOPE, Denied, "then /login"),
        (403, b"{}", Denied, "administrator"),
        (403, PAGE, Blocked, "HTTPS_PROXY"),
        (200, PAGE, Blocked, "HTTPS_PROXY"),
        (302, b"", Blocked, ""),
        (404, b"{}", NotUnderstood, ""),
        (408, b"", TimedOut, ""),
        (429, b"{}", RateLimited, "by itself"),
        (429, PAGE, RateLimited, ""),
        (500, b"{}", ServerError, ""),
        (529, b"{}", ServerError, ""),
        (504, b"", TimedOut, ""),
        (200, b'{"error": {"type": "rate_limit_error"}}', RateLimited, ""),
        (200, b'{"error": {"type": "api_error"}}', ServerError, ""),
        (200, b"{}", NotUnderstood, ""),
        (200, b"[]", NotUnderstood, ""),
        (200, b"", NotUnderstood, ""),
        (200, b"\xff", NotUnderstood, ""),
        (200, b"[" * 200_000, NotUnderstood, ""),
    ],
)
def test_error_responses_are_classified(
    home: Home, status: int, body: bytes, kind: type[ProviderError], remedy: str
) -> None:
    with pytest.raises(kind) as caught:
        read(home, body, status)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("900", 900), ("300", 300), ("299", None), ("1", None), ("0", None), ("-1", None), (None, None)],
)
def test_less_to_wait_than_between_two_requests_is_not_believed(
    home: Home, header: str | None, seconds: float | None
) -> None:
    with pytest.raises(RateLimited) as caught:
        read(home, b"{}", 429, **({} if header is None else {"retry_after": header}))
    assert caught.value.retry_at == (None if seconds is None else NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", [b"{}", SCOPE])
def test_a_token_of_the_environment_that_may_not(home: Home, status: int, body: bytes) -> None:
    (home.path / ".credentials.json").unlink()
    environ = {"CLAUDE_CODE_OAUTH_TOKEN": "lent-token", "CLAUDE_CONFIG_DIR": str(home.path)}
    web = answered(body, status)
    asked = question(home, identity=Identity())
    assert source(web, environ).unavailable(asked) is None
    with pytest.raises(Denied, match="token in CLAUDE_CODE_OAUTH_TOKEN") as caught:
        source(web, environ).read(asked)
    assert "lent-token" not in repr(caught.value)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (login(expires=NOW), LoginExpired),
        (login(scopes=["user:inference"]), Denied),
        (b"{torn", NotUnderstood),
    ],
)
def test_a_bad_login_is_not_worth_a_request(home: Home, content: object, kind: type[ProviderError]) -> None:
    write(home.path / ".credentials.json", content)
    web = answered(usage())
    assert isinstance(source(web).unavailable(question(home)), kind)
    with pytest.raises(kind):
        source(web).read(question(home))
    assert not web.asked


def test_another_account_that_signed_in_meanwhile_is_not_asked(home: Home) -> None:
    web = answered(usage())
    with pytest.raises(NotSignedIn):
        source(web).read(question(home, identity=Identity(account_id="other")))
    assert not web.asked


@pytest.mark.parametrize(
    "origin",
    [
        "http://example.com",
        "https://user:word@example.com",
        "https://example.com/?to=word",
        "file:///word",
        "word",
    ],
)
def test_no_token_goes_to_a_doubtful_place(home: Home, origin: str) -> None:
    web = answered(usage())
    with pytest.raises(NotUnderstood) as caught:
        source(web, {"TANKFUL_CLAUDE_BASE_URL": origin}).read(question(home))
    assert not web.asked
    assert "word" not in caught.value.message


def test_where_it_is_asked() -> None:
    assert usage_url({"TANKFUL_CLAUDE_BASE_URL": "http://[::1]:1/"}) == "http://[::1]:1/api/oauth/usage"
    assert usage_url({"TANKFUL_CLAUDE_BASE_URL": ""}) == "https://api.anthropic.com/api/oauth/usage"


def test_over_a_real_connection(home: Home) -> None:
    with fake_chatgpt() as server:
        server.answer = says(usage())
        environ = {"TANKFUL_CLAUDE_BASE_URL": server.url}
        asks = OAuthSource(Logins(environ, Keychain(here=False)), RequestsWeb(), environ)
        assert len(asks.read(question(home)).windows) == 3
    ((path, headers),) = server.requests
    assert path == "/api/oauth/usage"
    assert headers["authorization"] == f"Bearer {ACCESS_MARK}"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    place=st.sampled_from(
        [
            "five_hour",
            "tangelo",
            "limits",
            "utilization",
            "percent",
            "scope",
            "extra_usage",
            "used_credits",
            "spend",
            "",
        ]
    ),
    value=json_values,
)
def test_any_value_anywhere_is_a_reading_or_a_known_error(home: Home, place: str, value: object) -> None:
    content: Any = usage(limits=[limit("weekly_scoped", 5, model="Opus")])
    if place == "utilization":
        content["five_hour"][place] = value
    elif place in ("percent", "scope"):
        content["limits"][0][place] = value
    elif place == "used_credits":
        content["extra_usage"][place] = value
    elif place:
        content[place] = value
    else:
        content = value
    try:
        reading = read(home, content)
    except ProviderError:
        return
    for found in reading.windows:
        assert 0 <= found.used_percent <= 10_000
        assert found.title.isprintable()
    if reading.spend is not None:
        assert reading.spend.used >= 0
        assert ACCESS_MARK not in repr(reading)
