"""`.claude.json`: the account of a home, and the limits that Claude Code cached there. Never written.

Facts: it lies beside the default home (`~/.claude.json`) and inside any that CLAUDE_CONFIG_DIR names
(`$CLAUDE_CONFIG_DIR/.claude.json`), even if that is the default one (2.1.332); an old `.config.json` inside the
home takes precedence. `oauthAccount.{accountUuid, organizationUuid}` are those of the last sign-in. From some
version between 2.1.197 and 2.1.329 on, `cachedUsageUtilization` holds the last complete response of the usage
endpoint, when it was fetched, and its account.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from providers.claude.variables import config_dir, default_home
from providers.domain import typed
from providers.host.files import read_small, short
from providers.source import Home

FILE_LIMIT = 1 << 26  # it also holds a history of prompts, which is skipped
_UUID = re.compile(r"[0-9A-Za-z-]{1,64}")


class Noted(Struct, frozen=True, kw_only=True):
    """A response of the usage endpoint as cached by Claude Code."""

    fetched_at_ms: float
    account: str | None
    answer: Any


class Config(Struct, frozen=True, kw_only=True):
    """What we take from the file. `account` and `organization` are the vendor's ids.

    `torn` is the name of a file that exists and cannot be parsed: it may be in the middle of being written.
    """

    account: str | None = None
    organization: str | None = None
    noted: Noted | None = None
    torn: str | None = None


class _Cached(Struct, frozen=True, rename="camel"):
    fetched_at_ms: float
    utilization: Any
    account_uuid: Any = None


class _File(Struct, frozen=True, rename="camel"):
    oauth_account: Any = UNSET
    cached_usage_utilization: Any = UNSET


def read_config(home: Home) -> Config:
    """An empty one where the file is missing or torn."""
    for path in places(home):
        try:
            raw = read_small(path, FILE_LIMIT)
        except OSError:
            continue
        return _parsed(raw) or Config(torn=short(path))
    return Config()


def uuid(raw: object) -> str | None:
    """An id from the vendor; None for anything else."""
    return raw if isinstance(raw, str) and _UUID.fullmatch(raw) else None


def places(home: Home) -> tuple[Path, ...]:
    """Where it may be, in the order in which it counts."""
    inside, beside = home.path / ".claude.json", home.path.with_name(".claude.json")
    if home.path != default_home():
        usual: tuple[Path, ...] = (inside,)
    else:
        usual = (beside, inside) if config_dir(home) is None else (inside, beside)
    return (home.path / ".config.json", *usual)


def _parsed(raw: bytes) -> Config | None:
    try:
        file = typed.json_decode(raw.removeprefix(b"\xef\xbb\xbf"), _File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    who = file.oauth_account if isinstance(file.oauth_account, dict) else {}
    return Config(
        account=uuid(who.get("accountUuid")),
        organization=uuid(who.get("organizationUuid")),
        noted=_noted(file.cached_usage_utilization),
    )


def _noted(raw: Any) -> Noted | None:
    try:
        cached = typed.convert(raw, _Cached)
    except msgspec.ValidationError:
        return None
    return Noted(
        fetched_at_ms=cached.fetched_at_ms, account=uuid(cached.account_uuid), answer=cached.utilization
    )
