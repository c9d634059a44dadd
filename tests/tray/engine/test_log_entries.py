"""The log entries for a change: pure."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from providers.domain.limits import Account, AccountUsage, Attempt, ErrorKind, UsageError, UsageSnapshot
from tray.engine.log_entries import TransitionEntry, outcomes, settings_problem
from tray.engine.log_entries import entries as entries_of
from tray.engine.settings import Settings
from tray.engine.state import State

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
HOME = "codex home 0123456789ab: login"


def error(kind: ErrorKind = "offline", retry_at: datetime | None = None) -> UsageError:
    return UsageError(kind=kind, message="secret words", remedy="secret advice", retry_at=retry_at)


def attempt(source: str = "oauth", failed: UsageError | None = None) -> Attempt:
    return Attempt(source=source, ok=failed is None, ms=1, error=failed)


def account(*attempts: Attempt, failed: UsageError | None = None) -> AccountUsage:
    return AccountUsage(
        provider="codex",
        title="Codex",
        homes=("~/.codex",),
        home_ids=("0123456789ab",),
        key="a1b2c3d4",
        account=Account(id="a1b2c3d4", email="dev@example.com"),
        attempts=attempts,
        error=failed,
    )


def state(*accounts: AccountUsage, **more: object) -> State:
    return State(snapshot=UsageSnapshot(generated_at=NOW, accounts=accounts), **more)  # type: ignore[arg-type]


def entries(before: State, after: State) -> list[TransitionEntry]:
    return entries_of(outcomes(before), outcomes(after))


def texts(before: State, after: State) -> list[str]:
    return [entry.text for entry in entries(before, after)]


WORKS, FAILS = state(account(attempt())), state(account(attempt(failed=error(retry_at=LATER))))


def test_what_works_from_the_start_logs_nothing() -> None:
    assert entries(State(), WORKS) == []
    assert entries(WORKS, WORKS) == []


@pytest.mark.parametrize("before", [State(), WORKS])
def test_a_source_that_fails(before: State) -> None:
    text = "codex a1b2c3d4: oauth failed (offline); next try 2026-11-20T12:05:00Z"
    assert entries(before, FAILS) == [TransitionEntry("warning", text)]


def test_it_is_logged_once_however_often_it_is_tried() -> None:
    again = state(account(attempt(failed=error(retry_at=NOW))))
    assert entries(FAILS, again) == []


def test_a_source_that_works_again() -> None:
    assert entries(FAILS, WORKS) == [TransitionEntry("info", "codex a1b2c3d4: oauth works again")]


def test_another_kind_is_another_failure() -> None:
    other = state(account(attempt(failed=error("rate_limited"))))
    assert texts(FAILS, other) == ["codex a1b2c3d4: oauth failed (rate_limited, was offline)"]


def test_sources_of_an_account_are_distinguished() -> None:
    both = state(account(attempt(failed=error()), attempt("app-server", error("program_missing"))))
    assert texts(WORKS, both) == [
        "codex a1b2c3d4: oauth failed (offline)",
        "codex a1b2c3d4: app-server failed (program_missing)",
    ]
    assert texts(both, state(account(attempt(failed=error()), attempt("app-server")))) == [
        "codex a1b2c3d4: app-server works again"
    ]


def test_a_source_that_is_no_longer_used_logs_nothing() -> None:
    assert entries(FAILS, state(account())) == []
    assert entries(FAILS, state()) == []


def test_a_home_without_a_login_and_the_sign_in() -> None:
    nobody = replace(account(failed=error("not_signed_in")), key="0123456789ab", account=None)
    assert texts(State(), state(nobody)) == [f"{HOME} failed (not_signed_in)"]
    assert texts(state(nobody), WORKS) == [f"{HOME} works again"]


def test_a_failure_of_no_source_is_the_states() -> None:
    failed = error("not_understood")
    assert texts(WORKS, state(account(attempt(), failed=failed))) == [
        "codex a1b2c3d4: state failed (not_understood)"
    ]
    assert texts(WORKS, state(account(attempt(failed=failed), failed=failed))) == [
        "codex a1b2c3d4: oauth failed (not_understood)"
    ]


def test_the_ledger_and_a_count_that_goes_on() -> None:
    full = replace(WORKS, count_problem="The disk is full: make room.")
    assert texts(WORKS, full) == ["ledger failed: The disk is full: make room."]
    assert texts(full, replace(full, counting=True)) == []
    assert texts(full, WORKS) == ["ledger works again"]


def test_settings_are_named_by_their_lines_alone() -> None:
    wrong = (
        "~/s.toml, line 3: `my-secret` unknown; line 7: `enabled`: true or false. All other settings apply."
    )
    bad = replace(WORKS, settings=Settings(problem=wrong))
    assert texts(WORKS, bad) == ["settings failed: lines 3, 7 not valid"]
    assert texts(bad, WORKS) == ["settings work again"]
    assert settings_problem("s.toml, line 3: `x`") == "line 3 not valid"
    assert settings_problem("s.toml cannot be read.") == "s.toml cannot be read."


def test_nothing_of_a_message_an_address_or_an_advice() -> None:
    logged = " ".join(
        texts(State(), state(account(attempt(failed=error())), replace(account(), account=None)))
    )
    assert not any(word in logged for word in ("secret", "dev", "@", "~"))
