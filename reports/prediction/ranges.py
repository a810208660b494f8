"""What was measured of each field: beyond that, nothing is predicted."""

from __future__ import annotations

from collections.abc import Sequence

from .features import Fields, amount, amounts, word


class Ranges:
    """The smallest and the largest of each amount, and every word, among the cells that were measured.

    Args:
        measured: their fields.
        grid: those of all cells: a field that is an amount there is one here.
    """

    def __init__(self, measured: Sequence[Fields], grid: Sequence[Fields]) -> None:
        self._amounts = set(amounts(grid))
        self._words: dict[str, set[str]] = {}
        self._ends: dict[str, tuple[float, float]] = {}
        for name in dict.fromkeys(name for one in grid for name in one if name != "id"):
            self._words[name] = {self._word(one, name) for one in measured}
            if found := [value for one in measured if (value := self._amount(one, name))]:
                self._ends[name] = min(found), max(found)

    def why_outside(self, cell: Fields) -> str:
        """Return what of a cell lies outside, in words; empty if nothing does."""
        for name, words in self._words.items():
            value = self._amount(cell, name)
            if not value and self._word(cell, name) not in words:
                return f"{name} {_shown(cell.get(name))} was not measured"
            if value and name not in self._ends:
                return f"{name} {value:g} was not measured"
            if value and not self._ends[name][0] <= value <= self._ends[name][1]:
                low, high = self._ends[name]
                measured = f"{low:g} to {high:g}" if low < high else f"{low:g} alone"
                return f"{name} {value:g} lies outside of what was measured, {measured}"
        return ""

    def _amount(self, cell: Fields, name: str) -> float | None:
        return amount(cell.get(name)) if name in self._amounts else None

    def _word(self, cell: Fields, name: str) -> str:
        return word(cell.get(name), name in self._amounts)


def _shown(value: object) -> str:
    return word(value, False) or "of no value"
