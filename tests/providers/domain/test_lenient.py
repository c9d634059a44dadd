"""Objects whose members are written otherwise than expected."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Raw, Struct

from providers.domain import lenient


class Inner(Struct, frozen=True):
    count: Annotated[int, Meta(ge=0)] = 0
    share: float | None = None


class Outer(Struct, frozen=True, rename="camel"):
    name: str
    own_count: int | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None
    is_on: bool = False
    inner: Inner | None = None
    parts: dict[str, Inner] = {}
    raw: Raw = Raw(b"null")


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({}, Outer("n")),
        ({"ownCount": "3", "isOn": "true"}, Outer("n", own_count=3, is_on=True)),
        (
            {"ownCount": 3.0, "at": "2026-11-28T12:00:00"},
            Outer("n", 3, datetime(2026, 11, 28, 12, tzinfo=UTC)),
        ),
        ({"ownCount": {}, "at": "x", "isOn": 1, "inner": 5, "parts": []}, Outer("n")),
        ({"inner": {"count": "4", "share": "0.5", "more": 1}}, Outer("n", inner=Inner(4, 0.5))),
        ({"inner": {"count": -4, "share": []}}, Outer("n", inner=Inner())),
        (
            {"parts": {"a": {"count": 1}, "b": {"count": "2"}}},
            Outer("n", parts={"a": Inner(1), "b": Inner(2)}),
        ),
        ({"inner": None, "ownCount": None}, Outer("n")),
    ],
)
def test_what_is_plain_is_taken_and_the_rest_dropped(sent: dict[str, Any], found: Outer) -> None:
    assert lenient.convert({"name": "n", **sent}, Outer) == found


def test_raw_members_are_kept_as_json() -> None:
    assert bytes(lenient.convert({"name": "n", "raw": [1, {"a": None}]}, Outer).raw) == b'[1,{"a":null}]'


@pytest.mark.parametrize("sent", [None, [], "n", {}, {"name": None}, {"name": 5}])
def test_without_a_required_member_it_is_none_of_its_kind(sent: Any) -> None:
    with pytest.raises(ValueError, match="no "):
        lenient.convert(sent, Outer)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["count", "share", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("ownCount", "at", "isOn", "inner", "parts"), json_like))
)
def test_any_value_gives_an_object(sent: dict[str, Any]) -> None:
    assert lenient.convert({"name": "n", **sent}, Outer).name == "n"
