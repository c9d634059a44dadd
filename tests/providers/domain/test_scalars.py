"""Plain values in every form that programs and servers write."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain import scalars

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
NO_VALUE: list[Any] = [
    None,
    "",
    " ",
    "x",
    "NaN",
    "inf",
    "1_000",
    "\u00a031",
    "٣",
    "0x10",
    [],
    {},
    True,
    False,
    "1" * 200,
]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (31, 31),
        (31.5, 31.5),
        ("31", 31),
        (" 31.5 ", 31.5),
        ("-3", -3),
        ("+3.", 3),
        ("1e-05", 1e-05),
        (0, 0),
        ("0", 0),
    ],
)
def test_a_number_in_any_form(raw: Any, value: float) -> None:
    assert scalars.number(raw) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (0, 0),
        (37.5, 37.5),
        ("37", 37),
        (137, 137),
        (10_000, 10_000),
        (10_000.5, None),
        (-1, None),
        ("", None),
        (True, None),
        (NOON.timestamp(), None),
        (str(int(NOON.timestamp())), None),
    ],
)
def test_a_share_in_percent(raw: Any, value: float | None) -> None:
    assert scalars.percent(raw) == value


@pytest.mark.parametrize("raw", [*NO_VALUE, float("nan"), float("inf"), 10**400])
def test_what_is_no_number(raw: Any) -> None:
    assert scalars.number(raw) is None


@pytest.mark.parametrize(
    ("raw", "value"),
    [(10, 10), (10.0, 10), ("10", 10), ("10.0", 10), (-3.0, -3), (str(2**60 + 1), 2**60 + 1)],
)
def test_a_whole_number_in_any_form(raw: Any, value: int) -> None:
    assert scalars.whole(raw) == value


@pytest.mark.parametrize("raw", [*NO_VALUE, 10.5, "10.5", "1e3", float("nan"), float("inf")])
def test_what_is_no_whole_number(raw: Any) -> None:
    assert scalars.whole(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        NOON.timestamp(),
        int(NOON.timestamp()),
        str(int(NOON.timestamp())),
        int(NOON.timestamp()) * 1000,
        "2026-11-28T12:00:00Z",
        "2026-11-28T12:00:00.000+00:00",
        "2026-11-28T13:00:00+01:00",
        "2026-11-28T12:00:00",
    ],
)
def test_a_moment_in_any_form(raw: Any) -> None:
    assert scalars.moment(raw) == NOON


@pytest.mark.parametrize("raw", [*NO_VALUE, 0, -5, "0", 1e300, "tomorrow", "2026-13-45T00:00:00Z"])
def test_what_is_no_moment(raw: Any) -> None:
    assert scalars.moment(raw) is None


@pytest.mark.parametrize(
    "raw",
    ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:00:00-23:00", "0001-01-01T00:00:00Z", 253402300799000],
)
def test_a_time_without_room_around_it_is_none(raw: Any) -> None:
    assert scalars.moment(raw) is None


@pytest.mark.parametrize(("raw", "value"), [(True, True), (False, False), ("true", True), ("False", False)])
def test_a_flag_in_any_form(raw: Any, value: bool) -> None:
    assert scalars.flag(raw) is value


@pytest.mark.parametrize("raw", [None, 0, 1, "", "yes", [], {}])
def test_what_is_no_flag(raw: Any) -> None:
    assert scalars.flag(raw) is None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_never_raises(raw: Any) -> None:
    for read in (scalars.number, scalars.whole, scalars.moment, scalars.flag):
        read(raw)


@given(st.integers(-(2**70), 2**70))
def test_text_means_the_same_as_the_number(value: int) -> None:
    assert scalars.whole(str(value)) == scalars.whole(value) == value
    assert scalars.number(str(value)) == scalars.number(value)
