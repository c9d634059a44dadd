"""A Codex home to throw away: it can ask in a person's name, and touches nothing of theirs.

Codex writes into its home whatever it is asked: databases, skills, logs, and a choice made in a dialog. And a
login that it renews is lost to the home that it was taken from. So it is asked in a home of its own, with an
access token that it cannot renew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from providers.codex.auth import auth_without_refresh
from providers.codex.config import read_config
from providers.codex.endpoint.source import endpoint
from providers.host.files import write_whole
from providers.source import Home

NOWHERE = "http://127.0.0.1:9/"
_OWN = ("CODEX_CA_CERTIFICATE",)
_LOGIN = ("CODEX_ACCESS_TOKEN", "CODEX_API_KEY", "OPENAI_API_KEY")


def furnish(folder: Path, home: Home, now: datetime, settings: str = "") -> None:
    """Make `folder` such a home with the login of `home`; `settings` are further lines of its config.toml.

    Raises NotSignedIn, KeptInKeyring or NotUnderstood, as for an address that no token may be sent to.
    """
    endpoint(home, "usage")
    lines = [
        'cli_auth_credentials_store = "file"',
        "check_for_update_on_startup = false",
        "features.plugins = false",  # 0.169 asks ChatGPT for them at each start
    ]
    if (base := read_config(home).get("chatgpt_base_url")) is not None:
        lines.append(f"chatgpt_base_url = {quoted(base)}")
    write_whole(folder / "config.toml", "\n".join((*lines, settings, "")).encode())
    write_whole(folder / "auth.json", auth_without_refresh(home, now))


def quoted(text: str) -> str:
    """As TOML has it: like JSON, but a sign beyond 16 bits is no pair of escapes, and DEL must be one."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def borrowing(environ: Mapping[str, str], folder: Path, search_path: str) -> dict[str, str]:
    """The environment of a Codex in such a home: nothing in it leads to another login, or out of the folder."""
    kept = {name: value for name, value in environ.items() if not name.startswith("CODEX_") or name in _OWN}
    kept.pop("OPENAI_API_KEY", None)
    # Should it try to renew the login all the same, that ends here and not at the vendor's.
    return kept | {
        "CODEX_HOME": str(folder),
        "CODEX_REFRESH_TOKEN_URL_OVERRIDE": NOWHERE,
        "PATH": search_path,
    }


def at_home(environ: Mapping[str, str], home: Home, search_path: str) -> dict[str, str]:
    """The environment of a Codex in the person's own home: this one alone, with the login that is in it."""
    kept = {name: value for name, value in environ.items() if name not in _LOGIN}
    return kept | {"CODEX_HOME": str(home.path), "PATH": search_path}
