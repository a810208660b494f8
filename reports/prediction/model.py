"""A Bayesian model of the throughput of cells, fitted to those that were measured.

Conjugate: given the scales, predictions are Student's t, whose width counts that the noise is estimated, too
(A. O'Hagan & J. Forster 2004, "Bayesian inference"). Models with other scales are weighed by their marginal
likelihoods and averaged (J. Hoeting et al. 1999, "Bayesian model averaging", Statistical Science 14(4)); the average is
taken for a t with the same mean and variance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from collectors.errors import Unavailable

from .covariance import CHOICE, Scales, covariance, variances
from .features import Features, Fields

if TYPE_CHECKING:
    from .features import Matrix

CONFIDENCE = 0.9
_WEIGHT = 2
"""Degrees of freedom that the noise between rounds counts for: it is only a part of what cells differ by."""


class Estimate(NamedTuple):
    """What the median over the rounds of a cell would be, in TPS, with an interval of `CONFIDENCE`."""

    tps: float
    low: float
    high: float


class _Part(NamedTuple):
    """The model of one choice of scales."""

    scales: Scales
    lower: Matrix
    """Cholesky factor of the covariance of the measured."""
    inverse: Matrix
    """Of the covariance itself."""
    solved: Matrix
    """The inverse times the logarithms that were measured."""
    fit: float
    """Their squared distance from what was expected."""
    determinant: float
    """Logarithm of the covariance's."""


class Model:
    """Predicts cells of a grid from those that were measured.

    Args:
        features: of the grid.
        measured: fields of the cells that were measured, at least one.
        tps: what each brought, more than 0: the median over its rounds.
        noise: standard deviation of such a median, as a share of it, as far as rounds tell.

    Raises:
        Unavailable: SciPy is not installed.
    """

    def __init__(self, features: Features, measured: Sequence[Fields], tps: Sequence[float], noise: float) -> None:
        import numpy as np  # noqa: PLC0415

        self._features = features
        self._at = features.columns(measured), features.places(measured)
        self._logs = np.log(np.asarray(tps, dtype=float))
        self._known = _WEIGHT * noise**2
        self._parts = [self._part(scales) for scales in CHOICE]

    def predict(self, cells: Sequence[Fields]) -> list[Estimate]:
        """Return what each of these would bring; whether they lie within what was measured is for the caller to see."""
        import numpy as np  # noqa: PLC0415

        at = self._features.columns(cells), self._features.places(cells)
        freedom = _WEIGHT + len(self._logs)
        likely, means, squares = [], [], []
        for part in self._parts:
            between = covariance(self._at, at, part.scales)
            own = variances(at, part.scales)
            explained = (np.linalg.solve(part.lower, between) ** 2).sum(axis=0)
            likely.append(_likelihood(part.determinant, self._known + part.fit, freedom))
            means.append(between.T @ part.solved)
            squares.append((self._known + part.fit) / freedom * (own + 1 - explained))
        weights = _weights(np.array(likely)[:, None])
        return _estimates(weights, np.array(means), np.array(squares), freedom)

    def left_out(self) -> list[Estimate]:
        """Return what each measured cell, of at least two, would have been predicted to bring without it.

        In closed form, without fitting again: PRESS residuals (D. Allen 1974, "The relationship between variable
        selection and data augmentation and a method for prediction", Technometrics 16(1)), for a covariance matrix as
        S. Sundararajan & S. Keerthi 2001 have them, "Predictive approaches for choosing hyperparameters in Gaussian
        processes", Neural Computation 13(5). The scales are weighed without the cell, too.
        """
        import numpy as np  # noqa: PLC0415

        freedom = _WEIGHT + len(self._logs) - 1
        likely, means, squares = [], [], []
        for part in self._parts:
            precision = np.diag(part.inverse)
            fit = self._known + np.maximum(part.fit - part.solved**2 / precision, 0.0)
            likely.append(_likelihood(part.determinant + np.log(precision), fit, freedom))
            means.append(self._logs - part.solved / precision)
            squares.append(fit / freedom / precision)
        return _estimates(_weights(np.array(likely)), np.array(means), np.array(squares), freedom)

    def _part(self, scales: Scales) -> _Part:
        import numpy as np  # noqa: PLC0415

        whole = covariance(self._at, self._at, scales) + np.eye(len(self._logs))
        lower, inverse = (np.asarray(one, np.float64) for one in (np.linalg.cholesky(whole), np.linalg.inv(whole)))
        solved = inverse @ self._logs
        determinant = 2 * float(np.log(np.diag(lower)).sum())
        return _Part(scales, lower, inverse, solved, max(0.0, float(self._logs @ solved)), determinant)


def _likelihood(determinant: Matrix | float, fit: Matrix | float, freedom: int) -> Matrix:
    """Return the logarithm of the marginal likelihood, but for what is the same for all scales."""
    import numpy as np  # noqa: PLC0415

    found: Matrix = -np.asarray(determinant) / 2 - freedom / 2 * np.log(fit)
    return found


def _weights(likely: Matrix) -> Matrix:
    import numpy as np  # noqa: PLC0415

    found: Matrix = np.exp(likely - likely.max(axis=0))
    found /= found.sum(axis=0)
    return found


def _estimates(weights: Matrix, means: Matrix, squares: Matrix, freedom: int) -> list[Estimate]:
    """Return the averages of models; `squares` are their squared scales, of shape (models, cells), as `means`."""
    try:
        from scipy.special import stdtrit  # noqa: PLC0415
    except ImportError as error:
        raise Unavailable(f"predicting needs SciPy: {error}", "pip install 'thermobench[suite]'") from None
    mean = (weights * means).sum(axis=0)
    # The variance of a t is its squared scale times freedom / (freedom - 2).
    stretch = freedom / (freedom - 2)
    square = (weights * (squares + (means - mean) ** 2 / stretch)).sum(axis=0)
    quantile = float(stdtrit(freedom, (1 + CONFIDENCE) / 2))
    ends = [(float(at), quantile * math.sqrt(by)) for at, by in zip(mean, square, strict=True)]
    return [Estimate(_exp(at), _exp(at - by), _exp(at + by)) for at, by in ends]


def _exp(value: float) -> float:
    """Return a figure that JSON has, too, where an interval is as good as none."""
    return math.exp(min(max(value, -700.0), 700.0))
