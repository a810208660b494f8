from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.spread import spread

_TPS = st.lists(st.floats(1, 1e7), min_size=1, max_size=20)


def test_median_and_shares_of_it() -> None:
    found = spread([100.0, 120.0, 90.0])
    assert (found.median, found.low, found.high) == (100, 90, 120)
    assert (found.below, found.above) == pytest.approx((-0.1, 0.2))
    assert found.in_words() == "-10% +20%"


def test_variation_is_the_samples_deviation_by_its_mean() -> None:
    assert spread([8.0, 10.0, 12.0]).variation == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("values", "course"), [([1, 2, 3], 1), ([3, 2, 1], -1), ([1, 3, 2], 0), ([2, 2, 1], 0), ([1, 1, 1], 0), ([1], 0)]
)
def test_the_course_is_told_only_where_no_value_breaks_it(values: list[float], course: int) -> None:
    assert spread(values).course == course


def test_one_round_and_nothing_measured_have_no_spread() -> None:
    assert spread([5.0]).in_words() == "1 round"
    assert spread([0.0, 0.0]).in_words() == "–"
    assert spread([]).median == 0


@given(_TPS)
def test_the_median_lies_between_the_lowest_and_the_highest(values: list[float]) -> None:
    found = spread(values)
    assert found.low <= found.median <= found.high
    assert found.median == statistics.median(values)
    assert found.below <= 0 <= found.above
    assert found.variation >= 0
