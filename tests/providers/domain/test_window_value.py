from __future__ import annotations

from statistics import median, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.window_value import (
    LEAST_WINDOWS,
    Look,
    PercentQuotient,
    PercentRise,
    main_model,
    rise,
    seen_looks,
    spread,
    worth,
)


def always(_since: int, _until: int) -> bool:
    return True


def never(_since: int, _until: int) -> bool:
    return False


def test_only_what_rose_between_the_looks_counts() -> None:
    assert rise([(10, 30.0), (20, 42.0), (30, 45.0)], always) == PercentRise(15.0, 0.0, 10, 30)


@pytest.mark.parametrize("looks", [[], [(10, 30.0)]])
def test_a_single_look_says_nothing(looks: list[Look]) -> None:
    found = rise(looks, always)
    assert (found.percent, found.counts) == (0.0, False)


def test_what_rose_while_nothing_was_logged_was_used_elsewhere() -> None:
    def until_20(_since: int, until: int) -> bool:
        return until <= 20

    found = rise([(10, 0.0), (20, 40.0), (30, 60.0)], until_20)
    assert (found.here, found.elsewhere, found.counts) == (40.0, 20.0, False)
    assert rise([(10, 0.0), (20, 40.0)], never).here == 0.0


def test_a_step_back_is_rounding_and_counts_once() -> None:
    assert rise([(1, 10.0), (2, 12.0), (3, 11.0), (4, 13.0)], always).percent == 3.0


def test_looks_after_it_was_used_up_do_not_count() -> None:
    assert seen_looks([(1, 90.0), (2, 100.0), (3, 100.0)]) == [(1, 90.0), (2, 100.0)]


@pytest.mark.parametrize(
    ("percent", "elsewhere", "counts"),
    [(9.9, 0.0, False), (10.0, 0.0, True), (100.0, 10.0, True), (100.0, 10.1, False), (10.5, 1.0, False)],
)
def test_which_windows_count(percent: float, elsewhere: float, *, counts: bool) -> None:
    assert PercentRise(percent, elsewhere).counts == counts


def test_few_windows_have_no_spread() -> None:
    few = [PercentQuotient(1.0, 1.0, "a")] * (LEAST_WINDOWS - 1)
    found = worth(few)
    assert (found.tokens, found.usd, found.by_model) == (None, None, {})


def test_windows_without_a_price_count_in_tokens_alone() -> None:
    priced = [PercentQuotient(10.0, float(number), "a") for number in range(LEAST_WINDOWS)]
    found = worth([*priced, PercentQuotient(90.0, None), PercentQuotient(90.0, 50.0, "b")])
    assert found.tokens is not None
    assert found.usd is not None
    assert (found.tokens.windows, found.usd.windows) == (LEAST_WINDOWS + 2, LEAST_WINDOWS + 1)
    assert {model: each.median for model, each in found.by_model.items()} == {"a": 1.0}


@pytest.mark.parametrize(
    ("usd", "model"),
    [({}, None), ({"a": 0.0}, None), ({"a": 8.0, "b": 2.0}, "a"), ({"a": 7.9, "b": 2.1}, None)],
)
def test_the_model_that_a_window_was_used_with(usd: dict[str, float], model: str | None) -> None:
    assert main_model(usd) == model


@given(st.lists(st.floats(0, 1e9), min_size=LEAST_WINDOWS))
def test_quartiles_are_those_of_the_standard_library(values: list[float]) -> None:
    found = spread(values)
    assert found is not None
    low, _, high = quantiles(values, n=4, method="inclusive")
    assert (found.low, found.median, found.high) == pytest.approx((low, median(values), high))


@given(st.lists(st.floats(0, 100), min_size=1, max_size=20), st.sets(st.integers(0, 19)))
def test_what_rose_here_and_elsewhere_is_what_rose(used: list[float], here: set[int]) -> None:
    looks = list(enumerate(used))
    found = rise(looks, lambda since, _until: since in here)
    assert found.percent == pytest.approx(max(used) - used[0])
    assert -1e-9 <= found.elsewhere <= found.percent + 1e-9
