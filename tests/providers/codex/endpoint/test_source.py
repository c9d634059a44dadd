from __future__ import annotations

import copy
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.codex.auth import read_credentials
from providers.codex.endpoint.source import OAuthSource, endpoint
from providers.domain.errors import (
    Blocked,
    Denied,
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    Offline,
    ProviderError,
    RateLimited,
    ServerError,
    TimedOut,
)
from providers.domain.limits import Credits, Reading, ResetCredits
from providers.host.http.transport import Answer
from providers.host.secret import Secret
from providers.source import Home, Question, Source
from tests.fake_chatgpt import SESSION, WEEK, usage, window
from tests.homes import ACCESS_MARK, NOW, auth, make_home, write_auth
from tests.providers.codex.test_auth import json_values
from tests.providers.conformance import SourceConformance


class FakeWeb:
    """Gives one answer and keeps what it was asked; `resets` is what the reset credits' endpoint says."""

    def __init__(self, answer: Answer, resets: Answer | ProviderError | None = None) -> None:
        self.answer = answer
        self.resets = resets or Answer(404, {}, b"{}")
        self.asked: list[tuple[str, str, Mapping[str, str]]] = []
        self.asked_resets: list[tuple[str, float]] = []

    def get(self, url: str, *, bearer: Secret, headers: Mapping[str, str], seconds: float) -> Answer:
        if url.endswith("/rate-limit-reset-credits"):
            self.asked_resets.append((url, seconds))
            if isinstance(self.resets, ProviderError):
                raise self.resets
            return self.resets
        self.asked.append((url, bearer.reveal(), headers))
        return self.answer


def answered(content: object, status: int = 200, **headers: str) -> FakeWeb:
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return FakeWeb(Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body))


def question(folder: Path) -> Question:
    home = Home(provider="codex", path=folder, label="~/.codex")
    return Question(home=home, identity=read_credentials(home).identity, account_since=NOW, now=NOW)


def read(folder: Path, content: object, status: int = 200, **headers: str) -> Reading:
    return OAuthSource(answered(content, status, **headers), lambda: 0.0).read(question(folder))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_home(tmp_path / "codex")


class TestConformance(SourceConformance):
    @pytest.fixture
    def source(self) -> Source:
        return OAuthSource(answered(usage(additional_rate_limits=[SPARK], individual_limit=CAP)))

    @pytest.fixture
    def question(self, folder: Path) -> Question:
        return question(folder)


def test_the_response_for_a_pro_account(folder: Path) -> None:
    web = answered(usage())
    reading = OAuthSource(web).read(question(folder))
    assert [(w.id, w.title, w.used_percent, w.duration) for w in reading.windows] == [
        ("session", "5h", 37.0, timedelta(hours=5)),
        ("weekly", "Weekly", 62.0, timedelta(days=7)),
    ]
    assert reading.windows[0].resets_at == datetime.fromtimestamp(1_795_190_400, UTC)
    assert reading.credits == Credits(balance=Decimal("150.5"))
    assert (reading.plan, reading.email, reading.fetched_at) == ("pro", "dev@example.com", NOW)
    assert reading.speaks_for == {"windows", "credits"}
    ((url, bearer, headers),) = web.asked
    assert url == "https://chatgpt.com/backend-api/wham/usage"
    assert bearer.endswith(ACCESS_MARK)
    assert headers["ChatGPT-Account-Id"] == "acct-1"
    assert headers["User-Agent"].startswith("tankful/")


@pytest.mark.parametrize(
    ("rate_limit", "windows"),
    [
        ({"primary_window": window(5, WEEK), "secondary_window": None}, {"weekly": 5}),
        ({"primary_window": window(5, 2_592_000), "secondary_window": None}, {"monthly": 5}),
        ({"primary_window": window(5, WEEK), "secondary_window": window(6)}, {"session": 6, "weekly": 5}),
        ({"primary_window": window(5, 3 * 86_400), "secondary_window": None}, {"window:4320": 5}),
        ({"primary_window": window(120.5), "secondary_window": None}, {"session": 120.5}),
        ({"primary_window": window(5), "secondary_window": window(70)}, {"session": 70}),
        ({"primary_window": None, "secondary_window": None}, {}),
        (None, {}),
    ],
)
def test_windows_are_classed_by_duration(folder: Path, rate_limit: object, windows: dict[str, float]) -> None:
    reading = read(folder, usage(rate_limit=rate_limit))
    assert {w.id: w.used_percent for w in reading.windows} == windows
    assert "windows" in reading.speaks_for


def test_zero_means_unknown(folder: Path) -> None:
    reading = read(
        folder, usage(rate_limit={"primary_window": window(5, 0, 0), "secondary_window": window(6, WEEK, 0)})
    )
    assert [(w.id, w.duration, w.resets_at) for w in reading.windows] == [
        ("weekly", timedelta(days=7), None),
        ("window:unknown", None, None),
    ]
    assert "windows" not in reading.speaks_for


@pytest.mark.parametrize("place", ["primary_window", "individual_limit"])
@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"reset_after_seconds": 90}, NOW + timedelta(seconds=90)),
        ({"reset_at": None, "reset_after_seconds": 90.0}, NOW + timedelta(seconds=90)),
        ({"reset_after_seconds": "90"}, NOW + timedelta(seconds=90)),
        ({"resets_at": str(NOW.timestamp() + 7)}, NOW + timedelta(seconds=7)),
        ({"reset_at": 0, "reset_after_seconds": 90}, None),
        ({"reset_at": NOW.timestamp() + 7, "reset_after_seconds": 90}, NOW + timedelta(seconds=7)),
        *(
            ({"reset_after_seconds": wrong}, None)
            for wrong in (0, -1, True, None, "soon", [90], 401 * 86_400, 1e308, 10**400)
        ),
    ],
)
def test_a_reset_is_a_time_or_a_delay(
    folder: Path, place: str, sent: dict[str, object], expected: datetime | None
) -> None:
    part = {"used_percent": 5, "remaining_percent": 95} | sent
    sent = {"rate_limit": {place: part}} if place == "primary_window" else {place: part, "rate_limit": None}
    content = json.dumps(usage(**sent)).encode()  # msgspec writes no 10**400
    (found,) = read(folder, content).windows
    assert found.resets_at == expected


@pytest.mark.parametrize(
    ("primary", "kept"),
    [
        ("text", ["weekly"]),
        ({"used_percent": "much"}, ["weekly"]),
        (window(5) | {"used_percent": "37.5", "limit_window_seconds": "18000"}, ["session", "weekly"]),
        ({"used_percent": None, "limit_window_seconds": SESSION}, ["weekly"]),
        ({"used_percent": -1, "limit_window_seconds": SESSION}, ["weekly"]),
        ({"limit_window_seconds": SESSION}, ["weekly"]),
        (window(1e308), ["weekly"]),
        (window(10_001), ["weekly"]),
        (window(10_000), ["session", "weekly"]),
        (window(5) | {"new_field": {"deep": [1]}}, ["session", "weekly"]),
    ],
)
def test_a_bad_window_is_dropped_and_named_its_sibling_kept(
    folder: Path, primary: object, kept: list[str]
) -> None:
    rate_limit = {"primary_window": primary, "secondary_window": window(62, WEEK)}
    reading = read(folder, usage(rate_limit=rate_limit))
    assert [w.id for w in reading.windows] == kept
    dropped = len(kept) == 1
    assert reading.dropped == (("rate_limit.primary_window",) if dropped else ())
    assert ("windows" in reading.speaks_for) is not dropped


@pytest.mark.parametrize(
    ("minutes", "ahead", "kept"),
    [
        (300, timedelta(hours=5, minutes=5), True),
        (300, timedelta(hours=5, minutes=5, seconds=1), False),
        (0, timedelta(days=400), True),
        (0, timedelta(days=400, seconds=1), False),
        (9_000_000, timedelta(days=401), False),
        (300, timedelta(days=365 * 7973), False),
    ],
)
def test_a_reset_further_away_than_its_window_is_long_is_unknown(
    folder: Path, minutes: int, ahead: timedelta, *, kept: bool
) -> None:
    sent = window(5, minutes * 60, int((NOW + ahead).timestamp()))
    (found,) = read(folder, usage(rate_limit={"primary_window": sent, "secondary_window": None})).windows
    assert found.resets_at == (NOW + ahead if kept else None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("plan_type", "pro\x1b[2J"),
        ("plan_type", "p" * 41),
        ("plan_type", ["pro"]),
        ("email", "a b@example.com"),
        ("email", "dev"),
        ("email", "d" * 250 + "@x.io"),
    ],
)
def test_a_name_that_is_none_is_dropped_and_named(folder: Path, field: str, value: object) -> None:
    reading = read(folder, usage(**{field: value}))
    assert (reading.plan if field == "plan_type" else reading.email) is None
    assert reading.dropped == (field,)


@pytest.mark.parametrize("token", [None, "opaque-token-1", "opaque@token-1"])
def test_a_server_that_echoes_our_token_puts_it_nowhere(tmp_path: Path, token: str | None) -> None:
    folder = make_home(tmp_path / "codex", auth(access_token=token) if token else auth())
    bearer = read_credentials(question(folder).home).access_token.reveal()
    for echo in (bearer, f"Bearer {bearer}", f"pro {bearer}", f"x@{bearer}"):
        content = usage(plan_type=echo, email=echo, credits={"has_credits": True, "balance": echo})
        reading = read(folder, content)
        assert bearer not in repr(reading)
        assert set(reading.dropped) == {"plan_type", "email", "credits"}


@pytest.mark.parametrize(
    ("sent", "credits"),
    [
        ({"has_credits": True, "unlimited": False, "balance": 7}, Credits(balance=Decimal(7))),
        ({"has_credits": True, "unlimited": False, "balance": "0"}, Credits(balance=Decimal(0))),
        ({"has_credits": True, "balance": None}, Credits()),
        ({"has_credits": False, "unlimited": True, "balance": None}, Credits(unlimited=True)),
        ({"has_credits": False, "unlimited": False, "balance": "0"}, None),
        (None, None),
    ],
)
def test_credits(folder: Path, sent: object, credits: Credits | None) -> None:  # noqa: A002
    reading = read(folder, usage(credits=sent))
    assert reading.credits == credits
    assert "credits" in reading.speaks_for


@pytest.mark.parametrize("balance", ["NaN", "1e999999", "lots", [1], True])
def test_a_balance_that_is_no_number_is_named(folder: Path, balance: object) -> None:
    reading = read(folder, usage(credits={"has_credits": True, "balance": balance}))
    assert reading.credits is None
    assert reading.dropped == ("credits",)
    assert "credits" not in reading.speaks_for


def test_missing_fields_are_unknown(folder: Path) -> None:
    content = usage()
    del content["credits"], content["plan_type"], content["email"]
    reading = read(folder, content)
    assert reading.speaks_for == {"windows"}
    assert (reading.credits, reading.plan, reading.email) == (None, None, None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"plan_type": "pro"}',
        b"{torn",
        b"\xff",
        b'{"rate_limit": ' + b"[" * 200_000,
    ],
)
def test_an_empty_response_is_an_error(folder: Path, content: bytes) -> None:
    with pytest.raises(NotUnderstood):
        read(folder, content)


PAGE = b"<!DOCTYPE html><title>Just a moment...</title>"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b"{}", LoginExpired),
        (401, PAGE, LoginExpired),
        (403, b'{"detail": "no"}', Denied),
        (403, PAGE, Blocked),
        (200, PAGE, Blocked),
        (302, b"", Blocked),
        (404, b"{}", NotUnderstood),
        (408, b"", TimedOut),
        (429, b"{}", RateLimited),
        (429, PAGE, RateLimited),
        (500, b"{}", ServerError),
        (503, PAGE, ServerError),
        (504, b"", TimedOut),
        (204, b"", NotUnderstood),
    ],
)
def test_error_responses_are_classified(
    folder: Path, status: int, body: bytes, kind: type[ProviderError]
) -> None:
    with pytest.raises(kind) as caught:
        read(folder, body, status)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("1.5", 1.5),
        ("Fri, 20 Nov 2026 12:02:00 GMT", 120),
        ("86400", 86400),
        ("999999999999", 86400),
        ("1e999", 86400),
        ("0", None),
        ("-5", None),
        ("nan", None),
        ("Fri, 20 Nov 2020 12:02:00 GMT", None),
        ("Fri, 20 Nov 99999999999999999 12:02:00 GMT", None),
        ("soon", None),
        (None, None),
    ],
)
def test_retry_after(folder: Path, header: str | None, seconds: float | None) -> None:
    headers = {} if header is None else {"retry_after": header}
    with pytest.raises(RateLimited) as caught:
        read(folder, b"{}", 429, **headers)
    assert caught.value.retry_at == (None if seconds is None else NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("status", [302, 403, 404, 429, 500, 503, 504])
def test_any_error_response_may_have_a_retry_after(folder: Path, status: int) -> None:
    with pytest.raises(ProviderError) as caught:
        read(folder, b"{}", status, retry_after="3600")
    assert caught.value.retry_at == NOW + timedelta(hours=1)


def test_retry_after_counts_from_the_response(folder: Path) -> None:
    """Which came 15 seconds after the question."""
    ticks = iter((100.0, 115.0))
    with pytest.raises(RateLimited) as caught:
        OAuthSource(answered(b"{}", 429, retry_after="120"), lambda: next(ticks)).read(question(folder))
    assert caught.value.retry_at == NOW + timedelta(seconds=135)


@pytest.mark.parametrize(
    ("config", "url"),
    [
        (
            'chatgpt_base_url = "https://example.com/backend-api/"',
            "https://example.com/backend-api/wham/usage",
        ),
        ('chatgpt_base_url = "https://example.com"', "https://example.com/api/codex/usage"),
        ('chatgpt_base_url = "http://127.0.0.1:1/backend-api"', "http://127.0.0.1:1/backend-api/wham/usage"),
        ('\ufeffmodel = "gpt-5.5"\r\n', "https://chatgpt.com/backend-api/wham/usage"),
        ('model = "gpt-5.5"', "https://chatgpt.com/backend-api/wham/usage"),
    ],
)
def test_where_it_is_asked(folder: Path, config: str, url: str) -> None:
    (folder / "config.toml").write_text(config)
    assert endpoint(question(folder).home, "usage") == url


@pytest.mark.parametrize(
    "config",
    [
        b'chatgpt_base_url = "http://example.com"',
        b'chatgpt_base_url = "https://user:word@example.com"',
        b'chatgpt_base_url = "https://example.com/backend-api?to=word"',
        b'chatgpt_base_url = "https://example.com/#/backend-api"',
        b"chatgpt_base_url = 7",
        b"x = " + b"[" * 20_000,
        b"x = " + b"9" * 5_000,
        b"#" * (1 << 20) + b"\n",
        b"not = = toml",
        b"\xff\xfe",
    ],
)
def test_no_token_goes_to_a_doubtful_place(folder: Path, config: bytes) -> None:
    (folder / "config.toml").write_bytes(config)
    web = answered(usage())
    with pytest.raises(NotUnderstood) as caught:
        OAuthSource(web).read(question(folder))
    assert not web.asked
    assert "config.toml" in caught.value.message
    assert "word" not in caught.value.message


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are no files there")
def test_a_pipe_for_settings_does_not_keep_us_waiting(folder: Path) -> None:
    os.mkfifo(folder / "config.toml")
    with pytest.raises(NotUnderstood, match="Not a regular file"):
        endpoint(question(folder).home, "usage")


def test_an_expired_login_is_not_worth_a_request(folder: Path) -> None:
    asked = question(folder)
    write_auth(folder, auth(expires=NOW))
    assert isinstance(OAuthSource(answered(usage())).unavailable(asked), LoginExpired)


def test_another_account_that_signed_in_meanwhile_is_not_asked(folder: Path) -> None:
    asked, web = question(folder), answered(usage())
    write_auth(folder, auth(account="acct-2"))
    with pytest.raises(NotSignedIn):
        OAuthSource(web).read(asked)
    assert not web.asked


def limit(primary: object, secondary: object = None, **more: object) -> dict[str, object]:
    return {"primary_window": primary, "secondary_window": secondary} | more


SPARK = {
    "limit_name": "GPT-5.3-Codex-Spark",
    "metered_feature": "codex_bengalfox",
    "rate_limit": limit(window(20), window(30, WEEK)),
}


def test_a_model_and_code_review_have_limits_of_their_own(folder: Path) -> None:
    more = {"additional_rate_limits": [SPARK], "code_review_rate_limit": limit(window(4, WEEK))}
    reading = read(folder, usage(**more))
    assert {w.id: (w.title, w.used_percent) for w in reading.windows if w.scope != "account"} == {
        "model:codex_bengalfox:session": ("GPT-5.3-Codex-Spark 5h", 20),
        "model:codex_bengalfox:weekly": ("GPT-5.3-Codex-Spark Weekly", 30),
        "code_review:weekly": ("Code review Weekly", 4),
    }
    assert reading.speaks_for == {"windows", "credits"}
    assert reading.dropped == ()


@pytest.mark.parametrize(
    ("changes", "ident", "title"),
    [
        ({"metered_feature": None}, "model:gpt-5.3-codex-spark:session", "GPT-5.3-Codex-Spark 5h"),
        ({"limit_name": None}, "model:codex_bengalfox:session", "codex_bengalfox 5h"),
        ({"limit_name": "a\x1b[2J"}, "model:codex_bengalfox:session", "codex_bengalfox 5h"),
        ({"rate_limit": limit(window(20, 86_400))}, "model:codex_bengalfox:1440", "GPT-5.3-Codex-Spark 1d"),
    ],
)
def test_a_model_is_named_by_what_there_is(
    folder: Path, changes: dict[str, object], ident: str, title: str
) -> None:
    reading = read(folder, usage(rate_limit=None, additional_rate_limits=[SPARK | changes]))
    assert (reading.windows[0].id, reading.windows[0].title) == (ident, title)


@pytest.mark.parametrize(
    ("additional", "dropped"),
    [
        ("soon", "additional_rate_limits"),
        ([7], "additional_rate_limits[0]"),
        ([SPARK, {"limit_name": "x"}], "additional_rate_limits[1]"),
        ([SPARK | {"limit_name": None, "metered_feature": 7}], "additional_rate_limits[0].rate_limit"),
        ([SPARK | {"rate_limit": limit(7)}], "additional_rate_limits[0].rate_limit.primary_window"),
        ([SPARK] * 51, "additional_rate_limits"),
    ],
)
def test_a_bad_limit_beside_the_accounts_own_is_dropped_and_named(
    folder: Path, additional: object, dropped: str
) -> None:
    reading = read(folder, usage(additional_rate_limits=additional))
    assert [w.id for w in reading.windows if w.scope == "account"] == ["session", "weekly"]
    assert reading.dropped == (dropped,)
    assert "windows" not in reading.speaks_for


def test_a_model_that_is_named_like_our_token_has_no_name(folder: Path) -> None:
    bearer = read_credentials(question(folder).home).access_token.reveal()
    spark = SPARK | {"limit_name": bearer, "metered_feature": f"x{bearer}"}
    reading = read(folder, usage(additional_rate_limits=[spark]))
    assert bearer not in repr(reading)
    assert reading.dropped == ("additional_rate_limits[0].rate_limit",)


@pytest.mark.parametrize(
    ("changes", "reached"),
    [
        ({"limit_reached": False, "allowed": True}, False),
        ({"limit_reached": True, "allowed": True}, True),
        ({"limit_reached": False, "allowed": False}, True),
        ({"limit_reached": None, "allowed": "no"}, None),
    ],
)
def test_the_servers_own_flag_that_a_limit_is_reached(
    folder: Path, changes: dict[str, object], reached: bool | None
) -> None:
    content = usage()
    content["rate_limit"] |= changes
    assert read(folder, content).limit_reached is reached
    assert read(folder, usage(rate_limit=None, spend_control={"reached": True})).limit_reached is True
    assert read(folder, usage(rate_limit=None)).limit_reached is None


CAP = {"limit": "25000", "used": "8000", "remaining_percent": 68, "reset_at": 1_796_083_200, "unit": "credit"}


@pytest.mark.parametrize("place", ["individual_limit", "spend_control"])
def test_a_personal_cap_is_a_window_and_credits_are_no_money(folder: Path, place: str) -> None:
    more = {place: CAP if place == "individual_limit" else {"reached": False, "individual_limit": CAP}}
    reading = read(folder, usage(rate_limit=None, credits=None, **more))
    (cap,) = reading.windows
    assert (cap.id, cap.used_percent, cap.duration) == ("individual", 32, None)
    assert cap.resets_at == datetime.fromtimestamp(1_796_083_200, UTC)
    assert (reading.spend, "spend" in reading.speaks_for) == (None, True)


def test_a_cap_in_money_is_spend_as_well(folder: Path) -> None:
    cap = CAP | {"unit": "usd", "used": 8.5, "limit": "25"}
    spend = read(folder, usage(individual_limit=cap)).spend
    assert spend is not None
    assert (spend.used, spend.limit, spend.currency) == (Decimal("8.5"), Decimal(25), "USD")
    reading = read(folder, usage(individual_limit=cap | {"used": "lots"}))
    assert (reading.spend, reading.dropped) == (None, ("individual_limit",))
    assert "individual" in {w.id for w in reading.windows}


@pytest.mark.parametrize("cap", [7, {"limit": "25000"}, {"remaining_percent": 101}])
def test_a_bad_cap_is_dropped_and_named(folder: Path, cap: object) -> None:
    reading = read(folder, usage(individual_limit=cap))
    assert reading.dropped == ("individual_limit",)
    assert reading.speaks_for == {"credits"}


@pytest.mark.parametrize("credits_", [{"has_credits": False, "unlimited": True, "balance": None}, None])
def test_a_business_account_has_no_windows_and_that_is_no_error(folder: Path, credits_: object) -> None:
    content = usage(plan_type="business", rate_limit=None, credits=credits_, additional_rate_limits=None)
    content |= {"code_review_rate_limit": None, "spend_control": {"reached": False, "individual_limit": None}}
    reading = read(folder, content)
    assert reading.windows == ()
    assert reading.credits == (Credits(unlimited=True) if credits_ else None)
    assert reading.speaks_for == {"windows", "credits", "spend"}
    assert reading.dropped == ()


SOON, LATER = "2026-11-25T10:00:00Z", "2026-12-11T22:33:08+00:00"


def resets(count: object, *credits_: object) -> Answer:
    return Answer(200, {}, msgspec.json.encode({"available_count": count, "credits": list(credits_)}))


def hinted(count: object) -> dict[str, object]:
    return usage(rate_limit_reset_credits={"available_count": count})


def test_resets_in_hand_with_their_next_expiry(folder: Path) -> None:
    sent = resets(
        2,
        {"id": "1", "status": "available", "expires_at": LATER},
        {"id": "2", "status": "redeemed", "expires_at": "2026-11-21T00:00:00Z"},
        {"id": "3", "status": "available", "expires_at": SOON},
        {"id": "4", "status": "available", "expires_at": "2026-11-19T00:00:00Z"},
        {"id": "5", "status": "available", "expires_at": 7},
    )
    web = FakeWeb(answered(hinted(2)).answer, sent)
    reading = OAuthSource(web).read(question(folder))
    assert reading.resets == ResetCredits(available=2, expires_at=datetime.fromisoformat(SOON))
    assert "resets" in reading.speaks_for
    assert web.asked_resets == [("https://chatgpt.com/backend-api/wham/rate-limit-reset-credits", 4.0)]


@pytest.mark.parametrize(
    "bad",
    [
        Offline("No connection."),
        Answer(401, {}, b"{}"),
        Answer(500, {}, b""),
        Answer(200, {}, b"<html>"),
        resets("some"),
        resets(-1),
        resets(True),
        Answer(200, {}, b"[" * 100_000),
    ],
)
def test_no_expiry_breaks_a_reading(folder: Path, bad: Answer | ProviderError) -> None:
    reading = OAuthSource(FakeWeb(answered(hinted(2)).answer, bad)).read(question(folder))
    assert len(reading.windows) == 2
    assert reading.resets == ResetCredits(available=2)
    reading = OAuthSource(FakeWeb(answered(usage()).answer, bad)).read(question(folder))
    assert (reading.resets, reading.dropped) == (None, ())


def test_the_expiry_is_asked_hourly_and_when_the_number_changed(folder: Path) -> None:
    asked = 0
    last: Reading | None = None
    for minute, count, now_asked in [
        (0, 2, 1),
        (1, 2, 1),
        (59, 2, 1),
        (60, 2, 2),
        (61, 3, 3),
        (62, 3, 3),
        (63, 0, 3),
        (119, 0, 3),
        (121, 0, 3),
    ]:
        sent = resets(count, {"status": "available", "expires_at": SOON})
        web = FakeWeb(answered(hinted(count)).answer, sent)
        at = NOW + timedelta(minutes=minute)
        last = OAuthSource(web).read(msgspec.structs.replace(question(folder), now=at, last=last))
        asked += len(web.asked_resets)
        assert asked == now_asked
        expires_at = datetime.fromisoformat(SOON) if count else None
        assert last.resets == ResetCredits(available=count, expires_at=expires_at)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    place=st.sampled_from(
        [
            "rate_limit",
            "primary_window",
            "used_percent",
            "credits",
            "balance",
            "plan_type",
            "",
            "additional_rate_limits",
            "code_review_rate_limit",
            "spend_control",
            "individual_limit",
            "rate_limit_reset_credits",
            "limit_name",
            "metered_feature",
            "remaining_percent",
            "unit",
        ]
    ),
    value=json_values,
)
def test_any_value_anywhere_is_a_reading_or_a_known_error(folder: Path, place: str, value: object) -> None:
    content: Any = usage(
        additional_rate_limits=[copy.deepcopy(SPARK)],
        code_review_rate_limit=limit(window(4, WEEK)),
        spend_control={"reached": False, "individual_limit": None},
        individual_limit=dict(CAP),
        rate_limit_reset_credits={"available_count": 0},
    )
    if place in ("limit_name", "metered_feature"):
        content["additional_rate_limits"][0][place] = value
    elif place in ("remaining_percent", "unit"):
        content["individual_limit"][place] = value
    elif place in content:
        content[place] = value
    elif place == "balance":
        content["credits"][place] = value
    elif place == "primary_window":
        content["rate_limit"][place] = value
    elif place == "used_percent":
        content["rate_limit"]["primary_window"][place] = value
    else:
        content = value
    try:
        reading = read(folder, content)
    except ProviderError:
        return
    sent = {5 * 60, 7 * 24 * 60} | {None}
    windowed = ("rate_limit", "primary_window", "additional_rate_limits", "code_review_rate_limit", "")
    for found in reading.windows:
        minutes = found.duration.total_seconds() / 60 if found.duration else None
        assert minutes in sent or place in windowed
        assert found.title.isprintable()
        assert found.used_percent >= 0
