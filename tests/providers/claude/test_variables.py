from __future__ import annotations

import json
from pathlib import Path

import pytest

from providers.claude.auth import Logins
from providers.claude.config import read_config
from providers.claude.descriptor import find_homes, watched
from providers.claude.keychain import Keychain
from providers.claude.usage_command.source import child_environ
from providers.source import Home
from tests.fake_anthropic import NOW, config, login, make_home, write
from tests.providers.claude.test_auth import NoKeyring

CONFIG, SECURE = "CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR"


@pytest.fixture(autouse=True)
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def token(environ: dict[str, str], home: Home) -> str | None:
    found = Logins(environ, Keychain(NoKeyring(), here=False)).login(home, NOW)
    known = Logins(environ, Keychain(NoKeyring(), here=False)).known(home) if found.identity else None
    return known.access_token.reveal() if known else None


def signed_in(folder: Path, name: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / ".credentials.json", login(accessToken=name))
    return str(folder)


def test_the_login_is_where_its_own_variable_points(person: Path) -> None:
    make_home(person / "cfg", about=config())
    (person / "cfg/.credentials.json").unlink()
    environ = {CONFIG: str(person / "cfg"), SECURE: signed_in(person / "secure", "secure")}
    (home,) = find_homes(environ)
    assert token(environ, home) == "secure"
    assert str(person / "secure/.credentials.json") in watched(home, environ)
    assert str(person / "cfg/.claude.json") in watched(home, environ)
    assert token({CONFIG: environ[CONFIG]}, home) is None


@pytest.mark.parametrize("named", [False, True])
def test_set_but_empty_it_is_the_default_home(person: Path, *, named: bool) -> None:
    signed_in(person / ".claude", "default")
    environ = {SECURE: ""} | ({CONFIG: signed_in(person / "cfg", "cfg")} if named else {})
    assert token(environ, find_homes(environ)[0]) == "default"


def test_it_is_of_the_home_alone_that_a_cli_would_use(person: Path) -> None:
    """A list is ours; and a home of the settings was not started with it."""
    one, other = signed_in(person / "one", "one"), signed_in(person / "other", "other")
    environ = {CONFIG: f"{one},{other}", SECURE: signed_in(person / "secure", "secure")}
    homes = find_homes(environ)
    assert [token(environ, home) for home in homes] == ["secure", "other"]
    assert [child_environ(environ, home, "/bin").get(SECURE) for home in homes] == [environ[SECURE], None]


@pytest.mark.parametrize(
    ("text", "handed_on"),
    [
        (None, None),
        ("{0}/.claude", "{0}/.claude"),
        ("{0}/.claude/", "{0}/.claude/"),
        ("{0}/x/../work/", "{0}/x/../work/"),
        ("~/work/", "{0}/work/"),
        (" {0}/work , ", "{0}/work"),
    ],
)
def test_a_child_gets_it_as_the_person_set_it(person: Path, text: str | None, handed_on: str | None) -> None:
    environ = {} if text is None else {CONFIG: text.format(person)}
    given = child_environ(environ, find_homes(environ)[0], "/bin")
    assert given.get(CONFIG) == (handed_on and handed_on.format(person))
    assert SECURE not in given


def test_a_home_of_the_settings_is_named_by_its_path(person: Path) -> None:
    home = Home(provider="claude", path=person / "work", label="~/work")
    assert child_environ({}, home, "/bin")[CONFIG] == str(person / "work")


@pytest.mark.parametrize(("named", "account"), [(False, "beside"), (True, "inside")])
def test_a_default_home_that_is_named_has_its_account_inside(
    person: Path,
    named: bool,
    account: str,
) -> None:
    folder = person / ".claude"
    folder.mkdir()
    for path, name in ((person, "beside"), (folder, "inside")):
        (path / ".claude.json").write_text(json.dumps({"oauthAccount": {"accountUuid": name}}))
    environ = {CONFIG: str(folder)} if named else {}
    assert read_config(find_homes(environ)[0]).account == account
