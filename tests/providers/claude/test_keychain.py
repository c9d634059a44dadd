from __future__ import annotations

import getpass
import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest

from providers.claude.auth import Logins
from providers.claude.descriptor import find_homes
from providers.claude.endpoint.source import OAuthSource
from providers.claude.keychain import Keychain, item
from providers.domain.errors import Denied, LoginExpired, NotSignedIn, ProgramMissing, ProviderError, TimedOut
from providers.host.secret import Secret
from providers.source import Home
from tests.fake_anthropic import (
    ACCESS_MARK,
    ACCOUNT,
    NOW,
    ORGANIZATION,
    config,
    login,
    make_home,
    question,
    usage,
    write,
)
from tests.providers.claude.endpoint.test_source import answered


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


class FakeKeyring:
    """Holds one secret, or an error; `asked` lists each service and whether a dialog was allowed."""

    def __init__(self, content: object | ProviderError | None) -> None:
        self.content = content
        self.asked: list[tuple[str, str, bool]] = []
        self.allowed = False

    def read(self, service: str, account: str, *, ask: bool) -> Secret | None:
        self.asked.append((service, account, ask))
        if isinstance(self.content, ProviderError):
            raise self.content
        if not ask and not self.allowed:
            raise Denied("no")
        return None if self.content is None else Secret(json.dumps(self.content))


def on_a_mac(tmp_path: Path, keyring: FakeKeyring) -> tuple[Home, Logins, OAuthSource]:
    home = make_home(tmp_path)
    (tmp_path / ".credentials.json").unlink()
    logins = Logins({"USER": "dev"}, Keychain(keyring, {"USER": "dev"}, here=True))
    return home, logins, OAuthSource(logins, answered(usage()), {})


def test_whose_it_is_is_known_without_asking(tmp_path: Path) -> None:
    keyring = FakeKeyring(login())
    home, logins, source = on_a_mac(tmp_path, keyring)
    found = logins.login(home, NOW)
    assert found.identity is not None
    assert found.identity.account_id == f"{ACCOUNT}/{ORGANIZATION}"
    assert found.error is None
    assert source.unavailable(question(home)) is None
    assert keyring.asked == []


def test_a_home_that_nobody_signed_in_to(tmp_path: Path) -> None:
    keyring = FakeKeyring(login())
    home, logins, _ = on_a_mac(tmp_path, keyring)
    (home.path / ".claude.json").write_text(json.dumps(config(oauthAccount=None)))
    assert isinstance(logins.login(home, NOW).error, NotSignedIn)
    logins_with_token = Logins(
        {"CLAUDE_CODE_OAUTH_TOKEN": "lent", "CLAUDE_CONFIG_DIR": str(home.path)}, Keychain(keyring, here=True)
    )
    assert logins_with_token.known(home).from_environment  # type: ignore[union-attr]
    assert keyring.asked == []


def test_nobody_is_asked_but_by_hand_and_never_twice(tmp_path: Path) -> None:
    keyring = FakeKeyring(login())
    home, _, source = on_a_mac(tmp_path, keyring)
    for _ in range(3):
        with pytest.raises(NotSignedIn) as caught:
            source.read(question(home))
        assert "Refresh now" in caught.value.remedy
    assert [ask for *_, ask in keyring.asked] == [False]

    reading = source.read(question(home, user_initiated=True))
    assert reading.plan == "Max 20x"
    assert source.read(question(home)).windows == reading.windows
    assert [ask for *_, ask in keyring.asked] == [False, True]


def test_who_always_allows_is_never_asked(tmp_path: Path) -> None:
    keyring = FakeKeyring(login())
    keyring.allowed = True
    home, _, source = on_a_mac(tmp_path, keyring)
    assert source.read(question(home)).windows
    assert source.read(question(home)).windows
    assert [ask for *_, ask in keyring.asked] == [False]


@pytest.mark.parametrize("error", [Denied("no"), TimedOut("late"), ProgramMissing("none")])
def test_a_denial_is_kept_until_the_user_retries(tmp_path: Path, error: ProviderError) -> None:
    keyring = FakeKeyring(error)
    home, _, source = on_a_mac(tmp_path, keyring)
    for user_initiated in (True, False, False):
        with pytest.raises(NotSignedIn, match="Keychain"):
            source.read(question(home, user_initiated=user_initiated))
    assert [ask for *_, ask in keyring.asked] == [True]


def test_an_expired_copy_is_reread_without_a_prompt(tmp_path: Path) -> None:
    keyring = FakeKeyring(login(expires=NOW + timedelta(hours=1)))
    keyring.allowed = True
    home, logins, source = on_a_mac(tmp_path, keyring)
    source.read(question(home))
    later = NOW + timedelta(hours=2)
    assert isinstance(logins.login(home, later).error, LoginExpired)
    assert source.unavailable(question(home, now=later)) is None
    with pytest.raises(LoginExpired):
        source.read(question(home, now=later))
    keyring.content = login(expires=later + timedelta(hours=8))
    assert source.read(question(home, now=later)).windows


def test_an_expired_copy_is_an_expired_login_where_the_keychain_is_closed(tmp_path: Path) -> None:
    """So that Claude Code is asked instead, which reads its own item."""
    keyring = FakeKeyring(login(expires=NOW + timedelta(hours=1)))
    home, _, source = on_a_mac(tmp_path, keyring)
    source.read(question(home, user_initiated=True))
    later = question(home, now=NOW + timedelta(hours=2))
    for _ in range(2):
        with pytest.raises(LoginExpired):
            source.read(later)
    assert [ask for *_, ask in keyring.asked] == [True, False]


def test_a_deleted_item(tmp_path: Path) -> None:
    keyring = FakeKeyring(None)
    keyring.allowed = True
    home, _, source = on_a_mac(tmp_path, keyring)
    with pytest.raises(NotSignedIn, match="Not signed in"):
        source.read(question(home))


PLAIN = "Claude Code-credentials"
COMPOSED = "/srv/caf\u00e9"


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (None, PLAIN),
        ("", PLAIN),
        ("/home/dev/.claude", f"{PLAIN}-cad15b95"),
        ("/home/dev/.claude/", f"{PLAIN}-4b81328e"),
        ("~/.claude", f"{PLAIN}-cad15b95"),
        ("/home/dev/.claude-work/", f"{PLAIN}-7250afa2"),
    ],
)
def test_its_name_is_made_from_the_text_of_the_variable(
    monkeypatch: pytest.MonkeyPatch, config: str | None, name: str
) -> None:
    monkeypatch.setenv("HOME", "/home/dev")
    monkeypatch.setenv("USERPROFILE", "/home/dev")
    environ = {} if config is None else {"CLAUDE_CONFIG_DIR": config}
    assert item(find_homes(environ)[0], environ) == name


@pytest.mark.parametrize(
    ("secure", "name"),
    [
        (None, f"{PLAIN}-{sha('/srv/cfg/')}"),
        ("", PLAIN),
        ("/home/dev/.claude", f"{PLAIN}-{sha('/home/dev/.claude')}"),
        ("/srv/cafe\u0301", f"{PLAIN}-{sha(COMPOSED)}"),
    ],
)
def test_the_variable_for_the_login_alone_names_it_first(secure: str | None, name: str) -> None:
    environ = {"CLAUDE_CONFIG_DIR": "/srv/cfg/,/srv/other"}
    if secure is not None:
        environ["CLAUDE_SECURESTORAGE_CONFIG_DIR"] = secure
    own, other = find_homes(environ)
    assert item(own, environ) == name
    assert item(other, environ) == f"{PLAIN}-{sha('/srv/other')}"


class Items:
    """A keyring with several items, each with its content; `asked` lists those that were looked for."""

    def __init__(self, **contents: object) -> None:
        self.contents = contents
        self.asked: list[tuple[str, bool]] = []

    def read(self, service: str, account: str, *, ask: bool) -> Secret | None:
        assert account == "dev"
        name = service.removeprefix(PLAIN) or "plain"
        self.asked.append((name, ask))
        content = self.contents.get(name)
        return None if content is None else Secret(json.dumps(content))


def at_default(folder: Path, monkeypatch: pytest.MonkeyPatch, keyring: Items) -> tuple[Home, Logins]:
    """The default home, named by the variable."""
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    environ = {"USER": "dev", "CLAUDE_CONFIG_DIR": str(folder / ".claude")}
    make_home(folder / ".claude")
    (folder / ".claude/.credentials.json").unlink()
    return find_homes(environ)[0], Logins(environ, Keychain(keyring, environ, here=True))


def test_the_item_of_the_default_home_stands_in_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = Items(plain=login())
    home, logins = at_default(tmp_path, monkeypatch, keyring)
    write(tmp_path / ".claude.json", config(oauthAccount={"accountUuid": "beside"}))
    own = f"-{sha(str(home.path))}"
    found = logins.read(home, NOW, user_initiated=False)
    assert keyring.asked == [(own, False), ("plain", False)]
    assert found.kind == "Claude (Keychain item without CLAUDE_CONFIG_DIR)"
    assert found.identity.account_id == "beside"  # whose home that item is for
    keyring.contents = {own: login(accessToken="own"), "plain": login()}
    assert logins.read(home, NOW + timedelta(hours=7), user_initiated=False).kind == "Claude"


def test_no_other_home_takes_the_item_of_the_default_one(tmp_path: Path) -> None:
    keyring = Items(plain=login())
    home = make_home(tmp_path)
    (tmp_path / ".credentials.json").unlink()
    logins = Logins({"USER": "dev"}, Keychain(keyring, {"USER": "dev"}, here=True))
    with pytest.raises(NotSignedIn, match="Not signed in"):
        logins.read(home, NOW, user_initiated=False)
    assert keyring.asked == [(f"-{sha(str(home.path))}", False)]


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("file", "stored", "token"),
    [
        (login(expires=NOW - HOUR), login(accessToken="item"), "item"),
        (login(expires=NOW + 2 * HOUR, accessToken="file"), login(expires=NOW + HOUR), "file"),
        (login(expires=NOW + HOUR), login(expires=NOW + HOUR, accessToken="item"), "item"),
        (login(expiresAt=None), login(accessToken="item"), "item"),
        (login(accessToken="file"), login(expiresAt=None), "file"),
        (login(accessToken="file"), None, "file"),
        (login(accessToken="file"), {"mcpOAuth": {}}, "file"),
        ({"mcpOAuth": {}}, login(accessToken="item"), "item"),
        (b"{torn", login(accessToken="item"), "item"),
        (login(accessToken=""), login(accessToken="item"), "item"),
    ],
    ids=[
        "stale file",
        "stale item",
        "same end",
        "file without end",
        "item without end",
        "no item",
        "item of servers",
        "file of servers",
        "torn file",
        "empty file",
    ],
)
def test_of_file_and_item_the_login_that_ends_later_counts(
    tmp_path: Path, file: object, stored: object, token: str
) -> None:
    home = make_home(tmp_path, file)
    keyring = Items(**{f"-{sha(str(home.path))}": stored})
    logins = Logins({"USER": "dev"}, Keychain(keyring, {"USER": "dev"}, here=True))
    assert logins.read(home, NOW, user_initiated=True).access_token.reveal() == token
    found = logins.known(home)
    assert found is not None
    assert found.access_token.reveal() == token
    assert logins.login(home, NOW).identity is not None


def test_a_good_file_needs_no_dialog(tmp_path: Path) -> None:
    """The Keychain is looked at once, silently; only a login that is no good is worth a question."""
    keyring = FakeKeyring(login(accessToken="item"))
    home = make_home(tmp_path, login(accessToken="file"))
    source = OAuthSource(
        Logins({"USER": "dev"}, Keychain(keyring, {"USER": "dev"}, here=True)), answered(usage()), {}
    )
    for user_initiated in (False, False, True):
        assert source.read(question(home, user_initiated=user_initiated)).windows
    assert [ask for *_, ask in keyring.asked] == [False]


@pytest.mark.parametrize(
    ("user", "account"), [("dev", "dev"), ("a b", "claude-code-user"), ("", getpass.getuser())]
)
def test_its_account(tmp_path: Path, user: str, account: str) -> None:
    keyring = FakeKeyring(login())
    Keychain(keyring, {"USER": user}, here=True).read(make_home(tmp_path), user_initiated=True)
    assert keyring.asked[0][1] == account


def test_no_token_shows(tmp_path: Path) -> None:
    keyring = FakeKeyring({"claudeAiOauth": {"accessToken": f"{ACCESS_MARK}\n"}})
    home, _, source = on_a_mac(tmp_path, keyring)
    with pytest.raises(ProviderError) as caught:
        source.read(question(home, user_initiated=True))
    assert ACCESS_MARK not in caught.value.message
    assert "Keychain" in caught.value.message
