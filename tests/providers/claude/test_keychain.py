from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from providers.claude.auth import Logins
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
)
from tests.providers.claude.endpoint.test_source import answered


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


def test_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/dev")
    monkeypatch.setenv("USERPROFILE", "/home/dev")
    assert (
        item(Home(provider="claude", path=Path("/home/dev/.claude"), label="")) == "Claude Code-credentials"
    )
    other = Home(provider="claude", path=Path("/home/dev/caf\u0065\u0301"), label="")
    same = Home(provider="claude", path=Path("/home/dev/caf\u00e9"), label="")
    assert item(other) == item(same)
    assert item(same).startswith("Claude Code-credentials-")
    assert len(item(same)) == len("Claude Code-credentials-") + 8


@pytest.mark.parametrize(
    ("user", "account"), [("dev", "dev"), ("a b", "claude-code-user"), ("", "claude-code-user")]
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
