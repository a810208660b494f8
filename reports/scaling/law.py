"""Fitting the Universal Scalability Law by weighted, bounded least squares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.errors import Unavailable

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Fitted:
    """One set of its parameters."""

    throughput: float
    """λ: TPS of one."""
    contention: float
    """σ, 0 to 1."""
    coherency: float
    """κ, 0 or more."""

    def at(self, load: float) -> float:
        """Return the TPS at a load."""
        more = load - 1
        return self.throughput * load / (1 + self.contention * more + self.coherency * load * more)

    @property
    def peak(self) -> float:
        """The load at which throughput is highest; infinite where it grows for ever."""
        if self.contention >= 1:
            return 0.0
        return math.sqrt((1 - self.contention) / self.coherency) if self.coherency else math.inf


def fit(
    loads: Sequence[float], values: Sequence[float], weights: Sequence[float], start: Fitted | None = None
) -> Fitted:
    """Return the parameters that fit best: `scipy.optimize.least_squares`, a trust region within bounds.

    Args:
        loads: at least three.
        values: TPS at each.
        weights: reciprocal of each value's standard error.
        start: where to begin; else where the law's linear form, N / X = a + b(N − 1) + cN(N − 1), fits best.

    Raises:
        Unavailable: SciPy is not installed.
    """
    try:
        import numpy as np  # noqa: PLC0415 – producer hosts read records without it
        from scipy.optimize import least_squares  # noqa: PLC0415
    except ImportError as error:
        raise Unavailable(f"fitting needs SciPy: {error}", "pip install 'thermobench[suite]'") from None
    n, x, w = (np.asarray(one, dtype=float) for one in (loads, values, weights))
    more, pairs, scale = n - 1, n * (n - 1), float(max(values)) or 1.0

    def residuals(theta: NDArray[float64]) -> NDArray[float64]:
        off: NDArray[float64] = (scale * theta[0] * n / (1 + theta[1] * more + theta[2] * pairs) - x) * w
        return off

    def slopes(theta: NDArray[float64]) -> NDArray[float64]:
        below = 1 + theta[1] * more + theta[2] * pairs
        curve = scale * theta[0] * n / below
        by_each = [scale * n / below, -curve * more / below, -curve * pairs / below]
        return np.column_stack([one * w for one in by_each])

    first = start or _linear(loads, values, weights)
    inside = [max(first.throughput / scale, 1e-9), min(first.contention, 1.0), first.coherency]
    bounds = ([0.0, 0.0, 0.0], [np.inf, 1.0, np.inf])
    found = least_squares(residuals, inside, jac=slopes, bounds=bounds, x_scale="jac").x
    return Fitted(scale * float(found[0]), float(found[1]), float(found[2]))


def _linear(loads: Sequence[float], values: Sequence[float], weights: Sequence[float]) -> Fitted:
    """Return the fit of the linear form with no coefficient below 0 (C. Lawson & R. Hanson 1974: NNLS)."""
    import numpy as np  # noqa: PLC0415
    from scipy.optimize import nnls  # noqa: PLC0415

    rows = [(n, x, x * x * w) for n, x, w in zip(loads, values, weights, strict=True) if x > 0]
    left = np.array([[weight / n, weight * (n - 1) / n, weight * (n - 1)] for n, _, weight in rows])
    right = np.array([weight / x for _, x, weight in rows])
    a, b, c = nnls(left, right)[0]
    if not a:
        return Fitted(max(values) / max(loads), 0.0, 0.0)
    return Fitted(1 / float(a), min(1.0, float(b / a)), float(c / a))
