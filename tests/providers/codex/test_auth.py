from __future__ import annotations

import base64
import json
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.codex.auth import (
    KeptInKeyring,
    OnlyCodex,
    WithoutLimits,
    auth_without_refresh,
    expiry,
    read_credentials,
    read_login,
)
from providers.domain.account import account_id
from providers.domain.errors import LoginExpired, NotSignedIn, NotUnderstood, ProviderError
from providers.domain.limits import Identity
from providers.source import Home, account_key
from tests.homes import ACCESS_MARK, ID_MARK, NOW, REFRESH_MARK, REFRESHED, auth, jwt, make_home, write_auth


def home(folder: Path) -> Home:
    return Home(provider="codex", path=folder, label="~/.codex")


def test_a_good_login(tmp_path: Path) -> None:
    login = read_login(home(make_home(tmp_path)), NOW)
    assert login.identity is not None
    assert (login.identity.account_id, login.identity.email, login.identity.plan) == (
        "acct-1",
        "dev@example.com",
        "pro",
    )
    assert login.error is None
    assert login.attested_at == REFRESHED


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("refreshed", "written", "attested"),
    [
        (REFRESHED, REFRESHED + 4 * MINUTE, REFRESHED),
        (REFRESHED, REFRESHED + 6 * MINUTE, REFRESHED + 6 * MINUTE),
        (REFRESHED, REFRESHED - 6 * MINUTE, REFRESHED),
        (None, REFRESHED, REFRESHED),
        ("soon", REFRESHED, REFRESHED),
    ],
    ids=["refreshed by Codex", "copied here later", "clock set back", "not said", "not a time"],
)
def test_since_when_a_login_is_in_its_home(
    tmp_path: Path, refreshed: datetime | str | None, written: datetime, attested: datetime
) -> None:
    """A browser session that is weeks old says nothing of when somebody signed in here with it."""
    old = int((REFRESHED - timedelta(days=9)).timestamp())
    claims = {"email": "dev@example.com", "auth_time": old, "iat": old}
    content = auth(id_token=jwt(claims, ID_MARK), access_token=jwt(claims, ACCESS_MARK))
    content["last_refresh"] = refreshed.isoformat() if isinstance(refreshed, datetime) else refreshed
    write_auth(tmp_path, content, written)
    assert read_login(home(tmp_path), NOW).attested_at == attested


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"{torn", NotUnderstood, "is not valid JSON"),
        (b"\xff\xfe{}", NotUnderstood, "is not valid JSON"),
        ([], NotUnderstood, "contains no login"),
        ({}, NotSignedIn, "contains no ChatGPT login"),
        ({"tokens": None}, NotSignedIn, "contains no ChatGPT login"),
        ({"tokens": {"access_token": ""}}, NotSignedIn, "contains no ChatGPT login"),
        ({"tokens": [], "OPENAI_API_KEY": "sk-x"}, NotSignedIn, "API key login"),
        ({"OPENAI_API_KEY": "sk-x"}, NotSignedIn, "API key login"),
        ({"tokens": {"access_token": 7}}, NotUnderstood, "malformed access token"),
        ({"tokens": {"access_token": "two\nlines"}}, NotUnderstood, "malformed access token"),
        (b"[" * 200_000, NotUnderstood, "is not valid JSON"),
        (b" " * (1 << 20) + b"{}", NotUnderstood, "cannot be read"),
    ],
)
def test_a_file_without_a_usable_login(
    tmp_path: Path, content: object, kind: type[ProviderError], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        read_credentials(home(make_home(tmp_path, content)))
    assert caught.value.remedy


def with_mode(mode: str | None, **members: object) -> dict[str, object]:
    """A good ChatGPT login, and what else is in the file."""
    return auth() | {"auth_mode": mode} | members


KEY = {"OPENAI_API_KEY": "sk-x"}
TOKEN = {"personal_access_token": "at-x"}
IDENTITY = {"agent_identity": {"agent_runtime_id": "r", "account_id": "a"}}
BEDROCK = {"bedrock_api_key": {"api_key": "x", "region": "us-east-1"}}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (with_mode(None), "ChatGPT"),
        (with_mode("chatgpt", **KEY), "ChatGPT"),
        (with_mode("chatgpt", **TOKEN), "ChatGPT"),
        (with_mode("chatgptAuthTokens"), "ChatGPT"),
        (with_mode(None, **IDENTITY), "ChatGPT"),
        (with_mode("apikey", **KEY), "API key"),
        (with_mode("apikey"), "API key"),
        (with_mode(None, **KEY), "API key"),
        (with_mode("bedrockApiKey", **BEDROCK), "Amazon Bedrock"),
        (with_mode(None, **BEDROCK, **KEY), "Amazon Bedrock"),
        (TOKEN, "personal access token"),
        (with_mode(None, **TOKEN, **KEY), "personal access token"),
        (with_mode("personalAccessToken", **TOKEN), "personal access token"),
        (with_mode("agentIdentity", **IDENTITY), "agent identity"),
        ({"auth_mode": "agentIdentity", "agent_identity": "a.b.c"}, "agent identity"),
        (IDENTITY, "agent identity"),
        (with_mode("newInVersion9"), "login of another kind"),
    ],
)
def test_which_login_counts(tmp_path: Path, content: dict[str, object], kind: str) -> None:
    """As 0.171 was seen to decide it, whatever else is in the file."""
    place = home(make_home(tmp_path, content))
    login = read_login(place, NOW)
    assert login.kind == kind
    if kind == "ChatGPT":
        assert (login.identity, login.error) == (read_credentials(place).identity, None)
        return
    with pytest.raises((WithoutLimits, OnlyCodex)) as caught:
        read_credentials(place)
    if isinstance(caught.value, OnlyCodex):
        article = "an" if kind == "agent identity" else "a"
        assert caught.value.message == f"Codex is signed in with {article} {kind}."
        assert (login.identity, login.error) == (Identity(), None)
        assert "codex login" not in caught.value.remedy
        assert caught.value.kind == "not_understood"
    else:
        assert caught.value.message == f"{kind} login: it has no limits, only costs."
        assert login.identity is None


def token(**about: object) -> str:
    claims = {"email": "dev@example.com", "https://api.openai.com/auth": about}
    return jwt(claims, ID_MARK)


@pytest.mark.parametrize(
    ("changes", "headers"),
    [
        ({}, {"ChatGPT-Account-Id": "acct-1"}),
        ({"account_id": ""}, {"ChatGPT-Account-Id": ""}),
        ({"account_id": " "}, {"ChatGPT-Account-Id": ""}),
        ({"account_id": None}, {"ChatGPT-Account-Id": "acct-1"}),
        ({"account_id": None, "id_token": None, "access_token": "opaque"}, {}),
        ({"account_id": "two\nlines"}, {}),
        (
            {"id_token": token(chatgpt_account_is_fedramp=True)},
            {"ChatGPT-Account-Id": "acct-1", "X-OpenAI-Fedramp": "true"},
        ),
        (
            {"id_token": token(chatgpt_account_is_fedramp="true")},
            {"ChatGPT-Account-Id": "acct-1", "X-OpenAI-Fedramp": "true"},
        ),
        ({"id_token": token(chatgpt_account_is_fedramp=False)}, {"ChatGPT-Account-Id": "acct-1"}),
        ({"access_token": token(chatgpt_account_is_fedramp=True)}, {"ChatGPT-Account-Id": "acct-1"}),
        (
            {"id_token": None, "access_token": token(chatgpt_account_is_fedramp=True)},
            {"ChatGPT-Account-Id": "acct-1", "X-OpenAI-Fedramp": "true"},
        ),
    ],
)
def test_what_goes_with_the_token(
    tmp_path: Path, changes: dict[str, object], headers: dict[str, str]
) -> None:
    credentials = read_credentials(home(make_home(tmp_path, auth(**changes))))  # type: ignore[arg-type]
    assert credentials.headers == headers


def test_no_file_no_home_and_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(NotSignedIn, match="Not signed in"):
        read_credentials(home(tmp_path))
    with pytest.raises(NotSignedIn, match="does not exist"):
        read_credentials(home(tmp_path / "nowhere"))
    (tmp_path / "auth.json").mkdir()
    with pytest.raises(NotUnderstood, match="cannot be read"):
        read_credentials(home(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are no files there")
def test_a_pipe_in_its_place_does_not_keep_us_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "auth.json")
    with pytest.raises(NotUnderstood, match="Not a regular file"):
        read_credentials(home(tmp_path))


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="needs another user to be")
def test_a_home_in_a_closed_folder_cannot_be_read(tmp_path: Path) -> None:
    place = home(make_home(tmp_path / "closed/codex"))
    (tmp_path / "closed").chmod(0o700)
    os.seteuid(65534)
    try:
        with pytest.raises(NotUnderstood, match=r"cannot be read \(Permission denied\)"):
            read_credentials(place)
    finally:
        os.seteuid(0)


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    with pytest.raises((NotSignedIn, NotUnderstood)):
        read_credentials(home(tmp_path / ("x" * 300)))


def test_a_token_too_deep_to_be_read_is_opaque(tmp_path: Path) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 50_000).decode().rstrip("=")
    login = read_login(home(make_home(tmp_path, auth(id_token=f"a.{deep}.c"))), NOW)
    assert login.identity is not None
    assert login.identity.email is None


@pytest.mark.parametrize("name", ["pro\x1b[2J", "p" * 41, "", 7, ["pro"]])
def test_a_plan_or_an_address_that_is_none_is_left_out(tmp_path: Path, name: object) -> None:
    login = read_login(home(make_home(tmp_path, auth(plan=name, email=name))), NOW)  # type: ignore[arg-type]
    assert login.identity is not None
    assert (login.identity.plan, login.identity.email) == (None, None)


def test_an_expired_login_still_identifies_its_account(tmp_path: Path) -> None:
    login = read_login(home(make_home(tmp_path, auth(expires=NOW - timedelta(days=3)))), NOW)
    assert login.identity is not None
    assert isinstance(login.error, LoginExpired)
    assert login.error.message == "Your ChatGPT login expired 3 days ago."


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("expires", "refreshed", "message"),
    [
        (NOW + 6 * MINUTE, NOW - 30 * DAY, None),
        (NOW + 5 * MINUTE, NOW, "Your ChatGPT login expires within minutes."),
        (NOW, NOW, "Your ChatGPT login expired today."),
        (NOW - DAY, NOW, "Your ChatGPT login expired yesterday."),
        (None, NOW - 8 * DAY, None),
        (None, NOW - 8 * DAY - MINUTE, "Your ChatGPT login is 8 days old."),
        (None, NOW - 40 * DAY, "Your ChatGPT login is 40 days old."),
        (None, None, None),
    ],
)
def test_when_a_login_is_stale(
    tmp_path: Path, expires: datetime | None, refreshed: datetime | None, message: str | None
) -> None:
    """An `exp` counts alone; where there is none, the age of the last refresh does."""
    content = auth(expires=expires)
    content["last_refresh"] = refreshed.isoformat() if refreshed else None
    error = expiry(read_credentials(home(make_home(tmp_path, content))), NOW)
    assert (error.message if error else None) == message
    assert error is None or error.remedy == "Run `codex` once to renew your login."


@pytest.mark.parametrize(
    ("store", "file", "kept"),
    [
        ("keyring", True, True),
        ("keyring", False, True),
        ("auto", True, False),
        ("auto", False, True),
        ("file", False, False),
        ("ephemeral", False, False),
        ("bogus", False, False),
        (None, False, False),
    ],
)
def test_a_login_that_codex_keeps_in_the_keyring(
    tmp_path: Path, store: str | None, file: bool, kept: bool
) -> None:
    """With `keyring` Codex does not read the file, even where one is left from before."""
    make_home(tmp_path)
    if not file:
        (tmp_path / "auth.json").unlink()
    if store is not None:
        (tmp_path / "config.toml").write_text(f'cli_auth_credentials_store = "{store}"\n')
    login = read_login(home(tmp_path), NOW)
    if kept:
        assert (login.identity, login.error) == (Identity(), None)
        with pytest.raises(KeptInKeyring, match="keyring") as caught:
            read_credentials(home(tmp_path))
        assert caught.value.kind == "not_understood"
    else:
        assert login.identity != Identity()


def test_malformed_settings_are_not_a_keyring(tmp_path: Path) -> None:
    make_home(tmp_path)
    (tmp_path / "config.toml").write_text("cli_auth_credentials_store = [\n")
    assert read_credentials(home(tmp_path)).identity.account_id == "acct-1"
    assert isinstance(read_login(home(tmp_path / "nowhere"), NOW).error, NotSignedIn)


def test_an_auth_without_refresh_token_cannot_be_renewed(tmp_path: Path) -> None:
    raw = auth_without_refresh(home(make_home(tmp_path)), NOW)
    content = json.loads(raw)
    ours = auth()["tokens"]
    assert content["tokens"] == ours | {"refresh_token": ""}
    assert REFRESH_MARK not in raw.decode()
    assert datetime.fromisoformat(content["last_refresh"]) == NOW
    with pytest.raises(NotSignedIn):
        auth_without_refresh(home(tmp_path / "nowhere"), NOW)


def test_an_opaque_token_is_accepted(tmp_path: Path) -> None:
    login = read_login(home(make_home(tmp_path, auth(access_token="opaque", id_token=None))), NOW)
    assert login.error is None
    assert login.identity is not None
    assert login.identity.email is None


def test_a_byte_order_mark_and_a_link_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(auth()).encode())
    (tmp_path / "auth.json").symlink_to(tmp_path / "real.json")
    assert read_credentials(home(tmp_path)).identity.account_id == "acct-1"


@pytest.mark.parametrize(
    ("identity", "key"),
    [
        (Identity(account_id="acct-1", email="dev@example.com"), "32f92942"),
        (Identity(account_id="acct-1", email="Dev@example.com"), "32f92942"),
        (Identity(account_id="acct-1"), "361e82bf"),
        (Identity(account_id="acct-1", user_id="user-1"), account_id("codex", "acct-1", "user-1")),
        (Identity(account_id="acct-1", email="dev@example.com", user_id="user-1"), "c6431f76"),
        (Identity(account_id="acct-1", email="new@example.com", user_id="user-1"), "c6431f76"),
        (Identity(account_id="acct-1", user_id="user-2"), "33e14003"),
        (Identity(user_id="user-2"), "d8d1bb6f"),
    ],
)
def test_the_key_of_an_account_is_the_same_for_ever_and_that_of_its_logs(
    identity: Identity, key: str
) -> None:
    """Stored states and series go by it."""
    assert account_key(home(Path("/home/dev/.codex")), identity) == key


@pytest.mark.parametrize("member", ["chatgpt_user_id", "chatgpt_account_user_id"])
def test_people_of_one_workspace_without_an_address(tmp_path: Path, member: str) -> None:
    found = []
    for user in ("user-a", "user-b"):
        about = {"chatgpt_account_id": "ws-1", member: user}
        token = jwt({"https://api.openai.com/auth": about}, ID_MARK)
        content = auth(account="ws-1", id_token=token, access_token=token)
        found.append(read_credentials(home(make_home(tmp_path / user, content))).identity)
    assert [identity.user_id for identity in found] == ["user-a", "user-b"]
    assert len({account_key(home(tmp_path), identity) for identity in found}) == 2


def test_people_of_one_workspace_are_not_one_account(tmp_path: Path) -> None:
    one, other = (
        read_credentials(home(make_home(tmp_path / name, auth(email=f"{name}@example.com"))))
        for name in ("ann", "bob")
    )
    place = home(tmp_path)
    assert account_key(place, one.identity) != account_key(place, other.identity)
    assert "acct" not in account_key(place, one.identity)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    place=st.sampled_from(
        ["tokens", "last_refresh", "id_token", "access_token", "account_id", "exp", "claim"]
    ),
    value=json_values,
)
def test_any_value_anywhere_is_a_login_or_a_known_error(tmp_path: Path, place: str, value: object) -> None:
    content = auth()
    if place in content:
        content[place] = value
    elif place in content["tokens"]:
        content["tokens"][place] = value
    else:
        name = "exp" if place == "exp" else "https://api.openai.com/auth"
        content["tokens"]["access_token"] = jwt({name: value}, ACCESS_MARK)
    write_auth(tmp_path, content)
    login = read_login(home(tmp_path), NOW)
    assert login.identity is not None or login.error is not None
