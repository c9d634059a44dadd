"""Several sources of one account: which one is the fallback when another fails."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from providers.domain.errors import (
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    Offline,
    ProgramMissing,
    ProgramTooOld,
    ProviderError,
    RateLimited,
    ServerError,
    TimedOut,
)
from providers.polling.account_store import AccountStore
from tests.homes import NOW
from tests.providers.polling.test_poll import Ask, Clock, FakeSource, ask, clock, used

__all__ = ["ask", "clock"]  # fixtures
MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
RENEWED = NOW + MINUTE / 2


@pytest.fixture
def endpoint() -> FakeSource:
    return FakeSource(10, "oauth")


@pytest.fixture
def program() -> FakeSource:
    """Stands in for a login that expired or lives elsewhere, and for an answer that is not understood."""
    source = FakeSource(20, "app-server")
    source.kinds = ("login_expired", "not_signed_in", "not_understood")
    source.rest = HOUR
    return source


@pytest.fixture
def screen() -> FakeSource:
    """Stands in for a program that runs and could not tell."""
    source = FakeSource(30, "status")
    source.kinds = ("not_understood", "program_too_old")
    return source


def attempts(memory: object) -> list[tuple[str, bool]]:
    return [(attempt.source, attempt.ok) for attempt in memory.attempts]  # type: ignore[attr-defined]


def test_the_first_success_ends_the_chain(
    ask: Ask, endpoint: FakeSource, program: FakeSource, screen: FakeSource
) -> None:
    assert used(ask(endpoint, program, screen)) == [10]
    assert (program.asked, screen.asked) == ([], [])


@pytest.mark.parametrize(
    ("error", "is_fallback_for"),
    [
        (LoginExpired("Refused."), True),
        (NotUnderstood("What?"), True),
        (Offline("No connection."), False),
        (RateLimited("Too often."), False),
        (ServerError("Oh."), False),
        (TimedOut("Late."), False),
    ],
)
def test_the_next_is_fetched_only_as_a_fallback(
    ask: Ask, endpoint: FakeSource, program: FakeSource, error: ProviderError, *, is_fallback_for: bool
) -> None:
    endpoint.result = error
    memory = ask(endpoint, program)
    assert used(memory) == ([20] if is_fallback_for else [])
    assert program.after == ([error.kind] if is_fallback_for else [])
    assert attempts(memory) == [("oauth", False), ("app-server", True)][: 1 + is_fallback_for]
    assert (memory.error is None) is is_fallback_for


def test_a_third_is_fetched_as_a_fallback_for_both(
    ask: Ask, endpoint: FakeSource, program: FakeSource, screen: FakeSource
) -> None:
    endpoint.result, program.result = NotUnderstood("What?"), ProgramTooOld("From 2024.")
    memory = ask(endpoint, program, screen)
    assert used(memory) == [30]
    assert screen.after == ["program_too_old"]
    assert attempts(memory) == [("oauth", False), ("app-server", False), ("status", True)]


def test_a_third_does_not_send_the_login_that_was_rejected_for_the_first(
    ask: Ask, endpoint: FakeSource, program: FakeSource, screen: FakeSource, clock: Clock
) -> None:
    """Whether that was a moment ago, or is remembered."""
    endpoint.result, program.result = LoginExpired("Refused."), ProgramTooOld("From 2024.")
    for _ in range(29):
        memory = ask(endpoint, program, screen)
        assert attempts(memory) == [("oauth", False), ("app-server", False)]
        assert memory.asked_at == NOW, "nobody is due"
        clock.now += MINUTE
    ask(endpoint, program, screen, mode="now")
    assert (len(endpoint.asked), len(program.asked), screen.asked) == (2, 2, [])


def test_a_program_rests_while_a_rejected_login_is_left_alone(
    ask: Ask, endpoint: FakeSource, program: FakeSource, clock: Clock
) -> None:
    endpoint.result = LoginExpired("Refused.")
    for _ in range(2 * 60 + 1):
        memory = ask(endpoint, program)
        assert memory.error is None, "its last answer stands in"
        assert attempts(memory) == [("oauth", False), ("app-server", True)]
        clock.now += MINUTE
    assert len(endpoint.asked) == 5
    assert len(program.asked) == 3
    ask(endpoint, program, mode="now")
    assert (len(endpoint.asked), len(program.asked)) == (6, 4)


def test_a_login_that_its_program_renewed_is_sent_again(
    ask: Ask, endpoint: FakeSource, program: FakeSource, clock: Clock
) -> None:
    endpoint.result = LoginExpired("Refused.")
    ask(endpoint, program)
    clock.now += MINUTE
    endpoint.result = 11.0
    memory = ask(endpoint, program, attested_at=RENEWED)
    assert 11 in used(memory)
    assert attempts(memory) == [("oauth", True)]
    assert len(program.asked) == 1


def test_a_pause_that_a_source_named_is_its_own_and_outlasts_a_restart(
    ask: Ask, endpoint: FakeSource, program: FakeSource, clock: Clock
) -> None:
    """Each call has a memory of files alone, as a process that was just started."""
    endpoint.result = LoginExpired("Refused.")
    program.rest = timedelta(0)
    program.result = ProgramMissing("It does not start.", retry_at=NOW + 30 * MINUTE)
    for _ in range(30):
        ask(endpoint, program)
        clock.now += MINUTE
    assert len(program.asked) == 1
    program.result = 20.0
    assert used(ask(endpoint, program)) == [20]


def test_a_program_is_not_run_again_at_once_after_we_died(
    ask: Ask, endpoint: FakeSource, program: FakeSource, clock: Clock
) -> None:
    endpoint.result, program.result = LoginExpired("Refused."), KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        ask(endpoint, program)
    program.result = 20.0
    for _ in range(59):
        clock.now += MINUTE
        memory = ask(endpoint, program)
        assert memory.error is not None
        assert memory.error.message == "Refused."
    assert len(program.asked) == 1
    clock.now += MINUTE
    assert used(ask(endpoint, program)) == [20]


def kept_until(folder: Path) -> list[datetime | None]:
    """Until when the memory's file has the program left alone, and lets it renew no login."""
    kept = AccountStore(folder / "state").account("k", NOW).of("app-server")
    return [kept.retry_at, kept.error.retry_at if kept.error else None]


@pytest.mark.parametrize(
    ("error", "until"), [(LoginExpired("Refused."), NOW + HOUR), (NotUnderstood("What?"), None)]
)
def test_a_renewal_is_not_retried_for_an_hour_after_we_died(
    ask: Ask,
    endpoint: FakeSource,
    program: FakeSource,
    clock: Clock,
    tmp_path: Path,
    error: ProviderError,
    until: datetime | None,
) -> None:
    endpoint.result, program.result, program.rest = error, KeyboardInterrupt(), 5 * MINUTE
    with pytest.raises(KeyboardInterrupt):
        ask(endpoint, program)
    assert kept_until(tmp_path) == [until, until]
    program.result = 20.0
    clock.now += HOUR - MINUTE
    assert used(ask(endpoint, program)) == ([] if until else [20])
    clock.now += MINUTE
    assert used(ask(endpoint, program)) == [20]
    assert kept_until(tmp_path) == [None, None]


def test_a_rate_limit_stays_in_force(
    ask: Ask, endpoint: FakeSource, program: FakeSource, clock: Clock
) -> None:
    """Even for a program that would stand in for what came before it."""
    endpoint.result = LoginExpired("Refused.")
    program.result, program.rest = RateLimited("Too often.", retry_at=NOW + 3 * HOUR), timedelta(0)
    for _ in range(179):
        ask(endpoint, program)
        clock.now += MINUTE
    assert len(program.asked) == 1
    endpoint.result = RateLimited("Too often.", retry_at=clock.now + HOUR)
    ask(endpoint, program, attested_at=RENEWED, mode="now")
    asked = len(program.asked)
    for _ in range(59):
        clock.now += MINUTE
        ask(endpoint, program, attested_at=RENEWED)
    assert len(program.asked) == asked


def test_a_login_that_only_its_program_can_read_is_asked_through_that(
    ask: Ask, endpoint: FakeSource, program: FakeSource, clock: Clock
) -> None:
    program.rest = 5 * MINUTE
    endpoint.cannot[Path("/0")] = NotSignedIn("The login is in the keyring.")
    for _ in range(10):
        memory = ask(endpoint, program)
        clock.now += MINUTE
    assert (endpoint.asked, len(program.asked)) == ([], 2)
    assert (used(memory), memory.error) == ([20], None)


def test_a_rate_limited_server_gets_no_request_from_another_source(
    ask: Ask, endpoint: FakeSource, program: FakeSource, clock: Clock
) -> None:
    """Not even by a source that the person chose; but a click is one try, and its answer ends the wait."""
    endpoint.result = RateLimited("Too often.", retry_at=NOW + HOUR)
    ask(endpoint, program)
    program.rest = timedelta(0)
    for _ in range(59):
        clock.now += MINUTE
        ask(endpoint, program, only="app-server")
    assert (len(endpoint.asked), program.asked) == (1, [])
    ask(endpoint, program, only="app-server", mode="now")
    assert len(program.asked) == 1
    endpoint.result = 10.0
    clock.now += MINUTE / 2
    assert len(endpoint.asked) == 1
    clock.now += MINUTE / 2
    assert 10 in used(ask(endpoint, program))


@pytest.mark.parametrize(
    ("first", "closed", "second", "shown"),
    [
        (LoginExpired("Old."), True, ProgramMissing("No program."), "Old."),
        (LoginExpired("Refused."), False, TimedOut("Silent."), "Refused."),
        (LoginExpired("Refused."), False, LoginExpired("For good."), "For good."),
        (NotSignedIn("In the keyring."), True, ProgramMissing("No program."), "No program."),
        (NotUnderstood("What?"), False, TimedOut("Silent."), "What?"),
    ],
)
def test_which_of_two_errors_is_shown(
    ask: Ask,
    endpoint: FakeSource,
    program: FakeSource,
    first: ProviderError,
    *,
    closed: bool,
    second: ProviderError,
    shown: str,
) -> None:
    if closed:
        endpoint.cannot[Path("/0")] = first
    else:
        endpoint.result = first
    program.result = second
    memory = ask(endpoint, program)
    assert memory.error is not None
    assert memory.error.message == shown
    assert attempts(memory) == [("oauth", False), ("app-server", False)]


def test_a_chosen_source_shows_only_its_own_error(
    ask: Ask, endpoint: FakeSource, program: FakeSource, clock: Clock
) -> None:
    ask(endpoint, program)
    program.result = ProgramMissing("No program.")
    memory = ask(endpoint, program, only="app-server", mode="now")
    assert program.after == [None]
    assert (memory.error, attempts(memory)) == (None, [("oauth", True), ("app-server", False)])
    endpoint.result = Offline("No connection.")
    clock.now += MINUTE
    assert ask(endpoint, program).error is not None
    program.result = 20.0
    memory = ask(endpoint, program, only="app-server", mode="now")
    assert memory.error is not None
    assert memory.error.kind == "offline"
    clock.now += MINUTE
    asked = len(program.asked)
    ask(endpoint, program, only="app-server")
    assert len(program.asked) == asked, "it rests"
