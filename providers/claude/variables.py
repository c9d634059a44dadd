"""The two environment variables that say where Claude Code keeps its files and its login.

Facts (2.1.332): `CLAUDE_CONFIG_DIR` moves everything, `CLAUDE_SECURESTORAGE_CONFIG_DIR` the login alone; where
that is set but empty, the login is that of the default home. The text of the one that counts, in NFC, names the
Keychain item: set to the default folder, or with a slash at its end, it selects another login.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from providers.host.files import split_homes
from providers.source import Home

CONFIG = "CLAUDE_CONFIG_DIR"
SECURE = "CLAUDE_SECURESTORAGE_CONFIG_DIR"


def default_home() -> Path:
    """The home that Claude Code uses where `CLAUDE_CONFIG_DIR` is not set."""
    return Path(os.path.expanduser("~/.claude"))


def config_dir(home: Home) -> str | None:
    """The value of CLAUDE_CONFIG_DIR with which Claude Code uses this home; None where it must be unset."""
    if home.named is not None:
        return home.named
    return None if home.path == default_home() else str(home.path)


def is_own(home: Home, environ: Mapping[str, str]) -> bool:
    """Whether a CLI started in this environment would use it: the first of the list, as a CLI takes only one."""
    return home.path == (*split_homes(environ.get(CONFIG, "")), default_home())[0]


def secure_dir(home: Home, environ: Mapping[str, str]) -> str | None:
    """The value of CLAUDE_SECURESTORAGE_CONFIG_DIR for this home; None where it is unset.

    The one in the environment is that of a CLI started from there: other homes keep their own logins.
    """
    return environ.get(SECURE) if is_own(home, environ) else None


def of_child(home: Home, environ: Mapping[str, str]) -> dict[str, str]:
    """Both variables for a Claude Code that is to use this home, without those that must be unset."""
    both = {CONFIG: config_dir(home), SECURE: secure_dir(home, environ)}
    return {name: value for name, value in both.items() if value is not None}


def login_folder(home: Home, environ: Mapping[str, str]) -> Path:
    """The folder of `.credentials.json`."""
    secure = secure_dir(home, environ)
    if secure is None:
        return home.path
    return Path(os.path.abspath(os.path.expanduser(secure))) if secure else default_home()
