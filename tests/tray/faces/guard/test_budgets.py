from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.domain.limits import RateWindow, Sourced, UsageError
from tests.tray.engine.budget_states import cost
from tests.tray.faces.guard.test_judge import judged
from tests.tray.faces.published import Folder
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import State
from tray.faces.guard.verdict import Verdict


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def spent(folder: Folder, usd: float, **limits: str) -> State:
    values = {f"budget.{key}": value for key, value in limits.items()}
    today = folder.now.astimezone().date()
    return State(settings=Settings(table=SETTINGS, values=values), costs={"home": cost(today, usd)})


def week(folder: Folder, used: float) -> Sourced[RateWindow]:
    return folder.window(used, ident="weekly", title="Weekly", duration=timedelta(days=7))


@pytest.mark.parametrize(("usd", "level"), [(1.0, "go_on"), (16.0, "warn"), (20.0, "stop"), (25.0, "stop")])
def test_dollars_of_a_day(folder: Folder, usd: float, level: str) -> None:
    folder.publish(folder.account(folder.window(20)), state=spent(folder, usd, day="20 USD"))
    assert judged(folder).level == "go_on"
    found = judged(folder, "--budget")
    if level == "stop":
        assert (found.level, found.budget, found.reason, found.left) == ("stop", "day", "budget", 0)
        assert found.text.startswith(
            f"The daily budget is used up: ${usd:.2f} of $20.00 at API prices. It resets "
        )
    assert found.level == level


def test_what_a_tray_keeps_is_not_stale(folder: Folder) -> None:
    folder.now = folder.now.replace(hour=12)  # so that it stays the same day
    usage = folder.account(replace(folder.window(20), fetched_at=folder.now + timedelta(minutes=5)))
    for kind, level in (("tray", "go_on"), ("command", "unknown")):
        folder.publish(usage, state=spent(folder, 1.0, day="20 USD"), kind=kind)  # type: ignore[arg-type]
        found = judged(folder, "--budget", "--max-age", "1m", later=timedelta(minutes=5))
        assert found.level == level
    folder.publish(usage, state=spent(folder, 25.0, day="20 USD"), kind="command")
    found = judged(folder, "--budget", "--max-age", "1m", later=timedelta(minutes=5))
    assert (found.level, found.reason) == ("stop", "budget"), "whatever has been used since"


def test_a_share_of_the_week_is_its_accounts_own(folder: Folder) -> None:
    one, other = folder.account(week(folder, 60)), folder.account(week(folder, 5), provider="claude")
    folder.publish(one, other, state=spent(folder, 0.0, week="50%"))
    found = judged(folder, "--budget", "--provider", "codex")
    assert (found.level, found.budget, found.provider) == ("stop", "week", "codex")
    assert found.text.startswith("The weekly budget of Codex is used up: 60 % of 50 %.")


def test_a_forecast_is_more_than_what_it_exceeds(folder: Folder) -> None:
    ends = folder.now + timedelta(days=3.5)
    folder.publish(
        folder.account(replace_end(week(folder, 25.1), ends)), state=spent(folder, 0.0, week="50%")
    )
    found = judged(folder, "--budget")
    assert (found.level, found.text) == (
        "warn",
        "The weekly budget of Codex is at 25 % of 50 %, heading for 51 %.",
    )


def replace_end(lane: Sourced[RateWindow], ends: datetime) -> Sourced[RateWindow]:
    return replace(lane, value=replace(lane.value, resets_at=ends))


def test_a_limit_that_is_spent_counts_first(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(100)), state=spent(folder, 1.0, day="20 USD"))
    assert judged(folder, "--budget").reason == "spent"


def test_an_api_key_has_no_limits_but_may_have_a_budget(folder: Folder) -> None:
    error = UsageError(kind="not_signed_in", message="API key login.", remedy="Sign in.")
    out = folder.account(account=None, error=error)
    for usd, level in ((1.0, "go_on"), (25.0, "stop")):
        folder.publish(out, state=spent(folder, usd, day="20 USD"))
        assert judged(folder).level == "unknown"
        assert judged(folder, "--budget").level == level


def test_a_hook_acts_on_what_is_certain(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(80)))
    assert judged(folder, "--budget").reason == "no_budget"
    assert judged(folder, "--budget", "--hook", "codex").level == "warn"
    folder.publish(folder.account(folder.window(20)))
    assert judged(folder, "--budget", "--hook", "codex").reason == "no_budget"


class TestWhatIsNotKnownHidesNothing:
    """A daily budget that nobody has counted, beside other verdicts."""

    def judged(self, folder: Folder, used: float, *options: str) -> Verdict:
        state = spent(folder, 1.0, day="20 USD")
        old = {home: replace(cost, up_to_date=False) for home, cost in state.costs.items()}
        folder.publish(folder.account(folder.window(used)), state=replace(state, costs=old), kind="command")
        return judged(folder, "--budget", *options)

    def test_a_warning_is_shown_with_it(self, folder: Folder) -> None:
        found = self.judged(folder, 80)
        assert (found.level, found.reason) == ("unknown", "not_counted")
        first = "The daily budget is set, but the logs have not been counted for it."
        assert found.text.startswith(f"{first} Codex has 20 % of the 5h limit left.")

    def test_a_hook_warns(self, folder: Folder) -> None:
        found = self.judged(folder, 80, "--hook", "codex")
        assert (found.level, found.window) == ("warn", "session")
        assert found.not_known == ("not_counted",), "a round is due all the same"

    @pytest.mark.parametrize("options", [(), ("--hook", "codex")])
    def test_a_stop_is_one(self, folder: Folder, options: tuple[str, ...]) -> None:
        found = self.judged(folder, 95, *options)
        assert (found.level, found.window) == ("stop", "session")
        assert "budget" not in found.text

    def test_a_budget_with_enough_left_adds_no_sentence(self, folder: Folder) -> None:
        text = "The daily budget is set, but the logs have not been counted for it."
        assert self.judged(folder, 20).text == text


def test_what_is_fresh_counts_before_what_is_old(folder: Folder) -> None:
    folder.now = folder.now.replace(hour=12)  # so that it stays the same day
    state = spent(folder, 25.0, day="20 USD")
    folder.publish(folder.account(folder.window(100)), state=state, at=folder.now + timedelta(hours=1))
    assert judged(folder, later=timedelta(hours=1)).stale
    found = judged(folder, "--budget", later=timedelta(hours=1))
    assert (found.reason, found.stale) == ("budget", False)


def test_none_is_set(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(20)))
    found = judged(folder, "--budget")
    assert (found.level, found.reason) == ("unknown", "no_budget")


def test_what_is_not_counted_yet(folder: Folder) -> None:
    values = {"budget.day": "20 USD"}
    state = State(settings=Settings(table=SETTINGS, values=values))
    folder.publish(folder.account(folder.window(20)), state=state)
    found = judged(folder, "--budget")
    assert (found.level, found.text) == ("unknown", "The daily budget is set, but its use is not known.")


def test_what_nobody_has_counted(folder: Folder) -> None:
    """As `tankful usage` publishes it, which never waits for a count."""
    state = spent(folder, 1.0, day="20 USD")
    old = {home: replace(cost, up_to_date=False) for home, cost in state.costs.items()}
    folder.publish(folder.account(folder.window(20)), state=replace(state, costs=old), kind="command")
    found = judged(folder, "--budget")
    assert (found.level, found.reason) == ("unknown", "not_counted")
    settings = spent(folder, 1.0, day="0.5 USD").settings
    folder.publish(folder.account(folder.window(20)), state=replace(state, settings=settings, costs=old))
    assert judged(folder, "--budget").level == "stop", "more of it makes it no less spent"


def test_a_lower_bound_says_so(folder: Folder) -> None:
    state = spent(folder, 17.0, day="20 USD")
    partial = {home: replace(cost, complete=False) for home, cost in state.costs.items()}
    folder.publish(folder.account(folder.window(20)), state=replace(state, costs=partial))
    found = judged(folder, "--budget")
    assert found.level == "warn"
    assert found.text.startswith(
        "The daily budget is nearly used up: at least $17.00 of $20.00 at API prices."
    )


def test_the_budget_of_an_account_without_a_name_is_its_own(folder: Folder) -> None:
    claude = folder.account(week(folder, 60), provider="claude", account=None)
    folder.publish(folder.account(week(folder, 5)), claude, state=spent(folder, 0.0, week="50%"))
    assert judged(folder, "--budget", "--provider", "codex").level == "go_on"
    found = judged(folder, "--budget", "--provider", "claude")
    assert (found.level, found.provider, found.budget) == ("stop", "claude", "week")


def test_two_providers_may_know_an_account_by_the_same_name(folder: Folder) -> None:
    one, other = folder.account(week(folder, 5)), folder.account(week(folder, 60), provider="claude")
    folder.publish(one, other, state=spent(folder, 0.0, week="50%"))
    assert judged(folder, "--budget", "--provider", "codex").level == "go_on"


def test_old_figures(folder: Folder) -> None:
    state = spent(folder, 25.0, day="20 USD")
    folder.publish(folder.account(folder.window(20)), state=state, kind="command")
    found = judged(folder, "--budget", later=timedelta(minutes=11))
    assert (found.level, found.stale) in {("stop", True), ("unknown", False), ("unknown", True)}
