"""The types of settings: what they take, from TOML and from a command line."""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.setting import (
    Bool,
    Choice,
    Duration,
    FilePath,
    Float,
    FolderList,
    Hours,
    Int,
    InvalidValue,
    Text,
)

HOME = Path(os.path.expanduser("~"))
ROOT = Path(os.path.abspath(os.sep))
MINUTES = Duration(timedelta(minutes=1), timedelta(days=1))
PERCENT = Int(1, 100)
SHARE = Float(0, 1.5)
ICON = Choice(("bars", "ring"))
TYPES = (Bool(), PERCENT, SHARE, MINUTES, ICON, Hours(), Text(), FilePath(), FolderList())


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (Bool(), "true", True),
        (Bool(), " Off", False),
        (ICON, "ring ", "ring"),
        (PERCENT, "100", 100),
        (SHARE, "1", 1.0),
        (SHARE, "0.25", 0.25),
        (MINUTES, "90s", timedelta(seconds=90)),
        (MINUTES, "1h 30m", timedelta(minutes=90)),
        (Hours(), " 22:00-07:00 ", "22:00-07:00"),
        (Hours(), "22 – 7:30", "22:00-07:30"),
        (Hours(), "22:00-24:00", "22:00-00:00"),
        (Hours(), "", None),
        (MINUTES, "1d", timedelta(days=1)),
        (Text(), " a b ", " a b "),
        (FilePath(), "~/bin/codex", HOME / "bin/codex"),
        (FolderList(), "~/a, ~/b,~/a", (HOME / "a", HOME / "b")),
        (FolderList(), '["~/a, b"]', (HOME / "a, b",)),
        (FolderList(), "", ()),
        (FolderList(), "[]", ()),
    ],
)
def test_what_a_command_line_means(type_: Any, text: str, value: object) -> None:
    found = type_.parse(type_.raw(text))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("type_", "raw", "expected"),
    [
        (Bool(), 1, "true or false"),
        (Bool(), "maybe", "true or false"),
        (ICON, "pie", "one of bars, ring"),
        (ICON, True, "one of bars, ring"),
        (PERCENT, 0, "a whole number from 1 to 100"),
        (PERCENT, True, "a whole number from 1 to 100"),
        (PERCENT, Decimal(5), "a whole number from 1 to 100"),
        (SHARE, Decimal("1.6"), "a number from 0 to 1.5"),
        (SHARE, Decimal("nan"), "a number from 0 to 1.5"),
        (SHARE, float("nan"), "a number from 0 to 1.5"),
        (SHARE, 10**400, "a number from 0 to 1.5"),
        (
            MINUTES,
            "59s",
            'a duration in quotes, such as "90s", "5m" or "1h30m", from 1m to 1d',
        ),
        (MINUTES, 90, 'a duration in quotes, such as "90s", "5m" or "1h30m", from 1m to 1d'),
        (MINUTES, "", 'a duration in quotes, such as "90s", "5m" or "1h30m", from 1m to 1d'),
        (Hours(), "25:00-07:00", 'two times of day in quotes, such as "22:00-07:00"'),
        (Hours(), "22:00-07:60", 'two times of day in quotes, such as "22:00-07:00"'),
        (Hours(), "22:00-24:01", 'two times of day in quotes, such as "22:00-07:00"'),
        (Hours(), "22:00", 'two times of day in quotes, such as "22:00-07:00"'),
        (Hours(), 22, 'two times of day in quotes, such as "22:00-07:00"'),
        (Text(), 7, "a text in quotes"),
        (Text(), "\0", "a text in quotes"),
        (FilePath(), "codex", "a path in quotes, from / or ~"),
        (FolderList(), ["~/a", "b"], "a list of folders in quotes, each from / or ~"),
        (FolderList(), "~/a", "a list of folders in quotes, each from / or ~"),
    ],
)
def test_what_it_should_be(type_: Any, raw: object, expected: str) -> None:
    with pytest.raises(InvalidValue) as error:
        type_.parse(raw)
    assert str(error.value) == expected


toml = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.floats() | st.text() | st.datetimes(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize("type_", TYPES, ids=lambda type_: type(type_).__name__)
@given(raw=toml | st.text())
def test_any_value_is_taken_or_refused(type_: Any, raw: object) -> None:
    for each in (raw, type_.raw(raw)) if isinstance(raw, str) else (raw,):
        try:
            value = type_.parse(each)
        except InvalidValue:
            continue
        hash(value)
        type_.text(value)


@given(st.sampled_from(TYPES), st.data())
def test_a_value_as_text_means_itself(type_: Any, data: st.DataObject) -> None:
    of_type: dict[Any, st.SearchStrategy[object]] = {
        Bool: st.booleans(),
        Int: st.integers(1, 100),
        Float: st.integers(0, 1500).map(lambda value: value / 1000),
        Duration: st.integers(60, 86400).map(lambda value: timedelta(seconds=value)),
        Choice: st.sampled_from(["bars", "ring"]),
        Text: st.text().filter(lambda value: "\0" not in value),
        Hours: st.none()
        | st.tuples(*[st.times()] * 2).map(lambda pair: "-".join(map("{:%H:%M}".format, pair))),
        FilePath: st.sampled_from([ROOT / "a b", HOME / "c"]),
        FolderList: st.lists(st.sampled_from([ROOT / "a b", HOME / "c"]), unique=True).map(tuple),
    }
    value = data.draw(of_type[type(type_)])
    assert type_.parse(type_.raw(type_.text(value))) == value
