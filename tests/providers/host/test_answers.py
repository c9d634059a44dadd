"""Folders of which one does not answer."""

from __future__ import annotations

from threading import Event

import pytest

from providers.host.answers import Answers, RealPaths
from tests.left_behind import until


class Disk:
    """A folder in `hung` does not answer until `back` is set."""

    def __init__(self, *hung: str) -> None:
        self.hung = hung
        self.back = Event()
        self.asked: list[str] = []

    def __call__(self, folder: str) -> str:
        self.asked.append(folder)
        if folder in self.hung:
            self.back.wait()
        return folder.upper()


def test_one_that_hangs_costs_no_other_and_is_asked_again_once_it_came_back() -> None:
    disk = Disk("b")
    answers = Answers(disk, seconds=0.05)
    assert answers.of("abc") == {"a": "A", "c": "C"}
    assert answers.hanging == {"b"}
    assert answers.of("abc") == {"a": "A", "c": "C"}
    assert disk.asked == ["a", "b", "c", "a", "c"]
    disk.back.set()
    until(lambda: len(answers.of("abc")) == 3, "it is never asked again")
    assert answers.hanging == frozenset()


def test_a_look_waits_for_few_that_hang() -> None:
    disk = Disk("a", "b", "c", "d")
    answers = Answers(disk, seconds=0.05)
    assert answers.of("abcde") == {}
    assert answers.hanging == {"a", "b"}
    assert answers.of("abcde") == {}
    assert answers.of("abcde") == {"e": "E"}
    disk.back.set()


def test_what_fails_is_raised() -> None:
    def ask(folder: str) -> str:
        raise ValueError(folder)

    with pytest.raises(ValueError, match="a"):
        Answers(ask).of("a")


def test_a_folder_that_does_not_answer_has_no_real_path() -> None:
    disk = Disk("b")
    real = RealPaths(disk, seconds=0.05)
    assert [real.of(each) for each in "abba"] == ["A", None, None, "A"]
    assert disk.asked == ["a", "b", "a"]
    disk.back.set()
