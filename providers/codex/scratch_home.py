"""A temporary Codex home with the user's login, which leaves the user's own home untouched.

Codex always writes into its home: databases, skills, logs, and choices made in dialogs. And a login that it renews
there would be invalid in the original home. So it runs in a home of its own, with an access token that it cannot
renew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from providers.codex.auth import auth_without_refresh
from providers.codex.config import backend, read_config
from providers.host.atomic import write_whole
from providers.source import Home

NOWHERE = "http://127.0.0.1:9/"
_VENDOR = ("CODEX_", "OPENAI_")
_OWN = ("CODEX_CA_CERTIFICATE",)
_LOGIN = ("CODEX_ACCESS_TOKEN", "CODEX_API_KEY", "OPENAI_API_KEY")


def furnish(folder: Path, home: Home, now: datetime, settings: str = "") -> None:
    """Make `folder` such a home with the login of `home`; `settings` are additional lines of its config.toml.

    Raises NotSignedIn, OnlyCodex or NotUnderstood, as for an address that no token may be sent to.
    """
    backend(home)
    lines = [
        'cli_auth_credentials_store = "file"',
        "check_for_update_on_startup = false",
        "features.plugins = false",  # 0.169 fetches them from ChatGPT at each start
        "analytics.enabled = false",  # 0.171 posts an event with the borrowed login
    ]
    if (base := read_config(home).get("chatgpt_base_url")) is not None:
        lines.append(f"chatgpt_base_url = {quoted(base)}")
    write_whole(folder / "config.toml", "\n".join((*lines, settings, "")).encode())
    write_whole(folder / "auth.json", auth_without_refresh(home, now))


def quoted(text: str) -> str:
    """A TOML string: like JSON, but without surrogate pairs, and with DEL escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def borrowing(environ: Mapping[str, str], folder: Path, search_path: str) -> dict[str, str]:
    """The environment of a Codex in such a home: without other logins, or paths out of the folder."""
    kept = {name: value for name, value in environ.items() if not name.startswith(_VENDOR) or name in _OWN}
    # If it tries to renew the login anyway, the request goes nowhere and not to the vendor.
    return kept | {
        "CODEX_HOME": str(folder),
        "CODEX_REFRESH_TOKEN_URL_OVERRIDE": NOWHERE,
        "PATH": search_path,
    }


def at_home(environ: Mapping[str, str], home: Home, search_path: str) -> dict[str, str]:
    """The environment of a Codex in the user's own home, with only the login that is in it."""
    kept = {name: value for name, value in environ.items() if name not in _LOGIN}
    return kept | {"CODEX_HOME": str(home.path), "PATH": search_path}
