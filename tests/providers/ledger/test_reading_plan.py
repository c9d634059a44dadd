"""The newest logs of all shelves are read first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from providers.codex.logs.format import ROLLOUTS
from providers.ledger.changes import LogChanges, Shelf
from providers.ledger.found_logs import LogFile
from providers.ledger.known_logs import LogRow
from providers.ledger.log_reader import ChangedLog
from providers.ledger.reading_plan import ReadingPlan, ShelfLook
from tests.providers.ledger.finding import found

TIMES = st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=3)


def shelf(number: int) -> Shelf:
    return Shelf(provider=f"provider {number}", home=Path(f"/{number}"), format=ROLLOUTS)


def look(number: int, mtimes: Sequence[int], **changes: Sequence[int]) -> ShelfLook:
    """Each log has a size of its own."""
    logs = found([[LogFile(str(at), 1, 10 * number + at, mtime) for at, mtime in enumerate(mtimes)]])
    known = [ChangedLog(logs[at], LogRow(1, "", 1, 0, 0, 1, 1, False)) for at in changes.get("known", ())]
    return ShelfLook(shelf(number), logs, LogChanges(known=known, new=changes.get("new", ())))


@given(TIMES)
def test_all_that_is_new_comes_in_order_of_time(times: list[list[int]]) -> None:
    looks = [look(number, mtimes, new=range(len(mtimes))) for number, mtimes in enumerate(times)]
    plan = ReadingPlan(looks)
    read = [plan.new[number] for number in range(len(plan.new))]
    everything = [(log, each.shelf) for each in looks for log in each.logs]
    assert [(change.log, of) for change, of in read] == sorted(
        everything, key=lambda each: each[0].mtime_ns, reverse=True
    )
    assert plan.unread == plan.new.unread == sum(log.size for log, _ in everything)
    assert plan.providers == {each.shelf.provider for each in looks if len(each.logs)}


def test_known_logs_are_planned_apart() -> None:
    plan = ReadingPlan([look(1, [5, 6, 7], known=[0, 2], new=[1]), look(2, [8], known=[0]), look(3, [9])])
    assert [(change.log.mtime_ns, of) for change, of in plan.known] == [
        (8, shelf(2)),
        (7, shelf(1)),
        (5, shelf(1)),
    ]
    assert [plan.new[number] for number in range(len(plan.new))] == [
        (ChangedLog(LogFile("/0/1", 1, 11, 6), None), shelf(1))
    ]
    assert plan.unread == 11 + (10 - 1) + (12 - 1) + (20 - 1)
    assert plan.providers == {"provider 1", "provider 2"}
