"""The Universal Scalability Law, fitted to levels that follow it."""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Callable, Sequence

import pytest

from collectors.errors import Unavailable, UsageError
from reports.scaling.law import Fitted, fit
from reports.scaling.level import Level
from reports.scaling.usl import FEWEST, Estimate, scalability

LOADS = (1, 2, 3, 4, 6, 8, 12, 16, 24)
LAW = Fitted(1000.0, 0.05, 0.005)


def levels(
    law: Callable[[float], float], seed: int = 0, noise: float = 0.03, rounds: int = 3, loads: Sequence[float] = LOADS
) -> list[Level]:
    rng = random.Random(seed)
    return [Level(load, tuple(law(load) * rng.gauss(1, noise) for _ in range(rounds))) for load in loads]


def covers(estimate: Estimate | None, truth: float) -> bool:
    assert estimate is not None
    return (estimate.low or 0.0) <= truth <= (estimate.high if estimate.high is not None else math.inf)


@pytest.mark.parametrize("law", [LAW, Fitted(1e5, 0.3, 0.0), Fitted(3.0, 0.0, 0.001), Fitted(50.0, 0.9, 0.02)], ids=str)
def test_without_noise_the_parameters_are_found_exactly(law: Fitted) -> None:
    found = fit(LOADS, [law.at(load) for load in LOADS], [1 / law.at(load) for load in LOADS])
    assert found.throughput == pytest.approx(law.throughput, rel=1e-4)
    assert found.contention == pytest.approx(law.contention, abs=1e-4)
    assert found.coherency == pytest.approx(law.coherency, abs=1e-5)


def test_the_law_is_gunthers() -> None:
    assert LAW.at(1) == 1000
    assert LAW.at(10) == pytest.approx(10_000 / (1 + 0.05 * 9 + 0.005 * 90))
    assert LAW.peak == pytest.approx(math.sqrt(0.95 / 0.005))
    assert max(range(1, 40), key=LAW.at) == 14
    assert Fitted(1.0, 0.5, 0.0).peak == math.inf
    assert Fitted(1.0, 1.0, 0.0).peak == 0


@pytest.mark.slow
def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    found = [scalability(levels(LAW.at, seed), resamples=100) for seed in range(60)]
    for truth, name in (
        (LAW.throughput, "throughput_of_one"),
        (LAW.contention, "contention"),
        (LAW.coherency, "coherency"),
        (LAW.peak, "peak_load"),
        (LAW.at(LAW.peak), "peak_tps"),
    ):
        assert sum(covers(getattr(one, name), truth) for one in found) >= 0.88 * 60, name


def test_parameters_and_peak_lie_within_their_intervals() -> None:
    found = scalability(levels(LAW.at, 1), resamples=60)
    assert covers(found.throughput_of_one, LAW.throughput)
    assert covers(found.contention, LAW.contention)
    assert covers(found.coherency, LAW.coherency)
    assert covers(found.peak_load, LAW.peak)
    assert covers(found.peak_tps, LAW.at(LAW.peak))
    assert found.r_squared is not None
    assert found.r_squared > 0.99
    assert found.farthest < 0.1


def test_a_noisy_level_counts_less() -> None:
    steady = [Level(load, (LAW.at(load),) * 3) for load in LOADS if load != 8]
    wild = Level(8, (0.4 * LAW.at(8), 0.6 * LAW.at(8), 1.5 * LAW.at(8)))
    calm = Level(8, (0.6 * LAW.at(8),) * 3)
    off = [abs(scalability([*steady, one], resamples=5).contention.value - LAW.contention) for one in (wild, calm)]
    assert off[0] < off[1] / 2


def test_fewer_than_six_levels_are_refused() -> None:
    with pytest.raises(UsageError, match=f"at least {FEWEST} levels of load, and there are 5"):
        scalability(levels(LAW.at)[:5])
    with pytest.raises(UsageError, match="there are 0"):
        scalability([])


def test_without_scipy_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(Unavailable, match="fitting needs SciPy") as refused:
        scalability(levels(LAW.at))
    assert "thermobench[suite]" in refused.value.mend


def test_nothing_written_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing was written"):
        scalability([Level(load, (0.0,)) for load in LOADS])


def test_nothing_is_said_beyond_what_was_measured() -> None:
    found = scalability(levels(LAW.at, rounds=1))
    assert found.at(1) == pytest.approx(1000, rel=0.1)
    assert found.at(24) == pytest.approx(LAW.at(24), rel=0.1)
    assert found.at(20) == pytest.approx(LAW.at(20), rel=0.1)
    for outside in (0.5, 24.1, 1000):
        with pytest.raises(UsageError, match="outside of the loads that were measured, 1 to 24"):
            found.at(outside)


def test_a_peak_beyond_what_was_measured_is_not_a_number() -> None:
    found = scalability(levels(LAW.at, loads=(1, 2, 3, 4, 6, 8)), resamples=20)
    assert (found.peak, found.peak_load, found.peak_tps) == ("beyond", None, None)
    assert found.in_words("processes")[-1] == "its peak lies beyond what was measured (up to 8 processes)"


def test_a_peak_before_what_was_measured_is_not_a_number_either() -> None:
    found = scalability(levels(Fitted(1000.0, 0.5, 1.0).at, noise=0.01), resamples=20)
    assert (found.peak, found.peak_load) == ("before", None)
    assert "at the smallest load that was measured or before" in found.in_words("hosts")[-1]


def test_an_end_of_the_peaks_interval_beyond_what_was_measured_is_none() -> None:
    found = scalability(levels(LAW.at, 9, noise=0.06, loads=(1, 2, 4, 8, 12, 15)), resamples=60)
    assert found.peak_load is not None
    assert found.peak_load.value <= 15
    assert found.peak_load.high is None
    assert "outside" in found.in_words("processes")[-1]


@pytest.mark.parametrize(
    "shape",
    [lambda _: 500.0, lambda load: 100.0 * load, lambda load: 1000 / load, lambda load: max(0.0, 5000 - 1000 * load)],
)
def test_it_stands_whatever_the_levels_do(shape: Callable[[float], float]) -> None:
    found = scalability(levels(shape), resamples=10)
    assert 0 <= found.contention.value <= 1
    assert found.coherency.value >= 0
    assert len(found.in_words("processes")) == 3
    json.dumps(found.to_json(), allow_nan=False)


def test_single_rounds_have_no_intervals() -> None:
    found = scalability(levels(LAW.at, rounds=1))
    assert (found.contention.low, found.contention.high) == (None, None)


def test_the_same_levels_give_the_same_law() -> None:
    first, second = (scalability(levels(LAW.at, 7), resamples=10) for _ in range(2))
    assert first == second
    assert first.in_words("processes")[0].startswith("Universal Scalability Law over 9 levels, 1 to 24 processes: λ ")
