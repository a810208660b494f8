"""The statistics behind `reports.steady`, against what is known of them."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.autocorrelation import TYPICAL, autocorrelation, inflation
from reports.shift import FEWEST, shift
from reports.trend import Block, exact_probability, trend
from tests.reports.series import step, windows

_BLOCKS = st.lists(st.lists(st.floats(1, 1e6), min_size=2, max_size=8), min_size=1, max_size=4)


def block(values: Sequence[float]) -> Block:
    return [(index / max(1, len(values) - 1), value) for index, value in enumerate(values)]


def score(values: Sequence[float]) -> int:
    return sum((b > a) - (b < a) for a, b in itertools.combinations(values, 2))


@pytest.mark.parametrize("sizes", [(2,), (3,), (5,), (2, 2, 2), (3, 4)])
def test_the_exact_distribution_is_that_of_all_orderings(sizes: tuple[int, ...]) -> None:
    orders = itertools.product(*(itertools.permutations(range(size)) for size in sizes))
    scores = [sum(map(score, order)) for order in orders]
    for least in range(max(scores) + 1):
        share = sum(abs(one) >= least for one in scores) / len(scores)
        assert exact_probability(least, sizes) == pytest.approx(share)


def test_ten_values_in_order_have_the_published_probability() -> None:
    """Kendall (1975), table 1: for 10 values S of 45 has one in 10! to either side."""
    assert exact_probability(45, (10,)) == pytest.approx(2 / math.factorial(10))
    assert exact_probability(21, (10,)) == pytest.approx(2 * 0.036, abs=0.001)


def test_the_slope_is_the_change_over_a_whole_block() -> None:
    rising = [block([10 + 3 * step for step in range(5)]), block([90 + 3 * step for step in range(5)])]
    found = trend(rising, 0.9, correlation=0.0)
    assert found.slope == pytest.approx(12)
    assert found.low <= found.slope <= found.high
    assert found.p == pytest.approx(2 / math.factorial(5) ** 2)


def test_levels_of_blocks_are_not_compared() -> None:
    apart = trend([block([1, 3, 2]), block([101, 103, 102])], 0.9, correlation=0.0)
    assert apart.p == trend([block([1, 3, 2])] * 2, 0.9, correlation=0.0).p


def test_equal_values_are_no_trend() -> None:
    found = trend([block([5.0] * 8)], 0.9)
    assert (found.p, found.slope) == (1.0, 0.0)


def test_too_few_values_have_an_interval_without_end() -> None:
    found = trend([block([1.0, 2.0])], 0.9)
    assert (found.low, found.high) == (-math.inf, math.inf)


@given(_BLOCKS)
def test_backwards_the_trend_is_the_opposite(values: list[list[float]]) -> None:
    forth, back = (trend([block(one[::way]) for one in values], 0.9, correlation=0.3) for way in (1, -1))
    assert back.slope == pytest.approx(-forth.slope, rel=1e-9, abs=1e-9)
    assert back.low == pytest.approx(-forth.high, rel=1e-9, abs=1e-9)
    assert back.p == forth.p


@given(_BLOCKS)
def test_a_stall_counts_no_more_than_its_rank(values: list[list[float]]) -> None:
    lowest = [[0.5 if value == min(one) else value for value in one] for one in values]
    lower = [[0.001 if value == min(one) else value for value in one] for one in values]
    first, second = (trend([block(one) for one in some], 0.9, correlation=0.3) for some in (lowest, lower))
    assert first.p == second.p


@pytest.mark.parametrize("like", [0.0, 0.3, 0.6])
def test_autocorrelation_is_found_also_under_a_drift(like: float) -> None:
    rng = random.Random(7)
    noise = [windows(rng, 60, like=like) for _ in range(40)]
    drifting = [[value + 20 * index for index, value in enumerate(one)] for one in noise]
    shifted = [[value + 500 * (index > 20) for index, value in enumerate(one)] for one in noise]
    for series in (noise, drifting, shifted):
        assert autocorrelation(series) == pytest.approx(like, abs=0.08)


def test_where_there_is_too_little_to_tell_it_is_the_typical_one() -> None:
    assert autocorrelation([[1.0, 2.0, 1.0]] * 9) == TYPICAL


def test_inflation_is_that_of_the_variance_of_a_mean() -> None:
    """For long series (1 + ρ) ÷ (1 − ρ) (Yue & Wang 2004)."""
    assert inflation(5, 0.0) == 1
    assert inflation(2, 0.5) == pytest.approx(1.5)
    assert inflation(10_000, 0.5) == pytest.approx(3, rel=1e-3)


@pytest.mark.parametrize("place", [4, 10, 16])
def test_a_shift_is_found_where_it_is(place: int) -> None:
    rng = random.Random(3)
    values = [1.0 + rng.gauss(0, 0.02) + 0.5 * (index >= place) for index in range(20)]
    found = shift(values)
    assert found is not None
    assert (found.at, found.p < 1e-6) == (place, True)
    assert found.change == pytest.approx(0.5, abs=0.05)


def test_the_larger_a_shift_the_clearer() -> None:
    found = [shift(windows(random.Random(5), 30, step(size), 0.05)) for size in (0.05, 0.2, 0.5)]
    chances = [one.p for one in found if one]
    assert chances == sorted(chances, reverse=True)
    assert chances[-1] < 1e-6 < chances[0]


def test_without_a_shift_the_least_probability_is_as_rare_as_it_says() -> None:
    found = [shift(windows(random.Random(seed), 100)) for seed in range(300)]
    assert sum(one is not None and one.p <= 0.05 for one in found) <= 0.05 * 300


def test_no_shift_is_looked_for_where_nothing_can_be_told() -> None:
    assert shift([1.0] * (FEWEST - 1)) is None
    level = shift([1.0] * FEWEST)
    assert level is not None
    assert (level.p, level.change) == (1.0, 0.0)
    exact = shift([1.0] * 10 + [2.0] * 10)
    assert exact is not None
    assert (exact.p, exact.at) == (0.0, 10)
