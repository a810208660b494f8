"""Student's t distribution, and what a test that uses it can find."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from collectors.errors import Unavailable

_STEPS = 400
"""Points that stand for the distribution of the error."""
_PARTS = 20
"""Degrees of freedom are rounded down to a part of so many, so that equal questions are answered once."""


def tail(t: float, freedom: float) -> float:
    """Return how likely a t as far from 0, of either sign, is by chance: the two-sided p-value."""
    return float(2 * _special().stdtr(freedom, -abs(t)))


def quantile(share: float, freedom: float) -> float:
    """Return the t below which this share of the distribution lies."""
    return float(_special().stdtrit(freedom, share))


def multiple(freedom: float, level: float, power: float) -> float:
    """Return how many standard errors a change has to be for a two-sided t-test of this level to find it so often.

    The power of the test, from the non-central t distribution: E. L. Lehmann & J. P. Romano (2005), "Testing
    statistical hypotheses", 3rd edition, 5.3. What it is used for is the minimum detectable effect of H. S. Bloom
    (1995), "Minimum detectable effects", Evaluation Review 19(5).
    """
    return _multiple(max(_PARTS, math.floor(freedom * _PARTS)), level, power)


@cache
def _multiple(parts: int, level: float, power: float) -> float:
    """Solve P((Z + δ) / √(χ² / ν) > t) = power for δ; the tail of the other sign is left out."""
    special = _special()
    import numpy as np  # noqa: PLC0415
    from scipy.optimize import brentq  # noqa: PLC0415

    freedom = parts / _PARTS
    errors = np.sqrt(special.chdtri(freedom, (np.arange(_STEPS) + 0.5) / _STEPS) / freedom)
    needed = quantile(1 - level / 2, freedom) * errors
    found: float = brentq(
        lambda shift: float(special.ndtr(shift - needed).mean()) - power, 0.0, float(needed.max()) + 10
    )
    return found


def _special() -> Any:
    try:
        import scipy.special  # noqa: PLC0415 – producer hosts read records without it
    except ImportError as error:
        raise Unavailable(f"comparing needs SciPy: {error}", "pip install 'thermobench[suite]'") from None
    return scipy.special
