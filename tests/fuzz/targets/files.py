"""Files of people and of the CLIs: settings, prices, configs, logins."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import astuple

from providers.claude.auth import Logins
from providers.claude.keychain import Keychain
from providers.codex.auth import read_credentials, read_login
from providers.codex.config import DEFAULT_BASE, login_store, read_config
from providers.codex.endpoint.source import endpoint
from providers.domain.errors import NotUnderstood, ProviderError
from providers.host.secret import Secret
from providers.ledger.prices.own_prices import BadPrices, read_prices
from providers.source import Home
from tests import fake_anthropic, homes
from tests.fuzz import json_tree, mutate
from tests.fuzz.figures import Figures
from tests.fuzz.run import Target, require
from tests.fuzz.targets.answers import NOW, check_error
from tray.engine.settings import SettingsFile
from tray.engine.settings_table import SETTINGS

SETTINGS_TOML = b"""[providers.codex]
enabled = true
homes = ["~/.codex-work", "/srv/codex"]   # two more
program = "/usr/local/bin/codex"
source = "oauth"

[providers.claude]
enabled = false
homes = []
"""
PRICES_TOML = (
    b"""[[price]]
model = "gpt-5.5*"
from = 2026-04-23
until = 2026-07-09
input = 5
cache_read = 0.5
output = 30
web_search = 10
[[price.above]]
prompt = 272000
input = 10
[price.tier.priority]
times = 2.5

[[price]]
model = "own-model"
as = "gpt-5.5"
""",
    b"""[[price]]
model = "claude-opus-*"
input = 1_5
cache_write = 6.25
cache_write_1h = 1e1
output = 0x19

[[region]]
name = "us"
models = ["claude-*"]
except = ["claude-3-*"]
times = 1.1
""",
)
CONFIG_TOML = (
    b"""model = "gpt-5.5"
chatgpt_base_url = "https://chatgpt.example.com/backend-api"
cli_auth_credentials_store = "auto"

[mcp_servers.docs]
command = "docs-server"
args = ["--port", "8080"]
env = { TOKEN = "x", MODE = "fast" }
""",
    b"""chatgpt_base_url = "http://127.0.0.1:8080"
[mcp_servers.docs]
env = {
  TOKEN = "\\x41",
  MODE = "\\e",
}
""",
    b"""model = "o3"\n[profiles.work]\nmodel = 'gpt-5.5'\n""",
)
_LINE_NAMED = re.compile(r"line (\d+)")
_BASE_SET = re.compile(r"""\s*(["']?)chatgpt_base_url\1\s*=""")
_AMOUNT = re.compile(r"[+-]?[0-9][0-9A-Fa-fxob_.eE+-]*")
_JWT = re.compile(r"\.([^.\"]+)\.")


def targets(folder: Path) -> tuple[Target, ...]:
    folder.mkdir(parents=True)
    codex = Home(provider="codex", path=homes.make_home(folder / "codex"), label="~/.codex")
    claude = fake_anthropic.make_home(folder / "claude")
    return (
        _settings(folder / "settings.toml"),
        Target(name="prices", make=mutate.of_text(PRICES_TOML), check=_prices, suffix=".toml"),
        _codex_config(Home(provider="codex", path=homes.make_home(folder / "config"), label="~/.codex")),
        _codex_login(codex),
        _claude_login(claude),
    )


def _settings(file: Path) -> Target:
    def check(content: bytes) -> None:
        file.write_bytes(content)
        settings = SettingsFile(file, SETTINGS).current()
        text = content.decode("utf-8", "replace")
        if settings.problem is not None:
            require(settings.problem.isprintable(), f"a problem that cannot be shown: {settings.problem!a}")
            require(len(settings.problem) < 1000, "a problem of a thousand characters")
            _check_lines(settings.problem, text)
        for own in settings.providers.values():
            require(own.enabled or "false" in text, "switched off by nobody")
            require(own.source is None or own.source in text, f"a source that nobody chose: {own.source}")
            require(len(own.homes) <= text.count(",") + 1, "more homes than the file has")

    return Target(name="settings", make=mutate.of_text([SETTINGS_TOML]), check=check, suffix=".toml")


def _prices(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    try:
        prices = read_prices(text, "prices.toml")
    except BadPrices as error:
        require(str(error).isprintable(), f"a problem that cannot be shown: {str(error)!a}")
        _check_lines(str(error), text)
        return
    amounts = {each for part in _AMOUNT.findall(text) if (each := _amount(part)) is not None}
    for amount in _decimals(prices):
        require(amount in amounts, f"a price of {amount} is not in the file")


def _decimals(value: object) -> Iterator[Decimal]:
    """All rates and factors in it, however deep."""
    if isinstance(value, Decimal):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _decimals(each)
    elif isinstance(value, dict):
        yield from _decimals(list(value.values()))
    elif isinstance(value, Struct):
        yield from _decimals(astuple(value))


def _amount(text: str) -> Decimal | None:
    plain = text.replace("_", "")
    try:
        return Decimal(int(plain, 0) if plain[:2].lower() in ("0x", "0o", "0b") else plain)
    except (ValueError, ArithmeticError):
        return None


def _check_lines(problem: str, text: str) -> None:
    last = text.count("\n") + 1
    require(all(1 <= int(line) <= last for line in _LINE_NAMED.findall(problem)), f"no such line: {problem}")


def _codex_config(home: Home) -> Target:
    """A token goes where the file says, or nowhere."""

    def check(content: bytes) -> None:
        (home.path / "config.toml").write_bytes(content)
        login_store(home)
        try:
            read_config(home)
            url = endpoint(home, "usage")
        except NotUnderstood as error:
            check_error(error)
            return
        parts, text = urlsplit(url), content.decode("utf-8", "replace")
        safe = (
            parts.scheme == "https" or parts.hostname in ("localhost", "::1") or _is_loopback(parts.hostname)
        )
        require(safe, f"a token would go to {url}")
        if url.startswith(DEFAULT_BASE):
            require("chatgpt.com" in text or not _sets_base(text), "a base that is set is passed over")
        else:
            require((parts.hostname or "").lower() in text.lower(), f"{url} is not in the file")

    return Target(name="codex-config", make=mutate.of_text(CONFIG_TOML), check=check, suffix=".toml")


def _is_loopback(host: str | None) -> bool:
    return host is not None and re.fullmatch(r"127(?:\.\d{1,3}){3}", host) is not None


def _sets_base(text: str) -> bool:
    """Whether the file plainly does, above its first table; strings over lines could hide that."""
    if '"""' in text or "'''" in text:
        return False
    above = re.split(r"(?m)^\s*\[", text, maxsplit=1)[0]
    return any(_BASE_SET.match(line) for line in above.split("\n"))


def _codex_login(home: Home) -> Target:
    def make(random: Random) -> bytes:
        expires = NOW + timedelta(days=random.choice((-9, 9)))
        content = homes.auth(expires=expires, email=random.choice(("dev@example.com", "ä@b.c", "")))
        tokens = content["tokens"]
        if random.random() < 0.5:
            name = random.choice(("id_token", "access_token"))
            tokens[name] = _with_other_claims(tokens[name], random)
        return mutate.of_json([json.dumps(content).encode()])(random)

    def check(content: bytes) -> None:
        homes.write_auth(home.path, content, NOW)
        login = read_login(home, NOW)
        if login.error is not None:
            check_error(login.error)
        try:
            credentials = read_credentials(home)
        except ProviderError as error:
            check_error(error)
            return
        _check_secret(credentials.access_token, (login, credentials), content)
        _check_moment(credentials.expires_at, content)

    return Target(name="codex-login", make=make, check=check)


def _claude_login(home: Home) -> Target:
    samples = [
        fake_anthropic.login(),
        fake_anthropic.login(
            accountUuid=fake_anthropic.ACCOUNT,
            organizationUuid=fake_anthropic.ORGANIZATION,
            refreshTokenExpiresAt=fake_anthropic.milliseconds(NOW + timedelta(days=20)),
        ),
    ]
    logins = Logins({}, Keychain(here=False))

    def check(content: bytes) -> None:
        fake_anthropic.write(home.path / ".credentials.json", content)
        login = logins.login(home, NOW)
        if login.error is not None:
            check_error(login.error)
        try:
            credentials = logins.known(home)
        except ProviderError as error:
            check_error(error)
            return
        require(credentials is not None, "a login in a file that only the Keychain has")
        if credentials is not None:
            _check_secret(credentials.access_token, (login, credentials), content)
            _check_moment(credentials.expires_at, content)
            _check_moment(credentials.ends_at, content)

    make = mutate.of_json([json.dumps(sample).encode() for sample in samples])
    return Target(name="claude-login", make=make, check=check)


def _check_secret(token: Secret, holders: object, content: bytes) -> None:
    """It is nowhere but in its field; where the file has its text twice, the other may be a name."""
    text, marks = token.reveal(), (*homes.SECRETS, *fake_anthropic.SECRETS)
    if any(mark in text for mark in marks) and content.count(text.encode()) == 1:
        require(text not in repr(holders), "a token in a repr")


def _check_moment(at: datetime | None, content: bytes) -> None:
    """An expiry may also stand in the claims of a token."""
    if at is not None:
        claims = b"".join(map(_claims, _JWT.findall(content.decode("utf-8", "replace"))))
        require(at.tzinfo is UTC, "a time that is not in UTC")
        require(Figures(content + b"\n" + claims, NOW).is_moment(at), f"{at} is not in the file")


def _claims(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return b""


def _with_other_claims(token: str, random: Random) -> str:
    head, claims, mark = token.split(".")
    bent = json_tree.bend(_claims(claims).decode(), random).encode("utf-8", "surrogatepass")
    return f"{head}.{base64.urlsafe_b64encode(bent).rstrip(b'=').decode()}.{mark}"
