"""Which processes come from which."""

from __future__ import annotations

from providers.domain.process_tree import children_of, tree
from providers.domain.processes import Process


def process(pid: int, parent: int, started: float = 0.0) -> tuple[int, Process]:
    return pid, Process(pid, parent, started, "any")


CHILDREN = children_of(dict([process(2, 1), process(3, 2), process(4, 3), process(5, 3), process(6, 2)]))


def test_one_and_all_below_it() -> None:
    assert set(tree(3, CHILDREN)) == {3, 4, 5}
    assert set(tree(2, CHILDREN)) == {2, 3, 4, 5, 6}
    assert list(tree(9, CHILDREN)) == [9]


def test_nothing_below_one_that_is_left_out() -> None:
    assert set(tree(2, CHILDREN, without=[3])) == {2, 6}


def test_of_a_process_whose_parents_number_is_another_s_now() -> None:
    assert not children_of(dict([process(2, 1, started=9.0), process(3, 2, started=5.0)]))


def test_a_circle_comes_to_an_end() -> None:
    assert set(tree(2, children_of(dict([process(2, 3), process(3, 2), process(4, 4)])))) == {2, 3}
