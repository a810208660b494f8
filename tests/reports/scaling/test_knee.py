"""The knee of throughput, where it is known."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.scaling.knee import Knee, knee
from reports.scaling.level import Level

LOADS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


def plateau(load: float) -> float:
    return 1000 * min(load, 7)


def bend(load: float) -> float:
    return 1000 * load / (1 + 0.02 * (load - 1) + 0.02 * load * (load - 1))


def saturating(load: float) -> float:
    return 1000 * (1 - math.exp(-load / 5))


TRUTHS = {plateau: 8, bend: 6, saturating: 16}


def exact(*values: float, loads: Sequence[float] = LOADS) -> list[Level]:
    return [Level(load, (tps,)) for load, tps in zip(loads, values, strict=False)]


def noisy(truth: Callable[[float], float], seed: int, noise: float = 0.03, rounds: int = 3) -> list[Level]:
    rng = random.Random(seed)
    return [Level(load, tuple(truth(load) * rng.gauss(1, noise) for _ in range(rounds))) for load in LOADS]


@pytest.mark.parametrize("truth", TRUTHS)
def test_without_noise_it_is_where_the_definition_has_it(truth: Callable[[float], float]) -> None:
    assert knee(exact(*map(truth, LOADS))).load == TRUTHS[truth]


@pytest.mark.parametrize("truth", TRUTHS)
def test_its_interval_covers_the_truth_as_often_as_it_says(truth: Callable[[float], float]) -> None:
    found = [knee(noisy(truth, seed), resamples=100) for seed in range(40)]
    covered = sum((one.low or math.inf) <= TRUTHS[truth] <= (one.high or math.inf) for one in found)
    assert covered >= 0.9 * 40
    assert all(one.told for one in found)


def test_it_takes_both_nearly_the_peak_and_a_flat_way_on() -> None:
    flat_but_low = knee(exact(100, 102, 200, 205, 203))
    assert flat_but_low.load == 3
    near_but_steep = knee(exact(100, 190, 200.5, 200))
    assert near_but_steep.load == 3
    assert [(one.near, one.flat) for one in near_but_steep.steps] == [
        *((False, False), (False, False), (True, True), (True, False))
    ]


@pytest.mark.parametrize(
    ("values", "at"),
    [
        ((100, 189.5, 198.9, 198), 2),
        ((100, 189.5, 199.2, 198), 3),  # more than 5 % to gain
        ((100, 190, 195, 199.9, 199), 2),
        ((100, 190, 195, 200.1, 199), 3),  # less than 95 % of the peak
    ],
)
def test_its_two_limits_are_95_percent_and_5_percent(values: tuple[float, ...], at: float) -> None:
    assert knee(exact(*values)).load == at


def test_it_is_not_reached_while_throughput_grows() -> None:
    found = knee(noisy(lambda load: 1000 * load, 1))
    assert (found.load, found.high) == (None, None)
    assert "still grew at the largest load" in found.why
    assert found.in_words("processes")[0].startswith("knee not reached")


def test_a_small_gain_at_the_last_load_is_no_knee_either_if_it_is_beyond_noise() -> None:
    def measured(*values: float) -> list[Level]:
        return [Level(load, (tps, 1.001 * tps, 0.999 * tps) * 7) for load, tps in zip(LOADS, values, strict=False)]

    assert knee(measured(100, 190, 199, 204)).load is None
    assert knee(measured(100, 190, 199, 204, 204)).load == 3
    assert knee(exact(100, 190, 199, 204)).load == 3


def test_flat_so_far_is_no_knee_if_the_last_load_brought_more_again() -> None:
    found = knee(
        [Level(load, (tps, tps * 1.001, tps * 0.999)) for load, tps in zip(LOADS, (9, 10, 10, 12), strict=False)]
    )
    assert found.load is None


def test_levels_too_noisy_to_tell_reach_none() -> None:
    found = knee([Level(1, (50.0, 150.0)), Level(2, (60.0, 170.0))])
    assert found.load is None
    assert "no load but the largest" in found.why


def test_single_rounds_have_no_interval_and_a_single_level_no_knee() -> None:
    assert (knee(exact(1, 2, 2, 2)).told, knee(exact(1, 2, 2, 2)).agreeing) == (False, None)
    assert "one level of load only" in knee([Level(4, (5.0, 6.0))]).why
    assert "nothing is known of the noise" in knee(exact(1, 2, 2, 2)).in_words("processes")[1]


def test_nothing_written_is_told() -> None:
    assert knee(exact(0, 0, 0)).why == "nothing was written at any load"


def test_it_says_which_limit_holds_where() -> None:
    labels = ["round trip", "round trip", "server CPU", "server CPU"]
    levels = [Level(load, (tps,), label) for load, tps, label in zip(LOADS, (100, 200, 260, 262), labels, strict=False)]
    found = knee(levels)
    assert found.why.endswith("its limit: server CPU")
    lines = found.in_words("hosts")
    assert [line.rstrip().endswith("here") for line in lines[3:]] == [False, False, True, False]
    assert "round trip" in lines[3]


def test_the_same_levels_have_the_same_knee_in_any_order_and_it_is_json() -> None:
    levels = noisy(bend, 3)
    found = knee(levels)
    assert knee(levels[::-1]) == found
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["load"] == found.load


@settings(max_examples=40)
@given(st.lists(st.lists(st.floats(0, 1e9), min_size=1, max_size=3), min_size=1, max_size=8))
def test_a_knee_is_always_near_the_peak_and_inside_its_levels(values: list[list[float]]) -> None:
    found: Knee = knee([Level(load, tuple(one)) for load, one in enumerate(values, 1)], resamples=20)
    if found.load is not None:
        step = found.steps[int(found.load) - 1]
        assert step.near
        assert step.flat
        assert not any(one.near and one.flat for one in found.steps[: int(found.load) - 1])
    json.dumps(found.to_json(), allow_nan=False)
    assert len(found.in_words("processes")) == 3 + len(values)
