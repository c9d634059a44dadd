"""A fault as it is logged: its frames, and none of the values in it."""

from __future__ import annotations

import json
import logging

import pytest

from providers.host.faults import describe, log_fault, own_place

SECRET = "access-secret-7f3a9c"


def caught(work: object) -> BaseException:
    assert callable(work)
    try:
        work()
    except BaseException as error:  # noqa: BLE001
        return error
    raise AssertionError("nothing was raised")


def test_frames_from_the_outermost_to_the_innermost() -> None:
    def inner() -> None:
        json.loads("{" + SECRET)

    text = describe(caught(inner))
    assert text.startswith("JSONDecodeError at test_faults.py:")
    places = [part.split(":")[0] for part in text.split(" at ")[1].split(" > ")]
    assert places == [
        "test_faults.py",
        "test_faults.py",
        "json/__init__.py",
        "json/decoder.py",
        "json/decoder.py",
    ]
    assert "test_frames_from_the_outermost_to_the_innermost.inner" in text
    assert SECRET not in text


def test_our_own_files_are_seen_from_the_root() -> None:
    error = caught(lambda: own_place(None))  # type: ignore[arg-type]
    assert "providers/host/faults.py:" in describe(error)
    assert own_place(error).startswith("providers/host/faults.py:")
    assert own_place(error, but="providers/host/faults.py").startswith("test_faults.py") is False


def test_the_cause_is_included_without_its_message() -> None:
    def fails() -> None:
        try:
            dict[str, int]()[SECRET]
        except KeyError as error:
            raise ValueError(SECRET) from error

    text = describe(caught(fails))
    assert text.count(" at ") == 2
    assert text.index("ValueError") < text.index("; from KeyError")
    assert SECRET not in text


def test_an_endless_recursion_is_short() -> None:
    def again() -> None:
        again()

    text = describe(caught(again))
    assert len(text) < 3000
    assert " more] > " in text


def test_an_error_that_was_never_raised() -> None:
    assert describe(ValueError(SECRET)) == "ValueError at ?"
    assert own_place(ValueError(SECRET)) == "?:0"


def test_the_helper(caplog: pytest.LogCaptureFixture) -> None:
    log_fault(logging.getLogger("tray.test"), "could not draw", caught(lambda: 1 / 0))
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.getMessage().startswith("could not draw: ZeroDivisionError at test_faults.py:")
