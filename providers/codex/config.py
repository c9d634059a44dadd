"""Codex's `config.toml`, as far as it matters here: the server, and where the login is stored."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from typing import Any

from providers.domain.errors import NotUnderstood
from providers.host.files import read_small, short
from providers.source import Home

FILE_LIMIT = 1 << 20


def read_config(home: Home) -> dict[str, Any]:
    """Its content, empty where there is none; raises NotUnderstood."""
    path = home.path / "config.toml"
    try:
        return tomllib.loads(read_small(path, FILE_LIMIT).decode("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, RecursionError):  # bad TOML, bad UTF-8, a number of thousands of digits
        raise NotUnderstood(f"{short(path)} is not valid TOML.", remedy=f"Fix {short(path)}.") from None
    except OSError as error:
        raise NotUnderstood(
            f"{short(path)} cannot be read ({error.strerror}).", remedy="Check the file's permissions."
        ) from None


def login_store(home: Home) -> str:
    """Where Codex stores the login: `file`, `keyring`, `auto` (the keyring where there is one) or `ephemeral`.

    The default of Codex 0.60-0.169 is `file`.
    """
    store: object = None
    with suppress(NotUnderstood):  # raised where it matters: when the URL is needed
        store = read_config(home).get("cli_auth_credentials_store")
    return store if isinstance(store, str) else "file"
