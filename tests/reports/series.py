"""Series of windows whose truth is known: noise as real throughput has it, with and without a drift in it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

from collectors.record import Round, Trial
from tests.trials import a_round, a_trial

Shape = Callable[[float], float]
"""What the rate is multiplied with, by the position from 0 to 1 in a round."""


def level(_: float) -> float:
    return 1.0


def ramp(size: float) -> Shape:
    return lambda position: 1 + size * position


def step(size: float, at: float = 0.5) -> Shape:
    return lambda position: 1 + size * (position >= at)


def decay(size: float) -> Shape:
    return lambda position: 1 - size + size * math.exp(-4 * position)


def windows(rng: random.Random, count: int, shape: Shape = level, noise: float = 0.1, like: float = 0.5) -> list[float]:
    """Return rates around 1000 a second: an AR(1) process, `like` its autocorrelation, `noise` its deviation."""
    value, rates = rng.gauss(0, 1), []
    for index in range(count):
        rates.append(max(10.0, 1000 * shape(index / (count - 1)) * (1 + noise * value)))
        value = like * value + math.sqrt(1 - like**2) * rng.gauss(0, 1)
    return rates


def stalled(rng: random.Random, rates: Sequence[float], share: float = 0.03) -> list[float]:
    """Return them with some in which almost nothing came through."""
    return [rate * rng.uniform(0, 0.5) if rng.random() < share else rate for rate in rates]


def round_of(rates: Sequence[float]) -> Round:
    counts = [0]
    for rate in rates:
        counts.append(counts[-1] + round(rate))
    seconds = float(max(1, len(rates)))
    return a_round(
        counts[-1] / seconds, seconds=seconds, windows=[(float(at), count) for at, count in enumerate(counts)]
    )


def trial_of(*rounds: Sequence[float]) -> Trial:
    seconds = float(max(map(len, rounds)))
    return a_trial(*map(round_of, rounds), settings={"frequency": 1, "test_time": seconds})
