"""What was, as metrics with timestamps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from providers.domain.cost import Context
from providers.ledger.history import LimitChange
from providers.ledger.rows import LimitRow, Origin, Values
from tray.view.export import openmetrics
from tray.view.export.openmetrics import Series
from tray.view.export.redact import Redaction

HOUR = 3600
NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())
ORIGINS = (
    Origin("codex", Context(home=Path("/home"), model="a", account="a1b2c3d4")),
    Origin("codex", Context(home=Path("/home"), model="b", account="a1b2c3d4")),
    Origin("claude", Context(home=Path("/home"), model="a", account="a1b2c3d4", not_on_lines=True)),
)


def billed(*rows: tuple[int, float]) -> Iterator[tuple[Origin, Values]]:
    """Each is the number of its origin and its time, in hours from noon."""
    for number, at in rows:
        at_ms = int((NOON + at * HOUR) * 1000)
        yield ORIGINS[number], (number, 1, at_ms, 10**12, 1, 2, 3, 0, 4, 0, 10, 0, 1.0, 0)


def points(
    *rows: tuple[int, float], epochs: Mapping[Series, int] | None = None, first: float = -1, last: float = 3
) -> dict[str, list[tuple[float, str]]]:
    """Responses by the labels after the account: hours from noon, and values."""
    span = int(NOON + first * HOUR), int(NOON + last * HOUR)
    text = b"".join(openmetrics.counters(billed(*rows), epochs or {}, Redaction(), span)).decode()
    found: dict[str, list[tuple[float, str]]] = {}
    for line in text.splitlines():
        if line.startswith("tankful_responses_total"):
            name, value, at = line.rsplit(" ", 2)
            labels = name.partition('account="a1b2c3d4",')[2]
            found.setdefault(labels.rstrip("}"), []).append(((int(at) - NOON) / HOUR, value))
    return found


def test_a_point_at_each_hour_has_what_was_before_it() -> None:
    assert points((0, 0.5), (0, 0.75), (0, 1.0)) == {
        'model="a",epoch="0"': [(0, "0"), (1, "2"), (2, "3"), (3, "3")]
    }


def test_a_span_cuts_points_and_no_sums() -> None:
    assert points((0, 0.5), (0, 1.5), first=1, last=1.9) == {'model="a",epoch="0"': [(1, "1")]}


def test_series_have_the_epochs_of_todays_counters() -> None:
    epochs = {("codex", "a1b2c3d4", "b"): 7}
    assert points((0, 0.5), (1, 0.5), epochs=epochs).keys() == {'model="a",epoch="0"', 'model="b",epoch="7"'}


def test_what_is_on_no_lines_is_in_no_counter() -> None:
    assert points((2, 0.5)) == {}


def test_names_that_become_one_are_one_series() -> None:
    """Two responses of different models whose names are unprintable in the same way."""
    rows = list(billed((0, 0.5), (1, 0.6)))
    same = [
        (Origin("codex", Context(home=Path("/home"), model=f"m{mark}", account="a1b2c3d4")), values)
        for mark, (_, values) in zip("\x1b\x1c", rows, strict=True)
    ]
    span = NOON, NOON + HOUR
    text = b"".join(openmetrics.counters(same, {}, Redaction(), span)).decode()
    assert [line.rsplit(" ", 2)[1] for line in text.splitlines() if line.startswith("tankful_resp")] == [
        "0",
        "2",
    ]


def gauge(*changes: tuple[float, float]) -> list[tuple[float, float]]:
    """The used share at hours from noon, of changes in percent."""
    rows = [
        LimitRow(
            "a1b2c3d4",
            LimitChange(
                datetime.fromtimestamp(NOON, UTC) + timedelta(hours=at), "session", used, None, "oauth"
            ),
        )
        for at, used in changes
    ]
    text = b"".join(openmetrics.gauges(lambda: rows, {"a1b2c3d4": "codex"}, Redaction())).decode()
    lines = [line.rsplit(" ", 2) for line in text.splitlines() if not line.startswith("#")]
    assert {line[0] for line in lines} == {
        'tankful_used_ratio{provider="codex",account="a1b2c3d4",window="session"}'
    }
    return [((int(at) - NOON) / HOUR, float(value)) for _, value, at in lines]


def test_what_was_seen_all_the_time_has_a_point_each_hour() -> None:
    assert gauge((0, 10), (3, 10)) == [(0, 0.1), (1, 0.1), (2, 0.1), (3, 0.1)]


def test_between_two_that_differ_nothing_is_known() -> None:
    assert gauge((0.5, 10), (2.5, 20)) == [(0.5, 0.1), (2.5, 0.2)]


def test_a_reset_that_moved_at_an_hour_is_the_later_one() -> None:
    at = datetime.fromtimestamp(NOON, UTC)
    rows = [
        LimitRow(
            "a", LimitChange(at + timedelta(hours=hour), "session", 10, at + timedelta(hours=ends), "oauth")
        )
        for hour, ends in ((0, 5), (2, 7))
    ]
    text = b"".join(openmetrics.gauges(lambda: rows, {}, Redaction())).decode()
    lines = [line.split()[1:] for line in text.splitlines() if line.startswith("tankful_resets")]
    assert [((int(when) - NOON) / HOUR, (float(ends) - NOON) / HOUR) for ends, when in lines] == [
        (0, 5),
        (1, 5),
        (2, 7),
    ]


@pytest.mark.parametrize("used", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_has_no_point(used: float) -> None:
    assert gauge((0, 10), (1, used), (2, 20)) == [(0, 0.1), (2, 0.2)]


def test_names_of_others_are_labels_and_no_lines() -> None:
    name = 'x"} 1\n# EOF\\\x1b\u2028'
    origin = Origin("codex", Context(home=Path("/home"), model=name, account=name))
    rows = [(origin, values) for _, values in billed((0, 0.5))]
    text = b"".join(openmetrics.counters(rows, {}, Redaction(), (NOON, NOON + HOUR))).decode()
    assert "# EOF" not in [line.strip() for line in text.splitlines()]
    (zero, one) = (line for line in text.splitlines() if line.startswith("tankful_responses"))
    for line in (zero, one):
        assert line.count('x\\"} 1') == 2
        assert line.isprintable()


def test_of_two_changes_within_a_second_there_is_one_point() -> None:
    assert gauge((0, 10), (0.0001, 20), (1, 30)) == [(0, 0.1), (1, 0.3)]
