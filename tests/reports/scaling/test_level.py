"""Levels of load, their noise, and what one brought more than another."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.scaling.level import USUAL_NOISE, Level, Noise, gain, in_order, noise
from reports.scaling.resampling import can_tell, interval, resampled


def rounds(rng: random.Random, tps: float, deviation: float, count: int = 3) -> tuple[float, ...]:
    return tuple(tps * rng.gauss(1, deviation) for _ in range(count))


@pytest.mark.parametrize("wrong", [(0, (1.0,)), (1, ()), (1, (-1.0,)), (1, (float("nan"),)), (float("inf"), (1.0,))])
def test_a_level_without_load_or_rounds_is_refused(wrong: tuple[float, tuple[float, ...]]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Level(*wrong)


def test_levels_come_in_order_and_once() -> None:
    assert [one.load for one in in_order([Level(3, (1.0,)), Level(1, (1.0,))])] == [1, 3]
    for wrong in ([], [Level(1, (1.0,)), Level(1, (2.0,))]):
        with pytest.raises(ValueError, match="each load once"):
            in_order(wrong)


@pytest.mark.parametrize("deviation", [0.01, 0.05, 0.2])
def test_the_noise_of_many_rounds_is_theirs_and_of_few_it_is_near_the_usual(deviation: float) -> None:
    rng = random.Random(1)
    many = [Level(load, rounds(rng, 100 * load, deviation, 50)) for load in range(1, 11)]
    assert noise(many).deviation == pytest.approx(deviation, rel=0.1)
    assert noise([Level(1, (5.0,))]).deviation == USUAL_NOISE


def test_growth_is_hardly_ever_seen_where_there_is_none() -> None:
    rng, seen = random.Random(2), 0
    for _ in range(400):
        levels = [Level(load, rounds(rng, 1000, 0.05)) for load in range(1, 7)]
        seen += gain(levels[0], levels[1], noise(levels)).grew
    assert seen <= 0.07 * 400


def test_growth_by_a_fifth_is_hardly_ever_missed() -> None:
    rng, seen = random.Random(3), 0
    for _ in range(100):
        levels = [Level(load, rounds(rng, 1000 * 1.2**load, 0.05)) for load in range(1, 7)]
        found = gain(levels[0], levels[1], noise(levels))
        seen += found.grew
        assert not found.fell
        assert not gain(levels[1], levels[0], noise(levels)).grew
    assert seen >= 97


def test_a_hundredth_more_is_no_growth_on_the_quietest_machine() -> None:
    assert not gain(Level(1, (1000.0,)), Level(2, (1009.0,)), Noise(1e-6, 100)).grew
    assert gain(Level(1, (1000.0,)), Level(2, (1011.0,)), Noise(1e-6, 100)).grew
    assert gain(Level(1, (1000.0,)), Level(2, (900.0,)), Noise(1e-6, 100)).fell


def test_something_is_more_than_nothing() -> None:
    assert gain(Level(1, (0.0,)), Level(2, (10.0,)), Noise(0.05, 4)).grew
    nothing = gain(Level(1, (0.0,)), Level(2, (0.0,)), Noise(0.05, 4))
    assert (nothing.grew, nothing.fell) == (False, False)


def test_resamples_spread_as_rounds_do() -> None:
    rng = random.Random(4)
    level = Level(1, rounds(rng, 1000, 0.05, 40))
    low, high = interval([drawn[0] for drawn in resampled([level], 2000)])
    # The median of 40 normal values has a deviation of 0.05 × √(π / 2) ÷ √40.
    assert high - low == pytest.approx(2 * 1.96 * 1000 * 0.05 * 1.2533 / 40**0.5, rel=0.4)
    assert low < level.tps < high


def test_a_single_round_is_drawn_from_the_deviations_of_all() -> None:
    levels = [Level(1, (100.0, 110.0, 90.0)), Level(2, (200.0,))]
    assert can_tell(levels)
    assert not can_tell([Level(1, (1.0,)), Level(2, (2.0,))])
    assert len({drawn[1] for drawn in resampled(levels, 100)}) == 3


@settings(max_examples=30)
@given(st.lists(st.lists(st.floats(0, 1e9), min_size=1, max_size=4), min_size=1, max_size=5))
def test_the_same_levels_give_the_same_resamples(values: list[list[float]]) -> None:
    levels = [Level(load, tuple(one)) for load, one in enumerate(values, 1)]
    if can_tell(levels):
        first, second = (list(resampled(levels, 10)) for _ in range(2))
        assert first == second
        assert all(tps >= 0 for drawn in first for tps in drawn)
