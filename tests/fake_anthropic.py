"""Claude Code's homes for tests, and the responses of Anthropic's usage endpoint: made-up logins and limits."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from providers.source import Home, Question

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ACCESS_MARK = "sk-ant-oat01-secret-7f3a9c"
REFRESH_MARK = "sk-ant-ort01-secret-b81d22"
SECRETS = (ACCESS_MARK, REFRESH_MARK)
ACCOUNT = "11111111-2222-3333-4444-555555555555"
ORGANIZATION = "99999999-8888-7777-6666-555555555555"
SESSION_RESET = "2026-11-20T14:08:00.123456+00:00"
WEEK_RESET = "2026-11-23T16:55:00+00:00"


def flat(used: float | None, resets_at: str | None = WEEK_RESET) -> dict[str, Any]:
    return {"utilization": used, "resets_at": resets_at}


def limit(kind: str, percent: float, resets_at: str | None = WEEK_RESET, **scope: str) -> dict[str, Any]:
    """An entry of `limits[]`; `model` or `surface` is what it is for."""
    named = {what: {"id": None, "display_name": name} for what, name in scope.items()}
    return {
        "kind": kind,
        "group": "session" if kind == "session" else "weekly",
        "percent": percent,
        "resets_at": resets_at,
        "severity": "normal",
        "is_active": False,
        "scope": named or None,
    }


def usage(**changes: Any) -> dict[str, Any]:
    """The response of the endpoint for a Max account, in the flat form; `changes` replace its members."""
    return {
        "five_hour": flat(37.4, SESSION_RESET),
        "seven_day": flat(61.9),
        "seven_day_opus": None,
        "seven_day_sonnet": flat(12.0),
        "seven_day_oauth_apps": None,
        "extra_usage": {
            "is_enabled": True,
            "monthly_limit": 5000,
            "used_credits": 1234.0,
            "utilization": 24.68,
            "currency": "USD",
        },
    } | changes


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def login(*, expires: datetime = NOW + timedelta(hours=6), **changes: Any) -> dict[str, Any]:
    """A `.credentials.json` as 2.1.197 keeps it; `changes` replace members of `claudeAiOauth`."""
    return {
        "claudeAiOauth": {
            "accessToken": ACCESS_MARK,
            "refreshToken": REFRESH_MARK,
            "expiresAt": milliseconds(expires),
            "scopes": ["user:inference", "user:profile", "user:sessions:claude_code"],
            "subscriptionType": "max",
            "rateLimitTier": "default_claude_max_20x",
        }
        | changes
    }


def config(**changes: Any) -> dict[str, Any]:
    """A `.claude.json`; `changes` are members of it."""
    who = {"accountUuid": ACCOUNT, "organizationUuid": ORGANIZATION, "emailAddress": "dev@example.com"}
    return {"numStartups": 7, "oauthAccount": who} | changes


def noted(answer: object, at: datetime, account: str | None = ACCOUNT) -> dict[str, Any]:
    """A `.claude.json` in which 2.1.329 noted an answer of the endpoint."""
    kept: dict[str, Any] = {"fetchedAtMs": milliseconds(at), "utilization": answer}
    return config(cachedUsageUtilization=kept | ({"accountUuid": account} if account else {}))


def make_home(folder: Path, content: object | None = None, about: object | None = None) -> Home:
    """A CLAUDE_CONFIG_DIR with this login (default: a good one) and this `.claude.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / ".credentials.json", login() if content is None else content)
    write(folder / ".claude.json", config() if about is None else about)
    return Home(provider="claude", path=folder, label="~/.claude-work")


def write(path: Path, content: object, written: datetime = NOW - timedelta(hours=2)) -> None:
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    os.utime(path, (written.timestamp(), written.timestamp()))


def question(home: Home, **changes: Any) -> Question:
    """A question about the account of `config()`."""
    from providers.domain.limits import Identity

    asked: dict[str, Any] = {
        "home": home,
        "identity": Identity(account_id=f"{ACCOUNT}/{ORGANIZATION}", plan="Max 20x"),
        "account_since": NOW - timedelta(days=1),
        "now": NOW,
    }
    return Question(**asked | changes)
