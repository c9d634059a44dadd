from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
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
    WEEK_RESET,
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


LISTED = [
    limit("session", 40, SESSION_RESET),
    limit("weekly_all", 62),
    limit("weekly_scoped", 33, model="Opus 5"),
    limit("weekly_scoped", 5, surface="Cowork"),
]


def test_the_list_takes_precedence(home: Home) -> None:
    reading = read(home, usage(limits=LISTED))
    assert {w.id: (w.title, w.used_percent) for w in reading.windows} == {
        "session": ("5h", 40),
        "weekly": ("Weekly", 62),
        "surface:cowork:weekly": ("Cowork", 5),
        "model:opus-5:weekly": ("Opus 5", 33),
        "model:sonnet:weekly": ("Sonnet", 12.0),
    }
    assert reading.windows[0].resets_at == datetime.fromisoformat(SESSION_RESET)
    assert reading.dropped == ()


def test_a_model_that_the_list_names_more_closely_is_there_once(home: Home) -> None:
    reading = read(home, usage(limits=LISTED, seven_day_opus=flat(31.0)))
    assert [w.id for w in reading.windows if w.id.startswith("model:")] == [
        "model:opus-5:weekly",
        "model:sonnet:weekly",
    ]


def test_a_model_is_shown_by_whatever_name_is_plain_text(home: Home) -> None:
    reading = read(home, {"limits": [limit("weekly_scoped", 33, model="Opus 5 (1M)")]})
    assert [(w.id, w.title) for w in reading.windows] == [("model:opus-5-1m:weekly", "Opus 5 (1M)")]


def test_the_list_alone(home: Home) -> None:
    reading = read(home, {"limits": LISTED})
    assert len(reading.windows) == 4
    assert reading.speaks_for == {"windows"}


@pytest.mark.parametrize("silent", [None, []])
def test_an_empty_list_falls_back_to_the_fields(home: Home, silent: object) -> None:
    assert read(home, usage(limits=silent)).windows == read(home, usage()).windows


@pytest.mark.parametrize(
    "changes",
    [
        {"five_hour": None},
        {"five_hour": flat(None)},
        {"five_hour": {}},
        {"five_hour": flat(None, None), "limits": [{"kind": "session", "percent": None}]},
    ],
)
def test_null_is_neither_0_nor_100(home: Home, changes: dict[str, Any]) -> None:
    reading = read(home, usage(**changes))
    assert [w.id for w in reading.windows] == ["weekly", "model:sonnet:weekly"]
    assert "windows" in reading.speaks_for


def test_an_account_without_limits(home: Home) -> None:
    reading = read(home, {"five_hour": None, "seven_day": None, "extra_usage": None})
    assert (reading.windows, reading.spend) == ((), None)
    assert reading.speaks_for == {"windows", "spend"}


@pytest.mark.parametrize(
    ("changes", "dropped"),
    [
        ({"five_hour": "37"}, "five_hour"),
        ({"five_hour": {"utilization": "37"}}, "five_hour"),
        ({"five_hour": {"utilization": True}}, "five_hour"),
        ({"five_hour": flat(-1)}, "five_hour"),
        ({"five_hour": flat(1e308)}, "five_hour"),
        ({"five_hour": None, "limits": [7]}, "limits.0"),
        ({"five_hour": None, "limits": [limit("session", -5)]}, "limits.0"),
        ({"five_hour": None, "limits": {"session": 1}}, "limits"),
    ],
)
def test_a_bad_window_is_dropped_and_named_its_siblings_kept(
    home: Home, changes: dict[str, Any], dropped: str
) -> None:
    reading = read(home, usage(**changes))
    assert [w.id for w in reading.windows] == ["weekly", "model:sonnet:weekly"]
    assert reading.dropped == (dropped,)
    assert reading.speaks_for == {"spend"}


@pytest.mark.parametrize(
    "entry",
    [
        limit("daily", 5),
        limit("weekly_scoped", 5),
        limit("weekly_scoped", 5, model="\x1b[2J"),
        limit("weekly_scoped", 5, model="--"),
        limit("weekly_scoped", 5, model=""),
        limit("weekly_scoped", 5, model="x" * 41),
        limit("weekly_scoped", 5, model=ACCESS_MARK),
    ],
)
def test_an_entry_that_names_nothing_we_know_is_named_and_hides_no_other(home: Home, entry: object) -> None:
    reading = read(home, usage(limits=[entry]))
    assert len(reading.windows) == 3
    assert reading.dropped == ("limits.0",)
    assert "windows" in reading.speaks_for
    assert ACCESS_MARK not in repr(reading)


def test_of_two_entries_of_one_name_the_tighter_one_blocks(home: Home) -> None:
    twice = [limit("weekly_all", 5), limit("weekly_all", 70), limit("weekly_all", 6)]
    assert {w.id: w.used_percent for w in read(home, {"limits": twice}).windows} == {"weekly": 70}


@pytest.mark.parametrize(
    ("resets_at", "expected"),
    [
        (WEEK_RESET, datetime.fromisoformat(WEEK_RESET)),
        ("2026-11-23T17:55:00+01:00", datetime.fromisoformat(WEEK_RESET)),
        ("2026-11-23T16:55:00Z", datetime.fromisoformat(WEEK_RESET)),
        (1_795_452_900, datetime(2026, 11, 23, 16, 55, tzinfo=UTC)),
        ("2026-11-28T12:00:00Z", NOW + timedelta(days=8)),
        ("2026-11-28T12:00:01Z", None),
        ("2026-11-23T16:55:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("soon", None),
        (1e300, None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_when_it_refills(home: Home, resets_at: Any, expected: datetime | None) -> None:
    (found,) = read(home, {"seven_day": flat(5, resets_at)}).windows
    assert found.resets_at == expected


def amounts(spend: Spend | None) -> object:
    return spend and (spend.used, spend.limit, spend.currency)


def money(minor: float, code: str = "USD", exponent: int = 2) -> dict[str, Any]:
    return {"amount_minor": minor, "currency": code, "exponent": exponent}


@pytest.mark.parametrize(
    ("sent", "spend"),
    [
        (
            {"used": money(1234), "limit": money(5000), "percent": 25},
            Spend(used=Decimal("12.34"), limit=Decimal(50)),
        ),
        ({"used": money(1234), "limit": None, "percent": None}, Spend(used=Decimal("12.34"))),
        ({"used": money(0), "limit": money(0)}, Spend(used=Decimal(0), limit=Decimal(0))),
        ({"used": money(1234, "JPY", 0)}, Spend(used=Decimal(1234), currency="JPY")),
        ({"used": money(1234, "kwd", 3)}, Spend(used=Decimal("1.234"), currency="KWD")),
    ],
)
def test_spend(home: Home, sent: object, spend: Spend) -> None:
    reading = read(home, usage(spend=sent))
    assert (amounts(reading.spend), reading.dropped) == (amounts(spend), ())


@pytest.mark.parametrize(
    ("changes", "spend"),
    [
        ({"monthly_limit": None}, Spend(used=Decimal("12.34"))),
        ({"used_credits": 0}, Spend(used=Decimal(0), limit=Decimal(50))),
        ({"used_credits": 1234.6}, Spend(used=Decimal("12.35"), limit=Decimal(50))),
        ({"currency": None}, Spend(used=Decimal("12.34"), limit=Decimal(50))),
        ({"currency": "JPY"}, Spend(used=Decimal(1234), limit=Decimal(5000), currency="JPY")),
        ({"used_credits": None}, None),
        ({"is_enabled": False}, Spend(used=Decimal("12.34"), limit=Decimal(50))),
        ({"is_enabled": False, "used_credits": 0}, None),
        ({"is_enabled": False, "used_credits": None, "monthly_limit": None}, None),
    ],
)
def test_extra_usage(home: Home, changes: dict[str, Any], spend: Spend | None) -> None:
    reading = read(home, usage(extra_usage=usage()["extra_usage"] | changes, spend=None))
    assert amounts(reading.spend) == amounts(spend)
    assert "spend" in reading.speaks_for


@pytest.mark.parametrize(
    ("used", "changes", "carries_on"),
    [
        (4999, {}, True),
        (5000, {}, False),
        (9000, {"monthly_limit": None}, True),
        (1234, {"is_enabled": False}, False),
        (1234, {"is_enabled": None}, False),
    ],
)
def test_whether_more_may_be_spent(
    home: Home, used: float, changes: dict[str, Any], carries_on: bool
) -> None:
    extra = usage()["extra_usage"] | {"used_credits": used} | changes
    cap = extra["monthly_limit"]
    newer = {"used": money(used), "limit": None if cap is None else money(cap)}
    for sent in ({"extra_usage": extra}, {"extra_usage": extra, "spend": newer}):
        spend = read(home, usage(**sent)).spend
        assert spend is not None
        assert spend.carries_on is carries_on


@pytest.mark.parametrize(
    "changes",
    [
        {"spend": 7},
        {"spend": {"used": money(-1)}},
        {"spend": {"used": money(1e300)}},
        {"spend": {"used": money(1, exponent=400)}},
        {"spend": {"used": money(1, "DOLLARS")}},
        {"spend": {"used": money(1), "limit": money(1, "EUR")}},
        {"extra_usage": "lots"},
        {"extra_usage": {"is_enabled": True, "used_credits": "12"}},
    ],
)
def test_money_that_is_none_is_named(home: Home, changes: dict[str, Any]) -> None:
    reading = read(home, usage(extra_usage=None) | changes)
    assert reading.spend is None
    assert reading.dropped == tuple(changes)
    assert reading.speaks_for == {"windows"}


def test_a_malformed_newer_form_falls_back_to_the_older_one(home: Home) -> None:
    reading = read(home, usage(spend={"used": "a lot"}))
    assert amounts(reading.spend) == (Decimal("12.34"), Decimal(50), "USD")
    assert reading.dropped == ("spend",)
    assert reading.speaks_for == {"windows", "spend"}


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
        ["five_hour", "limits", "utilization", "percent", "scope", "extra_usage", "used_credits", "spend", ""]
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
