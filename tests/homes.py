"""Codex homes for tests: made-up logins and rollouts, in a folder of the test's own."""

from __future__ import annotations

import base64
import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ACCESS_MARK = "access-secret-7f3a9c"
REFRESH_MARK = "refresh-secret-b81d22"
ID_MARK = "id-secret-55e0aa"
SECRETS = (ACCESS_MARK, REFRESH_MARK, ID_MARK)
REFRESHED = datetime(2026, 11, 18, 9, 0, 0, 123456, tzinfo=UTC)


def jwt(claims: dict[str, Any], mark: str) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}.{mark}"


def auth(
    *,
    account: str = "acct-1",
    email: str = "dev@example.com",
    plan: str = "pro",
    expires: datetime | None = datetime(2099, 1, 1, tzinfo=UTC),
    **changes: Any,
) -> dict[str, Any]:
    """An `auth.json` as Codex 0.169 keeps it; `changes` replace members of `tokens`."""
    about = {"chatgpt_account_id": account, "chatgpt_plan_type": plan}
    claims = {"email": email, "https://api.openai.com/auth": about}
    access: dict[str, Any] = {"https://api.openai.com/auth": about}
    if expires is not None:
        access["exp"] = int(expires.timestamp())
    tokens: dict[str, Any] = {
        "id_token": jwt(claims, ID_MARK),
        "access_token": jwt(access, ACCESS_MARK),
        "refresh_token": REFRESH_MARK,
        "account_id": account,
    }
    return {
        "OPENAI_API_KEY": None,
        "auth_mode": "chatgpt",
        "tokens": tokens | changes,
        "last_refresh": REFRESHED.isoformat(),
    }


def make_home(folder: Path, content: object | None = None, *, base: str | None = None) -> Path:
    """A CODEX_HOME with this `auth.json` (default: a good login), asking at `base`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_auth(folder, auth() if content is None else content)
    if base is not None:
        (folder / "config.toml").write_text(f'chatgpt_base_url = "{base}"\n')
    return folder


def write_auth(folder: Path, content: object, written: datetime | None = None) -> None:
    """Without `written`, as a file that Codex itself wrote when it last refreshed the login."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    path = folder / "auth.json"
    path.write_bytes(raw)
    if written is None and isinstance(content, dict) and isinstance(content.get("last_refresh"), str):
        with suppress(ValueError):
            written = datetime.fromisoformat(content["last_refresh"])
    if written is not None:
        os.utime(path, (written.timestamp(), written.timestamp()))
