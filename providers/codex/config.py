r"""Codex's `config.toml`, as far as it matters here: the server, and where the login is stored.

Codex 0.171 reads TOML 1.1: inline tables over several lines, commas at their end, `\e`, `\x41`. Python up to 3.14
reads 1.0 alone.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from providers.domain.errors import NotUnderstood
from providers.host.files import read_small, short
from providers.host.http.origin import origin_allowed
from providers.host.toml_lines import overlong_key
from providers.source import Home

FILE_LIMIT = 1 << 20
DEFAULT_BASE = "https://chatgpt.com/backend-api"
# Compared as Codex 0.171 does: with case, and whatever follows.
_CHATGPT = ("https://chatgpt.com", "https://chat.openai.com")
_BACKEND = "/backend-api"


class UnreadableConfig(NotUnderstood):
    """The settings cannot be read, so the server is unknown; Codex itself may be able to."""


def read_config(home: Home) -> dict[str, Any]:
    """Its content, empty where there is none; raises UnreadableConfig."""
    path = home.path / "config.toml"
    try:
        return _parsed(read_small(path, FILE_LIMIT), short(path))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UnreadableConfig(
            f"{short(path)} cannot be read ({error.strerror}), so it is unknown where to send your login.",
            remedy="Check the file's permissions.",
        ) from None


def _parsed(raw: bytes, name: str) -> dict[str, Any]:
    import tomli

    line = 0
    try:
        text = raw.decode("utf-8-sig")
        line = overlong_key(text) or 0
        if not line:
            return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        line = error.lineno
    except (ValueError, RecursionError):  # bad UTF-8, a number of thousands of digits
        pass
    place = f"line {line} of {name}" if line else name
    raise UnreadableConfig(
        f"{name} is not valid TOML, so it is unknown where to send your login.",
        remedy=f"Fix {place}; if Codex itself accepts it, please report this.",
    )


def backend(home: Home) -> str:
    """The URL under which this home's server has its endpoints; raises NotUnderstood for one that no token may be
    sent to.

    Facts (0.171, seen through a proxy): ChatGPT's own hosts always get `/backend-api`; with it anywhere in the
    address the endpoints are below `wham`, else below `api/codex`.
    """
    base = read_config(home).get("chatgpt_base_url", DEFAULT_BASE)
    if not isinstance(base, str) or not is_safe_base(base):
        raise NotUnderstood(
            f"chatgpt_base_url in {short(home.path / 'config.toml')} is not a safe address to send a login to.",
            remedy="Use https, or http on this machine only.",
        )
    root = base.rstrip("/")
    if root.startswith(_CHATGPT) and _BACKEND not in root:
        root += _BACKEND
    return f"{root}/{'wham' if _BACKEND in root else 'api/codex'}"


def is_safe_base(url: str) -> bool:
    """Whether a login may be sent there, and all read the same in it: some drop control characters."""
    return url.isprintable() and not any(character in url for character in "?# \\") and origin_allowed(url)


def login_store(home: Home) -> str:
    """Where Codex stores the login: `file`, `keyring`, `auto` (the keyring where there is one) or `ephemeral`.

    The default of Codex 0.60-0.169 is `file`.
    """
    store: object = None
    with suppress(NotUnderstood):  # raised where it matters: when the URL is needed
        store = read_config(home).get("cli_auth_credentials_store")
    return store if isinstance(store, str) else "file"
