"""Logins and settings that only Codex itself can use: it runs in the user's own home, and answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from providers.codex.auth import OnlyCodex
from providers.codex.config import UnreadableConfig
from providers.codex.endpoint.source import OAuthSource
from providers.domain.errors import Blocked, LoginExpired, NotUnderstood, ProviderError
from providers.domain.limits import Identity
from tests.homes import make_home
from tests.providers.codex.app_server.test_source import UNAUTHORIZED, Asked, folder, refusal
from tests.providers.codex.endpoint.test_source import answered

__all__ = ["folder"]

TOKEN: dict[str, Any] = {"auth_mode": "personalAccessToken", "personal_access_token": "at-x"}
AGENT: dict[str, Any] = {"auth_mode": "agentIdentity", "agent_identity": "a.b.c"}
NEW: dict[str, Any] = {"auth_mode": "newInVersion9"}
NOBODY = "codex account authentication required to read rate limits"


@pytest.mark.parametrize("login", [TOKEN, AGENT, NEW], ids=["token", "agent", "new"])
@pytest.mark.parametrize("owner", [{"type": "chatgpt", "email": "a@example.com"}, {"type": "other"}, None])
def test_codex_answers_at_home(folder: Path, login: dict[str, Any], owner: dict[str, Any] | None) -> None:
    make_home(folder / "codex", login)
    asked = Asked(folder, answers={"account/read": {"account": owner}})
    question = asked.question()
    assert question.identity == Identity()
    web = answered(b"{}")
    error = OAuthSource(web).unavailable(question)
    assert isinstance(error, OnlyCodex)
    assert asked.source.is_fallback_for(error)
    assert asked.source.unavailable(question) is None
    assert [window.used_percent for window in asked.source.read(question).windows][:1] == [37.0]
    assert asked.ran()[0]["CODEX_HOME"] == str(folder / "codex")
    assert [each["params"] for each in asked.heard() if each.get("method") == "account/read"] == [
        {"refreshToken": False}
    ]
    assert not web.asked


@pytest.mark.parametrize("text", [UNAUTHORIZED, NOBODY], ids=["rejected", "not signed in"])
@pytest.mark.parametrize(
    ("login", "name"),
    [(TOKEN, "personal access token"), (AGENT, "agent identity")],
    ids=["token", "agent"],
)
def test_nobody_is_told_to_replace_such_a_login(
    folder: Path, login: dict[str, Any], name: str, text: str
) -> None:
    make_home(folder / "codex", login)
    asked = Asked(folder, answers={"account/read": {"account": None}}, **refusal(text))
    with pytest.raises(LoginExpired) as caught:
        asked.read()
    assert caught.value.message == f"Codex could not use its {name}."
    assert "login" not in caught.value.remedy
    renewals = [each["params"] for each in asked.heard() if each.get("method") == "account/read"]
    assert renewals == [{"refreshToken": False}]


def test_settings_that_only_codex_can_read(folder: Path) -> None:
    """No token is sent by us, nor lent to a Codex that would not know where to send it."""
    (folder / "codex/config.toml").write_text("x = [\n")
    asked = Asked(folder)
    web = answered(b"{}")
    with pytest.raises(UnreadableConfig) as caught:
        OAuthSource(web).read(asked.question())
    assert not web.asked
    assert asked.source.is_fallback_for(caught.value)
    assert asked.source.unavailable(asked.question()) is None
    assert asked.read(after=caught.value).windows[0].used_percent == 37.0
    assert asked.ran()[0]["CODEX_HOME"] == str(folder / "codex")


@pytest.mark.parametrize(
    ("text", "kind"),
    [(NOBODY, NotUnderstood), ('GET x failed: 403 Forbidden; body={"error":{"type":"forbidden"}}', Blocked)],
)
def test_a_codex_that_cannot_read_them_either(folder: Path, text: str, kind: type[ProviderError]) -> None:
    (folder / "codex/config.toml").write_text("x = [\n")
    with pytest.raises(kind) as caught:
        Asked(folder, **refusal(text)).read()
    assert "keyring" not in caught.value.message
