from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.claude.auth import Credentials, Logins
from providers.claude.keychain import Keychain
from providers.domain.errors import Denied, LoginExpired, NotSignedIn, NotUnderstood, ProviderError
from providers.host.secret import Secret
from providers.source import Home, account_key
from tests.fake_anthropic import (
    ACCESS_MARK,
    ACCOUNT,
    NOW,
    ORGANIZATION,
    REFRESH_MARK,
    config,
    login,
    make_home,
    milliseconds,
    write,
)
from tests.providers.codex.test_auth import json_values

HOUR = timedelta(hours=1)


def logins(environ: Mapping[str, str] | None = None) -> Logins:
    return Logins(environ or {}, Keychain(NoKeyring(), here=False))


class NoKeyring:
    def read(self, service: str, account: str, *, ask: bool) -> Secret | None:
        raise AssertionError("nobody may be asked")


def known(home: Home) -> Credentials:
    found = logins().known(home)
    assert found is not None
    return found


def test_a_good_login(tmp_path: Path) -> None:
    found = logins().login(make_home(tmp_path), NOW)
    assert found.identity is not None
    assert (found.identity.account_id, found.identity.plan) == (f"{ACCOUNT}/{ORGANIZATION}", "Max 20x")
    assert found.identity.email is None
    assert (found.error, found.ends_at) == (None, None)
    assert found.attested_at == NOW - 2 * HOUR


def test_the_refresh_token_goes_nowhere(tmp_path: Path) -> None:
    found = known(make_home(tmp_path))
    assert found.access_token.reveal() == ACCESS_MARK
    assert REFRESH_MARK not in repr(found)
    assert ACCESS_MARK not in repr(found)


@pytest.mark.parametrize(
    ("subscription", "tier", "plan"),
    [
        ("max", "default_claude_max_5x", "Max 5x"),
        ("max", None, "Max"),
        ("pro", "default_claude_ai", "Pro"),
        ("team", "default_raven", "Team"),
        ("team", "default_claude_max_5x_team", "Team 5x"),
        (None, "default_claude_max_20x", None),
        ("max\x1b[2J", "default_claude_max_20x", None),
        (7, 7, None),
    ],
)
def test_the_plan(tmp_path: Path, subscription: object, tier: object, plan: str | None) -> None:
    home = make_home(tmp_path, login(subscriptionType=subscription, rateLimitTier=tier))
    assert known(home).identity.plan == plan


def test_a_rotated_token_is_the_same_account(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    before = account_key(home, known(home).identity)
    write(home.path / ".credentials.json", login(accessToken="sk-ant-oat01-other"))
    assert account_key(home, known(home).identity) == before


@pytest.mark.parametrize(
    ("about", "own", "account"),
    [
        (config(), {}, f"{ACCOUNT}/{ORGANIZATION}"),
        (config(oauthAccount={"accountUuid": ACCOUNT}), {}, ACCOUNT),
        (config(), {"accountUuid": "other"}, "other"),
        (config(), {"accountUuid": "other", "organizationUuid": "its"}, "other/its"),
        (config(), {"accountUuid": ACCOUNT, "organizationUuid": "its"}, f"{ACCOUNT}/its"),
        (config(oauthAccount={"organizationUuid": "its"}), {}, None),
        (config(oauthAccount={"accountUuid": "a b"}), {}, None),
        (config(oauthAccount=[]), {}, None),
    ],
)
def test_whose_account_it_is(tmp_path: Path, about: object, own: dict[str, Any], account: str | None) -> None:
    assert known(make_home(tmp_path, login(**own), about)).identity.account_id == account


@pytest.mark.parametrize(
    "torn", [b"", b'{"oauthAccount": {"acc', b"[" * 200_000], ids=["empty", "half", "deep"]
)
def test_a_torn_config_makes_nobody_another_account(tmp_path: Path, torn: bytes) -> None:
    home = make_home(tmp_path)
    (home.path / ".claude.json").write_bytes(torn)
    found = logins().login(home, NOW)
    assert found.identity is None
    assert isinstance(found.error, NotUnderstood)
    assert ".claude.json is not valid JSON" in found.error.message
    content = login()
    content["claudeAiOauth"]["accountUuid"] = ACCOUNT
    write(home.path / ".credentials.json", content)
    assert logins().login(home, NOW).identity is not None


def test_the_default_home_has_its_names_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    home = make_home(tmp_path / ".claude", about=b"{}")
    write(tmp_path / ".claude.json", config(oauthAccount={"accountUuid": "beside"}))
    assert known(home).identity.account_id == "beside"
    (tmp_path / ".claude.json").unlink()
    write(home.path / ".claude.json", config(oauthAccount={"accountUuid": "inside"}))
    assert known(home).identity.account_id == "inside"
    write(home.path / ".config.json", config(oauthAccount={"accountUuid": "of old"}))
    assert known(home).identity.account_id is None


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"{torn", NotUnderstood, "is not valid JSON"),
        (b"\xff\xfe{}", NotUnderstood, "is not valid JSON"),
        (b"[" * 200_000, NotUnderstood, "is not valid JSON"),
        (b" " * (1 << 20) + b"{}", NotUnderstood, "cannot be read"),
        ([], NotSignedIn, "contains no Claude login"),
        ({}, NotSignedIn, "contains no Claude login"),
        ({"claudeAiOauth": None}, NotSignedIn, "contains no Claude login"),
        ({"claudeAiOauth": {"accessToken": ""}}, NotSignedIn, "contains no Claude login"),
        ({"claudeAiOauth": {"accessToken": 7}}, NotUnderstood, "malformed access token"),
        ({"claudeAiOauth": {"accessToken": "two\nlines"}}, NotUnderstood, "malformed access token"),
    ],
)
def test_a_file_without_a_usable_login(
    tmp_path: Path, content: object, kind: type[ProviderError], message: str
) -> None:
    error = logins().login(make_home(tmp_path, content), NOW).error
    assert isinstance(error, kind)
    assert message in error.message
    assert error.remedy


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are no files there")
def test_a_pipe_for_a_login_does_not_keep_us_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".credentials.json")
    os.mkfifo(tmp_path / ".claude.json")
    home = Home(provider="claude", path=tmp_path, label="~/.claude")
    assert isinstance(logins().login(home, NOW).error, NotUnderstood)


def test_nobody_is_there(tmp_path: Path) -> None:
    empty = Home(provider="claude", path=tmp_path, label="~/.claude")
    error = logins().login(empty, NOW).error
    assert isinstance(error, NotSignedIn)
    assert (error.message, error.remedy) == (
        "Not signed in to Claude Code in ~/.claude.",
        "Run `claude`, then /login.",
    )
    missing = logins().login(Home(provider="claude", path=tmp_path / "missing", label="~/missing"), NOW).error
    assert isinstance(missing, NotSignedIn)
    assert "~/missing does not exist." in missing.message


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"expires": NOW}, LoginExpired, "Run `claude` once"),
        ({"expires": NOW, "refreshTokenExpiresAt": milliseconds(NOW)}, LoginExpired, "/login"),
        ({"scopes": ["user:inference"]}, Denied, "then /login"),
    ],
)
def test_an_unusable_login_still_identifies_its_account(
    tmp_path: Path, changes: dict[str, Any], kind: type[ProviderError], message: str
) -> None:
    found = logins().login(make_home(tmp_path, login(**changes)), NOW)
    assert found.identity is not None
    assert isinstance(found.error, kind)
    assert message in found.error.remedy


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": None},
        {"scopes": []},
        {"scopes": [7]},
        {"expiresAt": None},
        {"expiresAt": 10**400},
        {"refreshTokenExpiresAt": None},
    ],
)
def test_what_is_missing_is_no_error(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert logins().login(make_home(tmp_path, login(**changes)), NOW).error is None


def test_the_end_of_the_login_is_reported_ahead(tmp_path: Path) -> None:
    ends = NOW + timedelta(days=5)
    home = make_home(tmp_path, login(refreshTokenExpiresAt=milliseconds(ends)))
    found = logins().login(home, NOW)
    assert (found.ends_at, found.error) == (ends, None)


def test_the_token_of_the_environment_comes_last(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    logins_with_token = logins(
        {"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-lent", "CLAUDE_CONFIG_DIR": str(tmp_path)}
    )
    own = logins_with_token.known(home)
    assert own is not None
    assert (own.access_token.reveal(), own.from_environment) == (ACCESS_MARK, False)
    (tmp_path / ".credentials.json").unlink()
    found = logins_with_token.known(home)
    assert found is not None
    assert (found.access_token.reveal(), found.from_environment, found.scopes) == (
        "sk-ant-oat01-lent",
        True,
        None,
    )
    assert found.identity.account_id is None
    other = Home(provider="claude", path=tmp_path / "other", label="~/other")
    other.path.mkdir()
    with pytest.raises(NotSignedIn):
        logins_with_token.known(other)


def test_a_file_without_a_login_leaves_the_environment_its_turn(tmp_path: Path) -> None:
    """Claude Code keeps the logins of MCP servers there, too."""
    home = make_home(tmp_path, {"mcpOAuth": {}})
    found = logins({"CLAUDE_CODE_OAUTH_TOKEN": "lent", "CLAUDE_CONFIG_DIR": str(tmp_path)}).known(home)
    assert found is not None
    assert (found.from_environment, found.kind) == (True, "CLAUDE_CODE_OAUTH_TOKEN")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    place=st.sampled_from(
        [
            "claudeAiOauth",
            "accessToken",
            "expiresAt",
            "refreshTokenExpiresAt",
            "scopes",
            "subscriptionType",
            "oauthAccount",
            "cachedUsageUtilization",
            "",
        ]
    ),
    value=json_values,
)
def test_any_value_anywhere_is_a_login_or_a_known_error(tmp_path: Path, place: str, value: object) -> None:
    content: Any = login()
    about: Any = config()
    if place in ("oauthAccount", "cachedUsageUtilization"):
        about[place] = value
    elif place == "claudeAiOauth":
        content[place] = value
    elif place:
        content["claudeAiOauth"][place] = value
    else:
        content = about = value
    found = logins().login(make_home(tmp_path, content, about), NOW)
    assert found.identity is not None or found.error is not None
    assert REFRESH_MARK not in repr(found)
