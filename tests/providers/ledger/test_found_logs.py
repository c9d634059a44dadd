"""The logs that were found are kept in columns, and come out as they went in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from providers.ledger.found_logs import FoundLogs, LogFile
from tests.providers.ledger.finding import found

NUMBERS = st.integers(0, 3)
NAMES = st.sampled_from(["a", "b", "ab", "\udcff"])
LOGS = st.lists(
    st.lists(
        st.builds(LogFile, NAMES, NUMBERS, NUMBERS, NUMBERS), max_size=3, unique_by=lambda log: log.path
    ),
    max_size=3,
)


def in_folders(folders: list[list[LogFile]]) -> list[LogFile]:
    return [
        LogFile(f"/{number}/{log.path}", log.inode, log.size, log.mtime_ns)
        for number, logs in enumerate(folders)
        for log in logs
    ]


@given(LOGS)
def test_each_has_its_place(folders: list[list[LogFile]]) -> None:
    logs, expected = found(folders), in_folders(folders)
    assert list(logs) == [logs[place] for place in range(len(logs))] == expected
    assert list(logs.paths()) == [log.path for log in expected]


@given(LOGS, LOGS)
def test_equal_are_those_with_the_same_logs_in_the_same_order(
    one: list[list[LogFile]], other: list[list[LogFile]]
) -> None:
    same = in_folders(one) == in_folders(other)
    assert (found(one) == found(other)) is same
    assert (found(one).digest() == found(other).digest()) is same


@given(LOGS, st.data())
def test_what_differs_is_found_by_its_place(folders: list[list[LogFile]], data: st.DataObject) -> None:
    others = [
        [
            data.draw(st.builds(LogFile, st.just(log.path), NUMBERS, NUMBERS, NUMBERS) | st.just(log))
            for log in logs
        ]
        for logs in folders
    ]
    one, other = found(folders), found(others)
    assert one.has_paths_of(other)
    assert one.changed_places(other) == [at for at in range(len(one)) if one[at] != other[at]]


@given(LOGS, NUMBERS)
def test_those_written_since(folders: list[list[LogFile]], since_ns: int) -> None:
    logs = found(folders)
    assert list(logs.written_since(since_ns)) == [log for log in logs if log.mtime_ns >= since_ns]
    assert logs.newest() == max(logs, key=lambda log: (log.mtime_ns, log.path), default=None)


def test_numbers_that_no_column_holds_are_the_nearest_that_it_does() -> None:
    logs = FoundLogs()
    logs.add("", ["a", "b", "c"], [1, 2**64 - 1, 2], [2**63, 2, 3], [-1, 2**70, -(2**70)])
    assert list(logs) == [
        LogFile("a", 1, 2**63 - 1, -1),
        LogFile("b", 2**63 - 1, 2, 2**63 - 1),
        LogFile("c", 2, 3, -(2**63)),
    ]
