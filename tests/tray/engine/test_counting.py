"""A count as the engine hears of it, with costs that count as the test says."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from providers.domain.cost import Counter, Tally
from providers.host.files import own_folders
from providers.host.holder import WaitListener
from providers.ledger.database import LedgerError
from tray.engine import counting
from tray.engine.costs import Costs
from tray.engine.counting import count
from tray.engine.scope import Scope
from tray.engine.state import HomeCost, State
from tray.engine.transitions import CostsRead, CountBegan, CountEnded, CountProgressed, Event, after

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

COUNTER = Counter(provider="codex", account="", model="m", epoch=0, tally=Tally(responses=1))
FULL = LedgerError("The disk is full.")


class ScriptedCosts(Costs):
    """Tells of these shares, then raises the fault, if there is one."""

    def __init__(self, folder: Path, shares: Iterable[float] = (), fault: Exception | None = None) -> None:
        environ = {"TANKFUL_HOME": str(folder)}
        super().__init__(Scope(environ, own_folders(environ), ZoneInfo("UTC"), providers=()))
        self.explained.first_time()
        self.shares = shares
        self.fault = fault
        self.unreadable = False

    def by_home(self) -> dict[str, HomeCost]:
        if self.unreadable:
            raise LedgerError("The ledger cannot be read.")
        return {}

    def count(
        self, progress: Callable[[float], None] | None = None, waiting: WaitListener | None = None
    ) -> None:
        assert progress is not None
        for share in self.shares:
            progress(share)
        if self.fault:
            raise self.fault

    def counters(self) -> tuple[Counter, ...]:
        return (COUNTER,)


def events_of(costs: Costs) -> list[Event]:
    events: list[Event] = []
    count(costs, events.append)
    return events


BEFORE, AFTER = CostsRead({}), CostsRead({}, (COUNTER,))


def test_figures_of_before_then_progress_then_the_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "PROGRESS_SECONDS", 0.0)
    assert events_of(ScriptedCosts(tmp_path, [0.2, 0.7])) == [
        CountBegan(),
        BEFORE,
        *(BEFORE, CountProgressed(0.2)),
        *(BEFORE, CountProgressed(0.7)),
        AFTER,
        CountEnded(None),
    ]


def test_progress_is_told_at_once_and_then_not_at_every_step(tmp_path: Path) -> None:
    told = [event for event in events_of(ScriptedCosts(tmp_path, [0.1, 0.2, 0.3])) if event != BEFORE]
    assert told == [CountBegan(), CountProgressed(0.1), AFTER, CountEnded(None)]


def test_progress_is_told_again_after_a_while(tmp_path: Path) -> None:
    def shares() -> Iterable[float]:
        yield 0.1
        time.sleep(counting.PROGRESS_SECONDS)
        yield 0.2

    assert CountProgressed(0.2) in events_of(ScriptedCosts(tmp_path, shares()))


def test_a_count_that_fails_says_why_and_shows_what_was_counted(tmp_path: Path) -> None:
    assert events_of(ScriptedCosts(tmp_path, fault=FULL)) == [
        CountBegan(),
        BEFORE,
        AFTER,
        CountEnded("The disk is full."),
    ]


def test_a_ledger_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    costs = ScriptedCosts(tmp_path)
    costs.unreadable = True
    assert events_of(costs) == [CountBegan(), CountEnded("The ledger cannot be read.")]


def test_a_count_that_breaks_down_is_over_all_the_same(tmp_path: Path) -> None:
    events: list[Event] = []
    with pytest.raises(OSError, match="gone"):
        count(ScriptedCosts(tmp_path, fault=OSError("gone")), events.append)
    assert events == [CountBegan(), BEFORE, CountEnded(None)]


def test_for_whom_a_count_waits_is_a_problem_until_it_goes_on(tmp_path: Path) -> None:
    class Waiting(ScriptedCosts):
        def count(
            self, progress: Callable[[float], None] | None = None, waiting: WaitListener | None = None
        ) -> None:
            assert waiting is not None
            waiting("waiting for another tankful, which is counting the logs.")
            super().count(progress)

    state = State()
    problems: list[str | None] = []
    for event in events_of(Waiting(tmp_path, shares=[0.5])):
        state = after(state, event, NOW, NOW.date())
        problems.append(state.count_problem)
    sentence = "Waiting for another tankful, which is counting the logs."
    assert [each for each, _ in itertools.groupby(problems)] == [None, sentence, None]
