"""How often series are called steady whose truth is known. Seeds are fixed, so the counts are the same every time."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.record import Trial
from reports.steady import steady
from tests.reports.series import Shape, decay, level, ramp, round_of, stalled, step, trial_of, windows
from tests.trials import a_round

WORST = 0.05
"""Share of steady series that may be called unsteady."""


def verdicts(
    rounds: int,
    count: int,
    shape: Shape = level,
    *,
    trials: int,
    noise: float = 0.1,
    like: float = 0.5,
    stalls: bool = False,
) -> Counter[bool | None]:
    found: Counter[bool | None] = Counter()
    for seed in range(trials):
        rng = random.Random(seed)
        series = [windows(rng, count, shape, noise, like) for _ in range(rounds)]
        found[steady(trial_of(*[stalled(rng, one) if stalls else one for one in series]))["steady"]] += 1
    return found


@pytest.mark.parametrize(("rounds", "count"), [(3, 2), (3, 5), (1, 10), (1, 20), (3, 10)])
def test_noise_is_rarely_called_unsteady(rounds: int, count: int) -> None:
    assert verdicts(rounds, count, trials=100)[False] <= WORST * 100


@pytest.mark.slow
@pytest.mark.parametrize("stalls", [False, True])
@pytest.mark.parametrize("like", [0.0, 0.3, 0.5])
@pytest.mark.parametrize(("rounds", "count"), [(3, 5), (1, 10), (3, 10), (1, 20), (1, 60)])
def test_noise_of_every_kind_is_rarely_called_unsteady(rounds: int, count: int, like: float, stalls: bool) -> None:
    found = verdicts(rounds, count, like=like, stalls=stalls, trials=200)
    assert found[False] <= WORST * 200


@pytest.mark.parametrize(("rounds", "count", "noise"), [(3, 5, 0.05), (3, 10, 0.05), (1, 300, 0.1)])
def test_noise_is_called_steady_where_there_is_enough_of_it(rounds: int, count: int, noise: float) -> None:
    assert verdicts(rounds, count, noise=noise, trials=40)[True] >= 36


@pytest.mark.parametrize(
    "shape",
    [ramp(0.2), ramp(-0.2), step(-0.2), step(0.2, at=0.4), decay(0.3)],
    ids=["warm-up", "throttling", "shift down", "shift up", "decay"],
)
def test_a_drift_of_a_fifth_is_called_unsteady(shape: Shape) -> None:
    assert verdicts(1, 300, shape, noise=0.05, trials=20)[False] >= 18
    assert verdicts(5, 10, shape, noise=0.05, trials=20)[False] >= 18


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "noise", "least"),
    [
        (ramp(0.1), 0.05, 0.70),
        (ramp(0.2), 0.05, 0.98),
        (ramp(0.2), 0.1, 0.80),
        (step(-0.1), 0.05, 0.90),
        (step(-0.2), 0.05, 0.98),
        (step(0.2, at=0.25), 0.05, 0.95),
        (step(-0.2), 0.1, 0.95),
        (decay(0.3), 0.05, 0.95),
    ],
)
def test_drifts_are_called_unsteady_as_often_as_is_said(shape: Shape, noise: float, least: float) -> None:
    for rounds, count in ((1, 300), (3, 60)):
        assert verdicts(rounds, count, shape, noise=noise, trials=50)[False] >= 50 * least


def test_a_shift_in_one_round_alone_is_found() -> None:
    found = 0
    for seed in range(10):
        rng = random.Random(seed)
        series = [windows(rng, 60, step(-0.4) if number == 1 else level, 0.05) for number in range(3)]
        told = steady(trial_of(*series))
        found += told["steady"] is False and told["rounds"][1]["steady"] is False
    assert found >= 9


def test_a_few_seconds_without_a_reading_are_no_drift() -> None:
    rates = [1000.0 + (index % 3) for index in range(60)]
    for at in (0, 1, 58, 59):
        rates[at] = 0.0
    assert steady(trial_of(rates))["steady"] is True


def test_ever_more_stalls_are_a_drift() -> None:
    rates = [1000.0] * 100 + [1000.0, 1000.0, 1000.0, 1000.0, 0.0] * 20
    assert steady(trial_of(rates))["steady"] is False


def test_acknowledgements_in_lumps_tell_nothing() -> None:
    told = steady(trial_of([0.0, 10_000.0] * 40))
    assert told["steady"] is None
    assert "lumps" in told["why"]


def test_a_small_drift_is_not_held_against_it_however_certain() -> None:
    assert steady(trial_of([1000 + index * 0.5 for index in range(100)]))["steady"] is True
    assert steady(trial_of([1000 + index * 1.5 for index in range(100)]))["steady"] is False


@pytest.mark.parametrize("rounds", [[], [[1000.0]], [[1000.0, 900.0]] * 3, [[1000.0, 900.0, 800.0]], [[0.0] * 10]])
def test_what_is_too_short_is_said_to_be_so(rounds: list[list[float]]) -> None:
    told = steady(trial_of(*rounds) if rounds else replace(trial_of([1.0]), rounds=[]))
    assert told["steady"] is None
    assert told["why"].startswith("too short to say")


def test_readings_that_are_acknowledged_at_the_end_tell_nothing() -> None:
    """A COMMIT every 100,000 readings: the windows hold one of them, and most came after the last."""
    one = a_round(
        230_000.0, seconds=4.0, windows=[(0.0, 0), (1.0, 98_210), (2.0, 98_210), (3.0, 98_210), (4.0, 98_210)]
    )
    told = steady(replace(trial_of([1.0]), rounds=[one], settings={}))
    assert (told["steady"], told["windows"]) == (None, 0)


def test_a_server_that_stops_answering_is_not_steady() -> None:
    assert steady(trial_of([1000.0] * 20 + [0.0] * 20))["steady"] is False


def test_the_tail_in_which_producers_end_does_not_count() -> None:
    one = round_of([1000.0] * 30)
    late = replace(one, seconds=34.0, windows=[*one.windows, (31.0, 30_100), (32.0, 30_101), (33.0, 30_102)])
    told = steady(replace(trial_of([1000.0] * 30), rounds=[late]))
    assert (told["steady"], told["windows"]) == (True, 30)


@pytest.mark.parametrize(
    ("tps", "verdict"),
    [
        ([100, 90, 80, 70, 60], False),
        ([60, 70, 80, 90, 100, 110], False),
        ([100, 99, 98, 97, 96], True),
        ([100, 60, 90, 70, 80], True),
        ([100, 80, 60, 40], True),
    ],
)
def test_rounds_that_get_slower_one_after_the_other_are_not_steady(tps: list[float], verdict: bool) -> None:
    told = steady(trial_of(*[[rate, rate] * 10 for rate in tps]))
    assert told["steady"] is verdict
    assert verdict or "rounds got" in told["why"]


def test_the_verdict_names_its_method_and_source_and_is_json() -> None:
    told = steady(trial_of([1000.0, 1001.0] * 10))
    assert "Kendall" in told["method"]
    assert "Hirsch" in told["source"]
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def trials(least: int = 0) -> st.SearchStrategy[Trial]:
    series = st.lists(st.integers(least, 10_000).map(float), min_size=1, max_size=12)
    return st.lists(series, min_size=1, max_size=6).map(lambda rounds: trial_of(*rounds))


@given(trials())
def test_it_is_json_whatever_happened(trial: Trial) -> None:
    told = steady(trial)
    json.dumps(told, allow_nan=False)
    assert told["steady"] in {True, False, None}
    assert len(told["rounds"]) == len(trial.rounds)


@given(trials(least=1), st.integers(2, 1000))
def test_it_does_not_depend_on_how_fast_the_machine_is(trial: Trial, factor: int) -> None:
    faster = [
        replace(one, tps=one.tps * factor, windows=[(at, count * factor) for at, count in one.windows])
        for one in trial.rounds
    ]
    assert steady(replace(trial, rounds=faster))["steady"] == steady(trial)["steady"]
