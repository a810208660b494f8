"""How much the throughputs of two cells have in common before either is measured.

log TPS = level + slopes · columns + bend(place) + noise. Slopes and level are normal with wide variances, and what no
slope explains – throughput saturates, and steps where there are partitions for one broker more – is a Gaussian process
over the places: nearby cells deviate alike (A. O'Hagan 1978, "Curve fitting and optimal design for prediction", JRSS B
40(1); C. Rasmussen & C. Williams 2006, "Gaussian processes for machine learning", 2.7). All of it is one covariance
matrix, in units of the noise's variance. With `local` 0 it is ridge regression, whose errors were twice as large where
laws saturate and half of 224 cells are measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .features import Matrix

LEVEL = 1e6
"""Variance of the level: nothing is known of it."""


class Scales(NamedTuple):
    """How much of each part there is, as a multiple of the noise."""

    slope: float
    """Standard deviation of a slope."""
    local: float
    """Standard deviation of what no slope explains."""
    reach: float
    """How far that reaches; the whole grid goes from -1 to 1."""


USUAL = Scales(10.0, 2.0, 1.0)
"""With noise of 5 %: factors of 1.6 from the middle to an end, and a tenth beside that."""
CHOICE = tuple(
    Scales(slope, local, reach) for slope in (3, 10, 30, 100) for local in (0.5, 2, 8, 32) for reach in (1, 3)
)
"""Those that a model weighs against each other."""


def covariance(one: tuple[Matrix, Matrix], other: tuple[Matrix, Matrix], scales: Scales) -> Matrix:
    """Return the covariances of cells, of shape (cells of the one, cells of the other), without their noise.

    Args:
        one: columns and places of cells, as `Features` has them.
        other: the same of others, or of the same.
        scales: of the parts.
    """
    import numpy as np  # noqa: PLC0415

    (columns, places), (columns_there, places_there) = one, other
    apart = ((places[:, None, :] - places_there[None, :, :]) ** 2).sum(axis=2)
    found: Matrix = LEVEL + scales.slope**2 * columns @ columns_there.T
    found += scales.local**2 * np.exp(-apart / (2 * scales.reach**2))
    return found


def variances(at: tuple[Matrix, Matrix], scales: Scales) -> Matrix:
    """Return the variance of each cell, which is its covariance with itself, without its noise."""
    columns, _ = at
    found: Matrix = LEVEL + scales.slope**2 * (columns**2).sum(axis=1) + scales.local**2
    return found
