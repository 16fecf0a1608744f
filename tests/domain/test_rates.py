"""Shares and their intervals: the values that the papers print, and what must hold of any."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.rates import matched, newcombe, wilson

# R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
SCORE = [((81, 263), 0.2553, 0.3662), ((15, 148), 0.0624, 0.1605), ((0, 20), 0.0, 0.1611), ((1, 29), 0.0061, 0.1718)]

# R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
DIFFERENCES = [
    ((56, 70), (48, 80), 0.2, 0.0524, 0.3339),
    ((9, 10), (3, 10), 0.6, 0.1705, 0.8090),
    ((10, 10), (0, 20), 1.0, 0.6791, 1.0),
    ((10, 10), (0, 10), 1.0, 0.6075, 1.0),
    ((5, 56), (0, 29), 0.0893, -0.0381, 0.1926),
]


@pytest.mark.parametrize(("seen", "low", "high"), SCORE)
def test_the_score_interval_is_the_one_that_is_printed(seen: tuple[int, int], low: float, high: float) -> None:
    rate = wilson(*seen)
    assert (round(rate.low, 4), round(rate.high, 4)) == (low, high)


@pytest.mark.parametrize(("first", "second", "value", "low", "high"), DIFFERENCES)
def test_the_difference_is_the_one_that_is_printed(
    first: tuple[int, int], second: tuple[int, int], value: float, low: float, high: float
) -> None:
    told = newcombe(first, second)
    assert (round(told.value, 4), round(told.low, 4), round(told.high, 4)) == (value, low, high)


def test_nothing_of_nothing_may_be_anything() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high, math.isnan(wilson(0, 0).share)) == (0.0, 1.0, True)
    assert not newcombe((0, 0), (3, 40)).shown
    assert not matched([]).shown
    with pytest.raises(ValueError, match="between"):
        wilson(3, 2)


counts = st.integers(1, 400).flatmap(lambda number: st.tuples(st.integers(0, number), st.just(number)))


@given(counts)
def test_a_share_lies_in_its_interval_and_what_is_left_mirrors_it(seen: tuple[int, int]) -> None:
    rate, rest = wilson(*seen), wilson(seen[1] - seen[0], seen[1])
    assert 0 <= rate.low <= rate.share <= rate.high <= 1
    assert math.isclose(rate.low, 1 - rest.high, abs_tol=1e-12)
    narrower = wilson(*seen, confidence=0.5)
    assert rate.low <= narrower.low <= narrower.high <= rate.high


@given(counts, counts)
def test_a_difference_turned_round_is_its_opposite(first: tuple[int, int], second: tuple[int, int]) -> None:
    one, other = newcombe(first, second), newcombe(second, first)
    assert -1 <= one.low <= one.value <= one.high <= 1 + 1e-12
    assert math.isclose(one.low, -other.high, abs_tol=1e-12)


@given(counts, counts)
def test_one_stratum_is_the_plain_difference(first: tuple[int, int], second: tuple[int, int]) -> None:
    told = matched([(*first, *second)])
    assert math.isclose(told.value, newcombe(first, second).value, abs_tol=1e-12)
    turned = matched([(*second, *first)])
    assert math.isclose(told.value, -turned.value, abs_tol=1e-12)
    assert math.isclose(told.high - told.low, turned.high - turned.low, abs_tol=1e-9)


def test_a_stratum_without_one_of_the_groups_compares_nothing() -> None:
    both = [(10, 60, 20, 60), (5, 50, 5, 40)]
    assert matched([*both, (7, 30, 0, 0), (0, 0, 3, 9)]) == matched(both)


def test_what_only_the_strata_differ_by_is_no_difference() -> None:
    # Mondays are missed more often than Fridays, whoever was reminded; and it is on Mondays that few were.
    mondays, fridays = (20, 50, 400, 1000), (40, 800, 5, 100)
    plain = newcombe((60, 850), (405, 1100))
    told = matched([mondays, fridays])
    assert plain.shown
    assert not told.shown
    assert abs(told.value) < 1e-9


def test_nineteen_intervals_of_twenty_hold_the_truth_in_many_small_strata() -> None:
    dice = random.Random("strata of two or three")
    held, times, truth = 0, 1000, -0.08
    for _time in range(times):
        strata = []
        for _stratum in range(250):
            base, ones, others = dice.uniform(0.1, 0.3), dice.randint(0, 4), dice.randint(0, 3)
            one = sum(dice.random() < base + truth for _case in range(ones))
            other = sum(dice.random() < base for _case in range(others))
            strata.append((one, ones, other, others))
        told = matched(strata)
        held += told.low <= truth <= told.high
    assert 0.925 <= held / times <= 0.97
