"""The fields of topologies as numbers that a model can be fitted to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from collectors.errors import Unavailable

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    Matrix = NDArray[float64]

Fields = Mapping[str, Any]
"""By field, its value, as a record has it in `server["topology"]`."""

SERVERS = ("hosts", "per_host")
PRODUCERS = ("producer_hosts", "processes")
INTERACTIONS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    # More producers bring something as long as the servers keep up, and more servers if there are partitions for them.
    (PRODUCERS, SERVERS),
    (SERVERS, ("partitions",)),
    # A replica costs more where it has to be waited for.
    (("replication",), ("acks",)),
    (("replication",), ("consistency",)),
)
"""Amounts, which multiply, whose effects depend on another amount, or on a field of words."""
_SAME = 1e-9
"""Logarithms that differ by less are those of the same product."""
_BENT = 3
"""Values of an amount from which on it can be seen to bend."""


class Features:
    """Columns of numbers made of a grid's fields; which there are follows from the whole grid, measured or not.

    An amount is taken as its logarithm, and so are products of amounts; one of three values or more has a square, too,
    for throughput saturates. A word is a column for each value but the first; so is 0, which stands for a default. What
    is the same everywhere is left out. Every amount is scaled to -1 to 1 over the grid.

    Args:
        grid: the fields of every cell.

    Raises:
        Unavailable: NumPy is not installed.
    """

    def __init__(self, grid: Sequence[Fields]) -> None:
        try:
            import numpy as np  # noqa: PLC0415 – producer hosts read records without it
        except ImportError as error:
            raise Unavailable(f"predicting needs NumPy: {error}", "pip install 'thermobench[suite]'") from None
        self._amounts = {name: found for name in amounts(grid) if (found := sorted({*_logs(grid, name)}))}
        self._words = {
            name: values[1:]
            for name in _names(grid)
            if len(values := list(dict.fromkeys(word(one.get(name), name in self._amounts) for one in grid))) > 1
        }
        self._scales: dict[tuple[str, ...], tuple[float, float]] = {}
        for key in [(name,) for name in self._amounts] + [one for pair in INTERACTIONS for one in pair]:
            total = self._total(grid, key)
            if len(total) and (reach := float(np.ptp(total))) > _SAME:
                self._scales[key] = float(total.min()) + reach / 2, reach / 2
        self._bent = [name for name, logs in self._amounts.items() if len(logs) >= _BENT]
        everything = np.column_stack([np.ones(len(grid)), self.columns(grid)])
        self.rank = int(np.linalg.matrix_rank(everything)) - 1 if grid else 0
        """How many of the columns say something that the others do not."""

    def places(self, cells: Sequence[Fields]) -> Matrix:
        """Return where cells lie among each other: a row for each, an axis for each field that varies."""
        import numpy as np  # noqa: PLC0415

        found = [self._scaled(cells, (name,)) for name in self._amounts if (name,) in self._scales]
        found += [column for name in self._words for column in self._indicators(cells, name)]
        return np.column_stack(found) if found else np.zeros((len(cells), 0))

    def columns(self, cells: Sequence[Fields]) -> Matrix:
        """Return what the model is linear in: the places, squares and interactions; a row for each cell."""
        import numpy as np  # noqa: PLC0415

        more = [self._scaled(cells, (name,)) ** 2 - 0.5 for name in self._bent]
        for amount, other in INTERACTIONS:
            if amount in self._scales:
                beside = [self._scaled(cells, other)] if other in self._scales else self._indicators(cells, other[0])
                more += [self._scaled(cells, amount) * column for column in beside]
        return np.column_stack([self.places(cells), *more])

    def _total(self, cells: Sequence[Fields], names: Sequence[str]) -> Matrix:
        """Return the logarithm of the product of amounts; a default counts as the middle of what there is besides."""
        import numpy as np  # noqa: PLC0415

        found = np.zeros(len(cells))
        for name in names:
            if logs := self._amounts.get(name):
                middle = (logs[0] + logs[-1]) / 2
                found += [math.log2(value) if (value := amount(one.get(name))) else middle for one in cells]
        return found

    def _scaled(self, cells: Sequence[Fields], names: tuple[str, ...]) -> Matrix:
        middle, reach = self._scales[names]
        return (self._total(cells, names) - middle) / reach

    def _indicators(self, cells: Sequence[Fields], name: str) -> list[Matrix]:
        import numpy as np  # noqa: PLC0415

        found = [word(one.get(name), name in self._amounts) for one in cells]
        return [np.array([float(one == value) for one in found]) for value in self._words.get(name, ())]


def amounts(grid: Sequence[Fields]) -> list[str]:
    """Return the fields whose values all are amounts."""
    return [name for name in _names(grid) if all(amount(one.get(name)) is not None for one in grid)]


def amount(value: Any) -> float | None:
    """Return a number from 0, also where it stands alone in a list (`tokens`); None for all else."""
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    usual = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    return float(value) if usual else None


def word(value: Any, is_amount: bool) -> str:
    """Return a value as a word: of amounts, 0 alone is one, and all others are the same."""
    if is_amount:
        return "" if amount(value) else "0"
    return ":".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _names(grid: Sequence[Fields]) -> list[str]:
    return [name for name in dict.fromkeys(name for one in grid for name in one) if name != "id"]


def _logs(grid: Sequence[Fields], name: str) -> list[float]:
    return [math.log2(value) for one in grid if (value := amount(one.get(name)))]
