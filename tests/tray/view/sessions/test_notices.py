"""What notices say about sessions, and what they never say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from providers.domain.live import LiveSession
from tests.tray.hostile import NAMES, hostile_sessions
from tests.tray.view.test_menu import ZONE
from tools.example_sessions import APPROVAL, QUESTION, WORKING, look
from tools.example_states import CLAUDE, CODEX, NOW, state
from tray.engine.notices.notice import Notice
from tray.engine.notices.sessions.kinds import Kind, SessionOccasion
from tray.view.sessions import notices


def of(kind: Kind, *sessions: LiveSession) -> Notice:
    occasions = tuple(
        SessionOccasion(kind=kind, session=each, ends=NOW + timedelta(days=2)) for each in sessions
    )
    return notices.notice("key", occasions, state(CODEX, CLAUDE, sessions=look(*sessions)), NOW, ZONE)


def test_a_permission() -> None:
    found = of("approval", APPROVAL)
    assert (found.title, found.body) == (
        "cleaning waits for approval: Bash",
        "Claude asks to use Bash, since 12:57.",
    )
    assert (found.kind, found.provider, found.account) == ("approval", "claude", "e5f6a7b8")
    assert (found.session, found.session_key, found.can_show) == (APPROVAL.id, APPROVAL.key, True)


def test_a_permission_of_which_only_a_log_knows() -> None:
    found = of("approval", replace(APPROVAL, status=replace(APPROVAL.status, evidence="log", task=None)))
    assert found.title == "cleaning probably waits for approval"
    assert found.body.split("\n") == [
        "Claude, since 12:57.",
        "Its log does not say for certain: the tool may be running.",
    ]


def test_a_question() -> None:
    found = of("question", replace(QUESTION, owner_certain=False))
    assert (found.title, found.body) == ("billing-api waits for your answer", "Codex, since 13:00.")
    assert not found.can_show


def test_a_share() -> None:
    found = of("session_share", replace(WORKING, week_percent=23.4))
    assert found.title == "tankful has used 23 % of the weekly limit"
    assert found.body == "Codex, ≈ $1.20 at API prices. Resets on Sun 13:00."


def test_several() -> None:
    others = [replace(APPROVAL, id=f"{number}", project=f"p{number}") for number in range(4)]
    found = of("approval", APPROVAL, *others)
    assert found.title == "5 sessions wait for you"
    assert found.body.split("\n") == [
        "cleaning waits for approval: Bash.",
        *(f"p{number} waits for approval: Bash." for number in range(3)),
        "And 1 more.",
    ]
    assert (found.session, found.session_key) == (None, APPROVAL.key)
    shares = of("session_share", *(replace(each, week_percent=30.0) for each in (APPROVAL, WORKING)))
    assert shares.title == "2 sessions have used much of the weekly limit"


def test_nothing_but_the_project_and_the_tool_is_said() -> None:
    secret = replace(
        APPROVAL,
        title="The first prompt",
        cwd="/home/dev/secret",
        status=replace(
            APPROVAL.status,
            task=replace(APPROVAL.status.task, argument="rm -rf secret"),  # type: ignore[type-var]
        ),
    )
    kinds: tuple[Kind, ...] = ("approval", "question", "session_share")
    for kind in kinds:
        found = of(kind, replace(secret, week_percent=30.0))
        assert not any(
            word in f"{found.title}{found.body}" for word in ("secret", "prompt", "rm -rf", "deploy")
        )


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_whatever_names_others_chose(name: str) -> None:
    kinds: tuple[Kind, ...] = ("approval", "question", "session_share")
    for kind in kinds:
        found = of(kind, *(replace(each, week_percent=30.0) for each in hostile_sessions(name).sessions))
        assert found.title.isprintable()
        assert all(line.isprintable() for line in found.body.split("\n"))
        assert len(found.title) <= 120
        assert len(found.body) < 1000
