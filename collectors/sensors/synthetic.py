"""Made-up temperatures, for a machine without a sensor (R6)."""

from __future__ import annotations

from .base import Sample

_LOW, _STEP, _SPAN = 45_000, 487, 35_000
"""Up from 45 °C in the steps of 487 thousandths that the notes' own readings show, to 80 °C, and again."""


class SyntheticSensor:
    """Counts through plausible temperatures, the same ones every time. Every result says that they are made up."""

    suffix = "cpu"

    def __init__(self) -> None:
        self._at = 0

    def open(self) -> None:
        """Nothing to open."""

    def read(self) -> Sample:
        """Return the next made-up temperature."""
        self._at = (self._at + _STEP) % _SPAN
        return Sample(_LOW + self._at)

    def close(self) -> None:
        """Nothing to close."""

    def describe(self) -> str:
        """Return `synthetic`."""
        return "synthetic"
