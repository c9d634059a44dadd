"""Which entry a saved cookie belongs to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from providers.codex.descriptor import CODEX
from providers.domain.account import account_id, account_keys
from providers.domain.saved_cookie import COOKIES_FILE, SavedCookie
from providers.polling.account_store import AccountStore
from providers.polling.accounts import find_targets
from providers.polling.targets import Target
from tests.homes import NOW, auth, make_home


def cookie(account: str = "acct-1", user: str = "user-1", email: str = "dev@example.com") -> SavedCookie:
    keys = account_keys("codex", account, user, email)
    name = account_id("codex", account, user)
    return SavedCookie(
        provider="codex",
        account=name,
        keys=tuple(keys),
        email=email,
        saved_at=datetime(2026, 11, 1, tzinfo=UTC),
    )


@pytest.fixture
def found(tmp_path: Path):  # type: ignore[no-untyped-def]
    state = tmp_path / "state"
    state.mkdir()

    def find(*homes: Path, cookies: tuple[SavedCookie, ...], only: str | None = None) -> tuple[Target, ...]:
        (state / COOKIES_FILE).write_bytes(msgspec.json.encode(cookies))
        environ = {"CODEX_HOME": ",".join(map(str, homes))}
        return find_targets([CODEX], environ, AccountStore(state), NOW, only_source=only)

    return find


def ids(target: Target) -> list[str]:
    return [source.id for source in target.sources]


def vacant(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_home_of_the_same_account_by_the_address_alone(found, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    home = make_home(tmp_path / "codex", auth())
    (target,) = found(home, cookies=(cookie(),))
    assert target.cookie == cookie()
    assert ids(target)[-1] == "web"
    assert not target.by_cookie_alone


@pytest.mark.parametrize("other", [cookie("acct-2"), cookie(user="user-2", email="two@example.com")])
def test_a_home_of_another_account_keeps_its_own_entry(found, tmp_path: Path, other: SavedCookie) -> None:  # type: ignore[no-untyped-def]
    home = make_home(tmp_path / "codex", auth())
    of_home, alone = found(home, cookies=(other,))
    assert of_home.cookie is None
    assert "web" not in ids(of_home)
    assert (alone.key, alone.homes, alone.cookie) == (other.account, (), other)
    assert ids(alone) == ["web"]


def test_a_home_without_a_login_shows_the_only_cookie(found, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    home = vacant(tmp_path / "codex")
    (target,) = found(home, cookies=(cookie(),))
    assert [each.path for each in target.homes] == [home]
    assert ids(target) == ["web"]
    assert target.client is not None
    assert target.client.identity.email == "dev@example.com"


def test_where_it_is_not_certain_each_has_its_own(found, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    one, two = vacant(tmp_path / "one"), vacant(tmp_path / "two")
    assert len(found(one, two, cookies=(cookie(),))) == 3
    assert len(found(one, cookies=(cookie(), cookie("acct-2")))) == 3


def test_an_api_key_is_not_the_cookies_account(found, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    home = make_home(tmp_path / "codex", {"auth_mode": "apikey", "OPENAI_API_KEY": "sk"})
    assert [target.client is None for target in found(home, cookies=(cookie(),))] == [True, False]


def test_without_a_cookie_the_source_is_not_there(found, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    home = make_home(tmp_path / "codex", auth())
    (target,) = found(home, cookies=())
    assert "web" not in ids(target)
    (target,) = found(home, cookies=(), only="web")
    assert "web" in ids(target)  # which then says what to do


def test_a_chosen_source_that_needs_none(found, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    home = make_home(tmp_path / "codex", auth())
    (target,) = found(home, cookies=(cookie("acct-2"),), only="oauth")
    assert target.cookie is None


def test_where_codex_was_never_used(found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("HOME", str(tmp_path))
    (target,) = found(cookies=(cookie(),))
    assert target.homes == ()
    assert ids(target) == ["web"]
