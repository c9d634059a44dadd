from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.claude.usage_command.source import child_environ
from providers.codex.scratch_home import at_home, borrowing
from providers.host.process.environment import VendorEnviron, environ_of
from providers.registry import PROVIDERS, apart
from providers.source import Home, Provider
from tests.fake_provider import fake_provider

OF_NOBODY = {
    "HOME": "/home/dev",
    "PATH": "/bin",
    "LANG": "C.UTF-8",
    "PWD": "/",
    "XAUTHORITY": "/x",
    "SSH_AUTH_SOCK": "/x",
    "KEYBOARD": "de",
    "GNOME_KEYRING_CONTROL": "/x",
    "DBUS_SESSION_BUS_ADDRESS": "unix:path=/x",
    "HTTPS_PROXY": "http://me:word@proxy:1",
    "NODE_EXTRA_CA_CERTS": "/ca.pem",
}
OF_OPENAI = {"OPENAI_API_KEY": "s", "CODEX_API_KEY": "s", "CODEX_ACCESS_TOKEN": "s", "openai_base_url": "u"}
OF_ANTHROPIC = {
    "ANTHROPIC_API_KEY": "s",
    "ANTHROPIC_AUTH_TOKEN": "s",
    "ANTHROPIC_CUSTOM_HEADERS": "Authorization: s",
    "CLAUDE_CODE_OAUTH_TOKEN": "s",
    "CLAUDECODE": "1",
}
OF_OTHERS = {
    "GITHUB_TOKEN": "s",
    "GEMINI_API_KEY": "s",
    "MISTRAL_APIKEY": "s",
    "AWS_SECRET_ACCESS_KEY": "s",
    "AWS_ACCESS_KEY_ID": "s",
    "AWS_BEARER_TOKEN_BEDROCK": "s",
    "GOOGLE_APPLICATION_CREDENTIALS": "s",
    "NPM_CONFIG__AUTH": "s",
    "PGPASSWORD": "s",
    "Some_Secret": "s",
}
ALL = OF_NOBODY | OF_OPENAI | OF_ANTHROPIC | OF_OTHERS


def of(ident: str) -> Provider:
    return next(provider for provider in PROVIDERS if provider.id == ident)


@pytest.mark.parametrize(("ident", "own"), [("codex", OF_OPENAI), ("claude", OF_ANTHROPIC)])
def test_a_program_sees_the_tokens_of_its_own_vendor_alone(ident: str, own: dict[str, str]) -> None:
    seen = environ_of(of(ident), ALL)
    assert dict(seen) == OF_NOBODY | own
    assert len(seen) == len(OF_NOBODY | own)
    assert seen.get("GITHUB_TOKEN") is None
    assert "GITHUB_TOKEN" not in seen
    with pytest.raises(KeyError):
        seen["GITHUB_TOKEN"]


def test_it_is_a_live_view() -> None:
    environ = {"A": "1"}
    seen = VendorEnviron(environ)
    environ |= {"B": "2", "B_TOKEN": "s"}
    assert dict(seen) == {"A": "1", "B": "2"}


def test_a_new_provider_is_kept_apart_by_what_it_names() -> None:
    fake = replace(fake_provider([Path("/x")], ident="fake"), variables=("FAKE_*",))
    one, other = apart(fake, of("codex"))
    environ = {"FAKE_SIGN": "s", "CODEX_X": "1", "LANG": "C"}
    assert dict(environ_of(one, environ)) == {"FAKE_SIGN": "s", "LANG": "C"}
    assert dict(environ_of(other, environ)) == {"CODEX_X": "1", "LANG": "C"}
    assert "FAKE_*" not in other.variables


HOME = Home(provider="x", path=Path("/home/dev/x"), label="~/x")


@pytest.mark.parametrize(
    ("ident", "child"),
    [
        ("codex", lambda environ: borrowing(environ, HOME.path, "/bin")),
        ("codex", lambda environ: at_home(environ, HOME, "/bin")),
        ("claude", lambda environ: child_environ(environ, HOME, "/bin")),
    ],
    ids=["borrowed", "at home", "usage command"],
)
def test_what_a_child_gets(ident: str, child: Callable[[Mapping[str, str]], dict[str, str]]) -> None:
    """Its login is in its home: not even its own vendor's tokens go to it."""
    given = child(environ_of(of(ident), ALL))
    assert "s" not in given.values()
    assert "Authorization: s" not in given.values()
    assert given["HTTPS_PROXY"] == OF_NOBODY["HTTPS_PROXY"]


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)
def test_the_real_sources_start_programs_with_it(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALL.items():
        monkeypatch.setenv(name, value)
    started = [
        source for source in provider.sources if hasattr(source, "_environ") or hasattr(source, "_own")
    ]
    environs = [vars(getattr(source, "_own", source))["_environ"] for source in started]
    seen = [environ for environ in environs if isinstance(environ, VendorEnviron)]
    assert seen
    for environ in seen:
        assert {name: environ[name] for name in environ if name in ALL} == dict(environ_of(provider, ALL))
